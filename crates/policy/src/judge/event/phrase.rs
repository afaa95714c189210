//! An event -> a phrase.

use std::fmt;

use super::super::word;
use super::Event;
use crate::confine::Access;

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
