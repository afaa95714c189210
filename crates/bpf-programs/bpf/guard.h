/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Self-protection: while a policy is active, only the host's own telovix may take our maps and programs, or remove
 * our pins, and nobody may turn the function tracer off, on which every one of our hooks depends.
 *
 * The host's own telovix is a task in no domain whose program has the name, in the folder, of the one that applied
 * the policy. The folder is an inode, so neither another mount namespace nor chroot nor a bind mount can imitate
 * it; the name is compared and not the file, so that a new version in its place may go on.
 */
#ifndef TELOVIX_GUARD_H
#define TELOVIX_GUARD_H

#include "decide.h"

/* The program of a task: its name, and the directory that the name is in. False where that cannot be said. */
static __always_inline bool read_program(struct task_struct *task, struct telovix_guard *found)
{
	struct dentry *dentry, *parent;
	struct inode *folder;
	struct file *file;
	__u32 length;

	if (!task->mm)
		return false;
	file = task->mm->exe_file;
	if (!file)
		return false;
	dentry = file->f_path.dentry;
	if (!dentry)
		return false;
	parent = dentry->d_parent;
	length = dentry->d_name.len;
	if (!parent || !length || length >= TELOVIX_GUARD_NAME)
		return false;
	folder = parent->d_inode;
	if (!folder)
		return false;
	found->folder = folder->i_ino;
	found->folder_generation = folder->i_generation;
	found->folder_device = folder->i_sb->s_dev;
	found->length = length;
	bpf_probe_read_kernel(found->name, bounded(length, TELOVIX_GUARD_NAME), dentry->d_name.name);
	return true;
}

static __always_inline struct telovix_guard *guard_facts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&guard, &zero);
}

/* Whether a task's program is the one that applied the policy. */
static __always_inline bool is_loader(struct task_struct *task, const struct telovix_guard *facts)
{
	struct telovix_guard found = {};
	const __u64 *known = (const void *)facts->name, *seen = (const void *)found.name;

	if (!read_program(task, &found))
		return false;
	return found.folder == facts->folder && found.folder_generation == facts->folder_generation &&
	       found.folder_device == facts->folder_device && found.length == facts->length && known[0] == seen[0] &&
	       known[1] == seen[1] && known[2] == seen[2] && known[3] == seen[3];
}

/* Why the current task may not touch what keeps the policy in force; 0 if it may. Tasks outside of every domain are
 * told that there is no such thing, so that tools that list all programs and maps go on to the next. */
static __noinline int guarded(void)
{
	struct telovix_guard *facts = guard_facts();
	struct subject subject;

	if (!facts || !facts->length)
		return 0;
	if (identify(&subject, 0))
		return EPERM;
	if (!subject.generation || is_loader(subject.task, facts))
		return 0;
	return ENOENT;
}

/* Run by the loader itself before anything is attached (BPF_PROG_TEST_RUN): it is the one that may. */
SEC("raw_tp/register_loader")
int register_loader(void *context)
{
	struct telovix_guard *facts = guard_facts();
	struct telovix_guard found = {};

	if (!facts || !read_program(bpf_get_current_task_btf(), &found))
		return 0;
	facts->folder = found.folder;
	facts->folder_generation = found.folder_generation;
	facts->folder_device = found.folder_device;
	__builtin_memcpy(facts->name, found.name, TELOVIX_GUARD_NAME);
	facts->length = found.length;
	return 0;
}

/* What the loader makes for a generation has a name that begins so; a map's name never changes. */
static __always_inline bool is_made_by_us(struct bpf_map *map)
{
	char name[8];

	bpf_probe_read_kernel(name, sizeof(name), map->name);
	return *(__u64 *)name == *(__u64 *)"telovix_";
}

static __always_inline bool is_our_map(void *map)
{
	return map == &control || map == &slots || map == &guard || map == &successors || map == &statistics || map == &events ||
	       map == &tasks || map == &directories || map == &header || map == &confinements ||
	       map == &decisions || map == &classes || map == &domains || map == &addresses || map == &ports ||
	       map == &syscalls || map == &hits || map == &subjects || map == &exemptions || map == &edges ||
	       map == &prefixes || is_made_by_us(map);
}

/* Passed by whoever gets a descriptor of a map: by its number, from a pin, or when it is made. */
SEC("lsm/bpf_map")
int bpf_map(unsigned long long *context)
{
	if (is_our_map((void *)context[0])) {
		int reason = guarded();

		if (reason == EPERM) {
			separate();
			return -EPERM;
		}
		if (reason) {
			separate();
			return -ENOENT;
		}
	}
	return 0;
}

/* Maps that a program may use (MAX_USED_MAPS, include/linux/bpf_verifier.h). */
#define MAPS_PER_PROGRAM 64

struct used_maps {
	__u64 next;
	__u32 ours;
};

static long is_used(__u32 index, struct used_maps *maps)
{
	__u64 map = 0;

	bpf_probe_read_kernel(&map, sizeof(map), (void *)(maps->next + 8 * (__u64)index));
	if (map == (__u64)(void *)&control) {
		maps->ours = 1;
		return 1;
	}
	return 0;
}

/* Every program of ours uses the control map, and nobody else can have it. */
SEC("lsm/bpf_prog")
int bpf_prog(unsigned long long *context)
{
	struct bpf_prog *program = (void *)context[0];
	struct used_maps maps = { .next = (__u64)program->aux->used_maps };
	__u32 count = program->aux->used_map_cnt;
	int reason;

	if (count > MAPS_PER_PROGRAM)
		count = MAPS_PER_PROGRAM;
	bpf_loop(count, is_used, &maps, 0);
	if (!maps.ours)
		return 0;
	reason = guarded();
	if (reason == EPERM) {
		separate();
		return -EPERM;
	}
	if (reason) {
		separate();
		return -ENOENT;
	}
	return 0;
}

static __always_inline bool holds_pins(struct super_block *file_system)
{
	struct telovix_guard *facts = guard_facts();

	return facts && facts->length && file_system->s_dev == facts->pins_device;
}

/* Whether an inode is one of the folders of our pins. */
static __always_inline bool is_pin_folder(struct inode *inode)
{
	struct telovix_guard *facts = guard_facts();
	__u64 number;

	if (!inode || !facts || !facts->length || inode->i_sb->s_dev != facts->pins_device)
		return false;
	number = inode->i_ino;
	return number == facts->pins[0] || number == facts->pins[1] || number == facts->pins[2];
}

/* These are asked of every file system, whatever path, mount or descriptor leads there. */
#define PIN_HOOK(hook, condition)                                                                 \
	SEC("lsm/" #hook)                                                                         \
	int hook(unsigned long long *context)                                                     \
	{                                                                                         \
		if ((condition) && guarded()) {                                                   \
			separate();                                                               \
			return -EPERM;                                                            \
		}                                                                                 \
		return 0;                                                                         \
	}

#define INODE(index) ((struct inode *)context[index])
#define ENTRY(index) (((struct dentry *)context[index])->d_inode)

PIN_HOOK(inode_unlink, is_pin_folder(INODE(0)))
PIN_HOOK(inode_rmdir, is_pin_folder(INODE(0)) || is_pin_folder(ENTRY(1)))
PIN_HOOK(inode_rename, is_pin_folder(INODE(0)) || is_pin_folder(ENTRY(1)) || is_pin_folder(INODE(2)))

/* Asked before what could change the running kernel: /dev/mem and ports, kexec, modules without a signature, registers.
 * A task in an enforced domain gets what everybody gets under `lockdown=integrity`. */
SEC("lsm/locked_down")
int locked_down(unsigned long long *context)
{
	struct subject subject;

	if ((__u32)context[0] >=
	    __builtin_preserve_enum_value(*(enum lockdown_reason *)LOCKDOWN_INTEGRITY_MAX, 1))
		return 0;
	if (!identify(&subject, 0))
		return 0;
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (number && domain && domain->strict) {
			separate();
			return -EPERM;
		}
	}
	return 0;
}

/* Called for every write to a setting, wherever procfs is mounted and whoever opened the file; no hook of the function
 * tracer is needed for it. */
SEC("cgroup/sysctl")
int write_setting(struct bpf_sysctl *context)
{
	static const char switch_of_tracer[24] = "kernel/ftrace_enabled";
	char name[24] = {}, value[4] = {};
	struct telovix_slot *slot;
	long length;

	if (!context->write)
		return 1;
	if (bpf_sysctl_get_name(context, name, sizeof(name), 0) < 0)
		return 1;
#pragma unroll
	for (__u32 index = 0; index < sizeof(name); index++)
		if (name[index] != switch_of_tracer[index])
			return 1;
	slot = loaded_in(active_slot());
	if (!slot || !slot->generation)
		return 1;
	/* Turning it on again is no harm. */
	length = bpf_sysctl_get_new_value(context, value, sizeof(value));
	return value[0] == '1' && (length == 1 || (length == 2 && value[1] == '\n'));
}

#endif
