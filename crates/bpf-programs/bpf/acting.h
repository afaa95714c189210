/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Who acts: the current task -> its domains in the active generation.
 */
#ifndef TELOVIX_ACTING_H
#define TELOVIX_ACTING_H

#include "maps.h"

#define DOMAIN_OF(word) ((__u32)(word))
#define GENERATION_OF(word) ((__u32)((word) >> 32))
#define OWNER(generation, number) ((__u64)(generation) << 32 | (number))

/* Own domain and inherited ones. */
#define DOMAINS_PER_TASK (1 + TELOVIX_INHERITED_DOMAINS)

/* The acting task as the active generation knows it. */
struct subject {
	struct task_struct *task;
	struct task_state *state; /* NULL for a task that was never in a domain */
	__u32 slot;
	__u32 generation;
	__u32 domain;
};

static __always_inline __u64 control_word(void)
{
	__u32 zero = 0;
	struct telovix_control *word = bpf_map_lookup_elem(&control, &zero);

	return word ? *(volatile __u64 *)&word->word : 0;
}

/* Returns the slot that is active now, minding the deadline. */
static __always_inline __u32 active_slot(void)
{
	__u64 value = control_word();
	__u64 deadline = value >> TELOVIX_CONTROL_DEADLINE;

	if (deadline && bpf_ktime_get_boot_ns() / 1000000 >= deadline)
		return !(value & 1);
	return value & 1;
}

/* Finds out who acts. False when nothing is decided for this task, which for a task without a domain is
 * known after reading one pointer. `operations` are the bits that the caller is about to ask for. */
static __always_inline bool identify(struct subject *subject, __u32 operations)
{
	struct telovix_slot *slot;
	__u64 own;

	subject->task = bpf_get_current_task_btf();
	subject->state = NULL;
	subject->domain = 0;
	subject->generation = 0;
	subject->slot = active_slot();
	slot = loaded_in(subject->slot);
	if (!slot)
		return false;
	subject->generation = slot->generation;
	if (subject->task->bpf_storage) {
		subject->state = bpf_task_storage_get(&tasks, subject->task, NULL, 0);
		if (subject->state) {
			own = subject->state->own[subject->slot & 1];
			if (GENERATION_OF(own) == subject->generation)
				subject->domain = DOMAIN_OF(own);
			if (subject->domain || subject->state->inherited[subject->slot & 1][0])
				return true;
		}
	}
	return slot->everybody & operations;
}

/* The number of the task's domain with this index: its own, then inherited ones; 0 past the last. */
static __always_inline __u32 domain_number(const struct subject *subject, __u32 index)
{
	if (!index)
		return subject->domain;
	if (!subject->state || GENERATION_OF(subject->state->own[subject->slot & 1]) != subject->generation)
		return 0;
	return subject->state->inherited[subject->slot & 1][(index - 1) & 3];
}

/* The domain a task was put into by the active generation; 0 for none. */
static __always_inline __u32 domain_of(struct task_struct *task, const struct subject *subject)
{
	struct task_state *state = bpf_task_storage_get(&tasks, task, NULL, 0);
	__u64 own;

	if (!state)
		return 0;
	own = state->own[subject->slot & 1];
	return GENERATION_OF(own) == subject->generation ? DOMAIN_OF(own) : 0;
}

#endif
