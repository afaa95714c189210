//! The fields of a document kind -> its JSON Schema, for editors and other tools.

use serde_json::{Map, Value, json};
use telovix_syntax::field::{Field, Lines, OtherKeys, Presence, Record, Shape, Text};

/// Returns the schema of a document kind.
pub(super) fn schema(title: &str, record: &Record) -> Value {
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title });
    if let (Value::Object(schema), Value::Object(fields)) = (&mut schema, object(record)) {
        schema.extend(fields);
    }
    schema
}

fn object(record: &Record) -> Value {
    let properties: Map<_, _> =
        record.fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let required = record.fields.iter().filter(|field| field.presence == Presence::Required);
    let required: Vec<_> = required.map(|field| field.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": record.description,
        "properties": properties,
        "additionalProperties": record.other_keys == OtherKeys::Kept,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = shape(&field.shape);
    schema["description"] = json!(field.description);
    match field.presence {
        // A key without a value means the same as a missing key.
        Presence::Default(value) => {
            schema["default"] = serde_json::from_str(value).expect("JSON notation");
            nullable(&mut schema);
        }
        Presence::Optional => nullable(&mut schema),
        Presence::Required | Presence::Distinct => {}
    }
    schema
}

fn nullable(schema: &mut Value) {
    match &mut schema["type"] {
        Value::String(one) => schema["type"] = json!([one, "null"]),
        Value::Array(several) => several.push(json!("null")),
        _ => {}
    }
    if let Some(words) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        words.push(json!({ "const": null }));
    }
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(limits) => text(limits, &json!("string")),
        Shape::Lexeme(limits) => text(limits, &json!(["string", "number", "boolean"])),
        Shape::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Choice(choices) => {
            let words = choices
                .iter()
                .map(|choice| json!({ "const": choice.word, "description": choice.description }));
            json!({ "type": "string", "oneOf": words.collect::<Vec<_>>() })
        }
        Shape::List(item) => json!({ "type": "array", "items": self::shape(item) }),
        Shape::Record(record) => object(record),
        Shape::Map(value) => {
            let mut schema = self::shape(value);
            if matches!(value, Shape::Record(_)) {
                // A key without a value means an empty mapping.
                nullable(&mut schema);
            }
            json!({ "type": "object", "additionalProperties": schema })
        }
    }
}

fn text(limits: &Text, kind: &Value) -> Value {
    let mut schema = json!({ "type": kind, "minLength": limits.least, "maxLength": limits.most });
    if let Some(pattern) = limits.pattern {
        schema["pattern"] = json!(pattern);
    } else if limits.lines == Lines::One {
        schema["pattern"] = json!("^[^\\u0000-\\u001f]*$");
    }
    if let Some(known) = limits.known {
        // Suggestions only: other spellings of the same value are accepted as well.
        let known: Vec<_> = known();
        schema = json!({ "anyOf": [{ "enum": known }, schema], "type": schema["type"] });
    }
    schema
}
