//! Structs that `resolve` paths go through, and their fields.
//!
//! Source: the BTF of Linux 6.18 for x86-64. Fields of anonymous members are fields of the struct, as for Tetragon. A field
//! whose type is one of these structs, or a pointer to one, has its name after `:`.

/// Fields that other kernels or configurations have in one of the structs, sorted.
#[rustfmt::skip]
pub(super) const OTHER_FIELDS: &[&str] = &[
    "audit_context", "cgroups", "css_set", "f_count", "f_ep", "f_mapping", "f_ra", "f_security", "f_u",
    "f_version", "i_acl", "i_atime", "i_crypt_info", "i_ctime", "i_default_acl", "i_flctx", "i_mtime",
    "i_readcount", "i_security", "jit_keyring", "loginuid", "memcg", "mm_rb", "mmap", "numa_group",
    "process_keyring", "request_key_auth", "s_security", "seccomp", "security", "session_keyring", "sessionid",
    "sk_cgrp_data", "sk_security", "state", "thread_keyring", "vma", "vma_pages",
];

/// `(struct, fields)`, sorted by struct.
#[rustfmt::skip]
pub(super) const STRUCTS: &[(&str, &str)] = &[
    ("bpf_map", "\
        sha excl ops inner_map_meta:bpf_map security map_type key_size value_size max_entries map_extra \
        map_flags id record numa_node btf_key_type_id btf_value_type_id btf_vmlinux_value_type_id btf objcg \
        name freeze_mutex refcnt usercnt work rcu writecnt owner_lock owner bypass_spec_v1 frozen init_private \
        free_after_mult_rcu_gp free_after_rcu_gp sleepable_refcnt elem_count cookie excl_prog_sha \
    "),
    ("bpf_prog", "\
        pages jited jit_requested gpl_compatible cb_access dst_needed blinding_requested blinded is_func \
        kprobe_override has_callchain_buf enforce_expected_attach_type call_get_stack call_get_func_ip \
        tstamp_type_access sleepable type expected_attach_type len jited_len digest tag stats active bpf_func \
        aux:bpf_prog_aux orig_prog __empty_insns insns __empty_insnsi insnsi \
    "),
    ("bpf_prog_aux", "\
        refcnt used_map_cnt used_btf_cnt max_ctx_offset max_pkt_offset max_tp_access stack_depth id func_cnt \
        real_func_cnt func_idx attach_btf_id attach_st_ops_member_off ctx_arg_info_size max_rdonly_access \
        max_rdwr_access attach_btf ctx_arg_info priv_stack_ptr dst_mutex dst_prog:bpf_prog dst_trampoline \
        saved_dst_prog_type saved_dst_attach_type verifier_zext dev_bound offload_requested attach_btf_trace \
        attach_tracing_prog func_proto_unreliable tail_call_reachable xdp_has_frags exception_cb \
        exception_boundary is_extended jits_use_priv_stack priv_stack_requested changes_pkt_data might_sleep \
        kprobe_write_ctx prog_array_member_cnt ext_mutex arena recursion_detected attach_func_proto \
        attach_func_name func:bpf_prog main_prog_aux:bpf_prog_aux jit_data poke_tab kfunc_tab kfunc_btf_tab \
        size_poke_tab ksym ops st_ops used_maps:bpf_map used_maps_mutex used_btfs prog:bpf_prog user \
        init_private init_owned load_time verified_insns cgroup_atype cgroup_storage:bpf_map name \
        bpf_exception_cb security token offload btf func_info func_info_aux linfo jited_linfo func_info_cnt \
        nr_linfo linfo_idx mod:module num_exentries extable work rcu stream \
    "),
    ("cred", "\
        usage uid gid suid sgid euid egid fsuid fsgid securebits cap_inheritable cap_permitted cap_effective \
        cap_bset cap_ambient jit_keyring session_keyring process_keyring thread_keyring request_key_auth \
        security user user_ns:user_namespace ucounts group_info non_rcu rcu \
    "),
    ("dentry", "\
        d_flags d_seq d_hash d_parent:dentry __d_name:qstr d_name:qstr d_inode:inode d_shortname d_op \
        d_sb:super_block d_time d_fsdata d_lockref d_lru d_wait d_sib d_children d_u \
    "),
    ("file", "\
        f_lock f_mode f_op f_mapping private_data f_inode:inode f_flags f_iocb_flags f_cred:cred f_owner \
        f_path:path __f_path:path f_pos_lock f_pipe f_pos f_security f_wb_err f_sb_err f_ep f_task_work f_llist \
        f_ra f_freeptr f_ref \
    "),
    ("files_struct", "\
        count resize_in_progress resize_wait fdt fdtab file_lock next_fd close_on_exec_init open_fds_init \
        full_fds_bits_init fd_array:file \
    "),
    ("fs_struct", "\
        users seq umask in_exec root:path pwd:path \
    "),
    ("iattr", "\
        ia_valid ia_mode ia_uid ia_vfsuid ia_gid ia_vfsgid ia_size ia_atime ia_mtime ia_ctime ia_file:file \
    "),
    ("inode", "\
        i_mode i_opflags i_uid i_gid i_flags i_acl i_default_acl i_op i_sb:super_block i_mapping i_security \
        i_ino i_nlink __i_nlink i_rdev i_size i_atime_sec i_mtime_sec i_ctime_sec i_atime_nsec i_mtime_nsec \
        i_ctime_nsec i_generation i_lock i_bytes i_blkbits i_write_hint i_blocks i_state i_rwsem dirtied_when \
        dirtied_time_when i_hash i_io_list i_wb i_wb_frn_winner i_wb_frn_avg_time i_wb_frn_history i_lru i_kept \
        i_sb_list i_wb_list i_dentry i_rcu i_version i_sequence i_count i_dio_count i_writecount i_readcount \
        i_fop free_inode i_flctx i_data i_devices i_linklen i_pipe i_cdev i_link i_dir_seq i_fsnotify_mask \
        i_fsnotify_marks i_private \
    "),
    ("kiocb", "\
        ki_filp:file ki_pos ki_complete private ki_flags ki_ioprio ki_write_stream ki_waitq dio_complete \
    "),
    ("linux_binprm", "\
        vma vma_pages argmin mm:mm_struct p have_execfd execfd_creds secureexec point_of_no_return \
        comm_from_dentry is_check executable:file interpreter:file file:file cred:cred unsafe per_clear argc \
        envc filename interp fdpath interp_flags execfd exec rlim_stack buf \
    "),
    ("mm_struct", "\
        mm_count mm_mt mmap_base mmap_legacy_base mmap_compat_base mmap_compat_legacy_base task_size pgd \
        membarrier_state mm_users pcpu_cid mm_cid_next_scan nr_cpus_allowed max_nr_cid cpus_allowed_lock \
        pgtables_bytes map_count page_table_lock mmap_lock mmlist vma_writer_wait mm_lock_seq futex_hash_lock \
        futex_phash futex_phash_new futex_batches futex_rcu futex_atomic futex_ref hiwater_rss hiwater_vm \
        total_vm locked_vm pinned_vm data_vm exec_vm stack_vm def_flags write_protect_seq arg_lock start_code \
        end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start env_end saved_auxv \
        rss_stat binfmt context flags ioctx_lock ioctx_table owner:task_struct user_ns:user_namespace \
        exe_file:file notifier_subscriptions numa_next_scan numa_scan_offset numa_scan_seq tlb_flush_pending \
        tlb_flush_batched uprobes_state hugetlb_usage async_put_work ksm_merging_pages ksm_rmap_items \
        ksm_zero_pages mm_id cpu_bitmap \
    "),
    ("mnt_namespace", "\
        ns root mounts mnt_last_node mnt_first_node user_ns:user_namespace ucounts poll seq_origin event \
        n_fsnotify_mask n_fsnotify_marks nr_mounts pending_mounts passive \
    "),
    ("module", "\
        state list name mkobj modinfo_attrs version srcversion holders_dir syms crcs num_syms param_lock kp \
        num_kp num_gpl_syms gpl_syms gpl_crcs using_gplonly_symbols async_probe_requested num_exentries extable \
        init mem arch taints num_bugs bug_list bug_table kallsyms core_kallsyms sect_attrs notes_attrs args \
        percpu percpu_size noinstr_text_start noinstr_text_size num_tracepoints tracepoints_ptrs \
        num_srcu_structs srcu_struct_ptrs num_bpf_raw_events bpf_raw_events jump_entries num_jump_entries \
        num_trace_bprintk_fmt trace_bprintk_fmt_start trace_events num_trace_events trace_evals num_trace_evals \
        num_ftrace_callsites ftrace_callsites num_static_call_sites static_call_sites \
    "),
    ("nsproxy", "\
        count uts_ns ipc_ns mnt_ns:mnt_namespace pid_ns_for_children:pid_namespace net_ns time_ns \
        time_ns_for_children cgroup_ns \
    "),
    ("path", "\
        mnt:vfsmount dentry:dentry \
    "),
    ("pid", "\
        count level lock ino pidfs_node stashed:dentry attr tasks inodes wait_pidfd rcu numbers:upid \
    "),
    ("pid_namespace", "\
        idr rcu pid_allocated child_reaper:task_struct pid_cachep level pid_max parent:pid_namespace bacct \
        user_ns:user_namespace ucounts reboot ns work set sysctls memfd_noexec_scope \
    "),
    ("qstr", "\
        hash len hash_len name \
    "),
    ("signal_struct", "\
        sigcnt live nr_threads quick_threads thread_head wait_chldexit curr_target:task_struct shared_pending \
        multiprocess group_exit_code notify_count group_exec_task:task_struct group_stop_count flags core_state \
        is_child_subreaper has_child_subreaper timer_create_restore_ids next_posix_timer_id posix_timers \
        ignored_posix_timers real_timer it_real_incr it cputimer posix_cputimers pids:pid tty_old_pgrp:pid \
        leader tty autogroup stats_lock utime stime cutime cstime gtime cgtime prev_cputime nvcsw nivcsw cnvcsw \
        cnivcsw min_flt maj_flt cmin_flt cmaj_flt inblock oublock cinblock coublock maxrss cmaxrss ioac \
        sum_sched_runtime rlim pacct stats audit_tty tty_audit_buf cgroup_threadgroup_rwsem oom_flag_origin \
        oom_score_adj oom_score_adj_min oom_mm:mm_struct cred_guard_mutex exec_update_lock \
    "),
    ("sock", "\
        __sk_common:sock_common __cacheline_group_begin__sock_write_rx sk_drops sk_peek_off sk_error_queue \
        sk_receive_queue sk_backlog __cacheline_group_end__sock_write_rx __cacheline_group_begin__sock_read_rx \
        sk_rx_dst sk_rx_dst_ifindex sk_rx_dst_cookie sk_ll_usec sk_napi_id sk_busy_poll_budget \
        sk_prefer_busy_poll sk_userlocks sk_rcvbuf sk_filter sk_wq sk_wq_raw sk_data_ready sk_rcvtimeo \
        sk_rcvlowat __cacheline_group_end__sock_read_rx __cacheline_group_begin__sock_read_rxtx sk_err \
        sk_socket:socket sk_memcg sk_policy __cacheline_group_end__sock_read_rxtx \
        __cacheline_group_begin__sock_write_rxtx sk_lock sk_reserved_mem sk_forward_alloc sk_tsflags \
        __cacheline_group_end__sock_write_rxtx __cacheline_group_begin__sock_write_tx sk_write_pending \
        sk_omem_alloc sk_err_soft sk_wmem_queued sk_wmem_alloc sk_tsq_flags sk_send_head tcp_rtx_queue \
        sk_write_queue sk_dst_pending_confirm sk_pacing_status sk_frag sk_timer sk_pacing_rate sk_zckey \
        sk_tskey __cacheline_group_end__sock_write_tx __cacheline_group_begin__sock_read_tx sk_max_pacing_rate \
        sk_sndtimeo sk_priority sk_mark sk_uid sk_protocol sk_type sk_dst_cache sk_route_caps sk_gso_type \
        sk_gso_max_segs sk_gso_max_size sk_allocation sk_txhash sk_sndbuf sk_pacing_shift sk_use_task_frag \
        __cacheline_group_end__sock_read_tx sk_gso_disabled sk_kern_sock sk_no_check_tx sk_no_check_rx \
        sk_shutdown sk_lingertime sk_prot_creator sk_callback_lock sk_ack_backlog sk_max_ack_backlog sk_ino \
        sk_peer_lock sk_bind_phc sk_peer_pid:pid sk_peer_cred:cred sk_stamp sk_disconnects sk_txrehash \
        sk_scm_recv_flags sk_scm_credentials sk_scm_security sk_scm_pidfd sk_scm_rights sk_scm_unused \
        sk_clockid sk_txtime_deadline_mode sk_txtime_report_errors sk_txtime_unused sk_bpf_cb_flags \
        sk_user_data sk_security sk_cgrp_data sk_state_change sk_write_space sk_error_report sk_backlog_rcv \
        sk_destruct sk_reuseport_cb sk_bpf_storage sk_drop_counters sk_rcu ns_tracker sk_user_frags \
    "),
    ("sock_common", "\
        skc_addrpair skc_daddr skc_rcv_saddr skc_hash skc_u16hashes skc_portpair skc_dport skc_num skc_family \
        skc_state skc_reuse skc_reuseport skc_ipv6only skc_net_refcnt skc_bound_dev_if skc_bind_node \
        skc_portaddr_node skc_prot skc_net skc_v6_daddr skc_v6_rcv_saddr skc_cookie skc_flags skc_listener:sock \
        skc_tw_dr skc_dontcopy_begin skc_node skc_nulls_node skc_tx_queue_mapping skc_rx_queue_mapping \
        skc_incoming_cpu skc_rcv_wnd skc_tw_rcv_nxt skc_refcnt skc_dontcopy_end skc_rxhash skc_window_clamp \
        skc_tw_snd_nxt \
    "),
    ("socket", "\
        state type flags file:file sk:sock ops wq \
    "),
    ("super_block", "\
        s_list s_dev s_blocksize_bits s_blocksize s_maxbytes s_type s_op dq_op s_qcop s_export_op s_flags \
        s_iflags s_magic s_root:dentry s_umount s_count s_active s_security s_xattr s_cop s_master_keys s_roots \
        s_mounts s_bdev s_bdev_file:file s_bdi s_mtd s_instances s_quota_types s_dquot s_writers s_fs_info \
        s_time_gran s_time_min s_time_max s_fsnotify_mask s_fsnotify_info s_id s_uuid s_uuid_len s_sysfs_name \
        s_max_links s_d_flags s_vfs_rename_mutex s_subtype __s_d_op s_shrink s_remove_count s_readonly_remount \
        s_wb_err s_dio_done_wq s_pins s_user_ns:user_namespace s_dentry_lru s_inode_lru rcu destroy_work \
        s_sync_lock s_stack_depth s_inode_list_lock s_inodes s_inode_wblist_lock s_inodes_wb s_kept_inodes \
        s_kept_work \
    "),
    ("task_struct", "\
        thread_info __state saved_state stack usage flags ptrace on_cpu wake_entry wakee_flips \
        wakee_flip_decay_ts last_wakee:task_struct recent_used_cpu wake_cpu on_rq prio static_prio normal_prio \
        rt_priority se rt dl dl_server sched_class sched_task_group sched_throttle_work throttle_node throttled \
        stats preempt_notifiers btrace_seq policy max_allowed_capacity nr_cpus_allowed cpus_ptr user_cpus_ptr \
        cpus_mask migration_pending migration_disabled migration_flags rcu_read_lock_nesting \
        rcu_read_unlock_special rcu_node_entry rcu_blocked_node rcu_tasks_nvcsw rcu_tasks_holdout rcu_tasks_idx \
        rcu_tasks_idle_cpu rcu_tasks_holdout_list rcu_tasks_exit_cpu rcu_tasks_exit_list trc_reader_nesting \
        trc_ipi_to_cpu trc_reader_special trc_holdout_list trc_blkd_node trc_blkd_cpu sched_info tasks \
        pushable_tasks pushable_dl_tasks mm:mm_struct active_mm:mm_struct faults_disabled_mapping exit_state \
        exit_code exit_signal pdeath_signal jobctl personality sched_reset_on_fork sched_contributes_to_load \
        sched_migrated sched_task_hot sched_remote_wakeup sched_rt_mutex user_dumpable in_execve \
        init_private_fork_class in_iowait restore_sigmask in_user_fault no_cgroup_migration frozen use_memdelay \
        in_memstall in_eventfd reported_split_lock in_thrashing in_nf_duplicate atomic_flags restart_block pid \
        tgid stack_canary real_parent:task_struct parent:task_struct children sibling group_leader:task_struct \
        ptraced ptrace_entry thread_pid:pid pid_links thread_node vfork_done set_child_tid clear_child_tid \
        worker_private utime stime gtime prev_cputime nvcsw nivcsw start_time start_boottime min_flt maj_flt \
        posix_cputimers posix_cputimers_work ptracer_cred:cred real_cred:cred cred:cred cached_requested_key \
        comm nameidata sysvsem sysvshm last_switch_count last_switch_time fs:fs_struct files:files_struct \
        io_uring nsproxy:nsproxy signal:signal_struct sighand blocked real_blocked saved_sigmask pending \
        sas_ss_sp sas_ss_size sas_ss_flags task_works audit_context loginuid sessionid seccomp syscall_dispatch \
        parent_exec_id self_exec_id alloc_lock pi_lock wake_q pi_waiters pi_top_task:task_struct pi_blocked_on \
        blocked_on blocker journal_info bio_list plug reclaim_state io_context capture_control ptrace_message \
        last_siginfo ioac psi_flags acct_rss_mem1 acct_vm_mem1 acct_timexpd mems_allowed mems_allowed_seq \
        cpuset_mem_spread_rotor cgroups cg_list robust_list compat_robust_list pi_state_list pi_state_cache \
        futex_exit_mutex futex_state perf_recursion perf_event_ctxp perf_event_mutex perf_event_list \
        perf_ctx_data mempolicy il_prev il_weight pref_node_fork numa_scan_seq numa_scan_period \
        numa_scan_period_max numa_preferred_nid numa_migrate_retry node_stamp last_task_numa_placement \
        last_sum_exec_runtime numa_work numa_group numa_faults total_numa_faults numa_faults_locality \
        numa_pages_migrated rseq rseq_len rseq_sig rseq_event_mask mm_cid last_mm_cid migrate_from_cpu \
        mm_cid_active cid_work tlb_ubc splice_pipe task_frag delays nr_dirtied nr_dirtied_pause \
        dirty_paused_when timer_slack_ns default_timer_slack_ns trace_recursion memcg_in_oom \
        memcg_nr_pages_over_high active_memcg objcg throttle_disk utask kmap_ctrl rcu rcu_users \
        pagefault_disabled oom_reaper_list:task_struct oom_reaper_timer stack_vm_area stack_refcount security \
        bpf_storage bpf_ctx bpf_net_context kstack_offset l1d_flush_kill unwind_info thread \
    "),
    ("upid", "\
        nr ns:pid_namespace \
    "),
    ("user_namespace", "\
        uid_map gid_map projid_map parent:user_namespace level owner group ns flags parent_could_setfcap \
        keyring_name_list user_keyring_register keyring_sem persistent_keyring_register work set sysctls \
        ucounts ucount_max rlimit_max binfmt_misc \
    "),
    ("vfsmount", "\
        mnt_root:dentry mnt_sb:super_block mnt_flags mnt_idmap \
    "),
];
