/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which domain a task is in: set when it executes a program, copied when it forks, and found out once
 * for tasks that ran before a generation was loaded.
 *
 * Both slots are kept up to date as long as they are loaded, so that a switch in either direction finds
 * every task already placed.
 */
#ifndef TELOVIX_SUBJECT_H
#define TELOVIX_SUBJECT_H

#include "decide.h"

/* What a walk is asked to find out which program a file is. */
struct identification {
	__u32 generation[SLOTS];
	__u32 path[SLOTS]; /* question numbers */
	__u32 name[SLOTS];
	bool has_names[SLOTS];
};

/* Asks, for both slots, which subject the path and the base name are. */
static __always_inline void ask_program(struct walk *walk, struct identification *asked)
{
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		struct telovix_slot *loaded = loaded_in(slot);
		struct telovix_header *facts;
		__u32 zero = 0;

		asked->generation[slot] = 0;
		asked->path[slot] = 0;
		asked->name[slot] = 0;
		asked->has_names[slot] = false;
		if (!loaded || !loaded->generation || !loaded->subjects)
			continue;
		facts = slot_lookup(&header, slot, &zero);
		if (!facts)
			continue;
		asked->generation[slot] = loaded->generation;
		asked->path[slot] = walk_ask(walk, slot, loaded->generation, &facts->subjects, false);
		if (facts->names.child) {
			asked->has_names[slot] = true;
			asked->name[slot] = walk_ask(walk, slot, loaded->generation, &facts->names, true);
		}
	}
}

/* The domain that a program has in a slot's generation; 0 when no subject names it. */
static __always_inline __u32 program_domain(struct walk *walk, const struct identification *asked, __u32 slot)
{
	struct telovix_subject key = {};
	__u32 *domain;

	if (!asked->generation[slot] || walk->doubt)
		return 0;
	key.path = walk->questions[asked->path[slot] & (QUESTIONS - 1)].state.exact;
	if (asked->has_names[slot])
		key.name = walk->questions[asked->name[slot] & (QUESTIONS - 1)].state.exact;
	domain = slot_lookup(&subjects, slot, &key);
	return domain ? *domain : 0;
}

/* Adds what a domain hands to descendants to a task's inherited domains. False when there is no room. */
static __always_inline bool inherit(__u32 *inherited, __u32 carried, __u32 own_carries)
{
	if (!carried || carried == own_carries)
		return true;
	for (__u32 index = 0; index < TELOVIX_INHERITED_DOMAINS; index++) {
		if (inherited[index] == carried)
			return true;
		if (!inherited[index]) {
			inherited[index] = carried;
			return true;
		}
	}
	return false;
}

static __always_inline __u32 carried_by(__u32 slot, __u32 number)
{
	struct telovix_domain *domain = slot_lookup(&domains, slot, &number);

	return domain ? domain->inherits : 0;
}

/* Finds out, into `state`, what the task becomes when it executes `program`. */
static __noinline void identify_program(struct task_state *state, struct task_struct *task, struct file *program)
{
	struct identification asked;

	walk_begin(&state->walk, task, program->f_path.mnt, LOCKS_HELD);
	ask_program(&state->walk, &asked);
	walk_finish(&state->walk, program->f_path.dentry);
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++)
		state->next[slot] = OWNER(asked.generation[slot], program_domain(&state->walk, &asked, slot));
}

/* Whether some loaded generation names programs at all. */
static __always_inline bool programs_matter(void)
{
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		struct telovix_slot *loaded = loaded_in(slot);

		if (loaded && loaded->generation && loaded->subjects)
			return true;
	}
	return false;
}

/* Adds to what a task inherits in a slot's generation whatever takes the place of a domain of the other slot's. False
 * when there is no room. */
static __always_inline bool succeed(__u32 *inherited, __u32 generation, __u64 owner)
{
	struct telovix_successors *new = bpf_map_lookup_elem(&successors, &owner);
	bool room = true;

	if (!new || new->generation != generation)
		return true;
	for (__u32 index = 0; index < TELOVIX_INHERITED_DOMAINS; index++)
		if (!inherit(inherited, new->domains[index], 0))
			room = false;
	return room;
}

/* Takes over into a slot what a task inherits in the other slot's generation, with what its own domain there hands on
 * if `own_too`. */
static __always_inline bool take_over(__u32 *inherited, const struct task_state *state, __u32 slot, __u32 generation,
				      bool own_too)
{
	__u32 other = !slot;
	__u64 own = state->own[other & 1];
	struct telovix_slot *loaded = loaded_in(other);
	bool room = true;

	if (!loaded || !GENERATION_OF(own) || GENERATION_OF(own) != loaded->generation)
		return true;
	for (__u32 index = 0; index < TELOVIX_INHERITED_DOMAINS; index++) {
		__u32 number = state->inherited[other & 1][index];

		if (number && !succeed(inherited, generation, OWNER(GENERATION_OF(own), number)))
			room = false;
	}
	if (own_too && DOMAIN_OF(own)) {
		__u32 carried = carried_by(other, DOMAIN_OF(own));

		if (carried && !succeed(inherited, generation, OWNER(GENERATION_OF(own), carried)))
			room = false;
	}
	return room;
}

/* The exec can no longer fail: the task becomes what bprm_check_security found out. */
SEC("lsm/bprm_committed_creds")
int bprm_committed_creds(unsigned long long *context)
{
	struct linux_binprm *binary = (void *)context[0];
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state;
	bool confined = false, known = true;

	if (!task->bpf_storage && !programs_matter())
		return 0;
	state = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return 0;
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		struct telovix_slot *loaded = loaded_in(slot);

		if (loaded && loaded->subjects && GENERATION_OF(state->next[slot]) != loaded->generation)
			known = false;
	}
	/* A generation was loaded after bprm_check_security ran. */
	if (!known)
		identify_program(state, task, binary->file);
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		__u32 generation = GENERATION_OF(state->next[slot]);

		if (!generation || GENERATION_OF(state->own[slot]) != generation) {
			state->inherited[slot][0] = 0;
			state->inherited[slot][1] = 0;
			state->inherited[slot][2] = 0;
			/* The generation is new, and this task was not placed in it yet. */
			if (generation && !take_over(state->inherited[slot], state, slot, generation, true))
				bpf_send_signal(SIGKILL);
		} else if (!inherit(state->inherited[slot], carried_by(slot, DOMAIN_OF(state->own[slot])),
				    carried_by(slot, DOMAIN_OF(state->next[slot]))) &&
			   slot == active_slot()) {
			/* No room for one more inherited domain: nothing may run without it. */
			bpf_send_signal(SIGKILL);
		}
		state->own[slot] = state->next[slot];
		state->next[slot] = 0;
		if (DOMAIN_OF(state->own[slot]) || state->inherited[slot][0])
			confined = true;
	}
	state->endpoint_word = 0;
	if (!confined)
		bpf_task_storage_delete(&tasks, task);
	return 0;
}

/* Gives a task its parent's domains. False without memory. */
static __always_inline bool copy_domains(struct task_struct *parent, struct task_struct *child)
{
	struct task_state *from, *to;

	if (!parent->bpf_storage)
		return true;
	from = bpf_task_storage_get(&tasks, parent, NULL, 0);
	if (!from)
		return true;
	to = bpf_task_storage_get(&tasks, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!to)
		return false;
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		if (to->own[slot])
			continue;
		for (__u32 index = 0; index < TELOVIX_INHERITED_DOMAINS; index++)
			to->inherited[slot][index] = from->inherited[slot][index];
		to->own[slot] = from->own[slot];
	}
	return true;
}

/* A new task is what its parent is. Without memory to say so there is no new task. */
SEC("lsm/task_alloc")
int task_alloc(unsigned long long *context)
{
	if (!copy_domains(bpf_get_current_task_btf(), (void *)context[0])) {
		separate();
		return -ENOMEM;
	}
	return 0;
}

/* The new task can be seen by the iterator now. Whoever placed its parent after task_alloc ran may have
 * missed it; here it is caught up. */
SEC("tp_btf/sched_process_fork")
int sched_process_fork(unsigned long long *context)
{
	copy_domains((void *)context[0], (void *)context[1]);
	return 0;
}

/* More ancestors than any process has. */
#define ANCESTORS 64

struct ancestry {
	struct task_state *scratch;
	struct task_struct *task;
	__u32 unknown; /* something about an ancestor cannot be said, or not be carried */
};

/* What the parent's program hands to descendants, and the step to the parent. */
static long gather(__u32 index, struct ancestry *ancestry)
{
	struct task_state *scratch = ancestry->scratch;
	struct task_struct *parent = ancestry->task->real_parent;
	struct file *program;

	if (!parent || !parent->mm)
		return 1;
	program = parent->mm->exe_file;
	if (program) {
		identify_program(scratch, parent, program);
		if (scratch->walk.doubt == TELOVIX_DOUBT_RACE)
			ancestry->unknown = 1;
#pragma unroll
		for (__u32 slot = 0; slot < SLOTS; slot++) {
			__u32 domain = DOMAIN_OF(scratch->next[slot]);

			if (domain && !inherit(scratch->gathered[slot], carried_by(slot, domain), 0))
				ancestry->unknown = 1;
		}
	}
	ancestry->task = parent;
	return 0;
}

/* Tells the loader of a process that could not be placed, by its number. */
static __always_inline int left_unplaced(struct bpf_iter__task *context, struct task_struct *task)
{
	__u32 process = task->tgid;

	bpf_seq_write(context->meta->seq, &process, sizeof(process));
	return 0;
}

/* Places a task that ran before a generation was loaded. What it inherits comes from its ancestors that live, and from
 * what it inherited in the generation before. An exec that happens meanwhile wins. */
SEC("iter/task")
int place_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_state *scratch, *state;
	struct file *program;
	struct ancestry ancestry = {};
	__u64 before[SLOTS] = {};

	if (!task || !task->mm)
		return 0;
	program = task->mm->exe_file;
	if (!program)
		return 0;
	scratch = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL,
				       BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!scratch)
		return left_unplaced(context, task);
	state = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (state) {
		before[0] = state->own[0];
		before[1] = state->own[1];
	}
	__builtin_memset(scratch->gathered, 0, sizeof(scratch->gathered));
	ancestry.scratch = scratch;
	ancestry.task = task;
	bpf_loop(ANCESTORS, gather, &ancestry, 0);
	identify_program(scratch, task, program);
	if (scratch->walk.doubt == TELOVIX_DOUBT_RACE)
		ancestry.unknown = 1;
#pragma unroll
	for (__u32 slot = 0; slot < SLOTS; slot++) {
		__u64 own = scratch->next[slot];

		scratch->next[slot] = 0;
		if (!GENERATION_OF(own) || GENERATION_OF(before[slot]) == GENERATION_OF(own))
			continue;
		state = bpf_task_storage_get(&tasks, task, NULL, 0);
		if (state && !take_over(scratch->gathered[slot], state, slot, GENERATION_OF(own), false))
			ancestry.unknown = 1;
		if (!DOMAIN_OF(own) && !scratch->gathered[slot][0])
			continue;
		state = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!state) {
			ancestry.unknown = 1;
			continue;
		}
		__builtin_memcpy(state->inherited[slot], scratch->gathered[slot], sizeof(state->inherited[slot]));
		if (__sync_val_compare_and_swap(&state->own[slot], before[slot], own) != before[slot])
			continue;
		/* Became another program in between: exec's own word about it counts. */
		if (task->mm->exe_file != program)
			__sync_val_compare_and_swap(&state->own[slot], own, 0);
		else
			count(TELOVIX_STATISTIC_SEEDED);
	}
	return ancestry.unknown ? left_unplaced(context, task) : 0;
}

#endif
