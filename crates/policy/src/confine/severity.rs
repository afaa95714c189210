//! The severity of a violation.

use crate::value::Syscall;

/// The severity of a violation, from least to most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ViolationSeverity {
    /// Should be reviewed.
    Medium,
    /// Should be reviewed today.
    High,
    /// Needs immediate attention.
    Critical,
}

/// Calls that take over another process or the kernel.
const CRITICAL: [&str; 6] =
    ["finit_module", "init_module", "kexec_load", "process_vm_readv", "process_vm_writev", "ptrace"];
/// Calls that start processes.
const HIGH: [&str; 4] = ["clone", "clone3", "execve", "fork"];

impl ViolationSeverity {
    /// Returns the name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the severity of a system call, as in the runtime guard.
    #[must_use]
    pub fn of_syscall(syscall: Syscall) -> Self {
        match syscall.name() {
            name if CRITICAL.contains(&name) => Self::Critical,
            name if HIGH.contains(&name) => Self::High,
            _ => Self::Medium,
        }
    }
}
