//! An event -> its JSON, and the schema of that.

use std::fmt;

use serde_json::{Map, Value, json};

use super::super::word;
use super::Event;
use crate::confine::{Access, Operation};

impl Event {
    /// Returns the event as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("operation", Some(self.operation.name().into()));
        put("binary", self.binary.clone().map(Value::from));
        put("parent", self.parent.clone().map(Value::from));
        put("ancestors", self.ancestors.clone().map(Value::from));
        put("uid", self.uid.map(Value::from));
        put("sensor", self.sensor.clone().map(Value::from));
        put("group", self.group.clone().map(Value::from));
        put("path", self.path.clone().map(Value::from));
        put("access", self.access.map(|used| used.iter().map(Access::name).collect::<Vec<_>>().into()));
        put("anonymous", self.anonymous.map(Value::from));
        put("address", self.address.map(|address| address.to_string().into()));
        put("port", self.port.map(Value::from));
        put("protocol", self.protocol.clone().map(Value::from));
        put("capability", self.capability.map(|capability| capability.to_string().into()));
        put("syscall", self.syscall.map(|syscall| syscall.name().into()));
        put(
            "family",
            self.family.map(|family| word::family_word(family).map_or_else(|| family.into(), Value::from)),
        );
        put("type", self.socket_type.map(|kind| kind.name().into()));
        put("mode", self.mode.map(|mode| format!("{mode:04o}").into()));
        put("time", self.time.clone().map(Value::from));
        fields.extend(self.other.clone());
        Value::Object(fields)
    }

    /// Returns the JSON Schema of an event.
    #[must_use]
    pub fn schema() -> Value {
        let path = |what: &str| json!({"type": "string", "pattern": "^/", "description": what});
        let either = |what: &str| json!({"type": ["string", "integer"], "description": what});
        let word = |what: &str| json!({"type": "string", "description": what});
        let accesses: Vec<_> = Access::ALL.into_iter().map(Access::name).collect();
        let names: Vec<_> = Operation::ALL.into_iter().map(Operation::name).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Event",
            "description": "What one process did, or would do. What is absent is unknown, not empty: a verdict that depends on it is unknown and names it. A repeated key in an object is an error.",
            "type": "object",
            "required": ["operation"],
            "additionalProperties": true,
            "properties": {
                "operation": {"enum": names, "description": "what it did"},
                "binary": path("its executable; for exec, the program that calls it"),
                "parent": path("the executable of its parent"),
                "ancestors": {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^/"},
                    "description": "the executables of all it descends from, nearest first: the first is the parent, and an empty list is a process without one",
                },
                "uid": {"type": "integer", "minimum": 0, "maximum": u32::MAX, "description": "the user it runs as"},
                "sensor": word("the sensor of the host; empty for none"),
                "group": word("the group of the sensor; empty for none"),
                "path": path("the resolved path of the file: exec, open, module_load, mount, set_id"),
                "access": {
                    "type": "array",
                    "items": {"enum": accesses},
                    "minItems": 1,
                    "uniqueItems": true,
                    "description": "how the file is used: open",
                },
                "anonymous": {"type": "boolean", "description": "whether anonymous memory or a deleted file is executed; false if there is a path and this is absent"},
                "address": word("the IPv4 or IPv6 destination: connect"),
                "port": {"type": "integer", "minimum": 0, "maximum": 65535, "description": "the destination port: connect"},
                "protocol": word("tcp, udp or another word; no effect on the verdict"),
                "capability": either("the name, with or without `CAP_`, or the number: capability, capset"),
                "syscall": either("the name, or the number on x86-64: syscall"),
                "family": either("the address family by word or number: socket"),
                "type": either("the socket type by word or number: socket"),
                "mode": either("the file mode, as octal text or as a number: set_id"),
                "time": {"type": "string", "format": "date-time", "description": "when"},
            },
        })
    }
}

impl fmt::Display for Event {
    /// Writes the event as a phrase: `/opt/amf/bin/amf: exec /bin/sh (child of /sbin/init)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = self.binary.as_deref().unwrap_or("an unknown binary");
        write!(formatter, "{binary}: {}", self.operation)?;
        if let Some(used) = self.access {
            let words: Vec<_> = used.iter().map(Access::name).collect();
            write!(formatter, " {}", words.join("+"))?;
        }
        match (&self.path, self.anonymous) {
            (_, Some(true)) => formatter.write_str(" anonymous memory")?,
            (Some(path), _) => write!(formatter, " {path}")?,
            (None, _) => {}
        }
        match (self.address, self.port) {
            (Some(address), Some(port)) => {
                write!(formatter, " {}", std::net::SocketAddr::new(address, port))?;
            }
            (Some(address), None) => write!(formatter, " {address}")?,
            (None, Some(port)) => write!(formatter, " port {port}")?,
            (None, None) => {}
        }
        if let Some(capability) = self.capability {
            write!(formatter, " {capability}")?;
        }
        if let Some(syscall) = self.syscall {
            write!(formatter, " {syscall}")?;
        }
        if let Some(family) = self.family {
            match word::family_word(family) {
                Some(word) => write!(formatter, " {word}")?,
                None => write!(formatter, " family {family}")?,
            }
        }
        if let Some(kind) = self.socket_type {
            write!(formatter, " {}", kind.name())?;
        }
        let place = |word: &str, value: &Option<String>| {
            value.as_ref().filter(|value| !value.is_empty()).map(|value| format!("{word} {value}"))
        };
        let ancestor =
            self.ancestors.as_ref().and_then(|line| line.get(1..)).and_then(<[String]>::last).cloned();
        let rest = [
            place("child of", &self.parent),
            place("descendant of", &ancestor),
            place("on sensor", &self.sensor),
            place("in group", &self.group),
        ];
        let rest: Vec<_> = rest.into_iter().flatten().collect();
        if rest.is_empty() { Ok(()) } else { write!(formatter, " ({})", rest.join(", ")) }
    }
}
