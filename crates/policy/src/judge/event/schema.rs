//! The JSON Schema of events, and of those fields whose Rust type does not say what their text may be.

use schemars::{Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::Value;

use super::Event;
use crate::confine::{Access, Operation};

impl Event {
    /// Returns the JSON Schema of an event.
    #[must_use]
    pub fn schema() -> Value {
        schema_for!(Self).to_value()
    }
}

pub(super) fn operation(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": Operation::ALL.map(Operation::name)})
}

pub(super) fn text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"]})
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "format": "date-time"})
}

pub(super) fn path(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "pattern": "^/"})
}

pub(super) fn paths(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["array", "null"], "items": {"type": "string", "pattern": "^/"}})
}

pub(super) fn access(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["array", "null"],
        "items": {"enum": Access::ALL.map(Access::name)},
        "minItems": 1,
    })
}

pub(super) fn word_or_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "integer", "null"]})
}
