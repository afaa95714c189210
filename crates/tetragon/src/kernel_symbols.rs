//! A kernel of a target, and a name -> whether that kernel has the function or LSM hook, and its prototype.

use std::fmt;
use std::sync::Arc;

use telovix_btf::Btf;
use telovix_platform::{Kernel, Machine};
use telovix_policy::value::Syscall;

use crate::kernel_function::{self, Entry};
use crate::kernel_function_table::{ENTRIES, FUNCTIONS, UNCLEAR};
use crate::lsm_hook::bit;
use crate::{LsmHook, Returns};

/// What the functions of a kernel are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelSymbols {
    /// The tables of the build that was measured.
    Measured(Kernel, Machine),
    /// A given BTF, with the name of its file for messages.
    Given(Arc<str>, Arc<Btf>),
}

/// Whether a kernel has a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has it; with the types of the arguments, unless there are several functions with that name.
    Present(Option<Types>),
    /// It does not.
    Absent,
    /// Nobody knows: it may depend on the configuration of the kernel.
    Unknown,
}

/// The types of the arguments of a function, as C writes them without `struct`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Types {
    /// Those of a table.
    Listed(&'static [&'static str]),
    /// Those of a BTF.
    Read(Vec<String>),
}

impl Types {
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        match self {
            Self::Listed(types) => types.get(index).copied(),
            Self::Read(types) => types.get(index).map(String::as_str),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Listed(types) => types.len(),
            Self::Read(types) => types.len(),
        }
    }

    pub(crate) fn join(&self, separator: &str) -> String {
        match self {
            Self::Listed(types) => types.join(separator),
            Self::Read(types) => types.join(separator),
        }
    }
}

/// An LSM hook of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HookPrototype {
    pub(crate) returns: Returns,
    pub(crate) arguments: Types,
}

impl fmt::Display for KernelSymbols {
    /// Writes what messages put after the word "kernel".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured(kernel, Machine::X86_64) => formatter.write_str(kernel.name()),
            Self::Measured(kernel, machine) => write!(formatter, "{} on {}", kernel.name(), machine.name()),
            Self::Given(name, _) => write!(formatter, "of `{name}`"),
        }
    }
}

impl KernelSymbols {
    /// Every kernel that was measured on x86-64.
    #[must_use]
    pub fn measured() -> Vec<Self> {
        Kernel::ALL.map(|kernel| Self::Measured(kernel, Machine::default())).to_vec()
    }

    /// Returns its machine.
    pub(crate) fn machine(&self) -> Machine {
        match self {
            Self::Measured(_, machine) => *machine,
            Self::Given(_, btf) if btf.has_function("__arm64_sys_read") => Machine::Arm64,
            Self::Given(..) => Machine::X86_64,
        }
    }

    /// Returns the BTF, where it was given.
    pub(crate) fn btf(&self) -> Option<&Btf> {
        match self {
            Self::Measured(..) => None,
            Self::Given(_, btf) => Some(btf),
        }
    }

    /// Returns an LSM hook that programs can be attached to.
    pub(crate) fn lsm_hook(&self, name: &str) -> Option<HookPrototype> {
        match self {
            Self::Measured(kernel, machine) => {
                let hook = LsmHook::named(name).find(|hook| hook.exists_on(*kernel, *machine));
                let hook = hook.filter(|_| LsmHook::is_attachable(name, Some(*kernel)));
                hook.map(|hook| HookPrototype {
                    returns: hook.returns,
                    arguments: Types::Listed(hook.arguments),
                })
            }
            Self::Given(_, btf) => {
                let found = btf.lsm_hook(name).filter(|_| LsmHook::is_attachable(name, None))?;
                let returns = if found.is_void { Returns::Void } else { Returns::Errno };
                Some(HookPrototype { returns, arguments: Types::Read(found.arguments) })
            }
        }
    }

    /// Returns whether it has a function.
    pub(crate) fn function(&self, symbol: &str) -> Presence {
        match self {
            Self::Measured(kernel, machine) => listed(symbol, bit(*kernel, *machine)),
            Self::Given(_, btf) if btf.has_function(symbol) => {
                Presence::Present(btf.prototype(symbol).map(|found| Types::Read(found.arguments)))
            }
            Self::Given(..) => Presence::Absent,
        }
    }
}

fn listed(symbol: &str, bit: u8) -> Presence {
    let start = FUNCTIONS.partition_point(|row| row.0 < symbol);
    let rows = FUNCTIONS.get(start..).unwrap_or_default().iter().take_while(|row| row.0 == symbol);
    let mut is_elsewhere = false;
    for (_, kernels, types) in rows {
        if kernels & bit != 0 {
            return Presence::Present(Some(Types::Listed(types)));
        }
        is_elsewhere = true;
    }
    let unclear = UNCLEAR.binary_search_by_key(&symbol, |row| row.0).ok().and_then(|at| UNCLEAR.get(at));
    if let Some((_, kernels)) = unclear {
        match kernels {
            0 if !is_elsewhere => return Presence::Unknown,
            kernels if kernels & bit != 0 => return Presence::Present(None),
            _ => is_elsewhere = true,
        }
    }
    if is_elsewhere || symbol.starts_with("security_") {
        return Presence::Absent;
    }
    match Entry::of(symbol) {
        Some(Entry { name, form: Some(form) }) => entry(name, form, bit),
        _ => Presence::Unknown,
    }
}

fn entry(name: &str, form: usize, bit: u8) -> Presence {
    let row = ENTRIES.binary_search_by_key(&name, |row| row.0).ok().and_then(|at| ENTRIES.get(at));
    match row {
        Some((_, forms)) if forms.get(form).is_some_and(|kernels| kernels & bit != 0) => {
            Presence::Present(None)
        }
        Some((_, forms)) if forms.iter().any(|kernels| *kernels != 0) => Presence::Absent,
        Some(_) => Presence::Unknown,
        // `Syscall::parse` accepts a second `sys_`, which no symbol has.
        None if Syscall::parse(name).is_ok_and(|known| known.name() == name) => Presence::Unknown,
        None if kernel_function::passed(name).is_some() => Presence::Unknown,
        None => Presence::Absent,
    }
}

#[cfg(test)]
mod tests {
    use telovix_platform::{Kernel, Machine};

    use super::{KernelSymbols, Presence, Types};

    fn on(kernel: Kernel, machine: Machine, symbol: &str) -> Presence {
        KernelSymbols::Measured(kernel, machine).function(symbol)
    }

    #[test]
    fn kernels_differ_in_their_functions() {
        let on_x86 = |kernel, symbol| on(kernel, Machine::X86_64, symbol);
        assert_eq!(on_x86(Kernel::V6_1, "security_file_truncate"), Presence::Absent);
        assert_eq!(
            on_x86(Kernel::V6_12, "security_file_truncate"),
            Presence::Present(Some(Types::Listed(&["file*"])))
        );
        assert_eq!(on_x86(Kernel::V6_1, "__x64_sys_cachestat"), Presence::Absent);
        assert_eq!(on_x86(Kernel::V7_2, "__x64_sys_cachestat"), Presence::Present(None));
        assert!(matches!(on_x86(Kernel::V6_12, "override_creds"), Presence::Present(_)));
        assert_eq!(on_x86(Kernel::V7_2, "override_creds"), Presence::Absent);
    }

    #[test]
    fn machines_differ_in_their_entries() {
        assert_eq!(on(Kernel::V6_12, Machine::Arm64, "__arm64_sys_openat"), Presence::Present(None));
        assert_eq!(on(Kernel::V6_12, Machine::X86_64, "__arm64_sys_openat"), Presence::Absent);
        assert_eq!(on(Kernel::V6_12, Machine::Arm64, "__arm64_sys_arch_prctl"), Presence::Absent);
        assert_eq!(on(Kernel::V6_12, Machine::X86_64, "__ia32_compat_sys_execve"), Presence::Present(None));
    }

    #[test]
    fn what_the_tables_do_not_have_is_not_denied() {
        for unknown in ["foo", "find_module_sections"] {
            assert_eq!(on(Kernel::V6_12, Machine::X86_64, unknown), Presence::Unknown, "{unknown}");
        }
        for absent in ["security_file_opened", "__x64_sys_openatt"] {
            assert_eq!(on(Kernel::V6_12, Machine::X86_64, absent), Presence::Absent, "{absent}");
        }
    }
}
