/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Operations that are decided without looking at a path or an address: modules, namespaces, mounts,
 * sockets, ptrace, memory files, BPF, roots.
 */
#ifndef TELOVIX_OPERATION_H
#define TELOVIX_OPERATION_H

#include "file.h"
#include "network.h"

/* include/linux/kernel_read_file.h: READING_MODULE, and from 7.2 on READING_MODULE_COMPRESSED (before it
 * 7 is READING_MAX_ID, which is never passed). kernel_load_data_id LOADING_MODULE has the same number. */
#define READING_MODULE 2
#define READING_MODULE_COMPRESSED 7

#define AF_PACKET 17
#define SOCK_TYPE_MASK 0xf
#define SOCK_RAW 3

#define PTRACE_MODE_ATTACH 2
#define CAP_SYS_ADMIN 21

/* bpf(2) commands that make a program. */
#define BPF_PROG_LOAD 5

/* arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl, as cells of a system-call table */
#define X64_CLONE 56
#define X64_CHROOT 161
#define X64_UNSHARE 272
#define X64_SETNS 308
#define X64_MEMFD_CREATE 319
#define X64_OPEN_TREE 428
#define X64_CLONE3 435
#define X64_MEMFD_SECRET 447
#define X64_OPEN_TREE_ATTR 467
#define IA32(number) (TELOVIX_SYSCALLS_IA32_START + (number))
#define IA32_CLONE IA32(120)
#define IA32_UNSHARE IA32(310)
#define IA32_SETNS IA32(346)
#define IA32_MEMFD_CREATE IA32(356)
#define IA32_OPEN_TREE IA32(428)
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
OPERATION_HOOK(ptrace_access_check, (__u32)context[1] & PTRACE_MODE_ATTACH, TELOVIX_OP_PTRACE_ATTACH, 0)
OPERATION_HOOK(ptrace_traceme, true, TELOVIX_OP_PTRACE_ATTACH, 0)
OPERATION_HOOK(sb_pivotroot, true, TELOVIX_OP_PIVOT_ROOT, 0)
OPERATION_HOOK(sb_mount, true, TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(sb_kern_mount, true, TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(sb_umount, true, TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(move_mount, true, TELOVIX_OP_MOUNT, 0)
OPERATION_HOOK(bpf, (__u32)context[0] == BPF_PROG_LOAD, TELOVIX_OP_BPF_LOAD, (__u32)context[0])
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

RARE_HOOK(capset, *(__u32 *)context[2] & (1 << CAP_SYS_ADMIN), TELOVIX_OP_CAPSET_SYS_ADMIN, CAP_SYS_ADMIN)
RARE_HOOK(path_chmod, (__u32)context[1] & MODE_SET_ID, TELOVIX_OP_SET_ID, (__u32)context[1] & 07777)
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
