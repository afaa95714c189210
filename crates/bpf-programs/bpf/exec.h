/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Programs and executable mappings: execve in all its forms, interpreters, mmap and mprotect.
 */
#ifndef TELOVIX_EXEC_H
#define TELOVIX_EXEC_H

#include "subject.h"

#define PROT_EXEC 4
#define EXEC_OPERATION (1 << TELOVIX_OP_EXEC)

#define EXEC_GOES_ON 0
#define EXEC_IS_REFUSED 1
/* Nothing can be remembered about the program, so it must not start: memory pressure is no way out. */
#define EXEC_HAS_NO_MEMORY 2

/* No path leads to the file: a memory file, or one that was deleted. */
static __always_inline bool is_anonymous(struct file *file)
{
	return !file->f_inode->i_nlink || mount_is_internal(file->f_path.mnt);
}

/* Decides the execution of a file in every domain of the task. With `becoming`, also finds out what the
 * task becomes. */
static __noinline __u32 judge_exec(struct file *file, __u32 access, bool becoming)
{
	struct identification asked;
	struct subject subject;
	struct task_state *state;
	bool confined, anonymous, refuse = false;
	__u32 questions[DOMAINS_PER_TASK];

	confined = identify(&subject, EXEC_OPERATION);
	if (!confined && !(becoming && (subject.state || programs_matter())))
		return EXEC_GOES_ON;
	state = state_of(&subject);
	if (!state)
		return becoming ? EXEC_HAS_NO_MEMORY : EXEC_GOES_ON;
	anonymous = is_anonymous(file);
	walk_begin(&state->walk, subject.task, file->f_path.mnt, LOCKS_HELD);
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;

		questions[index] = QUESTIONS;
		if (!confined || anonymous || (index && !number))
			continue;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (domain && (domain->operations & EXEC_OPERATION))
			questions[index] = walk_ask(&state->walk, subject.slot, subject.generation,
						    &domain->exec.root, false);
	}
	if (becoming)
		ask_program(&state->walk, &asked);
	if (becoming || state->walk.count)
		walk_finish(&state->walk, file->f_path.dentry);
	if (becoming)
#pragma unroll
		for (__u32 slot = 0; slot < SLOTS; slot++)
			state->next[slot] = OWNER(asked.generation[slot],
						  program_domain(&state->walk, &asked, slot));
	if (!confined)
		return EXEC_GOES_ON;
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;
		__u32 decision = 0;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (!domain)
			continue;
		if (anonymous) {
			decision = domain->anonymous_exec;
		} else if (questions[index] < QUESTIONS) {
			__u32 class = state->walk.questions[questions[index] & (QUESTIONS - 1)].state.exact;

			if (state->walk.doubt) {
				class = 0;
				if (domain->strict & EXEC_OPERATION) {
					class = domain->exec.root.subtree;
					refuse = access == TELOVIX_ACCESS_EXECUTE;
				}
			}
			decision = class_decision(subject.slot, domain->exec.classes, class);
		}
		if (!decision)
			continue;
		event_begin(state, TELOVIX_OP_EXEC, access, !anonymous);
		if (verdict(&subject, state, number, decision))
			refuse = true;
	}
	return refuse ? EXEC_IS_REFUSED : EXEC_GOES_ON;
}

/* Called for every file that an execve goes through: the script first, then its interpreter. */
SEC("lsm/bprm_check_security")
int bprm_check_security(unsigned long long *context)
{
	struct linux_binprm *binary = (void *)context[0];

	__u32 judgement = judge_exec(binary->file, TELOVIX_ACCESS_EXECUTE, true);

	if (judgement == EXEC_HAS_NO_MEMORY) {
		separate();
		return -ENOMEM;
	}
	if (judgement == EXEC_IS_REFUSED || refused(NO_OPERATION, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

SEC("lsm/mmap_file")
int mmap_file(unsigned long long *context)
{
	struct file *file = (void *)context[0];

	if (!(context[2] & PROT_EXEC) || !file)
		return 0;
	if (judge_exec(file, TELOVIX_ACCESS_MAP, false) == EXEC_IS_REFUSED) {
		separate();
		return -EPERM;
	}
	return 0;
}

SEC("lsm/file_mprotect")
int file_mprotect(unsigned long long *context)
{
	struct vm_area_struct *area = (void *)context[0];
	struct file *file;

	if (!(context[2] & PROT_EXEC))
		return 0;
	file = area->vm_file;
	if (!file)
		return 0;
	if (judge_exec(file, TELOVIX_ACCESS_MAP, false) == EXEC_IS_REFUSED) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
