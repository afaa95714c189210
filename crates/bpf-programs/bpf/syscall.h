/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls by number, where they enter the kernel. What a hook covers is refused there; everything
 * else ends the process, after the fact: the call itself still runs.
 */
#ifndef TELOVIX_SYSCALL_H
#define TELOVIX_SYSCALL_H

#include "decide.h"

/* Calls whose every effect passes one of our hooks first, as cells of a system-call table. */
static __always_inline bool covered_by_hook(__u32 cell)
{
	switch (cell) {
#define COVERED(name, x64, ia32, x32, ...) case x64: case TELOVIX_SYSCALLS_IA32_START + ia32:
#define COVERED_32(name, ia32, ...) case TELOVIX_SYSCALLS_IA32_START + ia32:
#include "covered.h"
#undef COVERED
#undef COVERED_32
		return true;
	}
#define COVERED(name, x64, ia32, x32, ...) if (x32 && cell == x32) return true;
#define COVERED_32(name, ia32, ...)
#include "covered.h"
#undef COVERED
#undef COVERED_32
	return false;
}

SEC("raw_tp/sys_enter")
int sys_enter(unsigned long long *context)
{
	struct subject subject;
	__u32 cell;

	if (!identify(&subject, 1 << TELOVIX_OP_SYSCALL))
		return 0;
	cell = call_cell(subject.task, context[1]);
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;
		struct task_state *state;
		__u32 decision;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (!domain || !(domain->operations & (1 << TELOVIX_OP_SYSCALL)))
			continue;
		decision = call_decision(subject.slot, domain, cell);
		if (!decision)
			continue;
		state = state_of(&subject);
		if (!state)
			continue;
		event_begin(state, TELOVIX_OP_SYSCALL, 0xffff, false);
		state->event.detail = cell;
		state->chain.place = CHAIN_AT_ENTRY;
		state->chain.covered = covered_by_hook(cell);
		verdict(&subject, state, number, decision);
	}
	return 0;
}

#endif
