/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A dentry and a mount -> the class of the path they have, from the root of the mount namespace.
 *
 * The path is never built. The walk climbs dentry->d_parent, crossing mounts, notes where the names are,
 * and comes down again with one edge look-up for each component. It trusts what it saw only if neither
 * rename_lock nor mount_lock (fs/dcache.c, fs/namespace.c) moved in between; if they keep moving it says so.
 *
 * What it knew at the leaf's directory stays with that directory's inode. A file beside it then costs one
 * look-up: the note is good as long as both locks stand where they stood when it was taken, because every
 * way to change the path of a directory (rename, exchange, move by the file system, mount, unmount,
 * pivot_root) moves one of them.
 */
#ifndef TELOVIX_PATH_H
#define TELOVIX_PATH_H

#include "maps.h"

/* Addresses of the two sequence counters, from /proc/kallsyms; the loader fills them in. */
const volatile __u64 rename_lock_address = 0;
const volatile __u64 mount_lock_address = 0;

/* How often to look again when renames or mounts interfere. */
#define WALK_ATTEMPTS 16

/* include/linux/proc_ns.h, fs/mount.h: what mnt_ns says for mounts that only the kernel has. */
#define MOUNT_NAMESPACE_INTERNAL ((__u64)-22)

/* Reads both counters; a counter that cannot be read counts as held. */
static __always_inline void read_locks(__u32 *renames, __u32 *mounts)
{
	*renames = 1;
	*mounts = 1;
	bpf_probe_read_kernel(renames, sizeof(*renames), (void *)rename_lock_address);
	bpf_probe_read_kernel(mounts, sizeof(*mounts), (void *)mount_lock_address);
}

static __always_inline bool locks_stand_at(__u32 renames, __u32 mounts)
{
	__u32 renames_now, mounts_now;

	if ((renames | mounts) & 1)
		return false;
	read_locks(&renames_now, &mounts_now);
	return renames_now == renames && mounts_now == mounts;
}

/* One step up: to the parent directory, or from a mount's root to where it is mounted. */
static long climb(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct dentry *dentry = (void *)walk->dentry;
	struct mount *mount = (void *)walk->mount;
	struct component *component;
	struct dentry *parent = NULL;
	struct qstr name = {};

	if (walk->dentry == walk->mount_root) {
		struct mount *above = NULL;
		struct dentry *root = NULL;

		read_field(&above, mount, mnt_parent);
		if (above == mount || !above) {
			walk->done = 1;
			return 1;
		}
		read_field(&dentry, mount, mnt_mountpoint);
		read_field(&root, above, mnt.mnt_root);
		walk->dentry = (__u64)dentry;
		walk->mount = (__u64)above;
		walk->mount_root = (__u64)root;
		return 0;
	}
	read_field(&parent, dentry, d_parent);
	if (parent == dentry || !parent) {
		walk->doubt = TELOVIX_DOUBT_DETACHED;
		return 1;
	}
	if (walk->depth >= TELOVIX_PATH_DEPTH) {
		walk->doubt = TELOVIX_DOUBT_DEEP;
		return 1;
	}
	read_field(&name, dentry, d_name);
	component = &walk->components[walk->depth & (TELOVIX_PATH_DEPTH - 1)];
	component->name = (__u64)name.name;
	component->length = name.len;
	walk->depth++;
	walk->dentry = (__u64)parent;
	return 0;
}

/* Ends a descent: `class` holds for the leaf, whatever is still to come. */
static __always_inline void settle(struct walk *walk, struct question *question, __u32 class)
{
	question->state.child = 0;
	question->state.exact = class;
	question->state.below = class;
	question->state.subtree = class;
	if (walk->left > 1) {
		question->parent = question->state;
		question->parent_known = 1;
	}
	walk->done = 1;
}

struct descent {
	struct walk *walk;
	struct question *question;
	void *edges;
	void *prefixes;
};

/* One step down: one chunk of one component. */
static long descend(__u32 index, struct descent *descent)
{
	struct question *question = descent->question;
	struct walk *walk = descent->walk;
	struct telovix_path_state *edge;
	struct component *component;
	__u32 rest, length;

	if (!walk->left) {
		walk->done = 1;
		return 1;
	}
	if (!(question->state.child & ~TELOVIX_NODE_NUMBER)) {
		settle(walk, question, question->state.below);
		return 1;
	}
	component = &walk->components[(walk->left - 1) & (TELOVIX_PATH_DEPTH - 1)];
	rest = component->length - walk->offset;
	length = rest < TELOVIX_CHUNK ? rest : TELOVIX_CHUNK;
	__builtin_memset(&walk->key, 0, sizeof(walk->key));
	walk->key.node = question->state.child & TELOVIX_NODE_NUMBER;
	if (length)
		bpf_probe_read_kernel(walk->key.chunk, bounded(length, TELOVIX_CHUNK + 1),
				      (void *)(component->name + walk->offset));
	edge = bpf_map_lookup_elem(descent->edges, &walk->key);
	if (!edge) {
		/* Nothing beyond this point is known by name; a prefix may still hold. */
		__u32 class = question->state.below;

		if (question->state.child & TELOVIX_NODE_HAS_PREFIXES) {
			__u32 *found;

			walk->prefix.bits = 32 + 8 * length;
			walk->prefix.node = walk->key.node;
			__builtin_memcpy(walk->prefix.chunk, walk->key.chunk, TELOVIX_CHUNK);
			found = bpf_map_lookup_elem(descent->prefixes, &walk->prefix);
			if (found)
				class = *found;
		}
		settle(walk, question, class);
		return 1;
	}
	question->state = *edge;
	if (length == TELOVIX_CHUNK) {
		walk->offset += TELOVIX_CHUNK;
		return 0;
	}
	walk->offset = 0;
	walk->left--;
	if (walk->left == 1) {
		question->parent = question->state;
		question->parent_known = 1;
	}
	return 0;
}

/* Follows one question down from the root. */
static long answer(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct descent descent;
	__u32 slot;

	if (index >= walk->count)
		return 1;
	descent.walk = walk;
	descent.question = &walk->questions[index & (QUESTIONS - 1)];
	descent.question->state = descent.question->root;
	descent.question->parent = descent.question->root;
	slot = descent.question->slot;
	descent.edges = bpf_map_lookup_elem(&edges, &slot);
	descent.prefixes = bpf_map_lookup_elem(&prefixes, &slot);
	walk->done = 0;
	if (!descent.edges || !descent.prefixes)
		return 1;
	walk->offset = 0;
	walk->left = descent.question->leaf_only && walk->depth ? 1 : walk->depth;
	descent.question->parent_known = walk->left == 1;
	bpf_loop(TELOVIX_PATH_DEPTH * TELOVIX_CHUNKS_PER_NAME, descend, &descent, 0);
	return !walk->done;
}

/* Climbs once and answers every question once; stops when nothing moved meanwhile. */
static long attempt(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct dentry *root = NULL;

	read_locks(&walk->renames, &walk->mounts);
	walk->dentry = walk->leaf_dentry;
	walk->mount = walk->leaf_mount;
	read_field(&root, (struct mount *)walk->leaf_mount, mnt.mnt_root);
	walk->mount_root = (__u64)root;
	walk->depth = 0;
	walk->done = 0;
	walk->doubt = TELOVIX_DOUBT_NONE;
	bpf_loop(TELOVIX_PATH_DEPTH * 2, climb, &walk, 0);
	if (!walk->done && !walk->doubt)
		walk->doubt = TELOVIX_DOUBT_DEEP;
	if (!walk->doubt && walk->mount != walk->namespace_root)
		walk->doubt = TELOVIX_DOUBT_DETACHED;
	if (!walk->doubt)
		bpf_loop(QUESTIONS, answer, &walk, 0);
	if (locks_stand_at(walk->renames, walk->mounts))
		return 1;
	walk->doubt = TELOVIX_DOUBT_RACE;
	return 0;
}

/* Begins a walk from a dentry on a mount, as the task's mount namespace sees it. */
static __always_inline void walk_begin(struct walk *walk, struct task_struct *task, void *dentry, void *mount)
{
	walk->leaf_dentry = (__u64)dentry;
	walk->leaf_mount = (__u64)mount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0);
	walk->namespace_root = (__u64)task->nsproxy->mnt_ns->root;
	walk->count = 0;
}

/* Adds a question; its answer has the number that is returned. */
static __always_inline __u32 walk_ask(struct walk *walk, __u32 slot, const struct telovix_path_state *root,
				      bool leaf_only)
{
	__u32 number = walk->count & (QUESTIONS - 1);
	struct question *question = &walk->questions[number];

	question->slot = slot;
	question->leaf_only = leaf_only;
	question->root = *root;
	walk->count = number + 1;
	return number;
}

/* Answers the questions; walk->doubt says whether the answers are certain. */
static __always_inline void walk_finish(struct walk *walk)
{
	walk->doubt = TELOVIX_DOUBT_RACE;
	bpf_loop(WALK_ATTEMPTS, attempt, &walk, 0);
	count(TELOVIX_STATISTIC_WALKS);
	if (walk->doubt)
		count(TELOVIX_STATISTIC_DOUBTS);
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
