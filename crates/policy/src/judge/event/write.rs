//! An event -> its JSON.

use std::fmt::Display;

use serde::Serializer;
use serde_json::Value;

use super::super::word;
use super::Event;
use crate::confine::{Access, AccessSet, Operation, SocketType};

impl Event {
    /// Returns the event as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("all keys of an event are strings")
    }
}

pub(super) fn operation<S: Serializer>(operation: &Operation, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(operation.name())
}

pub(super) fn access<S: Serializer>(used: &Option<AccessSet>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(used.iter().flat_map(|used| used.iter()).map(Access::name))
}

/// Writes a value by its name. The callers of these functions leave out what is absent.
pub(super) fn word<T: Display, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

pub(super) fn family<S: Serializer>(family: &Option<u16>, to: S) -> Result<S::Ok, S::Error> {
    match family {
        Some(number) => match word::family_word(*number) {
            Some(word) => to.serialize_str(word),
            None => to.serialize_u16(*number),
        },
        None => to.serialize_none(),
    }
}

pub(super) fn socket_type<S: Serializer>(kind: &Option<SocketType>, to: S) -> Result<S::Ok, S::Error> {
    word(&kind.map(SocketType::name), to)
}

pub(super) fn mode<S: Serializer>(mode: &Option<u32>, to: S) -> Result<S::Ok, S::Error> {
    word(&mode.map(|mode| format!("{mode:04o}")), to)
}
