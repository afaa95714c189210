//! YAML and JSON text -> nodes that keep their spans.

mod node;

pub use node::{Entry, Mapping, Node, ScalarStyle, Value};

use crate::diagnostic::Code;

/// The codes this room reports.
pub const CODES: &[&Code] = &[];
