//! Types of the intermediate representation <-> numbers of the kernel.

use telovix_bpf_programs::layout;

use telovix_policy::confine::{
    Access, AccessSet, CapabilitySet, Condition, Confinement, Effect, Operation, SocketSet, SocketType,
};
use telovix_policy::value::Capability;

/// Returns the kernel's operation for a confinement; `None` when its condition has no table.
pub(super) fn kernel_operation(confinement: &Confinement) -> Option<layout::Operation> {
    use layout::Operation as Kernel;
    let always = confinement.condition == Condition::Always;
    match (confinement.operation, &confinement.condition) {
        (Operation::Exec, Condition::Always | Condition::Exec { .. }) => Some(Kernel::Exec),
        (Operation::Open, Condition::Always | Condition::Open { .. }) => Some(Kernel::File),
        (Operation::Connect, Condition::Always | Condition::Connect(_)) => Some(Kernel::Connect),
        (Operation::Capability, Condition::Always | Condition::Capability(_)) => Some(Kernel::Capability),
        (Operation::Syscall, Condition::Always | Condition::Syscall(_)) => Some(Kernel::Syscall),
        (Operation::Socket, Condition::Socket(set)) if *set == raw_sockets() => Some(Kernel::RawSocket),
        (Operation::Socket, Condition::Socket(set)) if *set == packet_sockets() => Some(Kernel::PacketSocket),
        (Operation::Capset, Condition::Capability(set)) if *set == sys_admin() => {
            Some(Kernel::CapsetSysAdmin)
        }
        (Operation::ModuleLoad, _) => always.then_some(Kernel::ModuleLoad),
        (Operation::UserNamespace, _) => always.then_some(Kernel::UserNamespace),
        (Operation::Ptrace, _) => always.then_some(Kernel::PtraceAttach),
        (Operation::MemoryFile, _) => always.then_some(Kernel::MemoryFile),
        (Operation::PivotRoot, _) => always.then_some(Kernel::PivotRoot),
        (Operation::Mount, _) => always.then_some(Kernel::Mount),
        (Operation::Unshare, _) => always.then_some(Kernel::Unshare),
        (Operation::Bpf, _) => always.then_some(Kernel::BpfLoad),
        (Operation::SetId, _) => always.then_some(Kernel::SetId),
        _ => None,
    }
}

/// Returns the sockets of [`layout::Operation::RawSocket`].
pub(super) fn raw_sockets() -> SocketSet {
    SocketSet::of(&[SocketSet::INET, SocketSet::INET6], &[SocketType::Raw])
}

/// Returns the sockets of [`layout::Operation::PacketSocket`].
pub(super) fn packet_sockets() -> SocketSet {
    SocketSet::of(&[SocketSet::PACKET], &SocketType::ALL)
}

/// Returns the capabilities of [`layout::Operation::CapsetSysAdmin`].
pub(super) fn sys_admin() -> CapabilitySet {
    [Capability::SYS_ADMIN].into_iter().collect()
}

/// Returns the kernel's bits of the accesses that a confinement governs.
pub(super) fn access_bits(confinement: &Confinement) -> u16 {
    match &confinement.condition {
        Condition::Open { accesses, .. } if !accesses.is_empty() => {
            accesses.iter().fold(0, |bits, access| bits | access_bit(access))
        }
        _ => layout::Access::ALL,
    }
}

/// Returns the kernel's bit of an access.
pub(super) fn access_bit(access: Access) -> u16 {
    match access {
        Access::Read => layout::Access::READ,
        Access::Write => layout::Access::WRITE,
        Access::Create => layout::Access::CREATE,
        Access::Truncate => layout::Access::TRUNCATE,
        Access::Delete => layout::Access::DELETE,
        Access::Rename => layout::Access::RENAME,
        Access::Link => layout::Access::LINK,
        Access::Execute => layout::Access::EXECUTE,
    }
}

/// Returns the accesses of the kernel's bits.
pub(super) fn accesses(bits: u16) -> AccessSet {
    Access::ALL.into_iter().filter(|access| access_bit(*access) & bits != 0).collect()
}

/// Returns the kernel's effect.
pub(super) fn kernel_effect(effect: Effect) -> layout::Effect {
    match effect {
        Effect::Allow => layout::Effect::Allow,
        Effect::Observe => layout::Effect::Observe,
        Effect::Log => layout::Effect::Log,
        Effect::Kill => layout::Effect::Kill,
        Effect::Deny => layout::Effect::Deny,
    }
}
