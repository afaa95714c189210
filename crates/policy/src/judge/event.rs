//! What one process did, or would do: a witness, or a line of event history.

mod json;
mod read;
mod write;

use std::net::IpAddr;

pub use read::EventError;
use serde_json::{Map, Value};

use super::{Field, Fields};
use crate::confine::{AccessSet, Deed, Operation, SocketType};
use crate::value::{Capability, Syscall};

/// What one process did, or would do. What is absent is unknown, not empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What it did.
    pub operation: Operation,
    /// Its executable; for exec, the program that calls it.
    pub binary: Option<String>,
    /// The executable of its parent.
    pub parent: Option<String>,
    /// The executables of all it descends from, nearest first: the first is that of the parent, and an empty list
    /// is a process without one.
    pub ancestors: Option<Vec<String>>,
    /// The user it runs as.
    pub uid: Option<u32>,
    /// The sensor of the host; empty for a host without one.
    pub sensor: Option<String>,
    /// The group of the sensor; empty for a sensor without one.
    pub group: Option<String>,
    /// The resolved path of the file.
    pub path: Option<String>,
    /// How the file is used; never empty.
    pub access: Option<AccessSet>,
    /// Whether what is executed is anonymous memory or a deleted file. An execution with a path and
    /// without this field is one of the file at that path.
    pub anonymous: Option<bool>,
    /// The destination; an IPv4-mapped IPv6 address counts as its IPv4 address.
    pub address: Option<IpAddr>,
    /// The destination port.
    pub port: Option<u16>,
    /// `tcp`, `udp` or another word; no effect on the verdict.
    pub protocol: Option<String>,
    /// The capability.
    pub capability: Option<Capability>,
    /// The system call.
    pub syscall: Option<Syscall>,
    /// The address family of a socket.
    pub family: Option<u16>,
    /// The type of a socket; `type` in JSON.
    pub socket_type: Option<SocketType>,
    /// The file mode that is set.
    pub mode: Option<u32>,
    /// When, in RFC 3339.
    pub time: Option<String>,
    /// Every other field, unchanged.
    pub other: Map<String, Value>,
}

impl Event {
    /// Returns an event with the operation only.
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            binary: None,
            parent: None,
            ancestors: None,
            uid: None,
            sensor: None,
            group: None,
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
            time: None,
            other: Map::new(),
        }
    }

    /// Returns the event in which `binary` does this.
    #[must_use]
    pub fn of(operation: Operation, binary: &str, deed: &Deed) -> Self {
        let mut event = Self { binary: Some(binary.to_owned()), ..Self::new(operation) };
        match deed {
            Deed::Whole => {}
            Deed::Exec(Some(path)) => event.path = Some(path.clone()),
            Deed::Exec(None) => event.anonymous = Some(true),
            Deed::Open(path, access) => {
                event.path = Some(path.clone());
                event.access = Some(AccessSet::default().with(*access));
            }
            Deed::Connect(endpoint) => {
                event.address = Some(endpoint.address);
                event.port = Some(endpoint.port);
            }
            Deed::Capability(capability) => event.capability = Some(*capability),
            Deed::Syscall(syscall) => event.syscall = Some(*syscall),
            Deed::Socket(family, kind) => {
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
