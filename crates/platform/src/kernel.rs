//! The kernels of the targets, and the builds that were measured.

/// A kernel version of a target. Older kernels sort first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kernel {
    /// Long-term support, Debian 12.
    V6_1,
    /// Long-term support, Debian 13.
    V6_12,
    /// Current.
    V7_2,
}

impl Kernel {
    /// Every kernel, oldest first.
    pub const ALL: [Self; 3] = [Self::V6_1, Self::V6_12, Self::V7_2];

    /// Returns the version as target names have it: `6.12`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V6_1 => "6.1",
            Self::V6_12 => "6.12",
            Self::V7_2 => "7.2",
        }
    }

    /// Returns major and minor version.
    #[must_use]
    pub fn version(self) -> (u16, u16) {
        match self {
            Self::V6_1 => (6, 1),
            Self::V6_12 => (6, 12),
            Self::V7_2 => (7, 2),
        }
    }

    /// Returns the build that was measured.
    #[must_use]
    pub fn measured(self) -> &'static str {
        match self {
            Self::V6_1 => "Debian cloud kernel 6.1.192, x86-64",
            Self::V6_12 => "Debian cloud kernel 6.12.107, x86-64",
            Self::V7_2 => "Debian cloud kernel 7.2.13, x86-64",
        }
    }

    /// Returns the LSMs of that build's default configuration; `bpf` has to be among them.
    #[must_use]
    pub fn security_modules(self) -> &'static str {
        match self {
            Self::V6_1 => "lockdown,capability,landlock,yama,apparmor,tomoyo,bpf",
            Self::V6_12 | Self::V7_2 => "lockdown,capability,landlock,yama,apparmor,tomoyo,bpf,ipe,ima,evm",
        }
    }
}
