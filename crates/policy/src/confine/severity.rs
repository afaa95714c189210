//! How much the violation of a confinement weighs.

use crate::value::Syscall;

/// How much a violation weighs. The order is that of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViolationSeverity {
    /// Worth a look.
    Medium,
    /// Worth a look today.
    High,
    /// Worth waking somebody.
    Critical,
}

/// Calls that take over another process or the kernel.
const CRITICAL: [&str; 6] =
    ["finit_module", "init_module", "kexec_load", "process_vm_readv", "process_vm_writev", "ptrace"];
/// Calls that start processes.
const HIGH: [&str; 4] = ["clone", "clone3", "execve", "fork"];

impl ViolationSeverity {
    /// Returns the word users see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the weight of a system call, as the runtime guard has it.
    #[must_use]
    pub fn of_syscall(syscall: Syscall) -> Self {
        match syscall.name() {
            name if CRITICAL.contains(&name) => Self::Critical,
            name if HIGH.contains(&name) => Self::High,
            _ => Self::Medium,
        }
    }
}
