//! A line -> what happened, in which circumstances.
//!
//! Three programs write lines: Tetragon, Telovix, and the Console (rows of its event history, with `event_kind`).

use std::net::IpAddr;

use serde_json::{Map, Value};
use telovix_document::{EventKind, Observed};
use telovix_policy::judge::Field;

use crate::action::{self, Action};
use crate::judge;
use crate::line::{self, Envelope, KINDS, Origin, Unreadable};
use crate::tally::Problem;
use crate::vocabulary::{Event, Operation};

/// What a process did.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it exists for one line; a box would cost more")]
pub(crate) enum Deed<'line> {
    /// Read from a Tetragon event.
    Action(Action<'line>),
    /// Read from another event.
    Event(Event),
}

impl Deed<'_> {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Action(action) => action.operation,
            Self::Event(event) => event.operation,
        }
    }

    pub(crate) fn binary(&self) -> Option<&str> {
        match self {
            Self::Action(action) => action.binary,
            Self::Event(event) => event.binary.as_deref(),
        }
    }

    /// Returns it in the format of `telovix why`.
    pub(crate) fn event(&self) -> Event {
        match self {
            Self::Action(action) => judge::event(action),
            Self::Event(event) => event.clone(),
        }
    }
}

/// The content of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happened<'line> {
    /// What policies are about: nothing, one operation, or a system call that is also another operation.
    pub(crate) deeds: [Option<Deed<'line>>; 2],
    /// What detections are about; absent where the kind of the event has no process.
    pub(crate) observed: Option<Seen<'line>>,
    /// The time, as it was written.
    pub(crate) time: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) pod: Option<String>,
    /// Whether a program was executed, so that a process tree grows.
    pub(crate) executes: bool,
}

/// The fields that detections are about, owned or of the line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen<'line> {
    /// Of a Tetragon event.
    Of(Observed<'line>),
    /// Of the first deed, which is an event.
    OfEvent,
    /// Of a row of the Console or an event whose kind no policy is about.
    Owned(Row),
}

/// A row of the Console's event history, as far as detections are about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    kind: String,
    process: Option<String>,
    parent: Option<String>,
    uid: Option<u32>,
    address: Option<IpAddr>,
    port: Option<u16>,
    sensor: Option<String>,
    group: Option<String>,
}

impl Row {
    fn observed(&self) -> Observed<'_> {
        Observed {
            kind: EventKind::Is(&self.kind),
            process: self.process.as_deref(),
            process_field: Field::Binary,
            parent: self.parent.as_deref(),
            parent_field: Field::Parent,
            is_orphan: false,
            uid: self.uid,
            connects: self.kind.starts_with("network_"),
            address: self.address,
            port: self.port,
            sensor: self.sensor.as_deref(),
            group: self.group.as_deref(),
        }
    }
}

impl Happened<'_> {
    /// Returns the fields that detections are about. `sensor` and `group` are those of the run.
    pub(crate) fn observed<'this>(
        &'this self,
        sensor: Option<&'this str>,
        group: Option<&'this str>,
    ) -> Option<Observed<'this>> {
        let observed = match self.observed.as_ref()? {
            Seen::Of(observed) => *observed,
            Seen::Owned(row) => row.observed(),
            Seen::OfEvent => match &self.deeds[0] {
                Some(Deed::Event(event)) => Observed::of(event),
                _ => return None,
            },
        };
        Some(Observed { sensor: observed.sensor.or(sensor), group: observed.group.or(group), ..observed })
    }
}

/// Why a line tells nothing.
pub(crate) type Untold = (Problem, Option<String>);

/// Reads the envelope of a line; the content of a row of the Console is returned instead.
pub(crate) fn envelope(line: &str) -> Result<Result<Envelope<'_>, Map<String, Value>>, Untold> {
    match line::fast::envelope(line) {
        Ok(envelope) => Ok(Ok(envelope)),
        Err(Unreadable::NotAnEvent) => match serde_json::from_str(line) {
            Ok(Value::Object(fields)) if fields.contains_key("event_kind") => Ok(Err(fields)),
            _ => Err((Problem::NotAnEvent, None)),
        },
        Err(Unreadable::NotJson) if line.contains('\0') => Err((Problem::NulBytes, None)),
        Err(Unreadable::NotJson) => Err((Problem::NotJson, None)),
    }
}

/// Reads an event of Tetragon or Telovix.
pub(crate) fn read<'line>(line: &str, envelope: &'line Envelope<'_>) -> Result<Happened<'line>, Untold> {
    let happened = match envelope.origin {
        Origin::Tetragon(kind) => tetragon(kind, line, envelope),
        Origin::Telovix => telovix(judge::read(line).map_err(|problem| (Problem::BadEvent, Some(problem)))?),
    };
    Ok(happened)
}

fn tetragon<'line>(kind: usize, line: &str, envelope: &'line Envelope<'_>) -> Happened<'line> {
    let body = &envelope.body;
    let deeds = match action::read(envelope) {
        action::Reading::Passed => [None, None],
        action::Reading::Did(first, second) => [Some(Deed::Action(first)), second.map(Deed::Action)],
    };
    let executes = KINDS[kind] == "process_exec";
    let observed = match (&deeds[0], KINDS[kind]) {
        (Some(Deed::Action(action)), _) => Some(Seen::Of(observed(action))),
        (Some(Deed::Event(_)), _) => Some(Seen::OfEvent),
        // The fast reader skips the content of these; a detection may be about them.
        (None, "process_exit") => Some(Seen::Owned(exited(line))),
        (None, "process_exec") => None,
        (None, _) => body.process.get().map(|process| {
            let binary = |process: &'line line::Process<'_>| process.binary.get().map(AsRef::as_ref);
            Seen::Of(Observed {
                kind: EventKind::Other,
                process: binary(process),
                process_field: Field::Binary,
                parent: body.parent.get().and_then(binary),
                parent_field: Field::Parent,
                is_orphan: false,
                uid: process.uid.get().and_then(|uid| u32::try_from(*uid).ok()),
                connects: false,
                address: None,
                port: None,
                sensor: None,
                group: None,
            })
        }),
    };
    let pod = body.process.get().and_then(|process| process.pod.get());
    let pod = pod.and_then(|pod| {
        Some(format!("{}/{}", pod.namespace.get().map_or("", AsRef::as_ref), pod.name.get()?.as_ref()))
    });
    Happened {
        deeds,
        observed,
        time: envelope.time.get().map(ToString::to_string),
        host: envelope.host.get().map(ToString::to_string),
        pod,
        executes,
    }
}

/// Returns what detections are about. The Console's process of an execution is the program that was executed, and
/// Tetragon names its parent also where the process replaced its own program.
fn observed<'line>(action: &Action<'line>) -> Observed<'line> {
    let executes = action.operation == Operation::Exec;
    let connects = action.operation == Operation::Connect;
    Observed {
        kind: match action.operation {
            Operation::Exec => EventKind::Is("process_exec"),
            Operation::Connect => EventKind::Is("network_connect"),
            _ => EventKind::Other,
        },
        process: if executes { action.path } else { action.binary },
        process_field: if executes { Field::Path } else { Field::Binary },
        parent: action.parent,
        parent_field: if executes { Field::Binary } else { Field::Parent },
        is_orphan: false,
        uid: action.uid,
        connects,
        address: action.address,
        port: action.port,
        sensor: None,
        group: None,
    }
}

fn exited(line: &str) -> Row {
    let value: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    let body = &value["process_exit"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Row {
        kind: "process_exit".to_owned(),
        process: text(&body["process"]["binary"]),
        parent: text(&body["parent"]["binary"]),
        uid: body["process"]["uid"].as_u64().and_then(|uid| u32::try_from(uid).ok()),
        ..Row::default()
    }
}

fn telovix(event: Event) -> Happened<'static> {
    let text = |name: &str| event.other.get(name).and_then(Value::as_str).map(str::to_owned);
    Happened {
        time: event.time.clone(),
        host: text("host").or_else(|| text("node_name")),
        pod: text("pod"),
        executes: event.operation == Operation::Exec,
        observed: Some(Seen::OfEvent),
        deeds: [Some(Deed::Event(event)), None],
    }
}

/// Reads a row of the Console's event history. A wrong type is an error, an absent field unknown.
pub(crate) fn row(fields: &Map<String, Value>) -> Result<Happened<'static>, Untold> {
    let wrong = |name: &str, expected: &str| {
        (Problem::BadEvent, Some(format!("`{name}`: expected {expected}, found `{}`", fields[name])))
    };
    let present = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let text = |name: &str| match present(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(name, "a string")),
    };
    let number = |name: &str| match present(name) {
        None => Ok(None),
        Some(value) => {
            let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
            number.map(Some).ok_or_else(|| wrong(name, "a number"))
        }
    };
    let uid = number("uid")?.map(|uid| u32::try_from(uid).map_err(|_| wrong("uid", "a user id")));
    let port = number("dst_port")?.map(|port| u16::try_from(port).map_err(|_| wrong("dst_port", "a port")));
    let address = text("dst_ip")?.map(|address| {
        let address = address.parse::<IpAddr>().map_err(|_| wrong("dst_ip", "an address"));
        address.map(|address| address.to_canonical())
    });
    let row = Row {
        kind: text("event_kind")?.unwrap_or_default(),
        process: text("process_executable")?,
        parent: text("parent_executable")?,
        uid: uid.transpose()?,
        address: address.transpose()?,
        port: port.transpose()?,
        sensor: text("sensor_id")?,
        group: text("group_id")?,
    };
    let resolved = |path: &Option<String>| path.clone().filter(|path| action::resolved(path).is_some());
    let known = Event {
        uid: row.uid,
        sensor: row.sensor.clone(),
        group: row.group.clone(),
        ..Event::new(Operation::Exec)
    };
    let deed = match row.kind.as_str() {
        "process_exec" => {
            Some(Event { binary: resolved(&row.parent), path: resolved(&row.process), ..known })
        }
        "network_connect" => Some(Event {
            operation: Operation::Connect,
            binary: resolved(&row.process),
            parent: resolved(&row.parent),
            address: row.address,
            port: row.port,
            ..known
        }),
        _ => None,
    };
    Ok(Happened {
        deeds: [deed.map(Deed::Event), None],
        executes: row.kind == "process_exec",
        time: text("observed_at")?,
        host: text("node_name")?,
        pod: None,
        observed: Some(Seen::Owned(row)),
    })
}
