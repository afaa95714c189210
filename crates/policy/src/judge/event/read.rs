//! The JSON of an event -> an event, or an error.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::super::word;
use super::Event;
use super::json::Strict;
use crate::confine::{Access, AccessSet, Operation};
use crate::value::{Capability, Syscall, address_at, address_number};

impl Event {
    /// Reads one event.
    ///
    /// # Errors
    /// Returns an error for text that is not a JSON object, an unknown operation, an invalid value of a field
    /// and a repeated key.
    pub fn parse(text: &str) -> Result<Self, EventError> {
        match serde_json::from_str(text) {
            Ok(Strict(Value::Object(fields))) => Self::from_fields(fields),
            Ok(Strict(_)) => Err(EventError::new(None, "expected a JSON object")),
            Err(error) if error.is_data() => Err(EventError::new(None, error.to_string())),
            Err(error) => Err(EventError::new(None, format!("not JSON: {error}"))),
        }
    }

    /// Reads the fields of a JSON object.
    ///
    /// # Errors
    /// As [`Event::parse`].
    pub fn from_fields(mut fields: Map<String, Value>) -> Result<Self, EventError> {
        let operation = text(&mut fields, "operation")?
            .ok_or_else(|| EventError::new(Some("operation"), format!("missing; one of {}", operations())))?;
        let operation = Operation::parse(&operation).ok_or_else(|| {
            EventError::new(
                Some("operation"),
                format!("unknown operation `{operation}`; one of {}", operations()),
            )
        })?;
        Ok(Self {
            operation,
            binary: path(&mut fields, "binary")?,
            parent: path(&mut fields, "parent")?,
            ancestors: ancestors(&mut fields)?,
            uid: number(&mut fields, "uid", u64::from(u32::MAX))?.and_then(|uid| u32::try_from(uid).ok()),
            sensor: text(&mut fields, "sensor")?,
            group: text(&mut fields, "group")?,
            path: path(&mut fields, "path")?,
            access: access(&mut fields)?,
            anonymous: boolean(&mut fields, "anonymous")?,
            address: address(&mut fields)?,
            port: number(&mut fields, "port", 65_535)?.and_then(|port| u16::try_from(port).ok()),
            protocol: text(&mut fields, "protocol")?,
            capability: word_or_number(
                &mut fields,
                "capability",
                |word| Capability::parse(word).ok(),
                |number| u8::try_from(number).ok().and_then(Capability::from_number),
            )?,
            syscall: word_or_number(
                &mut fields,
                "syscall",
                |word| Syscall::parse(word).ok(),
                |number| u16::try_from(number).ok().and_then(Syscall::from_number),
            )?,
            family: word_or_number(&mut fields, "family", word::family, |number| u16::try_from(number).ok())?,
            socket_type: word_or_number(&mut fields, "type", word::socket_type, word::socket_type_of)?,
            mode: word_or_number(&mut fields, "mode", word::mode, |number| {
                u32::try_from(number).ok().filter(|mode| *mode <= 0o17_7777)
            })?,
            time: text(&mut fields, "time")?,
            other: fields,
        })
    }
}

/// Why a text is not an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    /// The field, if the error is about one.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub message: String,
}

impl EventError {
    fn new(field: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(formatter, "`{field}`: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for EventError {}

fn operations() -> String {
    let names: Vec<_> = Operation::ALL.into_iter().map(|operation| format!("`{operation}`")).collect();
    names.join(", ")
}

/// Takes a field; `null` is the same as absent.
fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    fields.remove(name).filter(|value| !value.is_null())
}

fn text(fields: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, EventError> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(EventError::new(Some(name), format!("expected a string, found `{other}`"))),
    }
}

fn path(fields: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, EventError> {
    text(fields, name)?.map(|path| resolved(name, path)).transpose()
}

fn resolved(name: &'static str, path: String) -> Result<String, EventError> {
    let components = path.strip_prefix('/');
    let clean = |rest: &str| rest.is_empty() || rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if components.is_some_and(clean) && !path.contains('\0') {
        return Ok(path);
    }
    Err(EventError::new(
        Some(name),
        format!("expected a resolved absolute path, found `{}`", path.escape_debug()),
    ))
}

fn ancestors(fields: &mut Map<String, Value>) -> Result<Option<Vec<String>>, EventError> {
    let name = "ancestors";
    let wrong =
        |found: &Value| EventError::new(Some(name), format!("expected a list of paths, found `{found}`"));
    match take(fields, name) {
        None => Ok(None),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(path) => resolved(name, path),
                other => Err(wrong(&other)),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        Some(other) => Err(wrong(&other)),
    }
}

fn access(fields: &mut Map<String, Value>) -> Result<Option<AccessSet>, EventError> {
    let wrong = |found: &Value| {
        let names: Vec<_> = Access::ALL.into_iter().map(|access| format!("`{}`", access.name())).collect();
        let names = names.join(", ");
        EventError::new(Some("access"), format!("expected a list of one or more of {names}, found `{found}`"))
    };
    let one = |item: &Value| {
        let access = Access::ALL.into_iter().find(|access| item.as_str() == Some(access.name()));
        access.ok_or_else(|| wrong(item))
    };
    match take(fields, "access") {
        None => Ok(None),
        Some(Value::Array(items)) if !items.is_empty() => {
            items.iter().map(one).collect::<Result<_, _>>().map(Some)
        }
        Some(other) => Err(wrong(&other)),
    }
}

fn address(fields: &mut Map<String, Value>) -> Result<Option<IpAddr>, EventError> {
    let Some(text) = text(fields, "address")? else { return Ok(None) };
    let address: Result<IpAddr, _> = text.parse();
    let wrong = |_| {
        EventError::new(
            Some("address"),
            format!("expected an IPv4 or IPv6 address, found `{}`", text.escape_debug()),
        )
    };
    address.map(|address| Some(address_at(address_number(address)))).map_err(wrong)
}

fn boolean(fields: &mut Map<String, Value>, name: &'static str) -> Result<Option<bool>, EventError> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(other) => {
            Err(EventError::new(Some(name), format!("expected `true` or `false`, found `{other}`")))
        }
    }
}

fn number(fields: &mut Map<String, Value>, name: &'static str, most: u64) -> Result<Option<u64>, EventError> {
    let Some(value) = take(fields, name) else { return Ok(None) };
    let number = value.as_u64().filter(|number| *number <= most);
    let wrong =
        || EventError::new(Some(name), format!("expected a number from 0 to {most}, found `{value}`"));
    number.map(Some).ok_or_else(wrong)
}

fn word_or_number<T>(
    fields: &mut Map<String, Value>,
    name: &'static str,
    of_word: impl FnOnce(&str) -> Option<T>,
    of_number: impl FnOnce(u64) -> Option<T>,
) -> Result<Option<T>, EventError> {
    let Some(value) = take(fields, name) else { return Ok(None) };
    let known = match &value {
        Value::String(word) => of_word(word),
        value => value.as_u64().and_then(of_number),
    };
    let wrong = || EventError::new(Some(name), format!("unknown {name} `{value}`"));
    known.map(Some).ok_or_else(wrong)
}
