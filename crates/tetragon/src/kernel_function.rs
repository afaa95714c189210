//! The name of a kernel function -> whether it is the entry of a system call, and what that is passed.

use telovix_platform::Machine;

use crate::kernel_function_table::{ENTRIES, FUNCTIONS, UNCLEAR};
use crate::syscall_prototype_table::PROTOTYPES;
use crate::{ArgumentType, LsmHook};

/// Prefixes of the entry of a system call, and the machine that has it; in the order of the table.
const FORMS: [(&str, Machine); 5] = [
    ("__x64_sys_", Machine::X86_64),
    ("__ia32_sys_", Machine::X86_64),
    ("__ia32_compat_sys_", Machine::X86_64),
    ("__arm64_sys_", Machine::Arm64),
    ("__arm64_compat_sys_", Machine::Arm64),
];

/// The entry of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'symbol> {
    /// The name without prefixes.
    pub(super) name: &'symbol str,
    /// The place of its prefix among [`FORMS`]; none when it is written without one.
    pub(super) form: Option<usize>,
}

impl<'symbol> Entry<'symbol> {
    /// Returns the system call that a symbol names.
    pub(super) fn of(symbol: &'symbol str) -> Option<Self> {
        let prefixed = FORMS.iter().enumerate().find_map(|(form, (prefix, _))| {
            Some(Self { name: symbol.strip_prefix(prefix)?, form: Some(form) })
        });
        prefixed.or_else(|| Some(Self { name: symbol.strip_prefix("sys_")?, form: None }))
    }

    /// Returns the machine of the prefix, if it has one.
    pub(super) fn machine(self) -> Option<Machine> {
        self.form.and_then(|form| FORMS.get(form)).map(|(_, machine)| *machine)
    }
}

/// Returns whether some measured kernel has a function, so that Tetragon goes on to check what a policy does there.
pub(super) fn exists(call: &str) -> bool {
    let is_listed = FUNCTIONS.binary_search_by_key(&call, |row| row.0).is_ok();
    let unclear = UNCLEAR.binary_search_by_key(&call, |row| row.0);
    let is_entry = |entry: Entry<'_>| {
        ENTRIES.binary_search_by_key(&entry.name, |row| row.0).is_ok() || prototype(entry.name).is_some()
    };
    is_listed || unclear.is_ok() || Entry::of(call).is_some_and(is_entry)
}

/// Names of similar functions, for suggestions.
pub(super) fn similar_names(call: &str) -> Vec<String> {
    if call.starts_with("security_") {
        LsmHook::names().map(|hook| format!("security_{hook}")).collect()
    } else {
        PROTOTYPES.iter().map(|(name, _)| format!("sys_{name}")).collect()
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
    use super::{Entry, FORMS, Passed, exists, passed};
    use crate::kernel_function_table::{ENTRIES, FUNCTIONS, UNCLEAR};
    use crate::syscall_prototype_table::PROTOTYPES;

    #[test]
    fn tables_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|row| row.0));
        assert!(PROTOTYPES.is_sorted_by_key(|row| row.0));
        assert!(UNCLEAR.is_sorted_by_key(|row| row.0));
        assert!(ENTRIES.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn no_kernel_has_two_prototypes_of_a_function() {
        for pair in FUNCTIONS.windows(2) {
            let [left, right] = pair else { continue };
            assert!(left.0 != right.0 || left.1 & right.1 == 0, "{}", left.0);
        }
    }

    #[test]
    fn functions_are_found_by_any_spelling() {
        for call in ["sys_openat", "__x64_sys_openat", "__arm64_sys_openat", "__ia32_compat_sys_openat"] {
            assert_eq!(Entry::of(call).map(|entry| entry.name), Some("openat"), "{call}");
        }
        for (form, (prefix, _)) in FORMS.iter().enumerate() {
            let symbol = format!("{prefix}execve");
            assert_eq!(Entry::of(&symbol), Some(Entry { name: "execve", form: Some(form) }));
        }
        for call in ["sys_newuname", "sys_lseek", "security_file_open", "security_bprm_check", "fd_install"] {
            assert!(exists(call), "{call}");
        }
        for call in ["sys_openatt", "security_file_opened", "foo"] {
            assert!(!exists(call), "{call}");
        }
        assert_eq!(passed("openat").map(|kinds| kinds.get(1).copied()), Some(Some(Passed::Text)));
    }
}
