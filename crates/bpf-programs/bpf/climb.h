/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A dentry and a mount -> the names from there up to the root of the mount namespace, and whether they were so at one
 * moment.
 *
 * The climb trusts what it saw if neither rename_lock nor mount_lock (fs/dcache.c, fs/namespace.c) moved in between. If
 * one did, which any user can bring about with files of its own, it climbs once more: every entry that still has its
 * parent and its sequence number (d_seq, which each rename of the entry moves), and every mount that is where it was,
 * was so at one moment between the two climbs.
 *
 * Rules have at most TELOVIX_PATH_DEPTH components, so no more than the topmost ones are kept: a path may be as deep as
 * it likes.
 */
#ifndef TELOVIX_CLIMB_H
#define TELOVIX_CLIMB_H

#include "maps.h"

/* Addresses of the two sequence counters, from /proc/kallsyms; the loader fills them in. */
const volatile __u64 rename_lock_address = 0;
const volatile __u64 mount_lock_address = 0;

/* More components and mounts than any path has; each step costs a few dozen instructions. */
#define CLIMB_STEPS (1 << 16)

/* include/linux/proc_ns.h, fs/mount.h: what mnt_ns says for mounts that only the kernel has. */
#define MOUNT_NAMESPACE_INTERNAL ((__u64)-22)

/* Both counters in one word. A counter is odd while its lock is held. */
#define LOCKS_HELD 0x0000000100000001ULL

/* Reads both counters; a counter that cannot be read counts as held. */
static __always_inline __u64 read_locks(void)
{
	__u64 locks = LOCKS_HELD;

	bpf_probe_read_kernel(&locks, 4, (void *)rename_lock_address);
	bpf_probe_read_kernel((void *)&locks + 4, 4, (void *)mount_lock_address);
	return locks;
}

/* Adds an entry and its sequence number, or a mount and where it is mounted, to the digest of a climb. A multiplication
 * spreads each difference upwards, the shift brings it down again. */
static __always_inline __u64 chained(__u64 chain, __u64 what, __u64 state)
{
	chain = (chain ^ what) * 0x9e3779b97f4a7c15ULL;
	chain = (chain ^ chain >> 32 ^ state) * 0x9e3779b97f4a7c15ULL;
	return chain ^ chain >> 32;
}

/* A climb on the leaf's mount. The verifier knows what these pointers are, so that they can be followed
 * without a helper. */
struct climb {
	struct walk *walk;
	struct dentry *leaf;
	struct dentry *dentry;
};

/* Adds the component of an entry that is not a mount's root, unless there is no path or it is too long. */
static __always_inline bool add_component(struct walk *walk, void *dentry, void *parent, const void *name,
					  __u32 length)
{
	struct component *place = &walk->components[walk->depth & (TELOVIX_PATH_DEPTH - 1)];
	struct component new = { .words = { 0, 0, 0, 0 } };

	if (parent == dentry || !parent) {
		walk->doubt = TELOVIX_DOUBT_DETACHED;
		return false;
	}
	if (walk->depth >= CLIMB_STEPS) {
		walk->doubt = TELOVIX_DOUBT_DEEP;
		return false;
	}
	if (walk->depth == TELOVIX_PATH_DEPTH)
		walk->base = walk->components[0];
	if (length >= TELOVIX_CHUNK) {
		place->long_length = length;
		place->long_name = (__u64)name;
		walk->differs = walk->depth++;
		return true;
	}
	new.length = length;
	bpf_probe_read_kernel(new.text, bounded(length, TELOVIX_CHUNK), name);
	if (place->words[0] != new.words[0] || place->words[1] != new.words[1] ||
	    place->words[2] != new.words[2] || place->words[3] != new.words[3]) {
		walk->differs = walk->depth;
		*place = new;
	}
	walk->depth++;
	return true;
}

/* One step up on the leaf's mount. */
static long climb(__u32 index, struct climb *climb)
{
	struct walk *walk = climb->walk;
	struct dentry *dentry = climb->dentry;
	struct dentry *parent;
	__u32 sequence;

	if ((__u64)dentry == walk->leaf_root)
		return 1;
	sequence = *(volatile unsigned int *)&dentry->d_seq.seqcount.sequence;
	separate();
	parent = dentry->d_parent;
	if (!add_component(walk, dentry, parent, dentry->d_name.name, dentry->d_name.len))
		return 1;
	walk->unsettled |= sequence & 1;
	/* The verifier allows no arithmetic with a pointer; what is read back from a map is a number to it. */
	*(volatile __u64 *)&walk->dentry = (__u64)dentry;
	walk->chain = chained(walk->chain, *(volatile __u64 *)&walk->dentry, sequence);
	climb->dentry = parent;
	return 0;
}

/* Whether a mount is the root of a mount namespace that processes can be in. Detached mounts have one of their own. */
static __always_inline bool is_namespace_root(struct mount *mount)
{
	struct mnt_namespace___numbered *numbered;
	struct mnt_namespace___flagged *flagged;
	struct mnt_namespace *namespace = NULL;
	bool anonymous = false;
	__u64 number = 0;

	read_field(&namespace, mount, mnt_ns);
	if (!namespace || (__u64)namespace == MOUNT_NAMESPACE_INTERNAL)
		return false;
	flagged = (void *)namespace;
	if (__builtin_preserve_field_info(((struct mnt_namespace___flagged *)0)->is_anon, 2)) {
		read_field(&anonymous, flagged, is_anon);
		return !anonymous;
	}
	numbered = (void *)namespace;
	read_field(&number, numbered, seq);
	return number;
}

/* One step up on the mounts above, or from a mount's root to where it is mounted. These pointers are numbers
 * to the verifier. */
static long climb_on(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct dentry *dentry = (void *)walk->dentry;
	struct mount *mount = (void *)walk->mount;
	struct dentry *parent = NULL;
	struct qstr name = {};
	__u32 sequence = 1;

	if (walk->dentry == walk->mount_root) {
		struct mount *above = NULL;
		struct dentry *root = NULL;

		if (walk->mount == walk->namespace_root) {
			walk->done = 1;
			return 1;
		}
		read_field(&above, mount, mnt_parent);
		if (above == mount || !above) {
			walk->doubt = is_namespace_root(mount) ? TELOVIX_DOUBT_ELSEWHERE : TELOVIX_DOUBT_DETACHED;
			return 1;
		}
		read_field(&dentry, mount, mnt_mountpoint);
		read_field(&root, above, mnt.mnt_root);
		walk->chain = chained(walk->chain, (__u64)above, (__u64)dentry);
		walk->dentry = (__u64)dentry;
		walk->mount = (__u64)above;
		walk->mount_root = (__u64)root;
		return 0;
	}
	read_field(&sequence, dentry, d_seq.seqcount.sequence);
	separate();
	read_field(&parent, dentry, d_parent);
	read_field(&name, dentry, d_name);
	if (!add_component(walk, dentry, parent, name.name, name.len))
		return 1;
	walk->unsettled |= sequence & 1;
	walk->chain = chained(walk->chain, (__u64)dentry, sequence);
	walk->dentry = (__u64)parent;
	return 0;
}

/* One step of the second climb, which goes only by what the kernel says now. */
static long climb_again(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct dentry *dentry = (void *)walk->dentry;
	struct mount *mount = (void *)walk->mount;
	struct dentry *parent = NULL;
	__u32 sequence = 1;

	if (walk->dentry == walk->mount_root) {
		struct mount *above = NULL;
		struct dentry *root = NULL;

		if (walk->mount != walk->namespace_root)
			read_field(&above, mount, mnt_parent);
		if (above == mount || !above)
			return 1;
		read_field(&dentry, mount, mnt_mountpoint);
		read_field(&root, above, mnt.mnt_root);
		walk->again = chained(walk->again, (__u64)above, (__u64)dentry);
		walk->dentry = (__u64)dentry;
		walk->mount = (__u64)above;
		walk->mount_root = (__u64)root;
		return 0;
	}
	read_field(&sequence, dentry, d_seq.seqcount.sequence);
	separate();
	read_field(&parent, dentry, d_parent);
	if (parent == dentry || !parent)
		return 1;
	walk->again = chained(walk->again, (__u64)dentry, sequence);
	walk->dentry = (__u64)parent;
	return 0;
}

/* Begins a climb that goes by numbers, at the leaf. */
static __always_inline void start_at_leaf(struct walk *walk)
{
	walk->dentry = walk->leaf;
	walk->mount = walk->leaf_mount;
	walk->mount_root = walk->leaf_root;
}

/* Whether everything on the way is as the climb found it. */
static __always_inline bool still_stands(struct walk *walk)
{
	if (walk->unsettled)
		return false;
	walk->again = 0;
	start_at_leaf(walk);
	bpf_loop(CLIMB_STEPS, climb_again, &walk, 0);
	return walk->again == walk->chain;
}

/* Begins a walk that leads up from a mount, as the task's mount namespace sees it. `locks` is where the locks
 * stood before, if somebody has just looked; LOCKS_HELD otherwise. */
static __always_inline void walk_begin(struct walk *walk, struct task_struct *task, struct vfsmount *mount,
				       __u64 locks)
{
	walk->leaf_mount = (__u64)mount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0);
	walk->leaf_root = (__u64)mount->mnt_root;
	walk->namespace_root = (__u64)task->nsproxy->mnt_ns->root;
	walk->locks = locks;
	walk->by_number = 0;
	walk->count = 0;
}

/* The same for a file that the verifier knows as a number only. */
static __always_inline void walk_begin_at(struct walk *walk, struct task_struct *task, struct vfsmount *mount,
					  struct dentry *dentry)
{
	struct dentry *root = NULL;

	read_field(&root, mount, mnt_root);
	walk->leaf_mount = (__u64)mount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0);
	walk->leaf_root = (__u64)root;
	walk->namespace_root = (__u64)task->nsproxy->mnt_ns->root;
	walk->locks = LOCKS_HELD;
	walk->leaf = (__u64)dentry;
	walk->by_number = 1;
	walk->count = 0;
}

/* Whether a file lies on a mount that no path leads to: pipes, sockets, memory files. */
static __always_inline bool mount_is_internal(void *vfsmount)
{
	struct mount *mount = vfsmount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0);
	struct mnt_namespace *namespace = NULL;

	read_field(&namespace, mount, mnt_ns);
	return (__u64)namespace == MOUNT_NAMESPACE_INTERNAL;
}

#endif
