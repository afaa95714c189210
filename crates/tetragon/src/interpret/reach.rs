//! A hook -> the operations it may see, where it is not known exactly what it sees. An unknown hook may see any.
//!
//! Sources: `include/linux/lsm_hook_defs.h` and the callers of `security_*` in Linux 6.1 to 7.2. An operation is listed
//! for every hook it passes: a program is opened before it is executed.

use Operation::{
    Bpf, Capability, Capset, Connect, Exec, MemoryFile, ModuleLoad, Mount, Open, PivotRoot, Ptrace, SetId,
    Socket, Unshare, UserNamespace,
};
use telovix_policy::confine::Operation;
use telovix_policy::judge::Event;
use telovix_policy::value::Syscall;

/// What a hook can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any operation.
    Any,
    /// These operations.
    Operations(&'static [Operation]),
    /// One system call, and the operations it can start.
    Syscall(Syscall),
}

/// LSM hooks.
const LSM_HOOKS: &[(&str, &[Operation])] = &[
    ("bpf", &[Bpf]),
    ("bpf_map", &[Bpf]),
    ("bpf_map_create", &[Bpf]),
    ("bpf_prog", &[Bpf]),
    ("bpf_prog_load", &[Bpf]),
    ("bpf_token_create", &[Bpf]),
    ("bprm_check_security", &[Exec]),
    ("bprm_committed_creds", &[Exec]),
    ("bprm_committing_creds", &[Exec]),
    ("bprm_creds_for_exec", &[Exec]),
    ("bprm_creds_from_file", &[Exec]),
    // What uses a capability is an event of its own.
    ("capable", &[Capability]),
    ("capset", &[Capset]),
    ("file_open", &[Open, Exec]),
    ("file_permission", &[Open, Exec]),
    ("file_post_open", &[Open, Exec]),
    ("file_truncate", &[Open]),
    ("fs_context_submount", &[Mount]),
    ("inode_create", &[Open, SetId]),
    ("inode_init_security_anon", &[MemoryFile]),
    ("inode_link", &[Open]),
    ("inode_mkdir", &[Open, SetId]),
    ("inode_mknod", &[Open, SetId]),
    ("inode_rename", &[Open]),
    ("inode_rmdir", &[Open]),
    ("inode_setattr", &[Open, SetId]),
    ("inode_symlink", &[Open]),
    ("inode_unlink", &[Open]),
    ("kernel_load_data", &[ModuleLoad]),
    ("kernel_module_request", &[ModuleLoad]),
    ("kernel_post_load_data", &[ModuleLoad]),
    ("kernel_post_read_file", &[ModuleLoad]),
    ("kernel_read_file", &[ModuleLoad]),
    ("mmap_file", &[Open, Exec]),
    ("move_mount", &[Mount]),
    ("path_chmod", &[SetId]),
    ("path_link", &[Open]),
    ("path_mkdir", &[Open, SetId]),
    ("path_mknod", &[Open, SetId]),
    ("path_rename", &[Open]),
    ("path_rmdir", &[Open]),
    ("path_symlink", &[Open]),
    ("path_truncate", &[Open]),
    ("path_unlink", &[Open]),
    ("ptrace_access_check", &[Ptrace]),
    ("ptrace_traceme", &[Ptrace]),
    ("sb_kern_mount", &[Mount]),
    ("sb_mount", &[Mount]),
    ("sb_pivotroot", &[PivotRoot]),
    ("sb_remount", &[Mount]),
    ("sb_set_mnt_opts", &[Mount]),
    ("sb_umount", &[Mount]),
    ("socket_accept", &[]),
    ("socket_bind", &[]),
    ("socket_connect", &[Connect]),
    ("socket_create", &[Socket]),
    ("socket_getpeername", &[]),
    ("socket_getsockname", &[]),
    ("socket_getsockopt", &[]),
    ("socket_listen", &[]),
    ("socket_post_create", &[Socket]),
    ("socket_recvmsg", &[]),
    ("socket_sendmsg", &[Connect]),
    ("socket_setsockopt", &[]),
    ("socket_shutdown", &[]),
    ("socket_socketpair", &[Socket]),
    ("userns_create", &[UserNamespace, Unshare]),
];

/// Well-known kernel functions of an operation.
const FUNCTIONS: &[(&str, &[Operation])] = &[
    ("begin_new_exec", &[Exec]),
    ("do_execveat_common", &[Exec]),
    ("do_init_module", &[ModuleLoad]),
    ("do_mount", &[Mount]),
    ("inet_csk_listen_start", &[]),
    ("ip4_datagram_connect", &[Connect]),
    ("ip6_datagram_connect", &[Connect]),
    ("load_module", &[ModuleLoad]),
    ("path_mount", &[Mount]),
    ("tcp_close", &[]),
    ("tcp_connect", &[Connect]),
    ("tcp_v4_connect", &[Connect]),
    ("tcp_v6_connect", &[Connect]),
    ("udp_sendmsg", &[Connect]),
    ("udpv6_sendmsg", &[Connect]),
];

/// Functions `security_*` that are not named like their hook.
const SECURITY_FUNCTIONS: &[(&str, &str)] =
    &[("security_bprm_check", "bprm_check_security"), ("security_create_user_ns", "userns_create")];

/// What starts the name of a system call's entry.
const ENTRIES: [&str; 7] =
    ["__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__arm64_sys_", "__do_sys_", "compat_sys_", "sys_"];

/// Returns the LSM hook that a function `security_*` calls.
pub(super) fn hook_of_function(name: &str) -> Option<&str> {
    let hook = name.strip_prefix("security_")?;
    let other = SECURITY_FUNCTIONS.iter().find(|(function, _)| *function == name);
    Some(other.map_or(hook, |(_, hook)| hook))
}

/// Returns the name of the system call that a function is the entry of, and whether it is that of a 64-bit program.
pub(super) fn syscall_of_function(name: &str, syscall: bool) -> Option<(&str, bool)> {
    let entry = ENTRIES.into_iter().find_map(|prefix| Some((name.strip_prefix(prefix)?, prefix)));
    match entry {
        Some((call, prefix)) => {
            Some((call, matches!(prefix, "__x64_sys_" | "__arm64_sys_" | "__do_sys_" | "sys_")))
        }
        None => syscall.then_some((name, true)),
    }
}

/// System calls that start operations; all others start none.
const SYSCALLS: &[(&[&str], &[Operation])] = &[
    (&["execve", "execveat"], &[Exec, Open]),
    (&["open", "openat", "openat2", "creat"], &[Open, SetId, MemoryFile]),
    (&["open_by_handle_at", "truncate", "ftruncate", "fallocate"], &[Open]),
    (&["unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2"], &[Open]),
    (&["link", "linkat", "symlink", "symlinkat"], &[Open]),
    (&["mkdir", "mkdirat", "mknod", "mknodat"], &[Open, SetId]),
    (&["chmod", "fchmod", "fchmodat", "fchmodat2"], &[SetId]),
    (&["connect", "sendto", "sendmsg", "sendmmsg"], &[Connect]),
    (&["socket", "socketpair"], &[Socket]),
    // The 32-bit multiplexer of the socket calls.
    (&["socketcall"], &[Connect, Socket]),
    (&["init_module", "finit_module"], &[ModuleLoad]),
    (&["clone", "clone3", "unshare", "setns"], &[UserNamespace, Unshare]),
    (&["capset"], &[Capset]),
    (&["ptrace", "process_vm_readv", "process_vm_writev"], &[Ptrace]),
    (&["memfd_create", "memfd_secret"], &[MemoryFile]),
    (&["pivot_root"], &[PivotRoot]),
    (&["mount", "umount", "umount2", "move_mount", "fsmount", "fsopen", "fsconfig", "fspick"], &[Mount]),
    (&["open_tree", "open_tree_attr", "mount_setattr"], &[Mount]),
    (&["bpf"], &[Bpf]),
];

/// System calls through which the kernel does other work for the process.
const ANYTHING: [&str; 3] = ["io_uring_enter", "io_uring_setup", "io_uring_register"];

impl Reach {
    /// Returns what an LSM hook can see.
    pub(super) fn of_lsm_hook(hook: &str) -> Self {
        find(LSM_HOOKS, hook)
    }

    /// Returns what a kernel function that is no system call can see.
    pub(super) fn of_function(name: &str) -> Self {
        find(FUNCTIONS, name)
    }

    /// Returns what the entry of a system call can see, by the name of its function without the prefix.
    pub(super) fn of_syscall(name: &str) -> Self {
        let name = name.strip_prefix("ia32_").unwrap_or(name);
        // The functions of both are named after the older one.
        let name = match name {
            "umount" => "umount2",
            "oldumount" => "umount",
            name => name,
        };
        match Syscall::parse(name) {
            Ok(_) if ANYTHING.contains(&name) => Self::Any,
            Ok(syscall) => Self::Syscall(syscall),
            Err(_) => Self::Any,
        }
    }

    /// Returns whether the hook may see an operation.
    pub(super) fn may_see(self, operation: Operation) -> bool {
        match self {
            Self::Any => true,
            Self::Operations(operations) => {
                operations.contains(&operation) || (operation == Operation::Syscall && !operations.is_empty())
            }
            Self::Syscall(call) => {
                operation == Operation::Syscall || operations_of(call).contains(&operation)
            }
        }
    }

    /// Returns whether the hook may see an event of an operation that it may see.
    pub(super) fn may_see_event(self, event: &Event) -> bool {
        let Some(used) = event.syscall else { return true };
        match self {
            Self::Any => true,
            Self::Operations(operations) => {
                event.operation != Operation::Syscall
                    || operations_of(used).iter().any(|operation| operations.contains(operation))
            }
            Self::Syscall(call) => used == call,
        }
    }
}

fn find(table: &[(&str, &'static [Operation])], name: &str) -> Reach {
    let row = table.iter().find(|(known, _)| *known == name);
    row.map_or(Reach::Any, |(_, operations)| Reach::Operations(operations))
}

/// Returns the operations that a system call can start.
fn operations_of(call: Syscall) -> &'static [Operation] {
    let row = SYSCALLS.iter().find(|(names, _)| names.contains(&call.name()));
    row.map_or(&[], |(_, operations)| *operations)
}

#[cfg(test)]
mod tests {
    use super::{ANYTHING, LSM_HOOKS, SYSCALLS};
    use crate::LsmHook;
    use telovix_policy::value::Syscall;

    #[test]
    fn every_name_of_the_tables_exists() {
        for (hook, _) in LSM_HOOKS {
            assert!(LsmHook::named(hook).next().is_some(), "{hook}");
        }
        for call in SYSCALLS.iter().flat_map(|(names, _)| *names).chain(&ANYTHING) {
            assert!(Syscall::parse(call).is_ok(), "{call}");
        }
    }
}
