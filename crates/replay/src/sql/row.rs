//! A line of a history -> a row of the table; and the fields of a row -> an event.

use std::net::IpAddr;

use serde_json::{Map, Value};
use telovix_document::{EventKind, Observed};
use telovix_policy::value::{address_at, address_number};

use super::layout::COLUMNS;
use super::statement::tsv;
use crate::action;
use crate::judge;
use crate::line::{Envelope, KINDS};
use crate::moment::Moment;
use crate::vocabulary::{Access, AccessSet, Capability, Event, Operation, SocketType, Syscall};

/// A row: the text of each column, in their order; `None` is `NULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row([Option<Vec<u8>>; COLUMNS.len()]);

/// The latest time of the type `DateTime`.
const LAST: i64 = u32::MAX as i64;

impl Row {
    fn empty() -> Self {
        Self([const { None }; COLUMNS.len()])
    }

    fn set(&mut self, name: &str, value: Option<impl Into<Vec<u8>>>) {
        let at = COLUMNS.iter().position(|column| column.name == name);
        debug_assert!(at.is_some(), "{name}");
        if let Some(place) = at.and_then(|at| self.0.get_mut(at)) {
            *place = value.map(Into::into);
        }
    }

    /// Returns the row of a Tetragon event.
    pub(crate) fn tetragon(kind: usize, line: &str, envelope: &Envelope<'_>) -> Self {
        let body = &envelope.body;
        let time = envelope.time.get().and_then(|time| Moment::parse(time));
        let doer = if KINDS[kind] == "process_exec" { body.parent.get() } else { body.process.get() };
        let started = doer.and_then(|process| process.started.get()).and_then(|time| Moment::parse(time));
        let mut row = Self::of_any("tetragon", time, started);
        row.set("node_name", envelope.host.get().map(|host| host.as_bytes()));
        let pod = body.process.get().and_then(|process| process.pod.get());
        let pod = pod.and_then(|pod| {
            Some(format!("{}/{}", pod.namespace.get().map_or("", AsRef::as_ref), pod.name.get()?))
        });
        row.set("pod", pod);
        let what = body.function.get().or(body.tracepoint.get()).map_or(KINDS[kind], AsRef::as_ref);
        row.set("hook", Some(what));
        row.number("aggregated", Some(u64::from(envelope.aggregated)));
        let lost = body.dropped.get().and_then(|lost| u64::try_from(*lost).ok());
        row.number("lost", Some(lost.unwrap_or(0)));
        if let action::Reading::Did(first, second) = action::read(envelope) {
            row.event(&judge::event(&first));
            row.set("also", second.map(|second| second.operation.name()));
        }
        if let Ok(happened) = crate::detect::reading::read(line, envelope)
            && let Some(observed) = happened.observed(None, None)
        {
            row.observed(&observed);
        }
        row
    }

    /// Returns the row of a Telovix event.
    pub(crate) fn telovix(event: &Event) -> Self {
        let text = |name: &str| event.other.get(name).and_then(Value::as_str);
        let time = event.time.as_deref().and_then(Moment::parse);
        let mut row = Self::of_any("telovix", time, text("process_started").and_then(Moment::parse));
        row.set("node_name", text("host").or_else(|| text("node_name")));
        row.set("pod", text("pod"));
        row.set("hook", Some(event.operation.name()));
        row.set("effect", text("effect"));
        let rule = event.other.get("rule").and_then(|rule| rule.get("document")).and_then(Value::as_str);
        row.set("document", rule);
        let directory = event.other.get("directory").and_then(Value::as_bool) == Some(true);
        row.number("directory", Some(u64::from(directory)));
        row.number("aggregated", Some(0));
        row.number("lost", Some(0));
        row.event(event);
        row.observed(&Observed::of(event));
        row
    }

    fn of_any(recorded_by: &str, time: Option<Moment>, started: Option<Moment>) -> Self {
        let mut row = Self::empty();
        let seconds = time.map(|time| time.since(Moment::from_seconds(0)));
        row.set("observed_at", seconds.filter(|time| (0..=LAST).contains(time)).map(|time| time.to_string()));
        row.set("recorded_by", Some(recorded_by));
        let age = time.zip(started).map(|(time, started)| time.since(started));
        row.set("process_age", age.map(|age| age.to_string()));
        row
    }

    fn number(&mut self, name: &str, number: Option<u64>) {
        self.set(name, number.map(|number| number.to_string()));
    }

    /// Writes the fields that policies are about.
    fn event(&mut self, event: &Event) {
        self.set("operation", Some(event.operation.name()));
        self.set("binary", event.binary.as_deref());
        self.set("parent", event.parent());
        let ancestors = event.ancestors.as_ref();
        self.set("ancestors", ancestors.map(|ancestors| Value::from(ancestors.as_slice()).to_string()));
        self.number("uid", event.uid.map(u64::from));
        self.set("path", event.path.as_deref());
        let access = event.access.map(|access| {
            let names: Vec<_> = access.iter().map(Access::name).collect();
            names.join(",")
        });
        self.set("access", access);
        self.number("anonymous", event.anonymous.map(u64::from));
        self.address(event.address);
        self.number("dst_port", event.port.map(u64::from));
        self.set("protocol", event.protocol.as_deref());
        self.set("capability", event.capability.map(|capability| capability.to_string()));
        self.set("syscall", event.syscall.map(Syscall::name));
        self.number("family", event.family.map(u64::from));
        self.set("socket_type", event.socket_type.map(SocketType::name));
        self.number("mode", event.mode.map(u64::from));
        self.set("sensor_id", event.sensor.as_deref());
        self.set("group_id", event.group.as_deref());
    }

    /// Writes the fields that detections are about.
    fn observed(&mut self, observed: &Observed<'_>) {
        let kind = if let EventKind::Is(kind) = observed.kind { Some(kind) } else { None };
        self.set("event_kind", kind);
        self.set("process_executable", observed.process);
        let parent = observed.parent.or(observed.is_orphan.then_some(""));
        self.set("parent_executable", parent);
        self.number("uid", observed.uid.map(u64::from));
        if observed.connects {
            self.address(observed.address);
            self.number("dst_port", observed.port.map(u64::from));
        }
    }

    fn address(&mut self, address: Option<IpAddr>) {
        self.set("dst_address", address.map(|address| address_number(address).to_be_bytes()));
    }

    /// Writes the row in the format `TabSeparated`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (at, value) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b'\t');
            }
            match value {
                None => out.extend(b"\\N"),
                Some(value) => tsv(value, out),
            }
        }
        out.push(b'\n');
    }
}

/// The columns of an event, as a query returns them: in this order, each as text with its length, and as a whole in
/// hexadecimal, so that any bytes pass.
const RETURNED: [&str; 21] = [
    "observed_at",
    "node_name",
    "pod",
    "also",
    "binary",
    "parent",
    "ancestors",
    "uid",
    "path",
    "access",
    "anonymous",
    "dst_address",
    "dst_port",
    "protocol",
    "capability",
    "syscall",
    "family",
    "socket_type",
    "mode",
    "sensor_id",
    "group_id",
];

/// Returns the expression of an event as one text. Texts of events sort by time, then by host.
pub(super) fn packed() -> String {
    let field = |name: &&str| {
        let text = match *name {
            // Ten digits from 2001 on, so that texts sort like times.
            "observed_at" => "toString(toUInt32(observed_at))".to_owned(),
            "dst_address" => "hex(dst_address)".to_owned(),
            name => format!("toString({name})"),
        };
        format!("ifNull(concat(toString(length({text})), ':', {text}), '~')")
    };
    let fields: Vec<_> = RETURNED.iter().map(field).collect();
    format!("concat(\n           {})", fields.join(",\n           "))
}

/// An event of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) event: Event,
    /// The second operation of the same call.
    pub(super) also: Option<Operation>,
    pub(super) time: Option<Moment>,
    pub(super) host: Option<String>,
    pub(super) pod: Option<String>,
}

/// Reads what [`packed`] gives in hexadecimal. None when it was not written by the loader or a program like it.
pub(super) fn unpack(operation: Operation, hex: &str) -> Option<Stored> {
    let digits = hex.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes = digits.collect::<Option<Vec<u8>>>()?;
    let mut rest = bytes.as_slice();
    let mut next = || -> Option<Option<String>> {
        if let Some(after) = rest.strip_prefix(b"~") {
            rest = after;
            return Some(None);
        }
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let length = std::str::from_utf8(rest.get(..colon)?).ok()?.parse::<usize>().ok()?;
        let end = (colon + 1).checked_add(length)?;
        let text = String::from_utf8_lossy(rest.get(colon + 1..end)?).into_owned();
        rest = rest.get(end..)?;
        Some(Some(text))
    };
    let mut fields = Map::new();
    for name in RETURNED {
        if let Some(text) = next()? {
            fields.insert(name.to_owned(), Value::String(text));
        }
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| text(name).and_then(|number| number.parse::<u64>().ok());
    let address = text("dst_address").and_then(|hex| u128::from_str_radix(&hex, 16).ok());
    let access = text("access").map(|access| {
        let one = |name| Access::ALL.into_iter().find(|access| access.name() == name);
        access.split(',').filter_map(one).collect::<AccessSet>()
    });
    let event = Event {
        binary: text("binary"),
        parent: text("parent"),
        ancestors: text("ancestors").and_then(|ancestors| serde_json::from_str(&ancestors).ok()),
        uid: number("uid").and_then(|uid| u32::try_from(uid).ok()),
        path: text("path"),
        access: access.filter(|access| !access.is_empty()),
        anonymous: number("anonymous").map(|anonymous| anonymous != 0),
        address: address.map(address_at),
        port: number("dst_port").and_then(|port| u16::try_from(port).ok()),
        protocol: text("protocol"),
        capability: text("capability").and_then(|name| Capability::parse(&name).ok()),
        syscall: text("syscall").and_then(|name| Syscall::parse(&name).ok()),
        family: number("family").and_then(|family| u16::try_from(family).ok()),
        socket_type: text("socket_type").and_then(|name| SocketType::parse(&name)),
        mode: number("mode").and_then(|mode| u32::try_from(mode).ok()),
        sensor: text("sensor_id"),
        group: text("group_id"),
        ..Event::new(operation)
    };
    Some(Stored {
        event,
        also: text("also").and_then(|name| Operation::parse(&name)),
        time: number("observed_at").and_then(|time| i64::try_from(time).ok()).map(Moment::from_seconds),
        host: text("node_name"),
        pod: text("pod"),
    })
}
