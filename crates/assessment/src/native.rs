//! A confinement -> its effect through the native runtime: deny at LSM hooks, kill where only the call is seen.

use std::borrow::Cow;
use std::sync::LazyLock;

use telovix_bpf_programs::layout::{HOOKS, Hook, Operation as Slot};
use telovix_platform::{Kernel, Target};
use telovix_policy::confine::{Condition, Confinement, Effect, Operation, SyscallSet};
use telovix_policy::value::Syscall;

use super::TargetEffect;

/// Where the runtime sees system calls that pass no LSM hook.
const SYSCALL_ENTRY: &str = "sys_enter";

/// Hooks that identify tasks; every policy with a subject or an exemption needs them.
pub(super) const TRACKING: [&str; 2] = ["bprm_committed_creds", "task_alloc"];

/// Returns the effect of a confinement.
pub(super) fn effect(target: Target, confinement: &Confinement) -> TargetEffect {
    let written = confinement.effect;
    let as_written = TargetEffect { target, effect: Some(written), reason: Cow::Borrowed("") };
    let Condition::Syscall(syscalls) = &confinement.condition else { return as_written };
    if written < Effect::Deny {
        return as_written;
    }
    let uncovered = syscalls.difference(&COVERED_CALLS);
    if uncovered.is_empty() {
        return as_written;
    }
    TargetEffect { target, effect: Some(Effect::Kill), reason: Cow::Owned(pass_no_hook(&uncovered)) }
}

/// Returns the hooks that decide a confinement.
pub(super) fn hooks(kernel: Kernel, confinement: &Confinement) -> Vec<&'static str> {
    match &confinement.condition {
        Condition::Syscall(syscalls) => syscall_hooks(syscalls, kernel),
        _ => operation_hooks(confinement.operation, kernel),
    }
}

/// The calls that the programs deny at a hook, and the hooks, by name. The programs' own list is
/// `bpf/covered.h`; a test compares the two.
const COVERED: &[(&str, &[&str])] = &[
    ("bpf", &["bpf"]),
    ("chroot", &["path_chroot"]),
    ("execve", &["bprm_check_security"]),
    ("execveat", &["bprm_check_security"]),
    ("finit_module", &["kernel_read_file"]),
    ("init_module", &["kernel_load_data"]),
    ("io_uring_setup", &["inode_init_security_anon"]),
    ("kexec_load", &["kernel_load_data"]),
    ("mount", &["sb_mount"]),
    ("move_mount", &["move_mount"]),
    ("pivot_root", &["sb_pivotroot"]),
    ("process_vm_readv", &["ptrace_access_check"]),
    ("process_vm_writev", &["ptrace_access_check"]),
    ("ptrace", &["ptrace_access_check", "ptrace_traceme"]),
    ("socket", &["socket_create"]),
    ("umount", &["sb_umount"]),
    ("umount2", &["sb_umount"]),
    ("userfaultfd", &["inode_init_security_anon"]),
];

/// The same calls as a set.
static COVERED_CALLS: LazyLock<SyscallSet> =
    LazyLock::new(|| Syscall::all().filter(|syscall| covering(*syscall).is_some()).collect());

/// Returns the hooks that every path through a call passes before it takes effect, if there are any.
#[must_use]
pub fn covering(syscall: Syscall) -> Option<&'static [&'static str]> {
    let at = COVERED.binary_search_by(|(name, _)| (*name).cmp(syscall.name())).ok()?;
    COVERED.get(at).map(|(_, hooks)| *hooks)
}

/// Returns the hooks that decide system calls.
pub(super) fn syscall_hooks(syscalls: &SyscallSet, kernel: Kernel) -> Vec<&'static str> {
    let mut hooks: Vec<&'static str> = Vec::new();
    for syscall in syscalls.iter() {
        match covering(syscall) {
            Some(covering) => hooks.extend(covering.iter().filter(|hook| is_attachable(hook, kernel))),
            None => hooks.push(SYSCALL_ENTRY),
        }
    }
    hooks.sort_unstable();
    hooks.dedup();
    hooks
}

/// Returns the hooks that decide an operation other than a system call.
pub(super) fn operation_hooks(operation: Operation, kernel: Kernel) -> Vec<&'static str> {
    let slots = slots(operation);
    let deciding = |hook: &&Hook| hook.operations.iter().any(|slot| slots.contains(slot));
    HOOKS.iter().filter(deciding).filter(|hook| attaches(hook, kernel)).map(|hook| hook.name).collect()
}

/// Returns the image operations that make up one operation of the policy.
fn slots(operation: Operation) -> Vec<Slot> {
    match operation {
        Operation::Exec => vec![Slot::Exec],
        Operation::Open => vec![Slot::File],
        Operation::Connect => vec![Slot::Connect],
        Operation::Capability => vec![Slot::Capability],
        Operation::Syscall => vec![Slot::Syscall],
        Operation::ModuleLoad => vec![Slot::ModuleLoad],
        Operation::UserNamespace => vec![Slot::UserNamespace],
        Operation::Socket => vec![Slot::RawSocket, Slot::PacketSocket],
        Operation::Capset => vec![Slot::CapsetSysAdmin],
        Operation::Ptrace => vec![Slot::PtraceAttach],
        Operation::MemoryFile => vec![Slot::MemoryFile],
        Operation::PivotRoot => vec![Slot::PivotRoot],
        Operation::Mount => vec![Slot::Mount],
        Operation::Unshare => vec![Slot::Unshare],
        Operation::Bpf => vec![Slot::BpfLoad],
        Operation::SetId => vec![Slot::SetId],
    }
}

fn is_attachable(name: &str, kernel: Kernel) -> bool {
    HOOKS.iter().any(|hook| hook.name == name && attaches(hook, kernel))
}

fn attaches(hook: &Hook, kernel: Kernel) -> bool {
    hook.until.is_none_or(|until| kernel.version() < until)
}

/// Names the first few calls and why their callers can only be killed.
fn pass_no_hook(syscalls: &SyscallSet) -> String {
    const SHOWN: usize = 4;
    let mut text = String::with_capacity(128);
    for syscall in syscalls.iter().take(SHOWN) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.extend(["`", syscall.name(), "`"]);
    }
    let count = syscalls.iter().count();
    if let Some(more @ 1..) = count.checked_sub(SHOWN) {
        text.push_str(&format!(" and {more} more"));
    }
    text.push_str(if count == 1 { " passes" } else { " pass" });
    text.push_str(" no LSM hook before taking effect");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use telovix_bpf_programs::layout::{HOOKS, covered_calls};

    use super::COVERED;

    #[test]
    fn denies_the_calls_that_the_programs_deny() {
        let here: BTreeMap<&str, Vec<&str>> =
            COVERED.iter().map(|(name, hooks)| (*name, hooks.to_vec())).collect();
        assert_eq!(here, covered_calls().map(|call| (call.name, call.hooks)).collect());
    }

    #[test]
    fn names_calls_in_order_and_hooks_that_exist() {
        assert!(COVERED.is_sorted_by_key(|(name, _)| *name));
        for hook in COVERED.iter().flat_map(|(_, hooks)| *hooks) {
            assert!(HOOKS.iter().any(|known| known.name == *hook), "there is no program at `{hook}`");
        }
    }
}
