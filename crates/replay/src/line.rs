//! A line -> its envelope: the fields of a Tetragon event that are used, unchanged.
//!
//! There are two readers: [`fast`] reads each byte once and copies nothing, [`reference`] uses `serde_json`. Tests check that both give the same result for any bytes.

pub(crate) mod familiar;
pub(crate) mod fast;
pub(crate) mod reference;

use std::borrow::Cow;

use crate::json::{NotJson, Slot};

/// A text field.
pub(crate) type Text<'line> = Slot<Cow<'line, str>>;

/// The most arguments of a hook that are looked at; Tetragon reports at most five.
pub(crate) const ARGUMENTS: usize = 5;

/// The kinds of event that Tetragon exports, by their key. An event of the kind `rate_limit_info` is about lost
/// events; the others that no policy decides are counted and skipped.
pub(crate) const KINDS: [&str; 11] = [
    "process_exec",
    "process_exit",
    "process_kprobe",
    "process_lsm",
    "process_tracepoint",
    "process_uprobe",
    "process_usdt",
    "process_loader",
    "process_throttle",
    "rate_limit_info",
    "test",
];

/// The kinds whose body is read: operations of processes, and lost events.
pub(crate) fn is_read(kind: &str) -> bool {
    matches!(
        kind,
        "process_exec" | "process_kprobe" | "process_lsm" | "process_tracepoint" | "rate_limit_info"
    )
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Tetragon; the place of its kind in [`KINDS`].
    Tetragon(usize),
    /// Telovix, or another program that writes its events.
    Telovix,
}

/// The content of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope<'line> {
    /// Who wrote it.
    pub(crate) origin: Origin,
    /// The event; empty in a line of Telovix and where no policy decides the kind.
    pub(crate) body: Body<'line>,
    /// `node_name`.
    pub(crate) host: Text<'line>,
    /// `time`.
    pub(crate) time: Text<'line>,
    /// Whether Tetragon put several events into one.
    pub(crate) aggregated: bool,
}

/// An event of Tetragon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Body<'line> {
    pub(crate) process: Slot<Process<'line>>,
    pub(crate) parent: Slot<Process<'line>>,
    /// `function_name`: the hook.
    pub(crate) function: Text<'line>,
    /// `subsys` and `event`: the tracepoint.
    pub(crate) subsystem: Text<'line>,
    pub(crate) tracepoint: Text<'line>,
    pub(crate) arguments: [Argument<'line>; ARGUMENTS],
    /// `number_of_dropped_process_events`.
    pub(crate) dropped: Slot<i64>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Process<'line> {
    pub(crate) binary: Text<'line>,
    pub(crate) flags: Text<'line>,
    pub(crate) uid: Slot<i64>,
    /// `start_time`.
    pub(crate) started: Text<'line>,
    pub(crate) pod: Slot<Pod<'line>>,
}

/// The pod of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pod<'line> {
    pub(crate) namespace: Text<'line>,
    pub(crate) name: Text<'line>,
}

/// An argument of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Argument<'line> {
    /// None at this place, or of a type that decides nothing.
    #[default]
    Other,
    /// `file_arg`, `path_arg`, `linux_binprm_arg`.
    Path(Text<'line>),
    /// `sock_arg`, `sockaddr_arg`: family, address, port, protocol.
    Socket(Socket<'line>),
    /// `capability_arg`.
    Capability(Slot<i64>),
    /// `syscall_id`.
    Syscall(Slot<i64>, Text<'line>),
    /// A number of any width.
    Number(Slot<i64>),
}

/// The destination that an argument names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Socket<'line> {
    pub(crate) family: Text<'line>,
    pub(crate) address: Text<'line>,
    pub(crate) port: Slot<i64>,
    pub(crate) protocol: Text<'line>,
}

/// How arguments are read, by their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ArgumentShape {
    Path,
    /// The keys of address and port.
    Socket(&'static str, &'static str),
    Capability,
    Syscall,
    Number,
}

/// The arguments that something is decided by, by their key.
const ARGUMENT_KEYS: [(&str, ArgumentShape); 11] = [
    ("file_arg", ArgumentShape::Path),
    ("path_arg", ArgumentShape::Path),
    ("linux_binprm_arg", ArgumentShape::Path),
    ("sock_arg", ArgumentShape::Socket("daddr", "dport")),
    ("sockaddr_arg", ArgumentShape::Socket("addr", "port")),
    ("capability_arg", ArgumentShape::Capability),
    ("syscall_id", ArgumentShape::Syscall),
    ("int_arg", ArgumentShape::Number),
    ("uint_arg", ArgumentShape::Number),
    ("size_arg", ArgumentShape::Number),
    ("long_arg", ArgumentShape::Number),
];

/// Returns the number of an argument's key and how its value is read; other keys decide nothing.
pub(crate) fn shape(key: &str) -> Option<(usize, ArgumentShape)> {
    let number = ARGUMENT_KEYS.iter().position(|(known, _)| *known == key)?;
    Some((number, ARGUMENT_KEYS[number].1))
}

/// Why a line has no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not JSON.
    NotJson,
    /// It is JSON and neither an event of Tetragon nor one of Telovix.
    NotAnEvent,
}

impl From<NotJson> for Unreadable {
    fn from(_: NotJson) -> Self {
        Self::NotJson
    }
}

#[cfg(test)]
mod tests;
