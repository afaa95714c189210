//! A hook and an operation -> when the hook is called, and what its arguments are.

use telovix_policy::confine::{AccessSet, Operation};
use telovix_policy::judge::{Event, Field};
use telovix_policy::value::Syscall;

use super::call::{Row, Source, accesses, rows};
use super::fact::{Assumptions, FactId, Register};
use super::reach::{Reach, hook_of_function, syscall_of_function};
use super::truth::Truth;
use crate::{HookPoint, Spec, SyscallFlag};

/// Where a hook is attached.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The name, for a reader.
    pub(super) name: String,
    /// Equal for the same place in every version of a policy.
    pub(super) key: String,
    /// Whether it is the entry of a system call.
    pub(super) is_syscall: bool,
    /// The LSM hook, if its callers are known.
    hook: Option<String>,
    reach: Reach,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// The entry of a system call for 64-bit programs.
    Entry,
    /// A tracepoint that sees every system call.
    EverySyscall,
    /// `tcp_connect`.
    TcpConnect,
}

/// Whether a hook is called for an event of its operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fire {
    Surely,
    /// For opens: certainly, and perhaps.
    ByAccess(AccessSet, AccessSet, FactId),
    /// For one system call.
    OfSyscall(Syscall),
    /// For a TCP connection.
    OfTcp(FactId),
    /// Perhaps.
    Perhaps(Reach, FactId),
}

impl Fire {
    /// Returns whether the hook is called.
    pub(super) fn of(self, event: &Event, assumed: Assumptions) -> Truth {
        match self {
            Self::Surely => Truth::Yes,
            Self::ByAccess(surely, perhaps, fact) => match event.access {
                Some(used) if surely.intersects(used) => Truth::Yes,
                Some(used) if perhaps.intersects(used) => Truth::fact(fact, assumed),
                Some(_) => Truth::No,
                None => Truth::field(Field::Access),
            },
            Self::OfSyscall(call) => match event.syscall {
                Some(used) => Truth::from(used == call),
                None => Truth::field(Field::Syscall),
            },
            Self::OfTcp(fact) => match event.protocol.as_deref() {
                Some("tcp") => Truth::Yes,
                Some("udp" | "icmp") => Truth::No,
                _ => Truth::fact(fact, assumed),
            },
            Self::Perhaps(reach, fact) => {
                if reach.may_see_event(event) {
                    Truth::fact(fact, assumed)
                } else {
                    Truth::No
                }
            }
        }
    }
}

/// A call of a hook in some ways to do an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) fire: Fire,
    pub(super) ways: u8,
    arguments: &'static [(u32, &'static str, Source)],
}

impl Call {
    /// Returns whether something is known of its arguments.
    pub(super) fn has_arguments(&self) -> bool {
        !self.arguments.is_empty()
    }

    /// Returns what an argument is, if that is known.
    pub(super) fn source(&self, index: u32, resolve: &str) -> Option<Source> {
        let found = self.arguments.iter().find(|(at, path, _)| *at == index && *path == resolve);
        found.map(|(_, _, source)| *source)
    }
}

/// Every way.
const ALL_WAYS: u8 = u8::MAX;

impl Place {
    /// Returns the places of a hook: one, or each member of a list of functions.
    pub(super) fn of(spec: &Spec<'_>, point: &HookPoint<'_>) -> Vec<Self> {
        let plain = |name: String, key: String, hook, reach, kind| Self {
            name,
            key,
            is_syscall: false,
            hook,
            reach,
            kind,
        };
        match point {
            HookPoint::Lsm { hook } => {
                let name = hook.value.to_string();
                let reach = Reach::of_lsm_hook(&name);
                vec![plain(name.clone(), format!("lsm {name}"), Some(name), reach, Kind::Plain)]
            }
            HookPoint::Kprobe { call, syscall } => functions(spec, &call.value, *syscall, "kprobe"),
            HookPoint::Fentry { call, syscall } => functions(spec, &call.value, *syscall, "fentry"),
            HookPoint::Tracepoint { subsystem, event, raw } => {
                let name = format!("{}/{}", subsystem.value, event.value);
                let key = format!("tracepoint {name} {raw}");
                let call = event.value.strip_prefix("sys_enter_");
                let call = call.or_else(|| event.value.strip_prefix("sys_exit_"));
                match call {
                    Some(call) if subsystem.value == "syscalls" => {
                        vec![plain(name, key, None, Reach::of_syscall(call), Kind::Entry)]
                    }
                    _ if name == "raw_syscalls/sys_enter" => {
                        vec![plain(name, key, None, Reach::Any, Kind::EverySyscall)]
                    }
                    _ => vec![plain(name, key, None, Reach::Any, Kind::Plain)],
                }
            }
            HookPoint::Uprobe { path, symbols, .. } => {
                let mut symbols: Vec<_> = symbols.iter().map(|symbol| symbol.value.as_ref()).collect();
                symbols.sort_unstable();
                let key = format!("uprobe {} {symbols:?}", path.value);
                vec![plain(path.value.to_string(), key, None, Reach::Any, Kind::Plain)]
            }
            HookPoint::Usdt { path, provider, name } => {
                let key = format!("usdt {} {} {}", path.value, provider.value, name.value);
                vec![plain(path.value.to_string(), key, None, Reach::Any, Kind::Plain)]
            }
        }
    }

    /// Returns the calls of this hook for an operation.
    pub(super) fn calls(&self, operation: Operation, register: &mut Register) -> Vec<Call> {
        if let Some(hook) = &self.hook {
            let known: Vec<&Row> = rows(hook, operation).collect();
            if !known.is_empty() {
                let call = |row: &&Row| {
                    let fire = if row.surely.is_empty() && row.perhaps.is_empty() {
                        Fire::Surely
                    } else {
                        let fact = register.number(
                            format!("{} is called for the file", self.key),
                            format!("whether `{}` is called for the file", self.name),
                        );
                        Fire::ByAccess(accesses(row.surely), accesses(row.perhaps), fact)
                    };
                    Call { fire, ways: row.ways, arguments: row.arguments }
                };
                return known.iter().map(call).collect();
            }
        }
        let call = |fire, arguments| vec![Call { fire, ways: ALL_WAYS, arguments }];
        match (self.kind, self.reach, operation) {
            (Kind::Entry, Reach::Syscall(syscall), Operation::Syscall) => call(Fire::OfSyscall(syscall), &[]),
            (Kind::EverySyscall, _, Operation::Syscall) => {
                call(Fire::Surely, &[(4, "", Source::Syscall), (0, "", Source::Syscall)])
            }
            (Kind::TcpConnect, _, Operation::Connect) => {
                let fact =
                    register.number("the connection is TCP".to_owned(), "whether the connection is TCP");
                call(Fire::OfTcp(fact), &[(0, "", Source::Peer)])
            }
            (_, reach, operation) if reach.may_see(operation) => {
                let key = format!("{} is called", self.key);
                let fact = register.number(key, format!("whether `{}` is called", self.name));
                call(Fire::Perhaps(reach, fact), &[])
            }
            _ => Vec::new(),
        }
    }

    /// Returns the LSM hook, if this is one or the function that calls one.
    pub(super) fn hook(&self) -> Option<&str> {
        self.hook.as_deref()
    }
}

/// Returns the functions that a `call` names: itself, or the members of a list. A generated list may contain any.
fn functions(spec: &Spec<'_>, call: &str, syscall: SyscallFlag, section: &str) -> Vec<Place> {
    let Some(name) = call.strip_prefix("list:") else {
        return vec![function(call, syscall != SyscallFlag::Function, section)];
    };
    let list = spec.lists.iter().find(|list| list.name.value == name);
    match list.filter(|list| list.pattern.is_none() && !list.values.is_empty()) {
        Some(list) => {
            let forced = list.kind.as_ref().is_some_and(|kind| kind.value.ends_with("syscalls"));
            let is_syscall = forced || syscall != SyscallFlag::Function;
            // A member may name the ABI: `i386/sys_open`.
            let member = |value: &str| match value.split_once('/') {
                Some((abi, call)) => {
                    let mut place = function(call, is_syscall, section);
                    if !matches!(abi, "x64" | "arm64") {
                        place.kind = Kind::Plain;
                    }
                    place
                }
                None => function(value, is_syscall, section),
            };
            list.values.iter().map(|value| member(&value.value)).collect()
        }
        None => vec![Place {
            name: call.to_owned(),
            key: format!(
                "{section} {call} {:?}",
                list.and_then(|list| list.pattern.as_ref()).map(|one| &one.value)
            ),
            is_syscall: false,
            hook: None,
            reach: Reach::Any,
            kind: Kind::Plain,
        }],
    }
}

fn function(name: &str, syscall: bool, section: &str) -> Place {
    let entry = syscall_of_function(name, syscall);
    let hook = hook_of_function(name).filter(|_| entry.is_none());
    let reach = match (entry, hook) {
        (Some((call, _)), _) => Reach::of_syscall(call),
        (None, Some(hook)) => Reach::of_lsm_hook(hook),
        (None, None) => Reach::of_function(name),
    };
    let kind = match entry {
        Some((_, true)) => Kind::Entry,
        None if name == "tcp_connect" => Kind::TcpConnect,
        _ => Kind::Plain,
    };
    Place {
        name: name.to_owned(),
        key: format!("{section} {name}"),
        is_syscall: entry.is_some(),
        hook: hook.map(str::to_owned),
        reach,
        kind,
    }
}
