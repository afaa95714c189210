/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Capabilities in use, and the operations that no hook but this one sees: leaving or entering a
 * namespace, and cloning a mount.
 */
#ifndef TELOVIX_CAPABILITY_H
#define TELOVIX_CAPABILITY_H

#include "operation.h"

/* include/linux/security.h: asking only whether the capability is there. */
#define CAP_OPT_NOAUDIT 2

/* The operation that a use of CAP_SYS_ADMIN in this system call amounts to. */
static __always_inline __u32 administered(__u32 call)
{
	switch (call) {
	case X64_UNSHARE:
	case X64_SETNS:
	case X64_CLONE:
	case X64_CLONE3:
	case IA32_UNSHARE:
	case IA32_SETNS:
	case IA32_CLONE:
	case IA32_CLONE3:
		return TELOVIX_OP_UNSHARE;
	case X64_OPEN_TREE:
	case X64_OPEN_TREE_ATTR:
	case IA32_OPEN_TREE:
	case IA32_OPEN_TREE_ATTR:
		return TELOVIX_OP_MOUNT;
	}
	return NO_OPERATION;
}

/* OPEN_TREE_NAMESPACE and FSMOUNT_NAMESPACE, include/uapi/linux/mount.h, from 7.2 on: the new mount is in a new mount
 * namespace, which the caller enters by setns or keeps. */
#define MOUNT_IN_NEW_NAMESPACE 2

/* Whether this system call makes a mount namespace without being named after it. */
static __always_inline bool makes_namespace(struct task_struct *task, __u32 call)
{
	struct pt_regs *registers = bpf_task_pt_regs(task);

	switch (call) {
	case X64_OPEN_TREE:
	case X64_OPEN_TREE_ATTR:
	case IA32_OPEN_TREE:
	case IA32_OPEN_TREE_ATTR:
		return registers->dx & MOUNT_IN_NEW_NAMESPACE;
	case X64_FSMOUNT:
		return registers->si & MOUNT_IN_NEW_NAMESPACE;
	case IA32_FSMOUNT:
		return registers->cx & MOUNT_IN_NEW_NAMESPACE;
	}
	return false;
}

/* Decides the use of a capability in every domain of the task. */
static __noinline bool capability_refused(struct subject *subject, __u32 capability, __u32 silent)
{
	struct task_state *state;
	bool refuse = false;

	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(subject, index);
		struct telovix_domain *domain;
		__u32 decision;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject->slot, &number);
		if (!domain || !(domain->operations & (1 << TELOVIX_OP_CAPABILITY)))
			continue;
		if (capability >= TELOVIX_CAPABILITIES)
			continue;
		decision = domain->capabilities[bounded(capability, TELOVIX_CAPABILITIES)];
		if (!decision)
			continue;
		state = state_of(subject);
		if (state) {
			event_begin(state, TELOVIX_OP_CAPABILITY, 0xffff, false);
			state->event.detail = capability;
			state->chain.silent = silent;
		}
		if (state ? verdict(subject, state, number, decision)
			  : refuses_quietly(subject, number, decision, 0xffff, false))
			refuse = true;
	}
	return refuse;
}

SEC("lsm/capable")
int capable(unsigned long long *context)
{
	__u32 capability = context[2];
	__u32 silent = context[3] & CAP_OPT_NOAUDIT;
	struct subject subject;

	if (!identify(&subject, 1 << TELOVIX_OP_CAPABILITY | 1 << TELOVIX_OP_UNSHARE | 1 << TELOVIX_OP_MOUNT))
		return 0;
	if (capability_refused(&subject, capability, silent)) {
		separate();
		return -EPERM;
	}
	if (capability == CAP_SYS_ADMIN && !silent) {
		__u32 call = current_call(subject.task);
		__u32 operation = administered(call);
		bool refuse = operation != NO_OPERATION && refused(operation, 0);

		if (refuse || (makes_namespace(subject.task, call) && refused(TELOVIX_OP_UNSHARE, 0))) {
			separate();
			return -EPERM;
		}
	}
	return 0;
}

#endif
