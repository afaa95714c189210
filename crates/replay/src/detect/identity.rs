//! A line -> which process it is about: for groups of related violations, and to signal that process and no other.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::line::KINDS;

/// Which process an event is about. What is absent is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Process {
    /// Its process id on its host; of an execution, that of the program that was executed.
    pub pid: Option<u32>,
    /// The executable; of an execution, the program that was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<String>,
    /// Tetragon's id of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_id: Option<String>,
    /// Tetragon's id of the parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_exec_id: Option<String>,
    /// The parent's process id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_pid: Option<u32>,
    /// Nanoseconds from the start of the host to a moment at which the process had its id: of Tetragon, when its
    /// program was executed; of Telovix, the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_time: Option<u64>,
}

/// Reads the process of a line that was read as an event before.
pub(super) fn read(line: &str) -> Process {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else { return Process::default() };
    let number = |value: Option<&Value>| {
        let value = value?;
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        number.and_then(|number| u32::try_from(number).ok())
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match KINDS.iter().find_map(|kind| fields.get(*kind)) {
        Some(body) => {
            let (process, parent) = (body.get("process"), body.get("parent"));
            let of = |name: &str| process.and_then(|process| process.get(name));
            let exec_id = text(of("exec_id"));
            let parent_exec_id =
                text(of("parent_exec_id")).or_else(|| text(parent.and_then(|parent| parent.get("exec_id"))));
            Process {
                pid: number(of("pid")),
                binary: text(of("binary")),
                boot_time: exec_id.as_deref().and_then(boot_time),
                exec_id,
                parent_exec_id,
                parent_pid: number(parent.and_then(|parent| parent.get("pid"))),
            }
        }
        None => Process {
            pid: number(fields.get("pid")),
            binary: text(match fields.get("operation").and_then(Value::as_str) {
                Some("exec") => fields.get("path"),
                Some(_) => fields.get("binary"),
                None => fields.get("process_executable"),
            }),
            parent_pid: number(fields.get("parent_pid")),
            boot_time: fields.get("boot_time").and_then(Value::as_u64),
            ..Process::default()
        },
    }
}

/// Returns the time in Tetragon's id of a process: base64 of `node:nanoseconds since boot:pid`.
fn boot_time(exec_id: &str) -> Option<u64> {
    let text = decoded(exec_id)?;
    let mut parts = text.rsplit(':');
    let _pid: u32 = parts.next()?.parse().ok()?;
    parts.next()?.parse().ok()
}

/// Decodes base64 in the alphabet of RFC 4648, with or without padding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Process, boot_time, read};

    #[test]
    fn the_id_of_a_process_has_its_time_since_boot() {
        // `node-a:1750000000123:4711`
        assert_eq!(boot_time("bm9kZS1hOjE3NTAwMDAwMDAxMjM6NDcxMQ=="), Some(1_750_000_000_123));
        assert_eq!(boot_time("bm9kZS1h"), None);
        assert_eq!(boot_time("not base64!"), None);
    }

    #[test]
    fn every_format_names_its_process() {
        let tetragon = read(
            r#"{"process_exec":{"process":{"exec_id":"bm9kZS1hOjE3NTAwMDAwMDAxMjM6NDcxMQ==","pid":4711,"binary":"/bin/sh","parent_exec_id":"cA=="},"parent":{"pid":1}}}"#,
        );
        assert_eq!((tetragon.pid, tetragon.parent_pid), (Some(4711), Some(1)));
        assert_eq!(tetragon.boot_time, Some(1_750_000_000_123));
        let telovix = read(r#"{"operation":"open","binary":"/bin/cat","pid":7,"boot_time":12345}"#);
        assert_eq!((telovix.pid, telovix.boot_time), (Some(7), Some(12_345)));
        let console = read(r#"{"event_kind":"file_open","process_executable":"/bin/cat","pid":"7"}"#);
        assert_eq!((console.pid, console.binary.as_deref()), (Some(7), Some("/bin/cat")));
        assert_eq!(read("[]"), Process::default());
    }
}
