//! A line -> the same envelope, with `serde_json`: slow and simple.

use serde_json::{Map, Value};

use super::{
    Argument, ArgumentShape, Body, Envelope, KINDS, Origin, Pod, Process, Socket, Text, Unreadable, is_read,
    shape,
};
use crate::json::Slot;

/// Reads a line.
pub(crate) fn envelope(line: &str) -> Result<Envelope<'static>, Unreadable> {
    let value: Value = serde_json::from_str(line).map_err(|_| Unreadable::NotJson)?;
    let Value::Object(fields) = &value else { return Err(Unreadable::NotAnEvent) };
    let mut kinds = KINDS.iter().enumerate().filter(|(_, kind)| fields.contains_key(**kind));
    let (origin, body) = match (kinds.next(), kinds.next()) {
        (Some((place, kind)), None) => match fields.get(*kind) {
            Some(Value::Object(body)) if is_read(kind) => (Origin::Tetragon(place), self::body(body)),
            Some(Value::Object(_)) => (Origin::Tetragon(place), Body::default()),
            _ => return Err(Unreadable::NotAnEvent),
        },
        (None, _) if fields.contains_key("operation") => (Origin::Telovix, Body::default()),
        _ => return Err(Unreadable::NotAnEvent),
    };
    Ok(Envelope {
        origin,
        body,
        host: text(fields, "node_name"),
        time: text(fields, "time"),
        aggregated: fields.contains_key("aggregation_info"),
    })
}

fn text(fields: &Map<String, Value>, name: &str) -> Text<'static> {
    match fields.get(name) {
        None | Some(Value::Null) => Slot::Absent,
        Some(Value::String(text)) => Slot::Is(text.clone().into()),
        Some(_) => Slot::Wrong,
    }
}

fn number(fields: &Map<String, Value>, name: &str) -> Slot<i64> {
    let number = match fields.get(name) {
        None | Some(Value::Null) => return Slot::Absent,
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
    };
    number.map_or(Slot::Wrong, Slot::Is)
}

fn object<T>(
    fields: &Map<String, Value>,
    name: &str,
    read: impl FnOnce(&Map<String, Value>) -> T,
) -> Slot<T> {
    match fields.get(name) {
        None | Some(Value::Null) => Slot::Absent,
        Some(Value::Object(fields)) => Slot::Is(read(fields)),
        Some(_) => Slot::Wrong,
    }
}

fn body(fields: &Map<String, Value>) -> Body<'static> {
    let mut body = Body {
        process: object(fields, "process", process),
        parent: object(fields, "parent", process),
        function: text(fields, "function_name"),
        subsystem: text(fields, "subsys"),
        tracepoint: text(fields, "event"),
        dropped: number(fields, "number_of_dropped_process_events"),
        ..Body::default()
    };
    if let Some(Value::Array(items)) = fields.get("args") {
        for (place, item) in body.arguments.iter_mut().zip(items) {
            if let Value::Object(fields) = item {
                *place = argument(fields);
            }
        }
    }
    body
}

fn process(fields: &Map<String, Value>) -> Process<'static> {
    Process {
        binary: text(fields, "binary"),
        flags: text(fields, "flags"),
        uid: number(fields, "uid"),
        started: text(fields, "start_time"),
        pod: object(fields, "pod", |pod| Pod { namespace: text(pod, "namespace"), name: text(pod, "name") }),
    }
}

fn argument(fields: &Map<String, Value>) -> Argument<'static> {
    let mut known = fields.iter().filter_map(|(key, value)| Some((key, value, shape(key)?.1)));
    let (Some((key, value, shape)), None) = (known.next(), known.next()) else { return Argument::Other };
    let inner = value.as_object();
    let text = |name| inner.map_or(Slot::Wrong, |inner| text(inner, name));
    let number_of = |name| inner.map_or(Slot::Wrong, |inner| number(inner, name));
    match shape {
        ArgumentShape::Number => Argument::Number(number(fields, key)),
        ArgumentShape::Path => Argument::Path(text("path")),
        ArgumentShape::Capability => Argument::Capability(number_of("value")),
        ArgumentShape::Syscall => {
            let abi = if inner.is_some() { text("abi") } else { Slot::Absent };
            Argument::Syscall(number_of("id"), abi)
        }
        ArgumentShape::Socket(..) if inner.is_none() => {
            Argument::Socket(Socket { address: Slot::Wrong, ..Socket::default() })
        }
        ArgumentShape::Socket(address, port) => Argument::Socket(Socket {
            family: text("family"),
            address: text(address),
            port: number_of(port),
            protocol: text("protocol"),
        }),
    }
}
