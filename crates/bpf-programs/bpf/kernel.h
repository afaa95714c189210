/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel as the programs need it: only the fields they read, relocated when loaded (CO-RE), so
 * that one object fits every kernel. Helper numbers are kernel ABI (include/uapi/linux/bpf.h).
 */
#ifndef TELOVIX_KERNEL_H
#define TELOVIX_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#define SEC(name) __attribute__((section(name), used))
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __uint(name, value) int(*name)[value]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]
#define sizeof_field(type, field) sizeof(((type *)0)->field)

/* Keeps the compiler from merging a literal result with a computed one: the verifier of 6.12 loses
 * the bounds of a 32-bit select. */
#define separate() asm volatile("" ::: "memory")

/* Keeps an index below a limit, in the one register that is used afterwards: older verifiers forget
 * what a copy was compared with. Out of bounds becomes 0; callers have excluded it before. */
#define bounded(index, limit)                                                                     \
	({                                                                                        \
		__u64 bounded_index = (index);                                                    \
		asm volatile("if %0 < %1 goto +1\n%0 = 0" : "+r"(bounded_index) : "i"(limit));     \
		bounded_index;                                                                    \
	})

#define EPERM 1
#define ENOENT 2
#define EAGAIN 11
#define ENOMEM 12

#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_MAP_TYPE_INODE_STORAGE 28
#define BPF_MAP_TYPE_TASK_STORAGE 29
#define BPF_F_NO_PREALLOC 1
#define BPF_F_INNER_MAP 0x1000
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
	};
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	__u32 i_generation;
	const unsigned int i_nlink;
	struct super_block *i_sb;
};

/* With CONFIG_LOCKDEP off, seqcount_spinlock_t is no more than this (include/linux/seqlock_types.h). */
struct seqcount {
	unsigned int sequence;
};

struct seqcount_spinlock {
	struct seqcount seqcount;
};

struct dentry {
	struct seqcount_spinlock d_seq;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mnt_namespace {
	struct mount *root;
};

/* How a kernel says that a mount namespace holds detached mounts only: by sequence number 0, and from 7.2 on by a flag. */
struct mnt_namespace___numbered {
	__u64 seq;
};

struct mnt_namespace___flagged {
	bool is_anon;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
};

/* From 6.18 on. */
struct file___union {
	struct path __f_path;
};

/* What overlayfs maps into memory, and the path that the process opened (fs/file_table.c), from 6.6 on. */
struct backing_file {
	struct file file;
	struct path user_path;
};

/* What open(2) has found so far, from fs/namei.c. */
struct nameidata {
	struct path path;
};

struct linux_binprm {
	struct file *file;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct mm_struct {
	struct file *exe_file;
};

struct bpf_map {
	char name[16];
};

struct bpf_prog_aux {
	__u32 used_map_cnt;
	struct bpf_map **used_maps;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

/* Only the last of the reasons of the class "integrity" (include/linux/security.h). */
enum lockdown_reason {
	LOCKDOWN_INTEGRITY_MAX = 1,
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct thread_info {
	__u32 status;
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct bpf_local_storage_map;

struct bpf_local_storage_data {
	struct bpf_local_storage_map *smap;
};

struct bpf_local_storage {
	struct bpf_local_storage_data *cache[16];
};

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	struct nameidata *nameidata;
	char comm[16];
	struct bpf_local_storage *bpf_storage;
	unsigned int flags;
};

struct pt_regs {
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long orig_ax;
};

struct sockaddr {
	unsigned short sa_family;
};

struct in_addr {
	__u32 s_addr;
};

struct sockaddr_in {
	unsigned short sin_family;
	__u16 sin_port;
	struct in_addr sin_addr;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	void *msg_control;
	unsigned long msg_controllen;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	union {
		struct bpf_iter_meta *meta;
		__u64 meta_bits;
	};
	union {
		struct task_struct *task;
		__u64 task_bits;
	};
};

#pragma clang attribute pop

/* include/uapi/linux/bpf.h; not relocated. */
struct bpf_sysctl {
	__u32 write;
	__u32 file_pos;
};

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const bpf_get_current_comm)(void *to, __u32 size) = (void *)16;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_sysctl_get_name)(void *context, char *to, unsigned long size, __u64 flags) = (void *)101;
static long (*const bpf_sysctl_get_new_value)(void *context, char *to, unsigned long size) = (void *)103;
static long (*const bpf_send_signal)(__u32 signal) = (void *)109;
static long (*const bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static long (*const bpf_seq_write)(void *seq, const void *data, __u32 length) = (void *)127;
static __u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*const bpf_ringbuf_output)(void *ring, void *data, __u64 size, __u64 flags) = (void *)130;
static void *(*const bpf_inode_storage_get)(void *map, void *inode, void *value, __u64 flags) = (void *)145;
static void *(*const bpf_task_storage_get)(void *map, void *task, void *value, __u64 flags) = (void *)156;
static long (*const bpf_task_storage_delete)(void *map, void *task) = (void *)157;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static struct pt_regs *(*const bpf_task_pt_regs)(struct task_struct *task) = (void *)175;
static long (*const bpf_loop)(__u32 count, void *step, void *context, __u64 flags) = (void *)181;

/* Reads a field through a pointer the verifier knows nothing of. */
#define read_field(to, pointer, field)                                                            \
	bpf_probe_read_kernel((to), sizeof(*(to)),                                                \
			      (void *)((__u64)(pointer) + __builtin_preserve_field_info(          \
								  ((typeof(pointer))0)->field, 0)))

#endif
