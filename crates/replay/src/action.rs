//! An envelope -> the operation of the process, with the fields that policies use.
//!
//! What a Tetragon event does not have is unknown, never guessed: a verdict that depends on it is reported as such.

mod hook;

use std::net::IpAddr;

use crate::json::Slot;
use crate::line::{Body, Envelope, KINDS, Origin, Process};
use crate::vocabulary::{AccessSet, Capability, Operation, SocketType, Syscall};

/// An operation of one process. `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Action<'line> {
    pub(crate) operation: Operation,
    pub(crate) binary: Option<&'line str>,
    pub(crate) parent: Option<&'line str>,
    pub(crate) uid: Option<u32>,
    pub(crate) path: Option<&'line str>,
    pub(crate) access: Option<AccessSet>,
    pub(crate) anonymous: Option<bool>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) protocol: Option<&'line str>,
    pub(crate) capability: Option<Capability>,
    pub(crate) syscall: Option<Syscall>,
    pub(crate) family: Option<u16>,
    pub(crate) socket_type: Option<SocketType>,
    pub(crate) mode: Option<u32>,
}

/// The operations of a Tetragon event.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it exists for one line; a box would cost more")]
pub(crate) enum Reading<'line> {
    /// It did this; a system call may be an operation of its own as well.
    Did(Action<'line>, Option<Action<'line>>),
    /// No policy decides it, or its operation is not known.
    Passed,
}

impl<'line> Action<'line> {
    fn new(
        operation: Operation,
        process: Option<&'line Process<'_>>,
        parent: Option<&'line Process<'_>>,
    ) -> Self {
        let uid = process.and_then(|process| process.uid.get()).and_then(|uid| u32::try_from(*uid).ok());
        Self { binary: process.and_then(binary), parent: parent.and_then(binary), uid, ..Self::of(operation) }
    }

    /// Returns an action of which only the operation is known.
    pub(crate) fn of(operation: Operation) -> Self {
        Self {
            operation,
            binary: None,
            parent: None,
            uid: None,
            path: None,
            access: None,
            anonymous: None,
            address: None,
            port: None,
            protocol: None,
            capability: None,
            syscall: None,
            family: None,
            socket_type: None,
            mode: None,
        }
    }

    /// Sets the path. A file without a name any more is anonymous.
    fn at(mut self, path: Option<&'line str>) -> Self {
        let nameless = path.is_some_and(|path| path.starts_with("/memfd:") || path.ends_with(" (deleted)"));
        if self.operation == Operation::Exec && nameless {
            self.anonymous = Some(true);
        } else {
            self.path = path.and_then(resolved);
        }
        self
    }

    /// Writes the fields that a confinement never depends on, and other policies do.
    pub(crate) fn write_rest(&self, out: &mut Vec<u8>) {
        for number in [self.uid, self.mode] {
            out.push(u8::from(number.is_some()));
            out.extend(number.unwrap_or_default().to_le_bytes());
        }
        out.extend(self.protocol.unwrap_or_default().as_bytes());
    }

    /// Writes every field that the verdict of a confinement can depend on; equal bytes mean equal verdicts.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let known = [
            self.binary.is_some(),
            self.parent.is_some(),
            self.path.is_some(),
            self.access.is_some(),
            self.anonymous.is_some(),
            self.anonymous == Some(true),
            self.port.is_some(),
        ];
        out.push(self.operation as u8);
        out.push(known.iter().fold(0, |bits, known| bits << 1 | u8::from(*known)));
        let accesses =
            self.access.unwrap_or_default().iter().fold(0, |bits, access| bits | 1_u8 << access as u8);
        out.push(accesses);
        out.extend(self.port.unwrap_or_default().to_le_bytes());
        match self.address {
            None => out.push(0),
            Some(IpAddr::V4(address)) => {
                out.push(4);
                out.extend(address.octets());
            }
            Some(IpAddr::V6(address)) => {
                out.push(6);
                out.extend(address.octets());
            }
        }
        out.push(self.capability.map_or(u8::MAX, Capability::number));
        out.push(self.socket_type.map_or(u8::MAX, SocketType::number));
        out.extend(self.family.map_or(u32::MAX, u32::from).to_le_bytes());
        for text in [self.syscall.map(Syscall::name), self.binary, self.parent, self.path] {
            let text = text.unwrap_or_default();
            out.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(text.as_bytes());
        }
    }
}

/// Reads an event of Tetragon.
pub(crate) fn read<'line>(envelope: &'line Envelope<'_>) -> Reading<'line> {
    let Origin::Tetragon(kind) = envelope.origin else { return Reading::Passed };
    let body = &envelope.body;
    match KINDS[kind] {
        "process_exec" => exec(body),
        "process_lsm" | "process_kprobe" => hook::called(body),
        "process_tracepoint" => hook::traced(body),
        _ => Reading::Passed,
    }
}

/// The program that executes another is the parent's, where the process was forked for it; where a process replaced
/// its own program, the event does not name it. Processes that ran before Tetragon did not execute anything.
fn exec<'line>(body: &'line Body<'_>) -> Reading<'line> {
    let Slot::Is(process) = &body.process else { return Reading::Passed };
    let flags: &str = process.flags.get().map(AsRef::as_ref).unwrap_or_default();
    let flagged =
        |word: &str| flags.as_bytes().split(|byte| *byte == b' ').any(|flag| flag == word.as_bytes());
    if flagged("procFS") {
        return Reading::Passed;
    }
    let parent = body.parent.get();
    let mut action = Action::new(Operation::Exec, parent, parent);
    action.uid = Action::new(Operation::Exec, Some(process), None).uid;
    if !flagged("clone") {
        action.binary = None;
    }
    Reading::Did(action.at(process.binary.get().map(AsRef::as_ref)), None)
}

fn binary<'line>(process: &'line Process<'_>) -> Option<&'line str> {
    process.binary.get().and_then(|binary| resolved(binary))
}

/// Returns a path if it is absolute and has no `.` or `..`: policies have only such paths.
pub(crate) fn resolved(path: &str) -> Option<&str> {
    let bytes = path.as_bytes();
    // Nearly every path has neither an empty part nor one that starts with a dot.
    if let [b'/', .., last] = bytes
        && *last != b'/'
    {
        // Without a way out of the loop, so that it is done for many bytes at a time.
        let odd = bytes.iter().zip(bytes.get(1..).unwrap_or_default()).fold(false, |odd, (this, next)| {
            odd | (*this == b'/') & ((*next == b'/') | (*next == b'.')) | (*next == 0)
        });
        if !odd {
            return Some(path);
        }
    }
    let mut start = 1;
    for slash in memchr::memchr_iter(b'/', bytes).skip(1).chain([bytes.len()]) {
        // The root has no parts.
        let part = bytes.get(start..slash)?;
        if matches!(part, b"." | b"..") || (part.is_empty() && bytes.len() > 1) {
            return None;
        }
        start = slash + 1;
    }
    (bytes.first() == Some(&b'/') && memchr::memchr(0, bytes).is_none()).then_some(path)
}

#[cfg(test)]
mod tests;
