/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Policy as the programs read it: the C twin of src/layout.rs, which explains every field.
 * A test holds the numbers below against the Rust ones, and another the structures against this
 * object's BTF. Needs __u8 to __u64 to be declared.
 */
#ifndef TELOVIX_LAYOUT_H
#define TELOVIX_LAYOUT_H

#define TELOVIX_LAYOUT_VERSION 1

#define TELOVIX_CHUNK 28
#define TELOVIX_PATH_DEPTH 64
#define TELOVIX_CHUNKS_PER_NAME 10
#define TELOVIX_SEARCH_STEPS 32
#define TELOVIX_CAPABILITIES 64
#define TELOVIX_INHERITED_DOMAINS 3
#define TELOVIX_SLOTS 12

#define TELOVIX_SYSCALLS_X86_64 512
#define TELOVIX_SYSCALLS_X32 64
#define TELOVIX_SYSCALLS_IA32 512
#define TELOVIX_SYSCALLS_IA32_START (TELOVIX_SYSCALLS_X86_64 + TELOVIX_SYSCALLS_X32)
#define TELOVIX_SYSCALL_CELLS (TELOVIX_SYSCALLS_IA32_START + TELOVIX_SYSCALLS_IA32)

#define TELOVIX_NODE_HAS_EDGES 0x80000000u
#define TELOVIX_NODE_HAS_PREFIXES 0x40000000u
#define TELOVIX_NODE_NUMBER 0x3fffffffu

#define TELOVIX_CONFINEMENT_HAS_EXEMPTIONS 1
#define TELOVIX_CONFINEMENT_BLOCKS 2
#define TELOVIX_ANY_DOMAIN 0xffffffffu

/* Operations: bit in telovix_domain.operations; from MODULE_LOAD on also index in .slots. */
#define TELOVIX_OP_EXEC 0
#define TELOVIX_OP_FILE 1
#define TELOVIX_OP_CONNECT 2
#define TELOVIX_OP_CAPABILITY 3
#define TELOVIX_OP_SYSCALL 4
#define TELOVIX_OP_MODULE_LOAD 5
#define TELOVIX_OP_USER_NAMESPACE 6
#define TELOVIX_OP_RAW_SOCKET 7
#define TELOVIX_OP_PACKET_SOCKET 8
#define TELOVIX_OP_CAPSET_SYS_ADMIN 9
#define TELOVIX_OP_PTRACE_ATTACH 10
#define TELOVIX_OP_MEMORY_FILE 11
#define TELOVIX_OP_PIVOT_ROOT 12
#define TELOVIX_OP_MOUNT 13
#define TELOVIX_OP_UNSHARE 14
#define TELOVIX_OP_BPF_LOAD 15
#define TELOVIX_OP_SET_ID 16
#define TELOVIX_SLOT(operation) ((operation) - TELOVIX_OP_MODULE_LOAD)

#define TELOVIX_EFFECT_ALLOW 0
#define TELOVIX_EFFECT_OBSERVE 1
#define TELOVIX_EFFECT_LOG 2
#define TELOVIX_EFFECT_KILL 3
#define TELOVIX_EFFECT_DENY 4

#define TELOVIX_ACCESS_READ 1
#define TELOVIX_ACCESS_WRITE 2
#define TELOVIX_ACCESS_CREATE 4
#define TELOVIX_ACCESS_TRUNCATE 8
#define TELOVIX_ACCESS_DELETE 16
#define TELOVIX_ACCESS_RENAME 32
#define TELOVIX_ACCESS_LINK 64
#define TELOVIX_ACCESS_EXECUTE 128
#define TELOVIX_ACCESS_MAP 256

struct telovix_path_state {
	__u32 child;
	__u32 exact;
	__u32 below;
	__u32 subtree;
};

struct telovix_edge_key {
	__u32 node;
	__u8 chunk[TELOVIX_CHUNK];
};

struct telovix_prefix_key {
	__u32 bits;
	__u32 node;
	__u8 chunk[TELOVIX_CHUNK];
};

struct telovix_automaton {
	struct telovix_path_state root;
	__u32 classes;
	__u32 class_count;
};

struct telovix_endpoints {
	__u32 start;
	__u32 count;
	__u32 classes;
	__u32 class_count;
};

struct telovix_syscalls {
	__u32 table;
	__u32 classes;
	__u32 class_count;
};

struct telovix_domain {
	__u32 operations;
	__u32 strict;
	__u32 inherits;
	struct telovix_automaton exec;
	struct telovix_automaton file;
	struct telovix_endpoints endpoints;
	struct telovix_syscalls syscalls;
	__u32 anonymous_exec;
	__u32 slots[TELOVIX_SLOTS];
	__u32 capabilities[TELOVIX_CAPABILITIES];
};

struct telovix_address {
	__u64 high;
	__u64 low;
	__u32 ports;
	__u32 port_count;
	__u32 class;
	__u32 reserved;
};

struct telovix_port {
	__u32 first;
	__u32 class;
};

struct telovix_syscall_table {
	__u16 classes[TELOVIX_SYSCALL_CELLS];
};

struct telovix_decision {
	__u32 confinement;
	__u32 next;
};

struct telovix_confinement {
	__u8 effect;
	__u8 operation;
	__u16 access;
	__u16 scope;
	__u16 flags;
};

struct telovix_subject {
	__u32 path;
	__u32 name;
};

struct telovix_exemption {
	__u32 confinement;
	__u32 own;
	__u32 parent;
};

struct telovix_header {
	__u32 version;
	__u32 reserved;
	struct telovix_path_state subjects;
	struct telovix_path_state names;
};

#endif
