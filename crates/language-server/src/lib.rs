//! The messages of an editor and a compiled repository -> answers.
//!
//! ```text
//! position    lines and characters as the Language Server Protocol counts them
//! text        the text of an open document, and edits of it
//! open_texts  the open documents, within limits, and whether they are what the editor has
//! uri         names of files -> the URIs that editors use, and back
//! model       a compiled repository: its sources, its findings, and places in them
//! finding     a finding -> what an editor shows
//! action      a range -> the fixes of its findings, and comments that accept them
//! context     a place -> the document kind and the field that it is in, also in unfinished text
//! hover       a place -> the page of its finding, or the description of its field
//! completion  a place -> the fields and values that fit there
//! outline     a source -> its documents and their fields, as symbols and as blocks to fold
//! reference   a place -> the documents that have the id there, and every use of it
//! layout      a source -> its text in the standard format
//! session     messages -> the state of a session, and its answers
//! ```
//!
//! The caller compiles: [`Repository`] is all that this crate knows of a disk. The crate is pure: no I/O, no clock, and no
//! panic on what an editor sends. Protocol: 3.17, <https://microsoft.github.io/language-server-protocol/>.

#![forbid(unsafe_code)]

mod action;
pub mod code;
mod completion;
mod context;
mod finding;
mod hover;
mod layout;
mod model;
mod open_texts;
mod outline;
mod position;
mod reference;
mod session;
mod text;
mod uri;

pub use model::Model;
pub use position::{Encoding, Position, Range};
pub use session::{Answer, Failed, Repository, Session, Told};
pub use text::{Refusal, Text};
pub use uri::{path_of, uri_of};
