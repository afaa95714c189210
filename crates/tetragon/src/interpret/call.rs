//! An operation -> the hooks that the kernel calls for it, and what their arguments are.
//!
//! Sources: the callers of `security_*` in Linux 6.1 to 7.2, and what was seen in Tetragon. What an operation of ours
//! leaves open, such as the interface by which a module is loaded, is a *way*: a verdict holds if it is the same for
//! each way.

use Operation as O;
use telovix_policy::confine::{Access, AccessSet, Operation};

/// What an argument of a hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The file: its path.
    Path,
    /// The destination: address, port and family.
    Destination,
    /// The socket of a TCP connection that is being made; its peer is the destination.
    Peer,
    /// The number of the capability.
    Capability,
    /// A mask of the capability alone.
    CapabilityMask,
    /// The number of the system call.
    Syscall,
    /// The address family of the socket.
    Family,
    /// The number of the socket's type.
    SocketType,
    /// The file mode, which has a setuid or setgid bit.
    Mode,
    /// How many links the executed file has, as far as that shows anonymous memory: 0.
    Links,
    /// The flags with which the file is opened, as far as they show an execution.
    OpenFlags,
    /// This number.
    Constant(u64),
}

/// A hook that is called for an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The LSM hook.
    pub(super) hook: &'static str,
    /// The operation.
    pub(super) operation: Operation,
    /// For an open, the accesses for which it is certainly called.
    pub(super) surely: &'static [Access],
    /// For an open, the accesses for which it may be called.
    pub(super) perhaps: &'static [Access],
    /// The ways in which it is called, as bits.
    pub(super) ways: u8,
    /// Position, field path, and what is there.
    pub(super) arguments: &'static [(u32, &'static str, Source)],
}

const FILE: &[(u32, &str, Source)] = &[(0, "", Source::Path)];
const OPENED_FILE: &[(u32, &str, Source)] = &[(0, "", Source::Path), (0, "f_flags", Source::OpenFlags)];
const OPENED: &[Access] = &[Access::Read, Access::Write, Access::Execute];
const CREATED: &[Access] = &[Access::Create, Access::Truncate];
const USED: &[Access] = &[Access::Read, Access::Write, Access::Create, Access::Truncate, Access::Execute];

const fn row(
    hook: &'static str,
    operation: Operation,
    ways: u8,
    arguments: &'static [(u32, &'static str, Source)],
) -> Row {
    Row { hook, operation, surely: &[], perhaps: &[], ways, arguments }
}

const fn open(hook: &'static str, surely: &'static [Access], perhaps: &'static [Access]) -> Row {
    Row { hook, operation: O::Open, surely, perhaps, ways: 1, arguments: OPENED_FILE }
}

const ROWS: &[Row] = &[
    row(
        "bprm_check_security",
        O::Exec,
        1,
        &[(0, "", Source::Path), (0, "file.f_inode.i_nlink", Source::Links)],
    ),
    row("bprm_creds_for_exec", O::Exec, 1, FILE),
    row("file_open", O::Exec, 1, OPENED_FILE),
    row("file_post_open", O::Exec, 1, OPENED_FILE),
    // An open creates or truncates a file, and so do calls that open none.
    open("file_open", OPENED, CREATED),
    open("file_post_open", OPENED, CREATED),
    // An open file is used later, or by another process.
    open("file_permission", &[], USED),
    open("mmap_file", &[], USED),
    open("path_truncate", &[], &[Access::Truncate]),
    open("file_truncate", &[], &[Access::Truncate]),
    row("socket_connect", O::Connect, 1, &[(1, "", Source::Destination)]),
    row("capable", O::Capability, 1, &[(2, "", Source::Capability)]),
    row("capset", O::Capset, 1, &[(2, "", Source::CapabilityMask), (3, "", Source::Constant(0))]),
    row("capset", O::Capset, 2, &[(2, "", Source::Constant(0)), (3, "", Source::CapabilityMask)]),
    row(
        "socket_create",
        O::Socket,
        1,
        &[(0, "", Source::Family), (1, "", Source::SocketType), (3, "", Source::Constant(0))],
    ),
    row(
        "socket_post_create",
        O::Socket,
        1,
        &[(1, "", Source::Family), (2, "", Source::SocketType), (4, "", Source::Constant(0))],
    ),
    // READING_MODULE and LOADING_MODULE.
    row("kernel_read_file", O::ModuleLoad, 1, &[(1, "", Source::Constant(2))]),
    row("kernel_load_data", O::ModuleLoad, 2, &[(0, "", Source::Constant(2))]),
    row("userns_create", O::UserNamespace, 1, &[]),
    // PTRACE_MODE_ATTACH_REALCREDS.
    row("ptrace_access_check", O::Ptrace, 1, &[(1, "", Source::Constant(0x12))]),
    row("ptrace_traceme", O::Ptrace, 2, &[]),
    row("sb_pivotroot", O::PivotRoot, 1, &[]),
    row("sb_mount", O::Mount, 1, &[]),
    row("sb_kern_mount", O::Mount, 2, &[]),
    row("move_mount", O::Mount, 4, &[]),
    // BPF_PROG_LOAD.
    row("bpf", O::Bpf, 1, &[(0, "", Source::Constant(5))]),
    row("path_chmod", O::SetId, 1, &[(1, "", Source::Mode)]),
    row("inode_create", O::SetId, 2, &[(2, "", Source::Mode)]),
    row("path_mknod", O::SetId, 4, &[(2, "", Source::Mode)]),
];

/// Returns the rows of an LSM hook for an operation; none if it is not known when it is called.
pub(super) fn rows(hook: &str, operation: Operation) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.hook == hook && row.operation == operation)
}

/// Returns every way to do an operation, as bits.
pub(super) fn ways(operation: Operation) -> u8 {
    ROWS.iter().filter(|row| row.operation == operation).fold(1, |ways, row| ways | row.ways)
}

/// Returns a set of accesses.
pub(super) fn accesses(list: &[Access]) -> AccessSet {
    list.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{ROWS, Source};
    use crate::LsmHook;

    #[test]
    fn every_row_is_a_hook_with_these_arguments() {
        for row in ROWS {
            let mut prototypes = LsmHook::named(row.hook).peekable();
            assert!(prototypes.peek().is_some(), "{}", row.hook);
            for prototype in prototypes {
                for (index, _, source) in row.arguments {
                    let found = prototype.arguments.get(*index as usize);
                    assert!(found.is_some(), "{} {index}", row.hook);
                    let pointer = found.is_some_and(|kind| kind.ends_with('*'));
                    let is_object = matches!(
                        source,
                        Source::Path
                            | Source::Destination
                            | Source::CapabilityMask
                            | Source::Links
                            | Source::OpenFlags
                    ) || row.hook == "capset";
                    assert_eq!(pointer, is_object, "{} {index}", row.hook);
                }
            }
        }
    }
}
