//! Capability text -> capability numbers.

use std::fmt;

/// Linux capabilities by number, without `CAP_`. Source: `include/uapi/linux/capability.h`, unchanged 5.9 to 7.2.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// A Linux capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(u8);

impl Capability {
    /// The capability that most administrative operations ask for.
    pub const SYS_ADMIN: Self = Self(21);

    /// Parses a name with or without `CAP_`, in any case.
    ///
    /// # Errors
    /// Returns an error for names the kernel does not have, and numbers.
    pub fn parse(text: &str) -> Result<Self, CapabilityError> {
        let name = match text.split_at_checked(4) {
            Some((prefix, name)) if prefix.eq_ignore_ascii_case("CAP_") => name,
            _ => text,
        };
        let index = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or(CapabilityError)?;
        u8::try_from(index).map(Self).map_err(|_| CapabilityError)
    }

    /// Returns the capability of a number, if the kernel has it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        (usize::from(number) < NAMES.len()).then_some(Self(number))
    }

    /// Returns the bit position in the kernel's capability sets.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Returns the name without `CAP_`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("")
    }

    /// Returns every capability, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..41).map(Self)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CAP_{}", self.short_name())
    }
}

/// The text is not a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapabilityError;

impl fmt::Display for CapabilityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not a Linux capability")
    }
}
