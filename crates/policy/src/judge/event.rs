//! What one process did, or would do: a witness, or a line of event history.

mod json;
mod phrase;
mod read;
mod schema;
mod write;

use std::net::IpAddr;

pub use read::EventError;
use schemars::JsonSchema;
use serde::de::value::{Error, MapDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Field, Fields};
use crate::confine::{AccessSet, Action, Operation, SocketType};
use crate::value::{Capability, Syscall};

/// What one process did, or would do.
///
/// What is absent or `null` is unknown, not empty: a verdict that depends on it is unknown and names it. A repeated key
/// in an object is an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// What it did.
    #[serde(deserialize_with = "read::operation", serialize_with = "write::operation")]
    #[schemars(schema_with = "schema::operation")]
    pub operation: Operation,
    /// Its executable; for exec, the program that calls it.
    #[serde(default, deserialize_with = "read::path", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::path")]
    pub binary: Option<String>,
    /// The executable of its parent.
    #[serde(default, deserialize_with = "read::path", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::path")]
    pub parent: Option<String>,
    /// The executables of all it descends from, nearest first: the first is that of the parent, and an empty list
    /// is a process without one.
    #[serde(default, deserialize_with = "read::paths", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::paths")]
    pub ancestors: Option<Vec<String>>,
    /// The user it runs as.
    #[serde(default, deserialize_with = "read::number", skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The sensor of the host; empty for a host without one.
    #[serde(default, deserialize_with = "read::text", skip_serializing_if = "Option::is_none")]
    pub sensor: Option<String>,
    /// The group of the sensor; empty for a sensor without one.
    #[serde(default, deserialize_with = "read::text", skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The resolved path of the file: exec, open, module_load, mount, set_id.
    #[serde(default, deserialize_with = "read::path", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::path")]
    pub path: Option<String>,
    /// How the file is used, never empty: open.
    #[serde(
        default,
        deserialize_with = "read::access",
        serialize_with = "write::access",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::access")]
    pub access: Option<AccessSet>,
    /// Whether what is executed is anonymous memory or a deleted file: exec. An execution with a path and without
    /// this field is one of the file at that path.
    #[serde(default, deserialize_with = "read::boolean", skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<bool>,
    /// The IPv4 or IPv6 destination: connect. An IPv4-mapped IPv6 address counts as its IPv4 address.
    #[serde(default, deserialize_with = "read::address", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::text")]
    pub address: Option<IpAddr>,
    /// The destination port: connect.
    #[serde(default, deserialize_with = "read::number", skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `tcp`, `udp` or another word; no effect on the verdict.
    #[serde(default, deserialize_with = "read::text", skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The name of the capability, with or without `CAP_`, or its number: capability, capset.
    #[serde(
        default,
        deserialize_with = "read::capability",
        serialize_with = "write::word",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::word_or_number")]
    pub capability: Option<Capability>,
    /// The name of the system call, or its number on x86-64: syscall.
    #[serde(
        default,
        deserialize_with = "read::syscall",
        serialize_with = "write::word",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::word_or_number")]
    pub syscall: Option<Syscall>,
    /// The address family of a socket, by word or number: socket.
    #[serde(
        default,
        deserialize_with = "read::family",
        serialize_with = "write::family",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::word_or_number")]
    pub family: Option<u16>,
    /// The type of a socket, by word or number: socket.
    #[serde(
        default,
        rename = "type",
        deserialize_with = "read::socket_type",
        serialize_with = "write::socket_type",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::word_or_number")]
    pub socket_type: Option<SocketType>,
    /// The file mode that is set, as octal text or as a number: set_id.
    #[serde(
        default,
        deserialize_with = "read::mode",
        serialize_with = "write::mode",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "schema::word_or_number")]
    pub mode: Option<u32>,
    /// When, in RFC 3339.
    #[serde(default, deserialize_with = "read::text", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub time: Option<String>,
    /// Every other field, unchanged.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Event {
    /// Returns an event with the operation only.
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        let fields = std::iter::once(("operation", operation.name()));
        Self::deserialize(MapDeserializer::<_, Error>::new(fields)).expect("an operation makes an event")
    }

    /// Returns the event in which `binary` does this.
    #[must_use]
    pub fn of(operation: Operation, binary: &str, action: &Action) -> Self {
        let mut event = Self { binary: Some(binary.to_owned()), ..Self::new(operation) };
        match action {
            Action::Whole => {}
            Action::Exec(Some(path)) => event.path = Some(path.clone()),
            Action::Exec(None) => event.anonymous = Some(true),
            Action::Open(path, access) => {
                event.path = Some(path.clone());
                event.access = Some(AccessSet::default().with(*access));
            }
            Action::Connect(endpoint) => {
                event.address = Some(endpoint.address);
                event.port = Some(endpoint.port);
            }
            Action::Capability(capability) => event.capability = Some(*capability),
            Action::Syscall(syscall) => event.syscall = Some(*syscall),
            Action::Socket(family, kind) => {
                event.family = Some(*family);
                event.socket_type = Some(*kind);
            }
        }
        event
    }

    /// Takes the fields of a complete process.
    pub fn take(&mut self, fields: Fields, process: &Self) {
        for field in fields.iter() {
            match field {
                // Only an empty list of ancestors says that there is no parent.
                Field::Parent if process.parent.is_some() => self.parent.clone_from(&process.parent),
                Field::Parent | Field::Ancestors => {
                    self.parent.clone_from(&process.parent);
                    self.ancestors.clone_from(&process.ancestors);
                }
                Field::Sensor => self.sensor.clone_from(&process.sensor),
                Field::Group => self.group.clone_from(&process.group),
                _ => {}
            }
        }
    }

    /// Returns the executable of the parent, from `parent` or the nearest ancestor.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        let nearest = || self.ancestors.as_ref().and_then(|ancestors| ancestors.first());
        self.parent.as_ref().or_else(nearest).map(String::as_str)
    }

    /// Returns the executables the process is known to descend from.
    pub(super) fn lineage(&self) -> impl Iterator<Item = &str> {
        self.parent.iter().chain(self.ancestors.iter().flatten()).map(String::as_str)
    }
}
