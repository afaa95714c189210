//! The name of a kernel function -> what the kernels are known to have under that name.

use telovix_platform::Kernel;
use telovix_policy::value::Syscall;

use crate::kernel_function_table::{ENTRIES, FUNCTIONS, PRESENT, SECURITY};
use crate::syscall_prototype_table::PROTOTYPES;
use crate::{ArgumentType, LsmHook};

/// Prefixes of the entry of a system call, by the architecture that has it.
const ENTRY_PREFIXES: [(&str, Architecture); 4] = [
    ("__x64_sys_", Architecture::X86),
    ("__ia32_sys_", Architecture::X86),
    ("__ia32_compat_sys_", Architecture::X86),
    ("__arm64_sys_", Architecture::Arm),
];

/// The architecture of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Architecture {
    /// x86-64, which every target has.
    X86,
    /// 64-bit ARM.
    Arm,
}

/// What is known of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KernelFunction {
    /// The entry of a system call.
    Syscall {
        /// The name without prefixes.
        name: &'static str,
        /// The architecture of the symbol; none when it is written without one.
        architecture: Option<Architecture>,
    },
    /// It calls the LSM hook with this name and has its prototype.
    Security(&'static str),
    /// It has these arguments on every target.
    Prototype(&'static [&'static str]),
    /// Targets have it, with different arguments.
    Present,
    /// No target has it.
    Missing,
    /// It is in no table.
    Unlisted,
}

impl KernelFunction {
    /// Returns what is known of the function that a kprobe names.
    pub(super) fn named(call: &str) -> Self {
        if let Some((_, types)) = FUNCTIONS.iter().find(|(name, _)| *name == call) {
            return Self::Prototype(types);
        }
        if PRESENT.contains(&call) {
            return Self::Present;
        }
        if let Some(name) = call.strip_prefix("security_") {
            return security(name);
        }
        let prefixed = ENTRY_PREFIXES
            .iter()
            .find_map(|(prefix, architecture)| Some((call.strip_prefix(prefix)?, Some(*architecture))));
        match prefixed.or_else(|| Some((call.strip_prefix("sys_")?, None))) {
            Some((name, architecture)) => entry(name, architecture),
            None => Self::Unlisted,
        }
    }

    /// Returns whether the targets are known to have it, so that Tetragon goes on to check what the policy does there.
    pub(super) fn exists(self) -> bool {
        matches!(self, Self::Syscall { .. } | Self::Security(_) | Self::Prototype(_) | Self::Present)
    }

    /// Returns the types of its arguments on a kernel, as C writes them.
    pub(super) fn arguments(self, kernel: Kernel) -> Option<&'static [&'static str]> {
        match self {
            Self::Security(hook) => LsmHook::on(hook, kernel).map(|hook| hook.arguments),
            Self::Prototype(types) => Some(types),
            _ => None,
        }
    }
}

/// Names of similar functions, for suggestions.
pub(super) fn similar_names(call: &str) -> Vec<String> {
    if call.starts_with("security_") {
        LsmHook::names().map(|hook| format!("security_{hook}")).collect()
    } else {
        PROTOTYPES.iter().map(|(name, _)| format!("sys_{name}")).collect()
    }
}

fn security(name: &str) -> KernelFunction {
    let hook = LsmHook::named(name).next().or_else(|| LsmHook::named(&format!("{name}_security")).next());
    match hook {
        Some(hook) => KernelFunction::Security(hook.name),
        None if SECURITY.binary_search(&name).is_ok() => KernelFunction::Present,
        None => KernelFunction::Missing,
    }
}

fn entry(name: &str, architecture: Option<Architecture>) -> KernelFunction {
    // `Syscall::parse` accepts a second `sys_`, which no symbol has.
    let known = Syscall::parse(name).ok().map(Syscall::name).filter(|known| *known == name);
    let known = known.or_else(|| prototype(name).map(|(name, _)| name));
    let known = known.or_else(|| ENTRIES.binary_search(&name).ok().and_then(|at| ENTRIES.get(at).copied()));
    match known {
        Some(name) => KernelFunction::Syscall { name, architecture },
        None => KernelFunction::Missing,
    }
}

fn prototype(name: &str) -> Option<(&'static str, &'static str)> {
    let at = PROTOTYPES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    PROTOTYPES.get(at).copied()
}

/// The kind of an argument of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// A number.
    Number,
    /// A pointer to characters in the memory of the program.
    Text,
    /// Another pointer into it.
    Pointer,
}

/// Returns the kinds of the arguments of a system call, where they are known.
pub(super) fn passed(name: &str) -> Option<Vec<Passed>> {
    let (_, kinds) = prototype(name)?;
    let kind = |letter| match letter {
        's' => Passed::Text,
        'p' => Passed::Pointer,
        _ => Passed::Number,
    };
    Some(kinds.chars().map(kind).collect())
}

impl Passed {
    /// Returns the words for messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text in the memory of the program",
            Self::Pointer => "a pointer into the memory of the program",
        }
    }

    /// Returns whether Tetragon reads something meaningful when the argument is declared with this type.
    pub(super) fn reads_as(self, declared: ArgumentType) -> bool {
        use ArgumentType as T;
        match declared {
            T::Nop | T::Auto => true,
            T::String
            | T::CharBuffer
            | T::CharIovec
            | T::SocketAddress
            | T::UnixAddress
            | T::DataLocation => self != Self::Number,
            T::File
            | T::Path
            | T::Dentry
            | T::Binprm
            | T::Sock
            | T::Socket
            | T::SocketBuffer
            | T::Credentials
            | T::UserNamespace
            | T::Filename
            | T::Kiocb
            | T::IovIter
            | T::NetDevice
            | T::LoadInfo
            | T::Module
            | T::BpfMap
            | T::BpfProgram => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KernelFunction, Passed, passed};
    use crate::kernel_function_table::{ENTRIES, FUNCTIONS, PRESENT, SECURITY};
    use crate::syscall_prototype_table::PROTOTYPES;

    #[test]
    fn tables_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|row| row.0));
        assert!(PROTOTYPES.is_sorted_by_key(|row| row.0));
        assert!([PRESENT, SECURITY, ENTRIES].iter().all(|table| table.is_sorted()));
    }

    #[test]
    fn functions_are_found_by_any_spelling() {
        for call in ["sys_openat", "__x64_sys_openat", "__arm64_sys_openat", "sys_newuname", "sys_lseek"] {
            assert!(matches!(KernelFunction::named(call), KernelFunction::Syscall { .. }), "{call}");
        }
        for call in ["security_file_open", "security_bprm_check", "security_bpf_map_alloc"] {
            assert!(matches!(KernelFunction::named(call), KernelFunction::Security(_)), "{call}");
        }
        assert!(KernelFunction::named("fd_install").exists());
        assert_eq!(KernelFunction::named("sys_openatt"), KernelFunction::Missing);
        assert_eq!(KernelFunction::named("security_file_opened"), KernelFunction::Missing);
        assert_eq!(KernelFunction::named("foo"), KernelFunction::Unlisted);
        assert_eq!(passed("openat").map(|kinds| kinds.get(1).copied()), Some(Some(Passed::Text)));
    }
}
