/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Maps. Those of a generation hang from an outer map with two slots; the loader creates an inner map of
 * the right size, fills it, and only then makes its slot the active one.
 */
#ifndef TELOVIX_MAPS_H
#define TELOVIX_MAPS_H

#include "kernel.h"
#include "layout.h"
#include "state.h"

#define PINNED __uint(pinning, 1)
#define SLOTS 2

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telovix_control);
	PINNED;
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct telovix_slot);
	PINNED;
} slots SEC(".maps");

/* For each inherited domain of the active generation, those that its subjects hand to descendants in the generation that
 * is being loaded. Written by the loader before tasks are placed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(struct telovix_successors));
	PINNED;
} successors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct telovix_guard);
	PINNED;
} guard SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TELOVIX_STATISTICS);
	__type(key, __u32);
	__type(value, __u64);
	PINNED;
} statistics SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	PINNED;
} events SEC(".maps");

/* A component of a path being walked: a short name itself, padded with zeros as an edge's key has it, or where
 * a longer one is. */
struct component {
	union {
		struct {
			__u32 length;
			__u8 text[TELOVIX_CHUNK];
		};
		struct {
			__u64 long_length;
			__u64 long_name;
		};
		__u64 words[4];
	};
};

/* A path automaton to walk down, and the state it ends in. */
struct question {
	__u32 slot;
	__u32 generation;
	__u32 leaf_only; /* the base name alone */
	struct telovix_path_state root; /* where to start */
	struct telovix_path_state state; /* at the leaf; its class is `exact` */
	struct telovix_path_state parent; /* at the leaf's directory, where known */
	__u32 parent_known;
};

/* Components whose states a walk leaves to the next one. */
#define TRAIL 32

/* How the first question of the walk before came down; its components still stand in their places. The state
 * behind each of them holds for the next walk as far as the names are the same. */
struct trail {
	__u32 depth; /* 0: none */
	__u32 generation;
	__u32 lowest; /* the last component with a state: nothing more was to be learnt below */
	__u32 reserved;
	struct telovix_path_state root; /* where it began */
	struct {
		__u32 child;
		__u32 below;
	} states[TRAIL];
};

/* The subject's own and inherited tables, and for both slots which program this is, by path and by name. */
#define QUESTIONS 8

/* A path walk, from the leaf up to the root of the mount namespace and down again through the policy. A component's
 * number is how many lie below it, and its place the last bits of that. */
struct walk {
	__u64 leaf_mount;
	__u64 leaf_root; /* of the leaf's mount */
	__u64 namespace_root; /* the mount that the climb has to end at */
	__u64 dentry;
	__u64 mount;
	__u64 mount_root;
	__u64 locks; /* where they stood when the walk began */
	__u64 leaf; /* the directory entry that the walk is about */
	__u64 chain; /* digest of every entry and mount on the way, as the climb found them */
	__u64 again; /* the same, as the second climb found them */
	__u32 unsettled; /* some entry was being renamed when the climb came by */
	__u32 by_number; /* the leaf is a number to the verifier */
	__u32 depth; /* all components; the topmost TELOVIX_PATH_DEPTH of them are kept */
	__u32 doubt;
	__u32 done;
	__u32 differs; /* the topmost component that is not the one of the walk before */
	__u32 left; /* components still to go down */
	__u32 offset; /* bytes of the current component already consumed */
	__u32 count; /* questions asked */
	struct telovix_edge_key key;
	struct telovix_prefix_key prefix;
	struct trail trail;
	struct question questions[QUESTIONS];
	struct component base; /* the leaf's, when it is not kept among the others */
	struct component components[TELOVIX_PATH_DEPTH];
};

/* A decision being read: from its strongest confinement on, until one holds. */
struct chain {
	__u32 slot;
	__u32 cell;
	__u32 access;
	__u32 own;
	__u32 parent;
	__u32 rule;
	__u32 effect;
	__u32 operation;
	__u32 with_path; /* the walk has the path that the event is about */
	__u32 place; /* for system calls */
	__u32 covered; /* a hook refuses what the call does */
	__u32 silent; /* only a question: refuse, but neither kill nor report */
};

#define CHAIN_ANYWHERE 0
#define CHAIN_AT_ENTRY 1
#define CHAIN_AT_HOOK 2

/* What a task carries. `own` is generation << 32 | domain, so that one write replaces both. */
struct task_state {
	/* The last IPv4 endpoint that every domain allowed, and the control word under which it was. Programs
	 * read these two without a look-up, so they come first. */
	__u64 endpoint_word;
	__u64 endpoint;
	__u64 own[SLOTS];
	__u32 inherited[SLOTS][4];
	/* Set while an exec is under way, taken over when it can no longer fail. */
	__u64 next[SLOTS];
	/* What a task that is being placed inherits, while it is being found out. */
	__u32 gathered[SLOTS][4];
	struct chain chain;
	struct walk walk;
	struct telovix_event event;
	char event_end[256]; /* what the verifier thinks the last component may need */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
	PINNED;
} tasks SEC(".maps");

/* What a walk knew at a directory, good as long as no rename or mount has happened since. */
struct note {
	__u64 version; /* odd while being written */
	__u64 owner; /* generation << 32 | domain */
	__u64 mount;
	__u64 namespace;
	__u64 locks;
	__u32 child;
	__u32 below;
};

/* Domains whose notes a directory keeps at once; the number's last bits choose the place. */
#define NOTES 4

/* Lives with the inode, so that an address that is used again cannot be mistaken for it. */
struct directory {
	struct note notes[NOTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct directory);
	PINNED;
} directories SEC(".maps");

#define INNER_ARRAY(name, record)                                                                 \
	struct name##_inner {                                                                     \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                 \
		__uint(map_flags, BPF_F_INNER_MAP);                                               \
		__uint(max_entries, 1);                                                           \
		__uint(key_size, 4);                                                              \
		__uint(value_size, sizeof(record));                                               \
	};                                                                                        \
	struct {                                                                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                         \
		__uint(max_entries, SLOTS);                                                       \
		__type(key, __u32);                                                               \
		PINNED;                                                                           \
		__array(values, struct name##_inner);                                             \
	} name SEC(".maps")

#define INNER_KEYED(name, kind, flags, key_type, value_type)                                      \
	struct name##_inner {                                                                     \
		__uint(type, kind);                                                               \
		__uint(map_flags, flags);                                                         \
		__uint(max_entries, 1);                                                           \
		__uint(key_size, sizeof(key_type));                                               \
		__uint(value_size, sizeof(value_type));                                           \
	};                                                                                        \
	struct {                                                                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                         \
		__uint(max_entries, SLOTS);                                                       \
		__type(key, __u32);                                                               \
		PINNED;                                                                           \
		__array(values, struct name##_inner);                                             \
	} name SEC(".maps")

INNER_ARRAY(header, struct telovix_header);
INNER_ARRAY(confinements, struct telovix_confinement);
INNER_ARRAY(decisions, struct telovix_decision);
INNER_ARRAY(classes, __u32);
INNER_ARRAY(domains, struct telovix_domain);
INNER_ARRAY(addresses, struct telovix_address);
INNER_ARRAY(ports, struct telovix_port);
INNER_ARRAY(syscalls, struct telovix_syscall_table);
/* How often each confinement decided. */
INNER_ARRAY(hits, __u64);
INNER_KEYED(subjects, BPF_MAP_TYPE_HASH, 0, struct telovix_subject, __u32);
INNER_KEYED(exemptions, BPF_MAP_TYPE_HASH, 0, struct telovix_exemption, __u32);
INNER_KEYED(edges, BPF_MAP_TYPE_HASH, 0, struct telovix_edge_key, struct telovix_path_state);
INNER_KEYED(prefixes, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, struct telovix_prefix_key, __u32);

/* Every record in one place, which puts them all into the object's BTF; a test reads them there. */
struct telovix_layout {
	struct telovix_header header;
	struct telovix_confinement confinement;
	struct telovix_decision decision;
	struct telovix_domain domain;
	struct telovix_subject subject;
	struct telovix_exemption exemption;
	struct telovix_edge_key edge_key;
	struct telovix_prefix_key prefix_key;
	struct telovix_address address;
	struct telovix_port port;
	struct telovix_syscall_table syscall_table;
	struct telovix_control control;
	struct telovix_slot slot;
	struct telovix_guard guard;
	struct telovix_event event;
};

__attribute__((used)) static int describe_layout(const struct telovix_layout *layout)
{
	return layout->header.version;
}

/* Looks a record up in a map of a slot's generation. */
static __always_inline void *slot_lookup(void *outer, __u32 slot, const void *key)
{
	void *inner = bpf_map_lookup_elem(outer, &slot);

	return inner ? bpf_map_lookup_elem(inner, key) : NULL;
}

/* What a slot holds. The number comes by value: a loop counter must not lose its bounds on the stack. */
static __always_inline struct telovix_slot *loaded_in(__u32 slot)
{
	return bpf_map_lookup_elem(&slots, &slot);
}

static __always_inline void count(__u32 statistic)
{
	__u64 *sum = bpf_map_lookup_elem(&statistics, &statistic);

	if (sum)
		__sync_fetch_and_add(sum, 1);
}

#endif
