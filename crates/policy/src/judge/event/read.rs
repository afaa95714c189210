//! The JSON of an event -> an event, or an error.

use std::cell::Cell;
use std::fmt;
use std::net::IpAddr;

use serde::de::value::MapDeserializer;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map, Value};

use super::super::word;
use super::Event;
use super::json::Strict;
use crate::confine::{Access, AccessSet, Operation, SocketType};
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
    pub fn from_fields(fields: Map<String, Value>) -> Result<Self, EventError> {
        if !fields.contains_key("operation") {
            return Err(EventError::new(
                Some("operation".into()),
                format!("missing; one of {}", operations()),
            ));
        }
        // The deserializer takes a key, then its value: the last key taken is the one with an invalid value.
        let at = Cell::new(None);
        let fields = fields.into_iter().inspect(|(key, _)| at.set(Some(key.clone())));
        Self::deserialize(MapDeserializer::<_, serde_json::Error>::new(fields))
            .map_err(|error| EventError::new(at.take(), error.to_string()))
    }
}

/// Why a text is not an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError {
    /// The field, if the error is about one.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl EventError {
    fn new(field: Option<String>, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(formatter, "`{field}`: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for EventError {}

fn operations() -> String {
    Operation::ALL.map(|operation| format!("`{operation}`")).join(", ")
}

pub(super) fn operation<'de, D: Deserializer<'de>>(from: D) -> Result<Operation, D::Error> {
    let missing = || D::Error::custom(format_args!("missing; one of {}", operations()));
    let name = text(from)?.ok_or_else(missing)?;
    let unknown = || D::Error::custom(format_args!("unknown operation `{name}`; one of {}", operations()));
    Operation::parse(&name).ok_or_else(unknown)
}

pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match known(from)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(D::Error::custom(format_args!("expected a string, found `{other}`"))),
    }
}

pub(super) fn path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from)?.map(resolved).transpose()
}

pub(super) fn paths<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let wrong = |found: &Value| D::Error::custom(format_args!("expected a list of paths, found `{found}`"));
    let one = |item| match item {
        Value::String(path) => resolved(path),
        other => Err(wrong(&other)),
    };
    match known(from)? {
        None => Ok(None),
        Some(Value::Array(items)) => items.into_iter().map(one).collect::<Result<_, _>>().map(Some),
        Some(other) => Err(wrong(&other)),
    }
}

pub(super) fn access<'de, D: Deserializer<'de>>(from: D) -> Result<Option<AccessSet>, D::Error> {
    let wrong = |found: &Value| {
        let names = Access::ALL.map(|access| format!("`{}`", access.name())).join(", ");
        D::Error::custom(format_args!("expected a list of one or more of {names}, found `{found}`"))
    };
    let one = |item: &Value| {
        let access = Access::ALL.into_iter().find(|access| item.as_str() == Some(access.name()));
        access.ok_or_else(|| wrong(item))
    };
    match known(from)? {
        None => Ok(None),
        Some(Value::Array(items)) if !items.is_empty() => {
            items.iter().map(one).collect::<Result<_, _>>().map(Some)
        }
        Some(other) => Err(wrong(&other)),
    }
}

pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IpAddr>, D::Error> {
    let Some(text) = text(from)? else { return Ok(None) };
    let address: Result<IpAddr, _> = text.parse();
    let wrong = |_| {
        D::Error::custom(format_args!("expected an IPv4 or IPv6 address, found `{}`", text.escape_debug()))
    };
    address.map(|address| Some(address_at(address_number(address)))).map_err(wrong)
}

pub(super) fn boolean<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match known(from)? {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(other) => Err(D::Error::custom(format_args!("expected `true` or `false`, found `{other}`"))),
    }
}

pub(super) fn number<'de, D: Deserializer<'de>, T: Number>(from: D) -> Result<Option<T>, D::Error> {
    let Some(value) = known(from)? else { return Ok(None) };
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    let wrong = || D::Error::custom(format_args!("expected a number from 0 to {}, found `{value}`", T::MOST));
    number.map(Some).ok_or_else(wrong)
}

/// An unsigned number with its limit.
pub(super) trait Number: TryFrom<u64> {
    const MOST: u64;
}

impl Number for u16 {
    const MOST: u64 = Self::MAX as u64;
}

impl Number for u32 {
    const MOST: u64 = Self::MAX as u64;
}

pub(super) fn capability<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Capability>, D::Error> {
    let of_number = |number| u8::try_from(number).ok().and_then(Capability::from_number);
    word_or_number(from, "capability", |word| Capability::parse(word).ok(), of_number)
}

pub(super) fn syscall<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Syscall>, D::Error> {
    let of_number = |number| u16::try_from(number).ok().and_then(Syscall::from_number);
    word_or_number(from, "syscall", |word| Syscall::parse(word).ok(), of_number)
}

pub(super) fn family<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    word_or_number(from, "family", word::family, |number| u16::try_from(number).ok())
}

pub(super) fn socket_type<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketType>, D::Error> {
    word_or_number(from, "type", word::socket_type, word::socket_type_of)
}

pub(super) fn mode<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let of_number = |number| u32::try_from(number).ok().filter(|mode| *mode <= 0o17_7777);
    word_or_number(from, "mode", word::mode, of_number)
}

fn word_or_number<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &str,
    of_word: impl FnOnce(&str) -> Option<T>,
    of_number: impl FnOnce(u64) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    let Some(value) = known(from)? else { return Ok(None) };
    let known = match &value {
        Value::String(word) => of_word(word),
        value => value.as_u64().and_then(of_number),
    };
    known.map(Some).ok_or_else(|| D::Error::custom(format_args!("unknown {what} `{value}`")))
}

/// Returns the value of a field; `null` is the same as absent.
fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(|value| Some(value).filter(|value| !value.is_null()))
}

fn resolved<E: Error>(path: String) -> Result<String, E> {
    let components = path.strip_prefix('/');
    let clean = |rest: &str| rest.is_empty() || rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if components.is_some_and(clean) && !path.contains('\0') {
        return Ok(path);
    }
    Err(E::custom(format_args!("expected a resolved absolute path, found `{}`", path.escape_debug())))
}
