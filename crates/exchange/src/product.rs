//! Exports of the Console, and files as the runtime guard reads them -> documents with a `kind`.
//!
//! ```text
//! recognise  a mapping -> its kind, by its own fields
//! document   a mapping of a known kind -> the same as a document
//! scalar     text -> a node
//! guard      the patterns that the guard's own reader takes -> patterns of documents
//! ```

mod document;
mod guard;
mod recognise;
mod scalar;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_syntax::{Node, Value};
use telovix_tetragon::write_tree;

use crate::Change;
use recognise::Form;

/// A converted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The documents, as YAML.
    pub text: String,
    /// What differs from the original.
    pub changes: Vec<Change>,
}

/// Converts the text of a file. Returns nothing when the file needs no conversion: it has no export in it, cannot be parsed,
/// or is a document already.
#[must_use]
pub fn convert(text: &str) -> Option<Conversion> {
    let sources = SourceSet::single("file", text);
    let mut sink = Sink::default();
    let mut documents: Vec<(Form, Node<'static>)> = Vec::new();
    let mut has_others = false;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| {
            let before = documents.len();
            recognise::documents(&tree.root, &mut documents);
            has_others |= documents.len() == before;
        });
    }
    // What is not converted as a whole is not converted at all: half a file would drop the other half.
    if documents.is_empty() || has_others || sink.has_errors() {
        return None;
    }
    let mut lines = |span: Span| if span == Span::NOWHERE { 0 } else { sources.line(span) };
    let mut changes = Vec::new();
    let mut written = Vec::new();
    for (form, node) in documents {
        let Value::Mapping(mapping) = node.value else { continue };
        let (mapping, is_changed) = document::convert(form, mapping, &mut lines, &mut changes);
        has_others |= is_changed;
        written.push(write_tree(&Node { span: node.span, value: Value::Mapping(mapping) }));
    }
    has_others.then(|| Conversion { text: written.join("---\n"), changes })
}

/// Returns the folder of each pack in a file, `{pack_id}/{version}`: the documents in it belong to the pack.
#[must_use]
pub fn pack_folders(text: &str) -> Vec<String> {
    if !text.contains("pack_id") {
        return Vec::new();
    }
    let sources = SourceSet::single("file", text);
    let (mut sink, mut documents, mut folders) = (Sink::default(), Vec::new(), Vec::new());
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| {
            recognise::documents(&tree.root, &mut documents);
        });
    }
    for (_, node) in documents.iter().filter(|(form, _)| *form == Form::Pack) {
        let text = |key: &str| node.as_mapping().and_then(|pack| pack.get(key)).and_then(Node::text);
        if let (Some(id), Some(version)) = (text("pack_id"), text("version")) {
            folders.push(format!("{id}/{version}"));
        }
    }
    folders
}
