//! A confinement -> its effect through Tetragon: `Override` at LSM hooks, `Sigkill` where only a kprobe sees it.

use std::borrow::Cow;

use telovix_platform::{Kernel, Target};
use telovix_policy::confine::{Confinement, Dimension, Effect, Operation};

use super::TargetEffect;

/// How Tetragon sees an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// At LSM hooks, which can deny the operation.
    Hooks(&'static [&'static str]),
    /// At kprobes of system calls, which can only kill the caller.
    Calls(&'static [&'static str]),
}

/// Returns how Tetragon sees an operation. System calls are named by the confinement itself.
#[must_use]
pub fn reach(operation: Operation, kernel: Kernel) -> Reach {
    match operation {
        Operation::Exec => Reach::Hooks(&["bprm_check_security"]),
        Operation::Open => Reach::Hooks(&["file_open", "path_truncate"]),
        Operation::Connect => Reach::Hooks(&["socket_connect"]),
        Operation::Capability => Reach::Hooks(&["capable"]),
        Operation::Syscall => Reach::Calls(&[]),
        Operation::ModuleLoad => Reach::Hooks(&["kernel_load_data", "kernel_read_file"]),
        Operation::UserNamespace => Reach::Hooks(&["userns_create"]),
        Operation::Socket => Reach::Hooks(&["socket_create"]),
        Operation::Capset => Reach::Hooks(&["capset"]),
        Operation::Ptrace => Reach::Hooks(&["ptrace_access_check", "ptrace_traceme"]),
        Operation::MemoryFile => match kernel {
            Kernel::V6_1 | Kernel::V6_12 => Reach::Calls(&[
                "__ia32_sys_memfd_create",
                "__ia32_sys_memfd_secret",
                "sys_memfd_create",
                "sys_memfd_secret",
            ]),
            Kernel::V7_2 => Reach::Hooks(&["inode_init_security_anon"]),
        },
        Operation::PivotRoot => Reach::Hooks(&["sb_pivotroot"]),
        Operation::Mount => Reach::Hooks(&["move_mount", "sb_kern_mount", "sb_mount"]),
        Operation::Unshare => Reach::Calls(&[
            "__ia32_compat_sys_ia32_clone",
            "__ia32_sys_setns",
            "__ia32_sys_unshare",
            "sys_clone",
            "sys_setns",
            "sys_unshare",
        ]),
        Operation::Bpf => Reach::Hooks(&["bpf"]),
        Operation::SetId => Reach::Hooks(&["inode_create", "path_chmod", "path_mknod"]),
    }
}

/// Returns the effect of a confinement.
pub(super) fn effect(target: Target, confinement: &Confinement) -> TargetEffect {
    // Tetragon gets the policy as written.
    if confinement.dimension == Dimension::TracingPolicy {
        return TargetEffect { target, effect: Some(confinement.effect), reason: Cow::Borrowed("") };
    }
    if confinement.dimension == Dimension::NameSpace {
        let reason = Cow::Borrowed("the Tetragon policies of a profile do not close its name space");
        return TargetEffect { target, effect: None, reason };
    }
    if confinement.operation == Operation::Syscall {
        let reason = "Tetragon cannot deny a system call on these kernels, only kill its caller";
        return killed(target, confinement.effect, reason);
    }
    match reach(confinement.operation, target.kernel) {
        Reach::Hooks(_) => {
            TargetEffect { target, effect: Some(confinement.effect), reason: Cow::Borrowed("") }
        }
        Reach::Calls(_) => {
            let reason = "no LSM hook identifies the operation, and a kprobe can only kill";
            killed(target, confinement.effect, reason)
        }
    }
}

/// Returns the hooks that decide a confinement.
pub(super) fn hooks(kernel: Kernel, confinement: &Confinement) -> Vec<&'static str> {
    match confinement.dimension {
        Dimension::NameSpace => Vec::new(),
        _ => operation_hooks(confinement.operation, kernel),
    }
}

/// Returns the hooks that decide an operation.
pub(super) fn operation_hooks(operation: Operation, kernel: Kernel) -> Vec<&'static str> {
    match reach(operation, kernel) {
        _ if operation == Operation::Syscall => vec!["sys_*"],
        Reach::Hooks(hooks) | Reach::Calls(hooks) => hooks.to_vec(),
    }
}

fn killed(target: Target, written: Effect, reason: &'static str) -> TargetEffect {
    let effect = written.min(Effect::Kill);
    let reason = Cow::Borrowed(if effect < written { reason } else { "" });
    TargetEffect { target, effect: Some(effect), reason }
}
