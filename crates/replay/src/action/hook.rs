//! Hooks, traced functions and tracepoints -> operations. One table.
//!
//! Arguments are found by their type: an event has those that its TracingPolicy declares, in that order, and not the
//! places they have in the kernel.

use std::net::IpAddr;

use super::{Action, Reading};
use crate::line::{Argument, Body, Socket};
use crate::vocabulary::{Access, AccessSet, Capability, Operation, SocketType, Syscall};

/// `O_ACCMODE`, and how a file is opened for execution, of `include/uapi/asm-generic/fcntl.h` and `linux/fs.h`.
const ACCESS_MODE: i64 = 3;
const OPENED_FOR_EXECUTION: i64 = 0x20;
/// `MAY_EXEC`, `MAY_WRITE`, `MAY_READ`, `MAY_APPEND` of `include/linux/fs.h`.
const MAY: [(i64, Access); 4] =
    [(1, Access::Execute), (2, Access::Write), (4, Access::Read), (8, Access::Write)];
/// `READING_MODULE` and `READING_MODULE_COMPRESSED`; `LOADING_MODULE` is the first of them.
const MODULES: [i64; 2] = [2, 7];
/// `PTRACE_MODE_ATTACH`.
const ATTACH: i64 = 2;
/// `BPF_PROG_LOAD`, and the commands that open a program, a map or a link by its number.
const BPF_LOADS_AND_TAKES: [i64; 4] = [5, 13, 14, 30];
/// `S_ISUID | S_ISGID`.
const SET_ID: i64 = 0o6000;
/// Every namespace but the user namespace, which has its own hook; the bit of the time namespace belongs to
/// the exit signal in `clone`.
const NAMESPACES: i64 = 0x6e02_0000;
const TIME_NAMESPACE: i64 = 0x80;

/// Reads an event of an LSM hook or of a traced function. LSM hooks are traced as `security_...`.
pub(super) fn called<'line>(body: &'line Body<'_>) -> Reading<'line> {
    let Some(function) = body.function.get() else { return Reading::Passed };
    let hook = function.strip_prefix("security_").unwrap_or(function);
    let action = |operation| Action::new(operation, body.process.get(), body.parent.get());
    let did = |action| Reading::Did(action, None);
    let when = |holds: bool, operation| if holds { did(action(operation)) } else { Reading::Passed };
    let number = numbers(body).next();
    match hook {
        "bprm_check" | "bprm_check_security" | "bprm_creds_for_exec" | "bprm_creds_from_file" => {
            did(action(Operation::Exec).at(path(body)))
        }
        "file_open" => did(open(action(Operation::Open), body, number.and_then(opened))),
        "file_permission" | "file_post_open" => {
            did(open(action(Operation::Open), body, number.and_then(permitted)))
        }
        "path_truncate" | "file_truncate" => {
            did(open(action(Operation::Open), body, Some(AccessSet::default().with(Access::Truncate))))
        }
        "fd_install" => did(open(action(Operation::Open), body, None)),
        "socket_connect"
        | "tcp_connect"
        | "tcp_v4_connect"
        | "tcp_v6_connect"
        | "udp_sendmsg"
        | "udpv6_sendmsg"
        | "ip4_datagram_connect"
        | "ip6_datagram_connect" => connect(action(Operation::Connect), body),
        "capable" | "cap_capable" => {
            let mut used = arguments(body, |argument| match argument {
                Argument::Capability(value) => Some(value.get().copied().unwrap_or(0)),
                _ => None,
            });
            let used = used.next().or(number).and_then(|used| u8::try_from(used).ok());
            did(Action {
                capability: used.and_then(Capability::from_number),
                ..action(Operation::Capability)
            })
        }
        "capset" => did(action(Operation::Capset)),
        "socket_create" => {
            let mut numbers = numbers(body);
            let family = numbers.next().and_then(|family| u16::try_from(family).ok());
            let kind = numbers.next().and_then(|kind| u8::try_from(kind & 0xf).ok());
            let socket_type = kind.and_then(SocketType::from_number);
            did(Action { family, socket_type, ..action(Operation::Socket) })
        }
        "kernel_read_file" => when(number.is_some_and(|id| MODULES.contains(&id)), Operation::ModuleLoad),
        "kernel_load_data" => when(number == Some(MODULES[0]), Operation::ModuleLoad),
        "do_init_module" => did(action(Operation::ModuleLoad)),
        "userns_create" | "create_user_ns" => did(action(Operation::UserNamespace)),
        "ptrace_access_check" => when(number.is_some_and(|mode| mode & ATTACH != 0), Operation::Ptrace),
        "ptrace_traceme" => did(action(Operation::Ptrace)),
        "sb_pivotroot" => did(action(Operation::PivotRoot)),
        "sb_mount" | "sb_kern_mount" | "move_mount" => did(action(Operation::Mount)),
        "bpf" => when(number.is_some_and(|command| BPF_LOADS_AND_TAKES.contains(&command)), Operation::Bpf),
        "bpf_prog_load" => did(action(Operation::Bpf)),
        "inode_init_security_anon" => did(action(Operation::MemoryFile)),
        "path_chmod" | "inode_create" | "path_mknod" => match number {
            Some(mode) if mode & SET_ID != 0 => {
                let mode = u32::try_from(mode & 0o17_7777).ok();
                did(Action { mode, ..action(Operation::SetId).at(path(body)) })
            }
            _ => Reading::Passed,
        },
        hook => match call(hook) {
            Some(call) => called_by_name(call, action, number),
            None => Reading::Passed,
        },
    }
}

/// Reads an event of a tracepoint: those of system calls.
pub(super) fn traced<'line>(body: &'line Body<'_>) -> Reading<'line> {
    let (Some(subsystem), Some(event)) = (body.subsystem.get(), body.tracepoint.get()) else {
        return Reading::Passed;
    };
    let action = |operation| Action::new(operation, body.process.get(), body.parent.get());
    match (subsystem.as_ref(), event.as_ref()) {
        ("raw_syscalls", "sys_enter") => {
            let mut id = arguments(body, |argument| match argument {
                // Numbers of other entries are other calls.
                Argument::Syscall(id, abi) => match abi.get().map(AsRef::as_ref) {
                    None | Some("x64" | "") => id.get().copied().or(Some(0)),
                    _ => None,
                },
                Argument::Number(number) => number.get().copied(),
                _ => None,
            });
            let id = id.next().and_then(|id| u16::try_from(id).ok());
            Reading::Did(
                Action { syscall: id.and_then(Syscall::from_number), ..action(Operation::Syscall) },
                None,
            )
        }
        ("syscalls", event) => match event.strip_prefix("sys_enter_") {
            Some(name) => called_by_name(Syscall::parse(name).ok(), action, numbers(body).next()),
            None => Reading::Passed,
        },
        _ => Reading::Passed,
    }
}

/// Returns the system call that a function is the entry of; `Some(None)` for a call whose name is not known.
fn call(function: &str) -> Option<Option<Syscall>> {
    let entries = ["__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__arm64_sys_", "sys_"];
    let name = entries.iter().find_map(|entry| function.strip_prefix(entry))?;
    Some(Syscall::parse(name.strip_prefix("ia32_").unwrap_or(name)).ok())
}

/// Policies that list system calls decide it, and some calls are also another operation.
fn called_by_name<'line>(
    call: Option<Syscall>,
    action: impl Fn(Operation) -> Action<'line>,
    flags: Option<i64>,
) -> Reading<'line> {
    let has = |bits: i64| flags.is_some_and(|flags| flags & bits != 0);
    let also = match call.map(Syscall::name) {
        Some("memfd_create" | "memfd_secret") => Some(Operation::MemoryFile),
        Some("setns") => Some(Operation::Unshare),
        Some("unshare") if has(NAMESPACES | TIME_NAMESPACE) => Some(Operation::Unshare),
        Some("clone") if has(NAMESPACES) => Some(Operation::Unshare),
        _ => None,
    };
    Reading::Did(Action { syscall: call, ..action(Operation::Syscall) }, also.map(action))
}

/// Opens of files without a path (pipes, sockets, anonymous inodes) are in no policy.
fn open<'line>(action: Action<'line>, body: &'line Body<'_>, access: Option<AccessSet>) -> Action<'line> {
    Action { access, ..action.at(path(body)) }
}

/// What flags of `open` ask for.
fn opened(flags: i64) -> Option<AccessSet> {
    let access = AccessSet::default();
    if flags & OPENED_FOR_EXECUTION != 0 {
        return Some(access.with(Access::Execute));
    }
    match flags & ACCESS_MODE {
        0 => Some(access.with(Access::Read)),
        1 => Some(access.with(Access::Write)),
        2 => Some(access.with(Access::Read).with(Access::Write)),
        _ => None,
    }
}

/// What a permission mask asks for.
fn permitted(mask: i64) -> Option<AccessSet> {
    let asked = MAY.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, access)| *access);
    let asked: AccessSet = asked.collect();
    (!asked.is_empty()).then_some(asked)
}

/// A connection to an address of the internet; those of other families are in no policy.
fn connect<'line>(action: Action<'line>, body: &'line Body<'_>) -> Reading<'line> {
    let mut sockets = arguments(body, |argument| match argument {
        Argument::Socket(socket) => Some(socket),
        _ => None,
    });
    let Some(Socket { family, address, port, protocol }) = sockets.next() else {
        return Reading::Did(action, None);
    };
    if family.get().is_some_and(|family| !matches!(family.as_ref(), "AF_INET" | "AF_INET6")) {
        return Reading::Passed;
    }
    let address =
        address.get().and_then(|address| address.parse().ok()).map(|address: IpAddr| address.to_canonical());
    // A port that is left out is port 0.
    let port = port.get().copied().unwrap_or(0);
    let protocol = match protocol.get().map(AsRef::as_ref) {
        Some("IPPROTO_TCP") => Some("tcp"),
        Some("IPPROTO_UDP") => Some("udp"),
        Some("IPPROTO_SCTP") => Some("sctp"),
        _ => None,
    };
    Reading::Did(Action { address, port: u16::try_from(port).ok(), protocol, ..action }, None)
}

fn arguments<'line, T: 'line>(
    body: &'line Body<'_>,
    of: impl FnMut(&'line Argument<'line>) -> Option<T> + 'line,
) -> impl Iterator<Item = T> {
    body.arguments.iter().filter_map(of)
}

fn path<'line>(body: &'line Body<'_>) -> Option<&'line str> {
    let mut paths = arguments(body, |argument| match argument {
        Argument::Path(path) => Some(path.get().map(AsRef::as_ref)),
        _ => None,
    });
    paths.next().flatten()
}

fn numbers(body: &Body<'_>) -> impl Iterator<Item = i64> {
    arguments(body, |argument| match argument {
        Argument::Number(number) => number.get().copied(),
        _ => None,
    })
}
