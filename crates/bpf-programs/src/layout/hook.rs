//! LSM hooks: the operations that each decides, and the kernels on which it can be attached.

use super::{Operation, SYSCALLS_IA32_START};

/// An LSM hook to which a program is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Name of the LSM hook, without `bpf_lsm_`.
    pub name: &'static str,
    /// Operations decided there, completely or in part. Empty for the hooks that track domains, and for those that only guard.
    pub operations: &'static [Operation],
    /// First tested kernel on which it can no longer be attached.
    pub until: Option<(u16, u16)>,
    /// Whether the program is needed by every policy, to keep it in force.
    pub guards: bool,
}

impl Hook {
    const fn new(name: &'static str, operations: &'static [Operation]) -> Self {
        Self { name, operations, until: None, guards: false }
    }

    const fn until(self, major: u16, minor: u16) -> Self {
        Self { until: Some((major, minor)), ..self }
    }

    const fn guards(self) -> Self {
        Self { guards: true, ..self }
    }
}

use Operation as Op;

/// Every hook that some policy needs. The runtime attaches those whose operations occur in the loaded image.
pub const HOOKS: &[Hook] = &[
    Hook::new("bprm_committed_creds", &[]),
    Hook::new("task_alloc", &[]),
    Hook::new("bprm_check_security", &[Op::Exec, Op::MemoryFile]),
    Hook::new("mmap_file", &[Op::Exec, Op::MemoryFile]),
    Hook::new("file_mprotect", &[Op::Exec, Op::MemoryFile]),
    Hook::new("file_open", &[Op::File, Op::SetId]),
    Hook::new("file_receive", &[Op::File]),
    Hook::new("path_truncate", &[Op::File]),
    Hook::new("path_unlink", &[Op::File]),
    Hook::new("path_rmdir", &[Op::File]),
    Hook::new("path_rename", &[Op::File]),
    Hook::new("path_link", &[Op::File]),
    Hook::new("path_mkdir", &[Op::File]),
    Hook::new("path_mknod", &[Op::File, Op::SetId]),
    Hook::new("path_symlink", &[Op::File]),
    Hook::new("path_chmod", &[Op::File, Op::SetId]),
    Hook::new("path_chown", &[Op::File]),
    Hook::new("inode_create", &[Op::SetId]),
    Hook::new("path_chroot", &[Op::Syscall]),
    Hook::new("socket_create", &[Op::RawSocket, Op::PacketSocket, Op::Connect]),
    Hook::new("socket_connect", &[Op::Connect]),
    Hook::new("socket_sendmsg", &[Op::Connect]),
    Hook::new("socket_setsockopt", &[Op::Connect]),
    Hook::new("sctp_bind_connect", &[Op::Connect]),
    Hook::new("capable", &[Op::Capability, Op::Mount, Op::Unshare]),
    Hook::new("capset", &[Op::CapsetSysAdmin]),
    Hook::new("kernel_read_file", &[Op::ModuleLoad]),
    Hook::new("kernel_load_data", &[Op::ModuleLoad]),
    Hook::new("userns_create", &[Op::UserNamespace, Op::Unshare]),
    Hook::new("ptrace_access_check", &[Op::PtraceAttach]),
    Hook::new("ptrace_traceme", &[Op::PtraceAttach]),
    Hook::new("file_alloc_security", &[Op::MemoryFile]).until(7, 2),
    Hook::new("inode_init_security_anon", &[Op::MemoryFile]),
    Hook::new("sb_pivotroot", &[Op::PivotRoot]),
    Hook::new("sb_mount", &[Op::Mount]),
    Hook::new("sb_kern_mount", &[Op::Mount]),
    Hook::new("sb_umount", &[Op::Mount]).guards(),
    Hook::new("move_mount", &[Op::Mount]),
    Hook::new("bpf", &[Op::BpfLoad]),
    Hook::new("bpf_map", &[]).guards(),
    Hook::new("bpf_prog", &[]).guards(),
    Hook::new("inode_unlink", &[]).guards(),
    Hook::new("inode_rmdir", &[]).guards(),
    Hook::new("inode_rename", &[]).guards(),
    Hook::new("locked_down", &[]).guards(),
];

/// A system call whose every effect passes a hook first, so that it can be denied. For other calls the process can only
/// be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredCall {
    /// The call.
    pub name: &'static str,
    /// Its cells in a [`SyscallTable`](super::SyscallTable).
    pub cells: Vec<usize>,
    /// The hooks that decide it.
    pub hooks: Vec<&'static str>,
}

/// Returns the covered calls, which `bpf/covered.h` lists.
///
/// # Panics
/// Never: the file is compiled in, and a test reads it.
pub fn covered_calls() -> impl Iterator<Item = CoveredCall> {
    let lines = include_str!("../../bpf/covered.h").lines();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    lines.filter_map(|line| line.strip_suffix(')')?.split_once('(')).filter_map(move |(form, line)| {
        let words: Vec<&'static str> = line.split(", ").collect();
        match (form, words.as_slice()) {
            ("COVERED", [name, x86_64, ia32, x32, hooks @ ..]) => {
                let mut cells = vec![number(x86_64), SYSCALLS_IA32_START + number(ia32)];
                cells.extend(Some(number(x32)).filter(|&number| number != 0));
                Some(CoveredCall { name, cells, hooks: hooks.to_vec() })
            }
            ("COVERED_32", [name, ia32, hooks @ ..]) => Some(CoveredCall {
                name,
                cells: vec![SYSCALLS_IA32_START + number(ia32)],
                hooks: hooks.to_vec(),
            }),
            ("COVERED" | "COVERED_32", _) => panic!("a covered call lacks a number"),
            _ => None,
        }
    })
}
