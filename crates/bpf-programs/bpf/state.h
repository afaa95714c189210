/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the programs remember and tell, beside the policy: the C twin of src/state.rs.
 */
#ifndef TELOVIX_STATE_H
#define TELOVIX_STATE_H

/* Which slot is active: bit 0 is the slot, 23 bits the end of its generation's number, the rest a deadline
 * in milliseconds since boot (0: none). Past the deadline the other slot is active. One 64-bit write
 * switches. */
#define TELOVIX_CONTROL_DEADLINE 24
struct telovix_control {
	__u64 word;
};

/* A loaded generation. Number 0: the slot is empty. */
struct telovix_slot {
	__u32 generation;
	/* Operations that domain 0 has decisions for. */
	__u32 everybody;
	/* Whether any program is a subject. */
	__u32 subjects;
	__u32 reserved;
};

/* What self-protection compares with: the folder and the name of the program that applied the policy, and the
 * folders of our pins. Numbers of devices and inodes as the kernel has them. Length 0: nothing is protected. */
#define TELOVIX_GUARD_NAME 32
#define TELOVIX_GUARD_FOLDERS 3
struct telovix_guard {
	__u64 folder;
	__u32 folder_device;
	__u32 folder_generation;
	__u32 length;
	__u32 pins_device;
	__u64 pins[TELOVIX_GUARD_FOLDERS];
	__u8 name[TELOVIX_GUARD_NAME];
};

/* The domains of one generation that take the place of an inherited one of another, found by generation << 32 | domain;
 * 0 ends them. */
struct telovix_successors {
	__u32 generation; /* of the successors */
	__u32 domains[3];
};

#define TELOVIX_EVENT_TEXT 512

/* Why a decision was taken without knowing the whole truth. */
#define TELOVIX_DOUBT_NONE 0
#define TELOVIX_DOUBT_DEEP 1 /* more components than the walk takes */
#define TELOVIX_DOUBT_DETACHED 2 /* on a mount that is nowhere mounted */
#define TELOVIX_DOUBT_RACE 3 /* renames or mounts of what is on the way never held still */
#define TELOVIX_DOUBT_MEMORY 4 /* no memory for the task's state */
#define TELOVIX_DOUBT_INHERITED 5 /* more inherited domains than a task can carry */
#define TELOVIX_DOUBT_ELSEWHERE 6 /* the path is one of another mount namespace */

/* One report. Texts end where their length says; the record is cut after the last text. */
struct telovix_event {
	__u64 time; /* nanoseconds since boot */
	__u32 generation;
	__u32 rule; /* index of the confinement */
	__u32 domain;
	__u32 pid;
	__u32 parent_pid;
	__u32 user;
	__u8 operation;
	__u8 effect;
	__u8 doubt;
	__u8 reserved;
	__u32 access; /* ways to touch a file */
	__u32 detail; /* capability, system call, mode, socket family and type */
	__u32 reserved2;
	__u64 address_high;
	__u64 address_low;
	__u16 port; /* host byte order */
	__u16 protocol;
	__u16 path_length;
	__u16 path_cut; /* leading components that did not fit */
	char command[16];
	char path[TELOVIX_EVENT_TEXT];
};

/* Index in the statistics array. */
#define TELOVIX_STATISTIC_EVENTS 0 /* reports written */
#define TELOVIX_STATISTIC_DROPPED 1 /* reports the ring buffer had no room for */
#define TELOVIX_STATISTIC_WALKS 2 /* paths walked to the root */
#define TELOVIX_STATISTIC_DOUBTS 3 /* walks that ended in doubt */
#define TELOVIX_STATISTIC_SEEDED 4 /* tasks given a domain by the iterator */
#define TELOVIX_STATISTICS 8

#endif
