//! The machines that kernels are built for.

/// A machine. Everything was measured on x86-64; of arm64 there are tables of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Machine {
    /// 64-bit x86.
    #[default]
    X86_64,
    /// 64-bit ARM.
    Arm64,
}

impl Machine {
    /// Returns the name for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86-64",
            Self::Arm64 => "arm64",
        }
    }

    /// Returns the machine that `uname -m` names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// Returns what Tetragon puts in front of the name of a system call, such as `sys_openat`, on this machine.
    #[must_use]
    pub fn syscall_prefix(self) -> &'static str {
        match self {
            Self::X86_64 => "__x64_",
            Self::Arm64 => "__arm64_",
        }
    }
}
