/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What a decision comes to: the task's domains -> allow, report, kill or refuse.
 */
#ifndef TELOVIX_DECIDE_H
#define TELOVIX_DECIDE_H

#include "acting.h"
#include "path.h"

#define SIGKILL 9

/* The decision for a class; 0 for class 0. */
static __always_inline __u32 class_decision(__u32 slot, __u32 classes_start, __u32 class)
{
	__u32 index = classes_start + class - 1;
	__u32 *decision;

	if (!class)
		return 0;
	decision = slot_lookup(&classes, slot, &index);
	return decision ? *decision : 0;
}

/* One cell of a decision. Stops at the first confinement that is active, covers the access and is not
 * exempted by the parent. */
static long link(__u32 index, struct chain **context)
{
	struct chain *chain = *context;
	struct telovix_confinement *confinement;
	struct telovix_decision *cell;
	__u32 number;

	number = chain->cell;
	if (!number)
		return 1;
	cell = slot_lookup(&decisions, chain->slot, &number);
	if (!cell)
		return 1;
	number = cell->confinement;
	chain->cell = cell->next;
	confinement = slot_lookup(&confinements, chain->slot, &number);
	if (!confinement || !confinement->effect || !(confinement->access & chain->access))
		return 0;
	/* A list of programs that may be executed says nothing of libraries. */
	if (chain->access == TELOVIX_ACCESS_MAP && !(confinement->flags & TELOVIX_CONFINEMENT_BLOCKS))
		return 0;
	if (confinement->flags & TELOVIX_CONFINEMENT_HAS_EXEMPTIONS) {
		struct telovix_exemption exemption = {
			.confinement = number,
			.own = chain->own,
			.parent = chain->parent,
		};

		if (slot_lookup(&exemptions, chain->slot, &exemption))
			return 0;
		exemption.own = TELOVIX_ANY_DOMAIN;
		if (slot_lookup(&exemptions, chain->slot, &exemption))
			return 0;
		exemption.own = chain->own;
		exemption.parent = TELOVIX_ANY_DOMAIN;
		if (slot_lookup(&exemptions, chain->slot, &exemption))
			return 0;
	}
	chain->rule = number;
	chain->effect = confinement->effect;
	return 1;
}

/* Appends a component to the event's path. */
static long spell(__u32 index, struct task_state **context)
{
	struct task_state *state = *context;
	struct telovix_event *event = &state->event;
	struct component *component;
	const void *name;
	__u32 at = event->path_length;
	__u32 length;

	if (index >= state->walk.depth)
		return 1;
	if (index >= TELOVIX_PATH_DEPTH) {
		event->path_cut = state->walk.depth - index;
		return 1;
	}
	component = &state->walk.components[(state->walk.depth - 1 - index) & (TELOVIX_PATH_DEPTH - 1)];
	length = component->length;
	name = component->text;
	if (length >= TELOVIX_CHUNK)
		name = (void *)component->long_name;
	if (length > 255)
		length = 255;
	if (at + 1 + length > TELOVIX_EVENT_TEXT) {
		event->path_cut = state->walk.depth - index;
		return 1;
	}
	event->path[at & (TELOVIX_EVENT_TEXT - 1)] = '/';
	at = (at + 1) & (TELOVIX_EVENT_TEXT - 1);
	if (length)
		bpf_probe_read_kernel(event->path + at, bounded(length, 256), name);
	event->path_length = at + length;
	return 0;
}

/* Says what is being decided. What only some operations report comes after this. */
static __always_inline void event_begin(struct task_state *state, __u32 operation, __u32 access, bool with_path)
{
	state->chain.operation = operation;
	state->chain.access = access;
	state->chain.with_path = with_path;
	state->chain.place = CHAIN_ANYWHERE;
	state->chain.covered = 0;
	state->chain.silent = 0;
	state->event.address_high = 0;
	state->event.address_low = 0;
	state->event.port = 0;
	state->event.protocol = 0;
	state->event.detail = 0;
	state->event.reserved2 = 0;
}

/* Resolves a decision, counts and reports it. True when the operation must not go on. */
static __noinline bool verdict(struct subject *subject, struct task_state *state, __u32 domain, __u32 decision)
{
	struct telovix_event *event = &state->event;
	struct chain *chain = &state->chain;
	struct task_struct *task = subject->task;
	__u64 identity, *hit;
	__u32 rule, size;

	chain->slot = subject->slot;
	chain->cell = decision;
	chain->own = domain;
	chain->parent = domain_of(task->real_parent, subject);
	chain->effect = TELOVIX_EFFECT_ALLOW;
	chain->rule = 0;
	bpf_loop(1 << 16, link, &chain, 0);
	if (chain->effect == TELOVIX_EFFECT_ALLOW)
		return false;
	/* One call, one report: what a hook can refuse is reported there, everything else on entry. */
	if (chain->place == CHAIN_AT_HOOK && chain->effect != TELOVIX_EFFECT_DENY)
		return false;
	if (chain->place == CHAIN_AT_ENTRY && chain->effect == TELOVIX_EFFECT_DENY) {
		if (chain->covered)
			return false;
		/* Nothing can refuse the call; the process does not live to use its result. */
		chain->effect = TELOVIX_EFFECT_KILL;
	}
	if (chain->silent)
		return chain->effect >= TELOVIX_EFFECT_KILL;
	rule = chain->rule;
	hit = slot_lookup(&hits, subject->slot, &rule);
	if (hit)
		__sync_fetch_and_add(hit, 1);

	identity = bpf_get_current_pid_tgid();
	event->time = bpf_ktime_get_boot_ns();
	event->generation = subject->generation;
	event->rule = rule;
	event->domain = domain;
	event->pid = identity >> 32;
	event->parent_pid = task->real_parent->tgid;
	event->user = task->cred->uid.val;
	event->operation = chain->operation;
	event->effect = chain->effect;
	event->reserved = 0;
	event->access = chain->access;
	event->path_length = 0;
	event->path_cut = 0;
	event->doubt = TELOVIX_DOUBT_NONE;
	bpf_get_current_comm(event->command, sizeof(event->command));
	if (chain->with_path) {
		event->doubt = state->walk.doubt;
		bpf_loop(TELOVIX_PATH_DEPTH + 1, spell, &state, 0);
	}
	size = event->path_length;
	if (size > TELOVIX_EVENT_TEXT)
		size = TELOVIX_EVENT_TEXT;
	size += __builtin_offsetof(struct telovix_event, path);
	if (bpf_ringbuf_output(&events, event, bounded(size, sizeof(*event) + 1), 0))
		count(TELOVIX_STATISTIC_DROPPED);
	else
		count(TELOVIX_STATISTIC_EVENTS);

	if (chain->effect >= TELOVIX_EFFECT_KILL) {
		if (chain->effect == TELOVIX_EFFECT_KILL)
			bpf_send_signal(SIGKILL);
		return true;
	}
	return false;
}

/* The state of a task, made when it has none. NULL only without memory. */
static __always_inline struct task_state *state_of(struct subject *subject)
{
	if (!subject->state)
		subject->state = bpf_task_storage_get(&tasks, subject->task, NULL,
						      BPF_LOCAL_STORAGE_GET_F_CREATE);
	return subject->state;
}

/* What is not known is taken for the worst where a policy that confines says so: for a task in a domain, and, if no
 * path is known at all, for everybody whom rules without a subject confine. */
static __always_inline bool must_be_certain(const struct subject *subject, __u32 number, struct telovix_domain *domain,
					    __u32 operations, __u32 doubt)
{
	__u32 everybody = 0;

	if (number && (domain->strict & operations))
		return true;
	if (!doubt || doubt == TELOVIX_DOUBT_ELSEWHERE)
		return false;
	domain = slot_lookup(&domains, subject->slot, &everybody);
	return domain && (domain->strict & operations);
}

/* Whether a decision refuses an access; for a task that there is no memory to say more about. Neither kills nor reports. */
static __noinline bool refuses_quietly(struct subject *subject, __u32 domain, __u32 decision, __u32 access, bool at_hook)
{
	struct chain memory = {
		.slot = subject->slot,
		.cell = decision,
		.access = access,
		.own = domain,
		.parent = domain_of(subject->task->real_parent, subject),
		.effect = TELOVIX_EFFECT_ALLOW,
	};
	struct chain *chain = &memory;

	bpf_loop(1 << 16, link, &chain, 0);
	count(TELOVIX_STATISTIC_DOUBTS);
	return at_hook ? chain->effect == TELOVIX_EFFECT_DENY : chain->effect >= TELOVIX_EFFECT_KILL;
}

/* Whether some domain of a task must be certain of an operation, when there is no memory to find out about it. */
static __noinline bool nothing_is_known(struct subject *subject, __u32 operations)
{
	bool refuse = false;

	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(subject, index);
		struct telovix_domain *domain;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject->slot, &number);
		if (domain && must_be_certain(subject, number, domain, operations, TELOVIX_DOUBT_MEMORY))
			refuse = true;
	}
	if (refuse)
		count(TELOVIX_STATISTIC_DOUBTS);
	return refuse;
}

#define X32_BIT 0x40000000
/* arch/x86/include/asm/thread_info.h: in thread_info.status while a 32-bit call is served. */
#define TS_COMPAT 2

/* Number of an operation that only its system call may decide. */
#define NO_OPERATION 31

/* The cell of a system-call table for a call; past the end for a number that no table has. */
static __always_inline __u32 call_cell(struct task_struct *task, __u32 number)
{
	if (task->thread_info.status & TS_COMPAT)
		return number < TELOVIX_SYSCALLS_IA32 ? number + TELOVIX_SYSCALLS_IA32_START : TELOVIX_SYSCALL_CELLS;
	number &= ~X32_BIT;
	return number < TELOVIX_SYSCALLS_IA32_START ? number : TELOVIX_SYSCALL_CELLS;
}

static __always_inline __u32 current_call(struct task_struct *task)
{
	struct pt_regs *registers = bpf_task_pt_regs(task);

	return call_cell(task, registers->orig_ax);
}

/* The decision of a domain for a cell of its system-call table. */
static __always_inline __u32 call_decision(__u32 slot, struct telovix_domain *domain, __u32 cell)
{
	__u32 number = domain->syscalls.table - 1;
	struct telovix_syscall_table *table;

	if (!domain->syscalls.table || cell >= TELOVIX_SYSCALL_CELLS)
		return 0;
	table = slot_lookup(&syscalls, slot, &number);
	if (!table)
		return 0;
	return class_decision(slot, domain->syscalls.classes,
			      table->classes[bounded(cell, TELOVIX_SYSCALL_CELLS)]);
}

/* Decides an operation whose decision does not depend on its arguments, and the system call that it is the
 * effect of: a call that a hook covers is refused here, before it has any effect. */
static __noinline bool refused(__u32 operation, __u32 detail)
{
	struct subject subject;
	struct task_state *state;
	bool refuse = false;

	if (!identify(&subject, 1 << operation | 1 << TELOVIX_OP_SYSCALL))
		return false;
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;
		__u32 decision = 0, cell;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (!domain)
			continue;
		if (operation >= TELOVIX_OP_MODULE_LOAD && domain->operations & (1 << operation)) {
			__u32 at = TELOVIX_SLOT(operation);

			if (at < TELOVIX_SLOTS)
				decision = domain->slots[bounded(at, TELOVIX_SLOTS)];
		}
		if (decision) {
			state = state_of(&subject);
			if (state) {
				event_begin(state, operation, 0xffff, false);
				state->event.detail = detail;
			}
			if (state ? verdict(&subject, state, number, decision)
				  : refuses_quietly(&subject, number, decision, 0xffff, false))
				refuse = true;
		}
		if (!(domain->operations & (1 << TELOVIX_OP_SYSCALL)))
			continue;
		cell = current_call(subject.task);
		decision = call_decision(subject.slot, domain, cell);
		if (!decision)
			continue;
		state = state_of(&subject);
		if (state) {
			event_begin(state, TELOVIX_OP_SYSCALL, 0xffff, false);
			state->event.detail = cell;
			state->chain.place = CHAIN_AT_HOOK;
		}
		if (state ? verdict(&subject, state, number, decision)
			  : refuses_quietly(&subject, number, decision, 0xffff, true))
			refuse = true;
	}
	return refuse;
}

#endif
