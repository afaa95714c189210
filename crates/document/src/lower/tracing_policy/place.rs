//! A hook of Tetragon -> the operation of the native runtime that passes the same hook.
//!
//! Sources: `include/linux/lsm_hook_defs.h` for the arguments of hooks, `security/security.c` for the functions that
//! call them, `bpf-programs/bpf` for what the native programs decide there.

use telovix_policy::confine::{Operation, SyscallSet};
use telovix_policy::value::Syscall;
use telovix_tetragon::{ArgumentClass, ArgumentType, Hook, HookPoint, Spec, SyscallFlag, Text};

use super::obstacle::{Direction, NativeForm, Obstacle};

/// Where a hook is, for the native runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file is opened, also to be executed.
    FileOpen(Caller),
    /// A file is truncated.
    Truncate(Caller),
    /// A program is executed, or is the interpreter of one.
    Exec(Caller),
    /// A socket is connected.
    Connect(Caller),
    /// A capability is used.
    Capability(Caller),
    /// An operation without arguments that both see.
    Whole(Operation, Caller),
    /// System calls, on entry.
    Syscalls(SyscallSet),
}

/// How Tetragon attaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// To the LSM hook.
    Lsm,
    /// To the function `security_*` that calls it.
    Function,
}

/// What an argument of a hook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The path of the file.
    Path,
    /// The destination.
    Destination,
    /// The number of the capability.
    Capability,
}

/// Functions `security_*` that are not named like their hook.
const FUNCTIONS: [(&str, &str); 2] =
    [("security_bprm_check", "bprm_check_security"), ("security_create_user_ns", "userns_create")];

/// Entries of system calls on x86-64. Linux source: `arch/x86/include/asm/syscall_wrapper.h`.
const ENTRIES: [&str; 4] = ["__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "sys_"];

impl Place {
    /// Returns the place of a hook.
    pub(super) fn of(hook: &Hook<'_>, spec: &Spec<'_>) -> Result<Self, Vec<Obstacle>> {
        let refuse = |span, reason: String| Err(vec![Obstacle::new(span, reason)]);
        match &hook.point {
            HookPoint::Lsm { hook } => Self::of_lsm_hook(&hook.value, Caller::Lsm)
                .map_or_else(|| refuse(hook.span, not_same("LSM hook", &hook.value)), Ok),
            HookPoint::Kprobe { call, syscall: SyscallFlag::Function }
                if !call.value.starts_with("list:") =>
            {
                let named = FUNCTIONS.iter().find(|(function, _)| *function == call.value);
                let name = named.map(|(_, hook)| *hook).or_else(|| call.value.strip_prefix("security_"));
                name.and_then(|name| Self::of_lsm_hook(name, Caller::Function))
                    .map_or_else(|| refuse(call.span, not_same("function", &call.value)), Ok)
            }
            HookPoint::Kprobe { call, syscall } => calls(call, *syscall, spec).map(Self::Syscalls),
            HookPoint::Tracepoint { subsystem, event, .. } => {
                let name = event.value.strip_prefix("sys_enter_").filter(|_| subsystem.value == "syscalls");
                match name.and_then(|name| Syscall::parse(name).ok()) {
                    Some(call) => Ok(Self::Syscalls([call].into_iter().collect())),
                    None => refuse(event.span, not_same("tracepoint", &event.value)),
                }
            }
            HookPoint::Fentry { call, .. } => {
                refuse(call.span, "a hook of `fentries` cannot enforce, in Tetragon either".to_owned())
            }
            HookPoint::Uprobe { path, .. } | HookPoint::Usdt { path, .. } => {
                refuse(path.span, "the native runtime sees no functions of user-space programs".to_owned())
            }
        }
    }

    fn of_lsm_hook(name: &str, caller: Caller) -> Option<Self> {
        Some(match name {
            "file_open" => Self::FileOpen(caller),
            "path_truncate" => Self::Truncate(caller),
            "bprm_check_security" => Self::Exec(caller),
            "socket_connect" => Self::Connect(caller),
            "capable" => Self::Capability(caller),
            "userns_create" => Self::Whole(Operation::UserNamespace, caller),
            "sb_pivotroot" => Self::Whole(Operation::PivotRoot, caller),
            _ => return None,
        })
    }

    /// Returns what an argument of the hook tells; none if the native runtime does not know it.
    pub(super) fn meaning(&self, index: u32, kind: ArgumentType) -> Option<Meaning> {
        match (self, index) {
            (Self::FileOpen(_), 0) if kind == ArgumentType::File => Some(Meaning::Path),
            (Self::Truncate(_), 0) if kind == ArgumentType::Path => Some(Meaning::Path),
            (Self::Exec(_), 0) if kind == ArgumentType::Binprm => Some(Meaning::Path),
            (Self::Connect(_), 1) if kind == ArgumentType::SocketAddress => Some(Meaning::Destination),
            (Self::Capability(_), 2) if is_number(kind) => Some(Meaning::Capability),
            _ => None,
        }
    }

    /// Returns whether Tetragon attaches to a function, which returns what `Override` says.
    pub(super) fn at_function(&self) -> bool {
        match self {
            Self::FileOpen(caller)
            | Self::Truncate(caller)
            | Self::Exec(caller)
            | Self::Connect(caller)
            | Self::Capability(caller)
            | Self::Whole(_, caller) => *caller == Caller::Function,
            Self::Syscalls(_) => true,
        }
    }

    /// Adds the differences that every policy at this place has.
    pub(super) fn differ(&self, hook: &Hook<'_>, form: &mut NativeForm) {
        let span = hook.span;
        if matches!(self, Self::FileOpen(_) | Self::Truncate(_) | Self::Exec(_)) {
            let roots = "a path is that of the mount namespace, also for a process after chroot";
            form.differ(Direction::Different, roots, span);
        }
        match self {
            Self::FileOpen(_) => {
                let more = "descriptors that arrive over a socket and truncate are denied like an open";
                form.differ(Direction::Stricter, more, span);
            }
            Self::Truncate(_) => {
                form.differ(Direction::Stricter, "an open that truncates is denied as well", span);
            }
            Self::Connect(_) => {
                let more = "datagrams without a connection, TCP fast open and SCTP are denied like connect";
                form.differ(Direction::Stricter, more, span);
            }
            Self::Syscalls(_) => {
                form.differ(
                    Direction::Stricter,
                    "every entry of a system call is covered, also the 32-bit one",
                    span,
                );
            }
            Self::Exec(_) | Self::Capability(_) | Self::Whole(..) => {}
        }
    }

    /// Returns what a selector without filters on arguments matches and the native runtime does not see, if anything.
    pub(super) fn unseen(&self) -> Option<&'static str> {
        match self {
            Self::FileOpen(_) | Self::Truncate(_) => Some(
                "files without a path are not denied: pipes and memory files that are opened again through /proc",
            ),
            Self::Connect(_) => Some(
                "only IPv4 and IPv6 destinations are denied: Unix sockets and other address families are not",
            ),
            Self::Exec(_) | Self::Capability(_) | Self::Whole(..) | Self::Syscalls(_) => None,
        }
    }
}

fn is_number(kind: ArgumentType) -> bool {
    matches!(kind.class(), ArgumentClass::Integer32 | ArgumentClass::Integer64 | ArgumentClass::IntegerSmall)
        && kind != ArgumentType::Syscall64
}

fn not_same(what: &str, name: &str) -> String {
    format!("no native program decides what passes the {what} `{name}`, and nothing else")
}

/// Returns the system calls that a `call` names: itself, or the members of a list.
fn calls(call: &Text<'_>, syscall: SyscallFlag, spec: &Spec<'_>) -> Result<SyscallSet, Vec<Obstacle>> {
    let Some(name) = call.value.strip_prefix("list:") else {
        return call_named(call).map(|call| [call].into_iter().collect()).map_err(|obstacle| vec![obstacle]);
    };
    let Some(list) = spec.lists.iter().find(|list| list.name.value == name) else {
        return Err(vec![Obstacle::new(call.span, format!("the list `{name}` does not exist"))]);
    };
    let kind = list.kind.as_ref().map(|kind| kind.value.as_ref());
    let of_calls = kind == Some("syscalls") || (kind.is_none() && syscall != SyscallFlag::Function);
    if !of_calls || list.values.is_empty() {
        let reason = "only a list of system calls by name has a native form";
        return Err(vec![Obstacle::new(list.name.span, reason)]);
    }
    let (mut named, mut obstacles) = (Vec::new(), Vec::new());
    for value in &list.values {
        match call_named(value) {
            Ok(call) => named.push(call),
            Err(obstacle) => obstacles.push(obstacle),
        }
    }
    if obstacles.is_empty() { Ok(named.into_iter().collect()) } else { Err(obstacles) }
}

fn call_named(call: &Text<'_>) -> Result<Syscall, Obstacle> {
    let name = ENTRIES.iter().find_map(|entry| call.value.strip_prefix(entry));
    name.and_then(|name| Syscall::parse(name).ok())
        .ok_or_else(|| Obstacle::new(call.span, format!("`{}` is no system call of x86-64", call.value)))
}
