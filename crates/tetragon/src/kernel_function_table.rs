//! Kernel functions that policies hook, and what is known of them.
//!
//! Source: the BTF of Linux 6.18 for x86-64, for functions that are the same in 6.1, 6.12 and 7.2. `security_` functions
//! have the prototype of their LSM hook, except those listed here.

/// `(function, types of the arguments)`, sorted by name.
#[rustfmt::skip]
pub(super) const FUNCTIONS: &[(&str, &[&str])] = &[
    ("__cgroup_bpf_run_filter_skb", &["sock*", "sk_buff*", "cgroup_bpf_attach_type"]),
    ("__sk_free", &["sock*"]),
    ("__sys_bind", &["int", "sockaddr*", "int"]),
    ("__sys_connect", &["int", "sockaddr*", "int"]),
    ("__sys_setfsgid", &["gid_t"]),
    ("__sys_setfsuid", &["uid_t"]),
    ("__sys_setgid", &["gid_t"]),
    ("__sys_setregid", &["gid_t", "gid_t"]),
    ("__sys_setresgid", &["gid_t", "gid_t", "gid_t"]),
    ("__sys_setresuid", &["uid_t", "uid_t", "uid_t"]),
    ("__sys_setreuid", &["uid_t", "uid_t"]),
    ("__sys_setuid", &["uid_t"]),
    ("begin_new_exec", &["linux_binprm*"]),
    ("cap_capable", &["cred*", "user_namespace*", "int", "unsigned int"]),
    ("chmod_common", &["path*", "umode_t"]),
    ("chown_common", &["path*", "uid_t", "gid_t"]),
    ("close_fd", &["unsigned int"]),
    ("commit_creds", &["cred*"]),
    ("create_user_ns", &["cred*"]),
    ("dev_hard_start_xmit", &["sk_buff*", "net_device*", "netdev_queue*", "int*"]),
    ("do_filp_open", &["int", "filename*", "open_flags*"]),
    ("do_mount", &["char*", "char*", "char*", "unsigned long", "void*"]),
    ("do_pipe2", &["int*", "int"]),
    ("do_sys_openat2", &["int", "char*", "open_how*"]),
    ("fd_install", &["unsigned int", "file*"]),
    ("inet_bind", &["socket*", "sockaddr*", "int"]),
    ("inet_listen", &["socket*", "int"]),
    ("inet_stream_connect", &["socket*", "sockaddr*", "int", "int"]),
    ("ip6_output", &["net*", "sock*", "sk_buff*"]),
    ("ip6_send_skb", &["sk_buff*"]),
    ("ip_mc_output", &["net*", "sock*", "sk_buff*"]),
    ("ip_output", &["net*", "sock*", "sk_buff*"]),
    ("ip_send_skb", &["net*", "sk_buff*"]),
    ("ksys_read", &["unsigned int", "char*", "size_t"]),
    ("ksys_write", &["unsigned int", "char*", "size_t"]),
    ("path_mount", &["char*", "path*", "char*", "unsigned long", "void*"]),
    ("prepare_kernel_cred", &["task_struct*"]),
    ("ptrace_attach", &["task_struct*", "long", "unsigned long", "unsigned long"]),
    ("security_inode_rename", &["inode*", "dentry*", "inode*", "dentry*", "unsigned int"]),
    ("security_mmap_file", &["file*", "unsigned long", "unsigned long"]),
    ("set_fs_pwd", &["fs_struct*", "path*"]),
    ("sk_free", &["sock*"]),
    ("tcp_close", &["sock*", "long"]),
    ("tcp_connect", &["sock*"]),
    ("tcp_create_openreq_child", &["sock*", "request_sock*", "sk_buff*"]),
    ("tcp_sendmsg", &["sock*", "msghdr*", "size_t"]),
    ("tcp_set_state", &["sock*", "int"]),
    ("tcp_v4_connect", &["sock*", "sockaddr*", "int"]),
    ("tcp_v6_connect", &["sock*", "sockaddr*", "int"]),
    ("tty_write", &["kiocb*", "iov_iter*"]),
    ("udp_sendmsg", &["sock*", "msghdr*", "size_t"]),
    ("udpv6_sendmsg", &["sock*", "msghdr*", "size_t"]),
    ("unix_stream_connect", &["socket*", "sockaddr*", "int", "int"]),
    ("vfs_open", &["path*", "file*"]),
    ("vfs_read", &["file*", "char*", "size_t", "loff_t*"]),
    ("vfs_write", &["file*", "char*", "size_t", "loff_t*"]),
    ("wake_up_new_task", &["task_struct*"]),
];

/// Functions whose prototype differs between kernels, sorted.
#[rustfmt::skip]
pub(super) const PRESENT: &[&str] = &[
    "bpf_check", "bpf_prog_load", "bprm_execve", "do_exit", "do_group_exit", "do_init_module", "do_truncate",
    "find_module_sections", "free_module", "group_send_sig_info", "inet_csk_accept", "inet_csk_listen_start",
    "kernel_clone", "kfree_skb_reason", "notify_change", "override_creds", "path_openat", "revert_creds",
    "sk_alloc", "sk_filter_trim_cap", "tcp_recvmsg", "udp_recvmsg", "vfs_mkdir", "vfs_rename", "vfs_unlink",
];

/// What follows `security_` in the name of a function that has no LSM hook with that name, sorted.
#[rustfmt::skip]
pub(super) const SECURITY: &[&str] = &[
    "add_hooks", "bounded_transition", "change_sid", "compute_av", "compute_av_user",
    "compute_xperms_decision", "context_str_to_sid", "context_to_sid", "context_to_sid_core",
    "context_to_sid_default", "context_to_sid_force", "create_user_ns", "cred_getlsmprop", "free_mnt_opts",
    "fs_use", "genfs_sid", "get_bools", "get_classes", "get_permissions", "ib_endport_sid", "ib_pkey_sid",
    "load_policy", "member_sid", "mls_enabled", "net_peersid_resolve", "netif_sid", "netlbl_secattr_to_sid",
    "netlbl_sid_to_secattr", "node_sid", "policycap_supported", "port_sid", "prepare_creds", "read_policy",
    "read_state_kernel", "set_bools", "settime64", "sid_mls_copy", "sid_to_context", "sid_to_context_core",
    "sid_to_context_force", "sid_to_context_inval", "sidtab_hash_stats", "sk_classify_flow",
    "skb_classify_flow", "sock_rcv_skb", "transfer_creds", "transition_sid", "transition_sid_user",
    "validate_transition", "validate_transition_user", "vm_enough_memory_mm",
];

/// What follows `sys_` in the name of an entry that is not the name of a system call, sorted.
#[rustfmt::skip]
pub(super) const ENTRIES: &[&str] = &[
    "getegid16", "geteuid16", "getgid16", "getuid16", "io_pgetevents_time32", "old_msgctl", "old_semctl",
    "old_shmctl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write", "ppoll_time32", "pselect6_time32",
    "rtas", "s390_ipc", "s390_pci_mmio_read", "s390_pci_mmio_write", "spu_create", "spu_run", "subpage_prot",
    "uprobe", "uretprobe",
];
