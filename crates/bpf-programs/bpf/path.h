/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A dentry and a mount -> the class of the path they have, from the root of the mount namespace.
 *
 * The path is never built. A climb notes the names, and the walk comes down again with one edge look-up for each of
 * them; where the task's walk before came down by the same names, what that one knew there is known. If something on the
 * way moved during the climb, the walk begins again; if that keeps happening it says so.
 *
 * What it knew at the leaf's directory stays with that directory's inode. A file beside it then costs one
 * look-up: the note is good as long as both locks stand where they stood when it was taken, because every
 * way to change the path of a directory (rename, exchange, move by the file system, mount, unmount,
 * pivot_root) moves one of them.
 */
#ifndef TELOVIX_PATH_H
#define TELOVIX_PATH_H

#include "climb.h"

/* How often to look again when what is on the way was renamed or mounted meanwhile. */
#define WALK_ATTEMPTS 16

/* Remembers the state behind the component that the first question came to. */
static __always_inline void leave_trail(struct walk *walk, const struct question *question)
{
	if (question == walk->questions && walk->left < TRAIL) {
		__u64 place = bounded(walk->left, TRAIL);

		walk->trail.states[place].child = question->state.child;
		walk->trail.states[place].below = question->state.below;
	}
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
};

/* One step down: one chunk of one component. */
static long descend(__u32 index, struct descent *descent)
{
	struct question *question = descent->question;
	struct walk *walk = descent->walk;
	struct telovix_path_state *edge;
	struct component *component;
	__u32 length;

	if (!walk->left) {
		walk->done = 1;
		return 1;
	}
	if (!(question->state.child & ~TELOVIX_NODE_NUMBER)) {
		settle(walk, question, question->state.below);
		return 1;
	}
	component = &walk->components[(walk->left - 1) & (TELOVIX_PATH_DEPTH - 1)];
	if (walk->left + TELOVIX_PATH_DEPTH <= walk->depth) {
		/* Not one of the topmost. No rule is so deep; a base name is. */
		if (!question->leaf_only) {
			walk->doubt = TELOVIX_DOUBT_DEEP;
			walk->done = 1;
			return 1;
		}
		component = &walk->base;
	}
	length = component->length;
	__builtin_memcpy(&walk->key, component, sizeof(walk->key));
	if (length >= TELOVIX_CHUNK) {
		length -= walk->offset;
		if (length > TELOVIX_CHUNK)
			length = TELOVIX_CHUNK;
		__builtin_memset(walk->key.chunk, 0, TELOVIX_CHUNK);
		bpf_probe_read_kernel(walk->key.chunk, bounded(length, TELOVIX_CHUNK + 1),
				      (void *)(component->long_name + walk->offset));
	}
	walk->key.node = question->state.child & TELOVIX_NODE_NUMBER;
	edge = bpf_map_lookup_elem(descent->edges, &walk->key);
	if (!edge) {
		/* Nothing beyond this point is known by name; a prefix may still hold. */
		__u32 class = question->state.below;

		if (question->state.child & TELOVIX_NODE_HAS_PREFIXES) {
			__u32 *found;

			walk->prefix.bits = 32 + 8 * length;
			walk->prefix.node = walk->key.node;
			__builtin_memcpy(walk->prefix.chunk, walk->key.chunk, TELOVIX_CHUNK);
			found = slot_lookup(&prefixes, question->slot, &walk->prefix);
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
	leave_trail(walk, question);
	if (walk->left == 1) {
		question->parent = question->state;
		question->parent_known = 1;
	}
	return 0;
}

/* Follows one question down from the root; the first one from where the walk before knew it, as far as that
 * came down by the same names. */
static long answer(__u32 index, struct walk **context)
{
	struct walk *walk = *context;
	struct trail *trail = &walk->trail;
	struct question *question;
	struct descent descent;
	__u32 slot, start;

	question = &walk->questions[index & (QUESTIONS - 1)];
	descent.walk = walk;
	descent.question = question;
	slot = question->slot;
	descent.edges = bpf_map_lookup_elem(&edges, &slot);
	walk->done = 0;
	if (!descent.edges)
		return 1;
	walk->offset = 0;
	walk->left = question->leaf_only && walk->depth ? 1 : walk->depth;
	question->state = question->root;
	if (!index) {
		start = walk->differs + 1;
		if (start < trail->lowest)
			start = trail->lowest;
		if (start < walk->depth && start < TRAIL && trail->generation == question->generation &&
		    trail->root.child == question->root.child && trail->root.below == question->root.below) {
			__u64 place = bounded(start, TRAIL);

			walk->left = start;
			question->state.child = trail->states[place].child;
			question->state.below = trail->states[place].below;
		}
	}
	question->parent = question->state;
	question->parent_known = walk->left == 1;
	bpf_loop(TELOVIX_PATH_DEPTH * TELOVIX_CHUNKS_PER_NAME, descend, &descent, 0);
	if (!index && walk->done && !question->leaf_only && walk->depth <= TELOVIX_PATH_DEPTH) {
		trail->depth = walk->depth;
		trail->generation = question->generation;
		trail->root = question->root;
		trail->lowest = walk->left;
	}
	return !walk->done;
}

/* Climbs once and answers every question once; stops when what it saw was so at one moment. */
static long attempt(__u32 index, struct climb *start)
{
	struct walk *walk = start->walk;
	__u32 depth_before = walk->trail.depth;

	if (walk->locks & LOCKS_HELD)
		walk->locks = read_locks();
	walk->depth = 0;
	walk->done = 0;
	walk->doubt = TELOVIX_DOUBT_NONE;
	walk->differs = 0;
	walk->trail.depth = 0;
	walk->unsettled = 0;
	walk->chain = 0;
	start_at_leaf(walk);
	if (!walk->by_number) {
		start->dentry = start->leaf;
		bpf_loop(CLIMB_STEPS + 1, climb, start, 0);
		walk->dentry = walk->leaf_root;
	}
	if (!walk->doubt && (walk->by_number || walk->leaf_mount != walk->namespace_root)) {
		bpf_loop(CLIMB_STEPS, climb_on, &walk, 0);
		if (!walk->done && !walk->doubt)
			walk->doubt = TELOVIX_DOUBT_DEEP;
	}
	if (walk->depth != depth_before)
		walk->differs = walk->depth;
	if (!walk->doubt || walk->doubt == TELOVIX_DOUBT_ELSEWHERE)
		bpf_loop(walk->count, answer, &walk, 0);
	if (!(walk->locks & LOCKS_HELD) && walk->locks == read_locks())
		return 1;
	walk->locks = LOCKS_HELD;
	if (still_stands(walk))
		return 1;
	walk->doubt = TELOVIX_DOUBT_RACE;
	return 0;
}

/* Adds a question; its answer has the number that is returned. */
static __always_inline __u32 walk_ask(struct walk *walk, __u32 slot, __u32 generation,
				      const struct telovix_path_state *root, bool leaf_only)
{
	__u32 number = walk->count & (QUESTIONS - 1);
	struct question *question = &walk->questions[number];

	question->slot = slot;
	question->generation = generation;
	question->leaf_only = leaf_only;
	question->root = *root;
	walk->count = number + 1;
	return number;
}

/* Answers the questions about the path of a directory entry, which is left out where the walk goes by numbers;
 * walk->doubt says whether the answers are certain. */
static __always_inline void walk_finish(struct walk *walk, struct dentry *dentry)
{
	struct climb context = { .walk = walk, .leaf = dentry, .dentry = dentry };

	walk->doubt = TELOVIX_DOUBT_RACE;
	if (!walk->by_number)
		walk->leaf = (__u64)dentry;
	bpf_loop(WALK_ATTEMPTS, attempt, &context, 0);
	count(TELOVIX_STATISTIC_WALKS);
	if (walk->doubt && walk->doubt != TELOVIX_DOUBT_ELSEWHERE)
		count(TELOVIX_STATISTIC_DOUBTS);
}

#endif
