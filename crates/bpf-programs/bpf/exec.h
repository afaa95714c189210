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
/* Its own path kept being renamed, so it is not known which program it is: it must not start either. */
#define EXEC_IS_NOT_KNOWN 3

/* include/linux/fs.h: marks what overlayfs maps in the place of the file that was opened, from 6.6 on. Bit 25, and after a
 * renumbering in 6.14, which longterm kernels took over, bit 24: so this alone proves nothing. */
#define FMODE_BACKING 0x3000000

/* No path leads to the file: a memory file, or one that was deleted. */
static __always_inline bool is_anonymous(struct file *file)
{
	return !file->f_inode->i_nlink || mount_is_internal(file->f_path.mnt);
}

/* include/uapi/linux/magic.h */
#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6
/* include/uapi/linux/mman.h: MAP_SHARED, and with it MAP_SHARED_VALIDATE. */
#define MAP_SHARED 1

/* Whether a file is memory that no path leads to: of memfd_create, a shared anonymous mapping, shmget. */
static __always_inline bool is_shared_memory(struct file *file)
{
	unsigned long magic = file->f_inode->i_sb->s_magic;

	return (magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC) && mount_is_internal(file->f_path.mnt);
}

/* Where a mapping is of a file below an overlay, begins at the path that the process opened. */
static __always_inline bool begin_at_opened(struct walk *walk, struct task_struct *task, struct file *file,
					    bool *anonymous)
{
	struct super_block *of_mount = NULL, *of_entry = NULL;
	struct backing_file *backing = (void *)file;
	struct path opened = {};

	if (!__builtin_preserve_field_info(((struct backing_file *)0)->user_path, 2) ||
	    !(file->f_mode & FMODE_BACKING) || !mount_is_internal(file->f_path.mnt))
		return false;
	read_field(&opened, backing, user_path);
	read_field(&of_mount, opened.mnt, mnt_sb);
	read_field(&of_entry, opened.dentry, d_sb);
	/* Behind any other file lies another file, whose first words are no mount and entry of one file system. */
	if (!of_mount || of_mount != of_entry)
		return false;
	walk_begin_at(walk, task, opened.mnt, opened.dentry);
	*anonymous = !file->f_inode->i_nlink;
	return true;
}

/* Decides the execution of a file in every domain of the task. With `becoming`, also finds out what the
 * task becomes. */
static __noinline __u32 judge_exec(struct file *file, __u32 access, bool becoming)
{
	struct identification asked = {};
	struct subject subject;
	struct task_state *state;
	bool confined, anonymous, refuse = false;
	__u32 questions[DOMAINS_PER_TASK];

	confined = identify(&subject, EXEC_OPERATION);
	if (!confined && !(becoming && (subject.state || programs_matter())))
		return EXEC_GOES_ON;
	state = state_of(&subject);
	if (!state) {
		if (becoming)
			return EXEC_HAS_NO_MEMORY;
		return nothing_is_known(&subject, EXEC_OPERATION) ? EXEC_IS_REFUSED : EXEC_GOES_ON;
	}
	anonymous = is_anonymous(file);
	if (!begin_at_opened(&state->walk, subject.task, file, &anonymous))
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
	if (becoming && state->walk.doubt == TELOVIX_DOUBT_RACE)
		return EXEC_IS_NOT_KNOWN;
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
				if (must_be_certain(&subject, number, domain, EXEC_OPERATION, state->walk.doubt)) {
					class = domain->exec.root.subtree;
					refuse |= access == TELOVIX_ACCESS_EXECUTE;
				} else if (state->walk.doubt != TELOVIX_DOUBT_ELSEWHERE) {
					class = 0;
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
	if (judgement == EXEC_IS_NOT_KNOWN) {
		separate();
		return -EAGAIN;
	}
	if (judgement == EXEC_IS_REFUSED ||
	    refused(is_shared_memory(binary->file) ? TELOVIX_OP_MEMORY_FILE : NO_OPERATION, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* Whether a mapping has a file. Before 6.13 the verifier takes the argument of mmap_file for never NULL and drops a branch
 * that asks; what a helper says of the address it cannot drop. */
static __always_inline bool is_there(struct file *file)
{
	__u64 word;

	return file && !bpf_probe_read_kernel(&word, sizeof(word), file);
}

/* Whether memory may become executable. Anonymous memory has no file yet; a shared mapping makes one of it. */
static __always_inline bool mapping_refused(struct file *file, bool shared)
{
	bool there = is_there(file);

	if ((there ? is_shared_memory(file) : shared) && refused(TELOVIX_OP_MEMORY_FILE, 0))
		return true;
	return there && judge_exec(file, TELOVIX_ACCESS_MAP, false) == EXEC_IS_REFUSED;
}

SEC("lsm/mmap_file")
int mmap_file(unsigned long long *context)
{
	if ((context[2] & PROT_EXEC) && mapping_refused((void *)context[0], context[3] & MAP_SHARED)) {
		separate();
		return -EPERM;
	}
	return 0;
}

SEC("lsm/file_mprotect")
int file_mprotect(unsigned long long *context)
{
	struct vm_area_struct *area = (void *)context[0];

	if ((context[2] & PROT_EXEC) && mapping_refused(area->vm_file, false)) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
