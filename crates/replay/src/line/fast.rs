//! The reader of every day: one pass, no copies.

use super::{
    Argument, ArgumentShape, Body, Envelope, KINDS, Origin, Pod, Process, Socket, Text, Unreadable, is_read,
    shape,
};
use crate::json::{Cursor, NotJson, Slot};

/// Reads a line.
pub(crate) fn envelope(line: &str) -> Result<Envelope<'_>, Unreadable> {
    let mut cursor = Cursor::new(line);
    let mut kind: Option<usize> = None;
    let mut ambiguous = false;
    let mut operation = false;
    let mut body = Slot::Absent;
    let (mut host, mut time) = (Text::Absent, Text::Absent);
    let mut aggregated = false;
    let object = cursor.members(|cursor, key| {
        match key {
            "node_name" => host = cursor.text()?,
            "time" => time = cursor.text()?,
            "operation" => {
                operation = true;
                cursor.skip()?;
            }
            "aggregation_info" => {
                aggregated = true;
                cursor.skip()?;
            }
            key => match KINDS.iter().position(|known| *known == key) {
                Some(place) => {
                    ambiguous |= kind.is_some_and(|kind| kind != place);
                    kind = Some(place);
                    body = if is_read(key) {
                        self::body(cursor)?
                    } else {
                        filled(&cursor.members(|cursor, _| cursor.skip())?, Body::default())
                    };
                }
                None => cursor.skip()?,
            },
        }
        Ok(())
    })?;
    cursor.finish()?;
    let origin = match (kind, operation) {
        _ if object != Slot::Is(()) || ambiguous => return Err(Unreadable::NotAnEvent),
        (Some(kind), _) => Origin::Tetragon(kind),
        (None, true) => Origin::Telovix,
        (None, false) => return Err(Unreadable::NotAnEvent),
    };
    let body = match (body, origin) {
        (Slot::Is(body), _) => body,
        (_, Origin::Tetragon(_)) => return Err(Unreadable::NotAnEvent),
        (_, Origin::Telovix) => Body::default(),
    };
    Ok(Envelope { origin, body, host, time, aggregated })
}

/// Gives a record its place if it was an object.
fn filled<T>(shape: &Slot<()>, record: T) -> Slot<T> {
    match shape {
        Slot::Is(()) => Slot::Is(record),
        Slot::Wrong => Slot::Wrong,
        Slot::Absent => Slot::Absent,
    }
}

fn body<'line>(cursor: &mut Cursor<'line>) -> Result<Slot<Body<'line>>, NotJson> {
    let mut body = Body::default();
    let object = cursor.members(|cursor, key| {
        match key {
            "process" => body.process = process(cursor)?,
            "parent" => body.parent = process(cursor)?,
            "function_name" => body.function = cursor.text()?,
            "subsys" => body.subsystem = cursor.text()?,
            "event" => body.tracepoint = cursor.text()?,
            "number_of_dropped_process_events" => body.dropped = cursor.number()?,
            "args" => {
                body.arguments = Default::default();
                let mut places = body.arguments.iter_mut();
                cursor.items(|cursor| match places.next() {
                    Some(place) => argument(cursor).map(|argument| *place = argument),
                    None => cursor.skip(),
                })?;
            }
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(filled(&object, body))
}

fn process<'line>(cursor: &mut Cursor<'line>) -> Result<Slot<Process<'line>>, NotJson> {
    let mut process = Process::default();
    let object = cursor.members(|cursor, key| {
        match key {
            "binary" => process.binary = cursor.text()?,
            "flags" => process.flags = cursor.text()?,
            "uid" => process.uid = cursor.number()?,
            "start_time" => process.started = cursor.text()?,
            "pod" => process.pod = pod(cursor)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(filled(&object, process))
}

fn pod<'line>(cursor: &mut Cursor<'line>) -> Result<Slot<Pod<'line>>, NotJson> {
    let mut pod = Pod::default();
    let object = cursor.members(|cursor, key| {
        match key {
            "namespace" => pod.namespace = cursor.text()?,
            "name" => pod.name = cursor.text()?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(filled(&object, pod))
}

/// Reads an argument; one with several known keys is none.
fn argument<'line>(cursor: &mut Cursor<'line>) -> Result<Argument<'line>, NotJson> {
    let mut found = Argument::Other;
    let mut of: Option<usize> = None;
    let mut ambiguous = false;
    cursor.members(|cursor, key| {
        let Some((number, shape)) = shape(key) else { return cursor.skip() };
        ambiguous |= of.is_some_and(|of| of != number);
        of = Some(number);
        found = valued(cursor, shape)?;
        Ok(())
    })?;
    Ok(if ambiguous { Argument::Other } else { found })
}

fn valued<'line>(cursor: &mut Cursor<'line>, shape: ArgumentShape) -> Result<Argument<'line>, NotJson> {
    Ok(match shape {
        ArgumentShape::Number => Argument::Number(cursor.number()?),
        ArgumentShape::Path => {
            let mut path = Text::Absent;
            let object = cursor.members(|cursor, key| match key {
                "path" => cursor.text().map(|text| path = text),
                _ => cursor.skip(),
            })?;
            Argument::Path(if object == Slot::Is(()) { path } else { Text::Wrong })
        }
        ArgumentShape::Capability => {
            let mut value = Slot::Absent;
            let object = cursor.members(|cursor, key| match key {
                "value" => cursor.number().map(|number| value = number),
                _ => cursor.skip(),
            })?;
            Argument::Capability(if object == Slot::Is(()) { value } else { Slot::Wrong })
        }
        ArgumentShape::Syscall => {
            let (mut id, mut abi) = (Slot::Absent, Text::Absent);
            let object = cursor.members(|cursor, key| {
                match key {
                    "id" => id = cursor.number()?,
                    "abi" => abi = cursor.text()?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
            Argument::Syscall(if object == Slot::Is(()) { id } else { Slot::Wrong }, abi)
        }
        ArgumentShape::Socket(address, port) => {
            let mut socket = Socket::default();
            let object = cursor.members(|cursor, key| {
                match key {
                    "family" => socket.family = cursor.text()?,
                    "protocol" => socket.protocol = cursor.text()?,
                    key if key == address => socket.address = cursor.text()?,
                    key if key == port => socket.port = cursor.number()?,
                    _ => cursor.skip()?,
                }
                Ok(())
            })?;
            if object != Slot::Is(()) {
                socket.address = Text::Wrong;
            }
            Argument::Socket(socket)
        }
    })
}
