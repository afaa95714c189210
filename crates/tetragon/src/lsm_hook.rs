//! LSM hook name -> its prototype on each kernel, to find an index or a type that never matches.

pub use super::lsm_hook_table::Returns;

use telovix_platform::{Kernel, Machine};

use super::argument_type::ArgumentType;
use super::lsm_hook_table::HOOKS;

/// The prototype of a hook on some kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LsmHook {
    /// The name, without `bpf_lsm_`.
    pub name: &'static str,
    /// Its return type.
    pub returns: Returns,
    /// The types of the arguments, as C writes them without `struct`.
    pub arguments: &'static [&'static str],
    kernels: u8,
}

/// Hooks that the kernel refuses to attach to: `BTF_SET_START(bpf_lsm_disabled_hooks)` of
/// `kernel/bpf/bpf_lsm.c`, as found by loading a program on each kernel.
const DISABLED: &[&str] = &[
    "audit_rule_match",
    "getprocattr",
    "inode_copy_up_xattr",
    "inode_getsecurity",
    "inode_listsecurity",
    "inode_need_killpriv",
    "ismaclabel",
    "key_getsecurity",
    "setprocattr",
    "vm_enough_memory",
    "xfrm_decode_session",
];

impl LsmHook {
    /// Returns the prototypes of a hook: several if kernels differ, none if no kernel has it.
    pub fn named(name: &str) -> impl Iterator<Item = Self> + Clone {
        let start = HOOKS.partition_point(|row| row.0 < name);
        HOOKS
            .get(start..)
            .expect("a partition point is at most the length")
            .iter()
            .take_while(move |row| row.0 == name)
            .map(|&(name, kernels, returns, arguments)| Self { name, returns, arguments, kernels })
    }

    /// Returns the name of every hook, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        HOOKS.iter().map(|row| row.0)
    }

    /// Returns whether this is the prototype on a kernel that was measured.
    #[must_use]
    pub(super) fn exists_on(self, kernel: Kernel, machine: Machine) -> bool {
        self.kernels & bit(kernel, machine) != 0
    }

    /// Returns whether a kernel allows programs to attach to this hook, which may not exist there. Without a kernel: whether
    /// all do.
    #[must_use]
    pub(super) fn is_attachable(name: &str, kernel: Option<Kernel>) -> bool {
        let disabled =
            DISABLED.contains(&name) || (name == "file_alloc_security" && kernel == Some(Kernel::V7_2));
        !disabled
    }
}

/// Returns the bit that a kernel has in the tables.
pub(super) fn bit(kernel: Kernel, machine: Machine) -> u8 {
    1 << (kernel as u8 + 3 * machine as u8)
}

/// Returns whether an argument of this C type can be read as the declared type.
#[must_use]
pub(super) fn reads_as(c_type: &str, declared: ArgumentType) -> bool {
    use ArgumentType as T;
    let is_number = !c_type.contains('*') && c_type != "sockptr_t";
    match declared {
        T::Auto | T::Nop => true,
        T::Int
        | T::Sint8
        | T::Int8
        | T::Uint8
        | T::Sint16
        | T::Int16
        | T::Uint16
        | T::Uint32
        | T::Sint32
        | T::Int32
        | T::Ulong
        | T::Uint64
        | T::Size
        | T::Long
        | T::Sint64
        | T::Int64
        | T::Capability
        | T::BpfCommand
        | T::Syscall64 => is_number,
        T::FileDescriptor => is_number,
        T::File => c_type == "file*",
        T::Path => c_type == "path*",
        T::Dentry => c_type == "dentry*",
        T::Binprm => c_type == "linux_binprm*",
        T::Sock => c_type == "sock*",
        T::Socket => c_type == "socket*",
        T::SocketBuffer => c_type == "sk_buff*",
        T::SocketAddress | T::UnixAddress => c_type == "sockaddr*",
        T::Credentials => c_type == "cred*",
        T::UserNamespace => c_type == "user_namespace*",
        T::KernelCapabilities
        | T::CapabilitiesInheritable
        | T::CapabilitiesPermitted
        | T::CapabilitiesEffective => matches!(c_type, "kernel_cap_t*" | "cred*"),
        T::BpfAttribute => c_type == "bpf_attr*",
        T::BpfMap => c_type == "bpf_map*",
        T::BpfProgram => matches!(c_type, "bpf_prog*" | "bpf_prog_aux*"),
        T::PerfEvent => c_type == "perf_event*",
        T::String | T::CharBuffer => matches!(c_type, "char*" | "void*"),
        T::Kiocb => c_type == "kiocb*",
        T::IovIter => c_type == "iov_iter*",
        T::NetDevice => c_type == "net_device*",
        T::Module => c_type == "module*",
        T::LoadInfo => c_type == "load_info*",
        T::Filename => c_type == "filename*",
        T::CharIovec => c_type == "iovec*",
        T::ConstBuffer | T::DataLocation => false,
    }
}

#[cfg(test)]
mod tests {
    use super::LsmHook;
    use crate::lsm_hook_table::HOOKS;
    use telovix_platform::{Kernel, Machine};

    #[test]
    fn finds_the_prototype_of_each_kernel() {
        let arguments = |name, kernel| {
            let hook = LsmHook::named(name).find(|hook| hook.exists_on(kernel, Machine::X86_64));
            hook.map(|hook| hook.arguments.len())
        };
        assert_eq!(arguments("bpf", Kernel::V6_12), Some(3));
        assert_eq!(arguments("bpf", Kernel::V7_2), Some(4));
        assert_eq!(arguments("file_truncate", Kernel::V6_1), None);
        assert_eq!(arguments("file_truncate", Kernel::V6_12), Some(1));
        assert_eq!(LsmHook::named("file_opened").count(), 0);
    }

    #[test]
    fn table_is_sorted_and_no_kernel_has_a_hook_twice() {
        for pair in HOOKS.windows(2) {
            let [left, right] = pair else { continue };
            assert!(left.0 <= right.0, "{} before {}", left.0, right.0);
            assert!(left.0 != right.0 || left.1 & right.1 == 0, "{} is ambiguous", left.0);
        }
    }
}
