//! Structs that `resolve` paths go through, and the fields that any kernel has.
//!
//! Written by `cargo xtask kernel-tables`. Types are written without `struct`, `union`, `enum` and `const`. A set of kernels
//! has one bit for each of these, the lowest first; digests are SHA-256 of the BTF:
//!
//! - linux-image-6.1.0-50-cloud-amd64_6.1.176-1_amd64
//!   74f530e5ff2ba7e0bd078e5cf9d253742c0c091f11ab445947be60365e311550
//! - linux-image-6.12.117+deb13-cloud-amd64_6.12.117-1_amd64
//!   58b2686169bafd84ea6b25cbad4426e8fe725effaea3ae9bc3e42bc0fe4dd210
//! - linux-binary-7.2.13+deb14-cloud-amd64_7.2.13-1_amd64
//!   66d40f12f4a29865ce1bceef5489d33209d7ba25f6022ecc7b564004e840b355
//! - linux-image-6.1.0-50-cloud-arm64_6.1.176-1_arm64
//!   45314ec2694d1a97397cab7dfff58c2374783d513b0ade2e7fcbfa0f78e32da3
//! - linux-image-6.12.117+deb13-cloud-arm64_6.12.117-1_arm64
//!   0cdcdcd6e6a50aa51d18026e82917b580afa87441b8f2f298a1d4103e4413a08
//! - linux-binary-7.2.13+deb14-cloud-arm64_7.2.13-1_arm64
//!   8763c812826f24d88be62e5f143a19696d014194bbe291715d22b3fc33f19e89

/// Fields that other kernels or configurations have in one of the structs, sorted.
#[rustfmt::skip]
pub(super) const OTHER_FIELDS: &[&str] = &[
    "cpus_allowed_lock", "css_set", "f_u", "futex_atomic", "futex_batches", "futex_hash_lock", "futex_phash",
    "futex_phash_new", "futex_rcu", "futex_ref", "i_kept", "init_owned", "init_private",
    "init_private_fork_class", "max_nr_cid", "memcg", "mm_rb", "mmap", "pidfs_node", "s_kept_inodes",
    "s_kept_work",
];

/// `(struct, fields)`, sorted. Fields of anonymous members are fields of the struct, as for Tetragon. A field whose type is
/// one of these structs, or a pointer to one, has its name after `:`.
#[rustfmt::skip]
pub(super) const STRUCTS: &[(&str, &str)] = &[
    ("bpf_map", "\
        btf btf_key_type_id btf_value_type_id btf_vmlinux_value_type_id bypass_spec_v1 cookie elem_count \
        excl excl_prog_sha free_after_mult_rcu_gp free_after_rcu_gp freeze_mutex frozen id \
        inner_map_meta:bpf_map key_size kptr_off_tab map_extra map_flags map_type max_entries name \
        numa_node objcg off_arr ops owner owner_lock rcu record refcnt security sha sleepable_refcnt \
        spin_lock_off timer_off usercnt value_size work writecnt \
    "),
    ("bpf_prog", "\
        __empty_insns __empty_insnsi active aux:bpf_prog_aux blinded blinding_requested bpf_func \
        call_get_func_ip call_get_stack call_session_cookie cb_access digest dst_needed \
        enforce_expected_attach_type expected_attach_type gpl_compatible has_callchain_buf insns insnsi \
        is_func jit_requested jit_required jited jited_len kprobe_override len orig_prog pages sleepable \
        stats tag tstamp_type_access type \
    "),
    ("bpf_prog_aux", "\
        arena attach_btf attach_btf_id attach_btf_trace attach_func_name attach_func_proto \
        attach_st_ops_member_off attach_tracing_prog bpf_exception_cb btf cgroup_atype \
        cgroup_storage:bpf_map changes_pkt_data ctx_arg_info ctx_arg_info_size dev_bound dst_mutex \
        dst_prog:bpf_prog dst_trampoline exception_boundary exception_cb ext_mutex extable func:bpf_prog \
        func_cnt func_idx func_info func_info_aux func_info_cnt func_proto_unreliable id is_extended \
        jit_data jited_linfo jits_use_priv_stack kfunc_btf_tab kfunc_tab kprobe_write_ctx ksym linfo \
        linfo_idx load_time main_prog_aux:bpf_prog_aux max_ctx_offset max_pkt_offset max_rdonly_access \
        max_rdwr_access max_tp_access might_sleep mod:module name nr_linfo num_exentries offload \
        offload_requested ops poke_tab priv_stack_ptr priv_stack_requested prog:bpf_prog \
        prog_array_member_cnt rcu real_func_cnt recursion_detected refcnt saved_dst_attach_type \
        saved_dst_prog_type security sig size_poke_tab sleepable st_ops st_ops_assoc:bpf_map \
        st_ops_assoc_mutex stack_arg_sp_adjust stack_depth stream subprog_start tail_call_reachable token \
        tramp_linked used_btf_cnt used_btfs used_map_cnt used_maps:bpf_map used_maps_mutex user \
        verified_insns verifier_zext work xdp_has_frags \
    "),
    ("cred", "\
        cap_ambient cap_bset cap_effective cap_inheritable cap_permitted egid euid fsgid fsuid gid \
        group_info jit_keyring non_rcu process_keyring rcu request_key_auth securebits security \
        session_keyring sgid suid thread_keyring ucounts uid usage user user_ns:user_namespace \
    "),
    ("dentry", "\
        __d_name:qstr d_alias d_child d_children d_flags d_fsdata d_hash d_in_lookup_hash d_iname \
        d_inode:inode d_lockref d_lru d_name:qstr d_op d_parent:dentry d_rcu d_sb:super_block d_seq \
        d_shortname d_sib d_subdirs d_time d_u d_wait waiters \
    "),
    ("file", "\
        __f_path:path f_count f_cred:cred f_ep f_flags f_freeptr f_inode:inode f_iocb_flags f_llist f_lock \
        f_mapping f_mode f_op f_owner f_path:path f_pipe f_pos f_pos_lock f_ra f_rcuhead f_ref f_sb_err \
        f_security f_task_work f_version f_wb_err private_data \
    "),
    ("files_struct", "\
        close_on_exec_init count fd_array:file fdt fdtab file_lock full_fds_bits_init next_fd open_fds_init \
        resize_in_progress resize_wait \
    "),
    ("fs_struct", "\
        in_exec lock pwd:path root:path seq umask users \
    "),
    ("iattr", "\
        ia_atime ia_ctime ia_file:file ia_gid ia_mode ia_mtime ia_size ia_uid ia_valid ia_vfsgid ia_vfsuid \
    "),
    ("inode", "\
        __i_nlink dirtied_time_when dirtied_when free_inode i_acl i_atime i_atime_nsec i_atime_sec \
        i_blkbits i_blocks i_bytes i_cdev i_count i_crypt_info i_ctime i_ctime_nsec i_ctime_sec i_data \
        i_default_acl i_dentry i_devices i_dio_count i_dir_seq i_flags i_flctx i_fop i_fsnotify_marks \
        i_fsnotify_mask i_generation i_gid i_hash i_ino i_io_list i_link i_linklen i_lock i_lru i_mapping \
        i_mode i_mtime i_mtime_nsec i_mtime_sec i_nlink i_op i_opflags i_pipe i_private i_rcu i_rdev \
        i_readcount i_rwsem i_sb:super_block i_sb_list i_security i_sequence i_size i_state i_uid \
        i_verity_info i_version i_wb i_wb_frn_avg_time i_wb_frn_history i_wb_frn_winner i_wb_list \
        i_write_hint i_writecount \
    "),
    ("kiocb", "\
        dio_complete ki_complete ki_filp:file ki_flags ki_ioprio ki_pos ki_waitq ki_write_stream private \
    "),
    ("linux_binprm", "\
        argc argmin buf comm_from_dentry cred:cred envc exec execfd execfd_creds executable:file fdpath \
        file:file filename have_execfd interp interp_flags interpreter:file is_check loader mm:mm_struct \
        old_mm:mm_struct p per_clear point_of_no_return rlim_stack secureexec unsafe user_ns:user_namespace \
        vma vma_pages \
    "),
    ("mm_struct", "\
        arg_end arg_lock arg_start async_put_work binfmt brk context cpu_bitmap data_vm def_flags \
        def_vma_flags end_code end_data env_end env_start exe_file:file exec_vm flags flexible_array futex \
        futex_unique_id get_unmapped_area hiwater_rss hiwater_vm hugetlb_usage ioctx_lock ioctx_table \
        iommu_mm ksm_merging_pages ksm_rmap_items ksm_zero_pages locked_vm lru_gen map_count \
        membarrier_state mm_cid mm_cid_next_scan mm_count mm_id mm_lock_seq mm_mt mm_users mmap_base \
        mmap_compat_base mmap_compat_legacy_base mmap_legacy_base mmap_lock mmlist notifier_subscriptions \
        numa_next_scan numa_scan_offset numa_scan_seq owner:task_struct page_table_lock pasid pcpu_cid pgd \
        pgtables_bytes pinned_vm rss_stat saved_auxv sched_cache_grp stack_vm start_brk start_code \
        start_data start_stack task_size tlb_flush_batched tlb_flush_pending total_vm uprobes_state \
        user_ns:user_namespace vma_writer_wait write_protect_seq \
    "),
    ("mnt_namespace", "\
        event is_anon list mnt_first_node mnt_last_node mnt_ns_tree_node mnt_visible_mounts mounts \
        n_fsnotify_marks n_fsnotify_mask nr_mounts ns ns_lock passive pending_mounts poll root seq \
        seq_origin ucounts user_ns:user_namespace \
    "),
    ("module", "\
        arch args async_probe_requested bpf_raw_events btf_base_data btf_base_data_size btf_data \
        btf_data_size bug_list bug_table core_kallsyms core_layout crcs dyndbg_info exit extable flagstab \
        ftrace_callsites gpl_crcs gpl_syms holders_dir imported_namespaces init init_layout its_num_pages \
        its_page_array jump_entries kallsyms klp klp_alive klp_info kp kprobe_blacklist kprobes_text_size \
        kprobes_text_start list mem mkobj modinfo_attrs name noinstr_text_size noinstr_text_start \
        notes_attrs num_bpf_raw_events num_bugs num_exentries num_ftrace_callsites num_gpl_syms \
        num_jump_entries num_kp num_kprobe_blacklist num_srcu_structs num_static_call_sites num_syms \
        num_trace_bprintk_fmt num_trace_evals num_trace_events num_tracepoints param_lock percpu \
        percpu_size refcnt sect_attrs sig_ok source_list srcu_struct_ptrs srcversion state \
        static_call_sites syms taints target_list trace_bprintk_fmt_start trace_evals trace_events \
        tracepoints_ptrs using_gplonly_symbols version \
    "),
    ("nsproxy", "\
        cgroup_ns count ipc_ns mnt_ns:mnt_namespace net_ns pid_ns_for_children:pid_namespace time_ns \
        time_ns_for_children uts_ns \
    "),
    ("path", "\
        dentry:dentry mnt:vfsmount \
    "),
    ("pid", "\
        attr count ino inodes level lock numbers:upid pidfs_hash rcu stashed:dentry tasks wait_pidfd \
    "),
    ("pid_namespace", "\
        bacct child_reaper:task_struct idr level memfd_noexec_scope ns parent:pid_namespace pid_allocated \
        pid_cachep pid_max rcu reboot set sysctls ucounts user_ns:user_namespace work \
    "),
    ("qstr", "\
        hash hash_len len name \
    "),
    ("signal_struct", "\
        audit_tty autogroup autoreap cgroup_threadgroup_rwsem cgtime cinblock cmaj_flt cmaxrss cmin_flt \
        cnivcsw cnvcsw core_state coublock cputimer cred_guard_mutex cstime curr_target:task_struct cutime \
        exec_update_lock flags group_exec_task:task_struct group_exit_code group_stop_count gtime \
        has_child_subreaper ignored_posix_timers inblock ioac is_child_subreaper it it_real_incr leader \
        live maj_flt maxrss min_flt multiprocess next_posix_timer_id nivcsw notify_count nr_threads nvcsw \
        oom_flag_origin oom_mm:mm_struct oom_score_adj oom_score_adj_min oublock pacct pids:pid \
        posix_cputimers posix_timers prev_cputime quick_threads real_timer rlim shared_pending sigcnt stats \
        stats_lock stime sum_sched_runtime thread_head tick_dep_mask timer_create_restore_ids tty \
        tty_audit_buf tty_old_pgrp:pid utime wait_chldexit \
    "),
    ("sock", "\
        __cacheline_group_begin__sock_read_rx __cacheline_group_begin__sock_read_rxtx \
        __cacheline_group_begin__sock_read_tx __cacheline_group_begin__sock_write_rx \
        __cacheline_group_begin__sock_write_rxtx __cacheline_group_begin__sock_write_tx \
        __cacheline_group_end__sock_read_rx __cacheline_group_end__sock_read_rxtx \
        __cacheline_group_end__sock_read_tx __cacheline_group_end__sock_write_rx \
        __cacheline_group_end__sock_write_rxtx __cacheline_group_end__sock_write_tx __sk_common:sock_common \
        mptcp_retransmit_timer ns_tracker sk_ack_backlog sk_allocation sk_backlog sk_backlog_rcv \
        sk_bind2_node sk_bind_phc sk_bpf_cb_flags sk_bpf_storage sk_busy_poll_budget sk_callback_lock \
        sk_cgrp_data sk_clockid sk_data_ready sk_destruct sk_disconnects sk_drop_counters sk_drops \
        sk_dst_cache sk_dst_pending_confirm sk_err sk_err_soft sk_error_queue sk_error_report sk_filter \
        sk_forward_alloc sk_frag sk_freeptr sk_gso_disabled sk_gso_max_segs sk_gso_max_size sk_gso_type \
        sk_ino sk_kern_sock sk_lingertime sk_ll_usec sk_lock sk_mark sk_max_ack_backlog sk_max_pacing_rate \
        sk_memcg sk_napi_id sk_no_check_rx sk_no_check_tx sk_omem_alloc sk_pacing_rate sk_pacing_shift \
        sk_pacing_status sk_peek_off sk_peer_cred:cred sk_peer_lock sk_peer_pid:pid sk_policy \
        sk_prefer_busy_poll sk_priority sk_prot_creator sk_protocol sk_rcu sk_rcvbuf sk_rcvlowat \
        sk_rcvtimeo sk_receive_queue sk_reserved_mem sk_reuseport_cb sk_route_caps sk_rx_dst \
        sk_rx_dst_cookie sk_rx_dst_ifindex sk_scm_credentials sk_scm_pidfd sk_scm_recv_flags sk_scm_rights \
        sk_scm_security sk_scm_unused sk_security sk_send_head sk_shutdown sk_sndbuf sk_sndtimeo \
        sk_socket:socket sk_stamp sk_state_change sk_timer sk_tsflags sk_tskey sk_tsq_flags \
        sk_tx_queue_mapping_jiffies sk_txhash sk_txrehash sk_txtime_deadline_mode sk_txtime_report_errors \
        sk_txtime_unused sk_type sk_uid sk_use_task_frag sk_user_data sk_user_frags sk_userlocks \
        sk_validate_xmit_skb sk_wmem_alloc sk_wmem_queued sk_wq sk_wq_raw sk_write_pending sk_write_queue \
        sk_write_space sk_zckey tcp_retransmit_timer tcp_rtx_queue \
    "),
    ("sock_common", "\
        skc_addrpair skc_bind_node skc_bound_dev_if skc_bypass_prot_mem skc_cookie skc_daddr \
        skc_dontcopy_begin skc_dontcopy_end skc_dport skc_family skc_flags skc_hash skc_incoming_cpu \
        skc_ipv6only skc_listener:sock skc_net skc_net_refcnt skc_node skc_nulls_node skc_num \
        skc_portaddr_node skc_portpair skc_prot skc_rcv_saddr skc_rcv_wnd skc_refcnt skc_reuse \
        skc_reuseport skc_rx_queue_mapping skc_rxhash skc_state skc_tw_dr skc_tw_rcv_nxt skc_tw_snd_nxt \
        skc_tx_queue_mapping skc_u16hashes skc_v6_daddr skc_v6_rcv_saddr skc_window_clamp \
    "),
    ("socket", "\
        file:file flags ops sk:sock state type wq \
    "),
    ("super_block", "\
        __s_d_op destroy_work dq_op rcu s_active s_bdev s_bdev_file:file s_bdi s_blocksize s_blocksize_bits \
        s_cop s_count s_d_flags s_d_op s_dentry_lru s_dev s_dio_done_wq s_dquot s_encoding s_encoding_flags \
        s_export_op s_flags s_fs_info s_fsnotify_connectors s_fsnotify_info s_fsnotify_marks \
        s_fsnotify_mask s_id s_iflags s_inode_list_lock s_inode_lru s_inode_wblist_lock s_inodes \
        s_inodes_wb s_instances s_isw_nr_in_flight s_list s_magic s_master_keys s_max_links s_maxbytes \
        s_min_writeback_pages s_mode s_mounts s_mtd s_op s_passive s_pending_errors s_pins s_qcop \
        s_quota_types s_readonly_remount s_remove_count s_root:dentry s_roots s_roots_lock s_security \
        s_shrink s_stack_depth s_subtype s_sync_lock s_sysfs_name s_time_gran s_time_max s_time_min s_type \
        s_umount s_user_ns:user_namespace s_uuid s_uuid_len s_vfs_rename_mutex s_vop s_wb_err s_writers \
        s_xattr \
    "),
    ("task_struct", "\
        __mce_reserved __pad __state acct_rss_mem1 acct_timexpd acct_vm_mem1 active_memcg \
        active_mm:mm_struct alloc_lock atomic_flags audit_context backing_dev_info bio_list blocked \
        blocked_donor:task_struct blocked_lock blocked_on blocker bpf_ctx bpf_net_context bpf_storage \
        btrace_seq cache_work cached_requested_key capture_control cg_list cgroups children cid_work \
        clear_child_tid closid comm compat_robust_list cpus_mask cpus_ptr cpuset_mem_spread_rotor \
        cpuset_slab_spread_rotor cred:cred curr_ret_depth curr_ret_stack default_timer_slack_ns delays \
        dirty_paused_when dl dl_server exec_state exit_code exit_signal exit_state faults_disabled_mapping \
        files:files_struct flags frozen fs:fs_struct ftrace_sleeptime ftrace_timestamp futex \
        futex_exit_mutex futex_state group_leader:task_struct gtime il_prev il_weight in_eventfd in_execve \
        in_iowait in_lru_fault in_memstall in_nf_duplicate in_thrashing in_ubsan in_user_fault io_context \
        io_uring io_uring_restrict ioac is_blocked jobctl journal_info kmap_ctrl kretprobe_instances \
        kstack_offset l1d_flush_kill last_mm_cid last_siginfo last_sum_exec_runtime last_switch_count \
        last_switch_time last_task_numa_placement last_wakee:task_struct lazy_mmu_state loginuid maj_flt \
        max_allowed_capacity mce_addr mce_count mce_kflags mce_kill_me mce_ripv mce_vaddr mce_whole_page \
        memcg_in_oom memcg_nr_pages_over_high memcg_oom_gfp_mask memcg_oom_order mempolicy mems_allowed \
        mems_allowed_seq migrate_from_cpu migration_disabled migration_flags migration_pending min_flt \
        mm:mm_struct mm_cid mm_cid_active nameidata nivcsw no_cgroup_migration node_stamp normal_prio \
        nr_cpus_allowed nr_dirtied nr_dirtied_pause nsproxy:nsproxy numa_faults numa_faults_locality \
        numa_group numa_migrate_retry numa_pages_migrated numa_preferred_nid numa_scan_period \
        numa_scan_period_max numa_scan_seq numa_work nvcsw objcg on_cpu on_rq oom_reaper_list:task_struct \
        oom_reaper_timer pagefault_disabled parent:task_struct parent_exec_id pasid_activated patch_state \
        pdeath_signal pending perf_ctx_data perf_event_ctxp perf_event_list perf_event_mutex perf_recursion \
        personality pi_blocked_on pi_lock pi_state_cache pi_state_list pi_top_task:task_struct pi_waiters \
        pid pid_links plug policy posix_cputimers posix_cputimers_work preempt_notifiers pref_llc_queued \
        pref_node_fork preferred_llc prev_cputime prio psi_flags ptrace ptrace_entry ptrace_message ptraced \
        ptracer_cred:cred pushable_dl_tasks pushable_tasks rcu rcu_blocked_node rcu_node_entry \
        rcu_read_lock_nesting rcu_read_unlock_special rcu_tasks_exit_cpu rcu_tasks_exit_list \
        rcu_tasks_holdout rcu_tasks_holdout_list rcu_tasks_idle_cpu rcu_tasks_idx rcu_tasks_nvcsw rcu_users \
        real_blocked real_cred:cred real_parent:task_struct recent_used_cpu reclaim_state \
        reported_split_lock restart_block restore_sigmask ret_stack rethooks rmid robust_list rseq \
        rseq_event_mask rseq_len rseq_sig rss_stat rt rt_priority sas_ss_flags sas_ss_size sas_ss_sp \
        saved_sigmask saved_state sched_cache_grp sched_class sched_contributes_to_load sched_info \
        sched_migrated sched_remote_wakeup sched_reset_on_fork sched_rt_mutex sched_task_group \
        sched_task_hot sched_throttle_work scx se seccomp security self_exec_id sequential_io \
        sequential_io_avg sessionid set_child_tid sibling sighand signal:signal_struct splice_pipe stack \
        stack_canary stack_refcount stack_vm_area start_boottime start_time static_prio stats stime \
        syscall_dispatch sysvsem sysvshm task_frag task_works tasks tgid thread thread_group thread_info \
        thread_node thread_pid:pid throttle_disk throttle_node throttle_queue throttled tick_dep_mask \
        timer_slack_ns tlb_ubc total_numa_faults trace_overrun trace_recursion tracing_graph_pause \
        trc_blkd_cpu trc_blkd_node trc_holdout_list trc_ipi_to_cpu trc_reader_nesting trc_reader_scp \
        trc_reader_special uclamp uclamp_req unwind_info usage use_memdelay user_cpus_ptr user_dumpable \
        utask utime vfork_done vtime wake_cpu wake_entry wake_q wakee_flip_decay_ts wakee_flips \
        worker_private \
    "),
    ("upid", "\
        nr ns:pid_namespace \
    "),
    ("user_namespace", "\
        binfmt_misc flags gid_map group keyring_name_list keyring_sem level ns owner parent:user_namespace \
        parent_could_setfcap persistent_keyring_register projid_map rlimit_max set sysctls ucount_max \
        ucounts uid_map user_keyring_register work \
    "),
    ("vfsmount", "\
        mnt_flags mnt_idmap mnt_root:dentry mnt_sb:super_block mnt_userns:user_namespace \
    "),
];
