//! System call names -> numbers on each entry path.

use std::fmt;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::syscall_table::SYSCALLS;

/// Every call by its name; made once.
static BY_NAME: LazyLock<FxHashMap<&str, Syscall>> =
    LazyLock::new(|| Syscall::all().map(|syscall| (syscall.name(), syscall)).collect());

/// A system call known on x86-64, on ia32, or on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Syscall(u16);

impl Syscall {
    /// How many calls there are.
    pub const COUNT: usize = SYSCALLS.len();

    /// Parses a name such as `ptrace`; a leading `sys_` is accepted.
    ///
    /// # Errors
    /// Returns an error for names that neither entry path has.
    pub fn parse(text: &str) -> Result<Self, SyscallError> {
        let name = text.strip_prefix("sys_").unwrap_or(text);
        BY_NAME.get(name).copied().ok_or(SyscallError)
    }

    /// Returns the call with an x86-64 number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::all().find(|syscall| syscall.number() == Some(number))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        SYSCALLS.get(usize::from(self.0)).map_or("", |entry| entry.0)
    }

    /// Returns the number on x86-64, below 512.
    #[must_use]
    pub fn number(self) -> Option<u16> {
        SYSCALLS.get(usize::from(self.0)).and_then(|entry| entry.1)
    }

    /// Returns the number of the 32-bit entry path, below 512.
    #[must_use]
    pub fn ia32_number(self) -> Option<u16> {
        SYSCALLS.get(usize::from(self.0)).and_then(|entry| entry.2)
    }

    /// Returns the index of the call among all, by name.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Returns the call at an index among all, by name.
    pub fn at(index: usize) -> Option<Self> {
        u16::try_from(index).ok().filter(|_| index < Self::COUNT).map(Self)
    }

    /// Returns every call, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(SYSCALLS.len()).unwrap_or(u16::MAX)).map(Self)
    }
}

impl fmt::Display for Syscall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The text is not a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyscallError;

impl fmt::Display for SyscallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not a system call of x86-64 or ia32")
    }
}
