//! YAML and JSON text -> nodes that keep their spans, and the fields of nodes.

#![forbid(unsafe_code)]

mod admit;
mod build;
pub mod codes;
mod comment;
mod cursor;
pub mod field;
pub mod format;
pub mod limits;
mod mismatch;
mod mistake;
mod node;
mod parse;
mod plain;
mod quote;
mod scalar;
mod sharing;
mod suggest;
mod text;
pub mod yaml11;

pub use build::Tree;
pub use codes::{CODES, UNPARSABLE};
pub use comment::{Comment, CommentPlace};
pub use cursor::{Cursor, capped, word};
pub use mismatch::wrong_type;
pub use node::{Entry, Mapping, Node, ScalarStyle, Value};
pub use parse::{parse, parse_by_parser, parse_sharing};
pub use quote::quote;
pub use scalar::{Scalar, resolve};
pub use suggest::{certainty, nearest};
pub use text::{Refusal, parsed, warn_of_yaml_1_1};
