/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Operations that are decided without looking at a path or an address: modules, namespaces, mounts,
 * sockets, ptrace, memory files, BPF, roots.
 */
#ifndef TELOVIX_OPERATION_H
#define TELOVIX_OPERATION_H

#include "file.h"
#include "network.h"
#include "guard.h"

/* include/linux/kernel_read_file.h: READING_MODULE, and from 7.2 on READING_MODULE_COMPRESSED (before it
 * 7 is READING_MAX_ID, which is never passed). kernel_load_data_id LOADING_MODULE has the same number. */
#define READING_MODULE 2
#define READING_MODULE_COMPRESSED 7

#define AF_PACKET 17
#define SOCK_TYPE_MASK 0xf
#define SOCK_RAW 3

#define PTRACE_MODE_ATTACH 2
/* include/uapi/linux/magic.h */
#define CGROUP2_SUPER_MAGIC 0x63677270
#define CAP_SYS_ADMIN 21

/* bpf(2) commands that make a program, or that take one, a map or a link by its number. */
#define BPF_PROG_LOAD 5
#define BPF_PROG_GET_FD_BY_ID 13
#define BPF_MAP_GET_FD_BY_ID 14
#define BPF_LINK_GET_FD_BY_ID 30

/* arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl, as cells of a system-call table */
#define X64_READ 0
#define X64_PREAD64 17
#define X64_READV 19
#define X64_PREADV 295
#define X64_PREADV2 327
#define X64_CLONE 56
#define X64_CHROOT 161
#define X64_UNSHARE 272
#define X64_SETNS 308
#define X64_MEMFD_CREATE 319
#define X64_OPEN_TREE 428
#define X64_FSMOUNT 432
#define X64_CLONE3 435
#define X64_MEMFD_SECRET 447
#define X64_OPEN_TREE_ATTR 467
#define IA32(number) (TELOVIX_SYSCALLS_IA32_START + (number))
#define IA32_READ IA32(3)
#define IA32_PREAD64 IA32(180)
#define IA32_READV IA32(145)
#define IA32_PREADV IA32(333)
#define IA32_PREADV2 IA32(378)
#define IA32_CLONE IA32(120)
#define IA32_UNSHARE IA32(310)
#define IA32_SETNS IA32(346)
#define IA32_MEMFD_CREATE IA32(356)
#define IA32_OPEN_TREE IA32(428)
#define IA32_FSMOUNT IA32(432)
#define IA32_CLONE3 IA32(435)
#define IA32_MEMFD_SECRET IA32(447)
#define IA32_OPEN_TREE_ATTR IA32(467)


/* Defines a program that refuses an operation whenever `condition` holds, and in any case the system call
 * that led here. */
#define OPERATION_HOOK(hook, condition, operation, detail)                                        \
	SEC("lsm/" #hook)                                                                         \
	int hook(unsigned long long *context)                                                     \
	{                                                                                         \
		if (refused((condition) ? operation : NO_OPERATION, detail)) {                    \
			separate();                                                               \
			return -EPERM;                                                            \
		}                                                                                 \
		return 0;                                                                         \
	}

OPERATION_HOOK(kernel_read_file,
	       (__u32)context[1] == READING_MODULE || (__u32)context[1] == READING_MODULE_COMPRESSED,
	       TELOVIX_OP_MODULE_LOAD, 0)
OPERATION_HOOK(kernel_load_data, (__u32)context[0] == READING_MODULE, TELOVIX_OP_MODULE_LOAD, 0)
/* Reading /proc/PID/stack, syscall or personality asks for the same right, from inside the read; nobody attaches there:
 * ptrace, process_vm_readv and pidfd_getfd are calls of their own, and /proc/PID/mem asks when it is opened. */
static __always_inline bool only_reads(void)
{
	switch (current_call(bpf_get_current_task_btf())) {
	case X64_READ:
	case X64_PREAD64:
	case X64_READV:
	case X64_PREADV:
	case X64_PREADV2:
	case IA32_READ:
	case IA32_PREAD64:
	case IA32_READV:
	case IA32_PREADV:
	case IA32_PREADV2:
		return true;
	}
	return false;
}

OPERATION_HOOK(ptrace_access_check, (__u32)context[1] & PTRACE_MODE_ATTACH && !only_reads(),
	       TELOVIX_OP_PTRACE_ATTACH, 0)
OPERATION_HOOK(ptrace_traceme, true, TELOVIX_OP_PTRACE_ATTACH, 0)
OPERATION_HOOK(sb_pivotroot, true, TELOVIX_OP_PIVOT_ROOT, 0)
OPERATION_HOOK(sb_mount, true, TELOVIX_OP_MOUNT, 0)
/* Not for the host's own telovix where control groups, version 2, are mounted nowhere: it needs their root, to which the
 * program for settings is attached, also to replace a rule that denies mounts. */
OPERATION_HOOK(sb_kern_mount,
	       ((struct super_block *)context[0])->s_magic != CGROUP2_SUPER_MAGIC || guarded(),
	       TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(move_mount, true, TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(path_chroot, false, NO_OPERATION, 0)

/* Defines a program for a hook that is called often, and only seldom with what concerns us. */
#define RARE_HOOK(hook, condition, operation, detail)                                             \
	SEC("lsm/" #hook)                                                                         \
	int hook(unsigned long long *context)                                                     \
	{                                                                                         \
		if ((condition) && refused(operation, detail)) {                                  \
			separate();                                                               \
			return -EPERM;                                                            \
		}                                                                                 \
		return 0;                                                                         \
	}

/* Not for the host's own telovix, which has to be able to replace and to remove the rule. */
SEC("lsm/bpf")
int bpf(unsigned long long *context)
{
	__u32 command = context[0];
	bool takes = command == BPF_PROG_LOAD || command == BPF_PROG_GET_FD_BY_ID ||
		     command == BPF_MAP_GET_FD_BY_ID || command == BPF_LINK_GET_FD_BY_ID;

	if ((!takes || guarded()) && refused(takes ? TELOVIX_OP_BPF_LOAD : NO_OPERATION, command)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* The BPF file system must not go away: our pins are all that keeps the programs attached. */
SEC("lsm/sb_umount")
int sb_umount(unsigned long long *context)
{
	struct vfsmount *mount = (void *)context[0];

	if ((holds_pins(mount->mnt_sb) && guarded()) || refused(TELOVIX_OP_MOUNT, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

RARE_HOOK(capset, *(__u32 *)context[2] & (1 << CAP_SYS_ADMIN), TELOVIX_OP_CAPSET_SYS_ADMIN, CAP_SYS_ADMIN)
RARE_HOOK(inode_create, (__u32)context[2] & MODE_SET_ID, TELOVIX_OP_SET_ID, (__u32)context[2] & 07777)

/* A user namespace is a namespace too. */
SEC("lsm/userns_create")
int userns_create(unsigned long long *context)
{
	bool refuse = refused(TELOVIX_OP_USER_NAMESPACE, 0);

	if (refuse || refused(TELOVIX_OP_UNSHARE, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

SEC("lsm/socket_create")
int socket_create(unsigned long long *context)
{
	__u32 family = context[0];
	__u32 type = context[1] & SOCK_TYPE_MASK;
	__u32 operation = NO_OPERATION;

	/* Made by the kernel for itself. */
	if ((__u32)context[3])
		return 0;
	if (family == AF_PACKET)
		operation = TELOVIX_OP_PACKET_SOCKET;
	else if ((family == AF_INET || family == AF_INET6) && type == SOCK_RAW)
		operation = TELOVIX_OP_RAW_SOCKET;
	if (refused(operation, family << 16 | type)) {
		separate();
		return -EPERM;
	}
	/* Writes its own headers from the start. */
	if (operation == TELOVIX_OP_RAW_SOCKET && (__u32)context[2] == IPPROTO_RAW && must_know_destination()) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* Before 7.2 no hook is for memory files, but each of them is a file of its own. */
SEC("lsm/file_alloc_security")
int file_alloc_security(unsigned long long *context)
{
	__u32 call = current_call(bpf_get_current_task_btf());

	if (call != X64_MEMFD_CREATE && call != X64_MEMFD_SECRET && call != IA32_MEMFD_CREATE &&
	    call != IA32_MEMFD_SECRET)
		return 0;
	if (refused(TELOVIX_OP_MEMORY_FILE, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* From 7.2 on memory files are anonymous inodes with a name: [memfd], [secretmem]. */
SEC("lsm/inode_init_security_anon")
int inode_init_security_anon(unsigned long long *context)
{
	struct qstr *name = (void *)context[1];
	__u32 operation = NO_OPERATION;
	char text[12] = {};

	bpf_probe_read_kernel(text, sizeof(text) - 1, name->name);
	if (text[0] == '[' && ((text[1] == 'm' && text[2] == 'e' && text[3] == 'm' && text[4] == 'f') ||
			       (text[1] == 's' && text[2] == 'e' && text[3] == 'c' && text[4] == 'r')))
		operation = TELOVIX_OP_MEMORY_FILE;
	if (refused(operation, 0)) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
