//! A document as written -> the table of its fields, which is the order in which the formatter writes them.

use telovix_syntax::Mapping;
use telovix_syntax::field::{OtherKeys, Record};

use crate::KINDS;

/// Returns the fields of the kind of a document; none when the kind is unknown or allows other keys.
#[must_use]
pub fn field_order(mapping: &Mapping) -> Option<&'static Record> {
    let kind = match mapping.get("kind") {
        Some(kind) => kind.text()?,
        None if mapping.get("processes").is_some() => "RuntimeGuard",
        None => return None,
    };
    let kind = KINDS.iter().find(|known| known.name == kind)?;
    (kind.record.other_keys == OtherKeys::Refused).then_some(kind.record)
}
