//! The texts of the documents that are open in an editor, and whether they are still what the editor has.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;

use crate::position::{Encoding, Position, Range};
use crate::text::{Refusal, Text};
use crate::uri::path_of;

/// How many bytes open documents may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// One document.
    pub document: usize,
    /// All of them together.
    pub all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { document: 16 << 20, all: 64 << 20 }
    }
}

/// What is known of the text of an open document.
enum Held {
    /// It is the editor's.
    InStep(Text),
    /// An edit was refused, so places that the editor names are those of another text.
    OutOfStep,
}

struct Document {
    version: i32,
    held: Held,
}

/// The open documents, by path; by URI those that are no files.
#[derive(Default)]
pub(crate) struct OpenTexts {
    limits: Limits,
    documents: BTreeMap<String, Document>,
}

/// What a document is known by.
pub(crate) fn key(uri: &lsp::Uri) -> String {
    path_of(uri).unwrap_or_else(|| uri.0.clone())
}

impl OpenTexts {
    /// Opens a document, or opens it again.
    pub(crate) fn open(&mut self, uri: &lsp::Uri, version: i32, text: String) -> Result<(), Refusal> {
        let key = key(uri);
        let opened = Text::open(text, self.limit(&key));
        self.hold(key, version, opened)
    }

    /// Applies the edits of one message, all of them or none. After a refusal the document is out of step until its whole
    /// text comes; edits of places are then ignored.
    pub(crate) fn change(
        &mut self,
        document: lsp::VersionedTextDocumentIdentifier,
        changes: Vec<lsp::TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Result<(), Refusal> {
        let (uri, version) = (document.text_document_identifier.uri, document.version);
        let key = key(&uri);
        let limit = self.limit(&key);
        let mut text = match self.documents.get(&key) {
            Some(Document { held: Held::InStep(text), .. }) => Some(text.clone().limited(limit)),
            _ => None,
        };
        for change in changes {
            let edited = match (change, &mut text) {
                (lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change), _) => {
                    Text::open(change.text, limit).map(|whole| text = Some(whole))
                }
                (
                    lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change),
                    Some(text),
                ) => {
                    let place = |at: lsp::Position| Position { line: at.line, character: at.character };
                    let range = Range { start: place(change.range.start), end: place(change.range.end) };
                    text.replace(range, &change.text, encoding)
                }
                (_, None) => Ok(()),
            };
            if let Err(refusal) = edited {
                return self.hold(key, version, Err(refusal));
            }
        }
        match text {
            Some(text) => self.hold(key, version, Ok(text)),
            None => Ok(()),
        }
    }

    /// Closes a document: its file counts again.
    pub(crate) fn close(&mut self, uri: &lsp::Uri) {
        self.documents.remove(&key(uri));
    }

    /// Returns the texts that are the editor's, by path.
    pub(crate) fn texts(&self) -> Vec<(&str, &str)> {
        let in_step = self.documents.iter().filter_map(|(path, document)| match &document.held {
            Held::InStep(text) => Some((path.as_str(), text.as_str())),
            Held::OutOfStep => None,
        });
        in_step.collect()
    }

    /// Returns whether nothing can be said about a document until its whole text comes.
    pub(crate) fn is_out_of_step(&self, uri: &lsp::Uri) -> bool {
        matches!(self.documents.get(&key(uri)), Some(Document { held: Held::OutOfStep, .. }))
    }

    /// Returns the version of a document that is open.
    pub(crate) fn version(&self, uri: &lsp::Uri) -> Option<i32> {
        self.documents.get(&key(uri)).map(|document| document.version)
    }

    /// How many documents are open.
    pub(crate) fn count(&self) -> usize {
        self.documents.len()
    }

    /// The most bytes that a document may have beside the others.
    fn limit(&self, key: &str) -> usize {
        let others = self.documents.iter().filter(|(other, _)| *other != key);
        let bytes = others.map(|(_, document)| match &document.held {
            Held::InStep(text) => text.as_str().len(),
            Held::OutOfStep => 0,
        });
        self.limits.document.min(self.limits.all.saturating_sub(bytes.sum()))
    }

    fn hold(&mut self, key: String, version: i32, text: Result<Text, Refusal>) -> Result<(), Refusal> {
        let (held, result) = match text {
            Ok(text) => (Held::InStep(text), Ok(())),
            Err(refusal) => (Held::OutOfStep, Err(refusal)),
        };
        self.documents.insert(key, Document { version, held });
        result
    }
}

#[cfg(test)]
mod tests {
    use gen_lsp_types as lsp;
    use serde_json::json;

    use super::{Limits, OpenTexts};
    use crate::position::Encoding;
    use crate::text::Refusal;

    fn change(texts: &mut OpenTexts, uri: &str, changes: serde_json::Value) -> Result<(), Refusal> {
        let document = serde_json::from_value(json!({ "uri": uri, "version": 2 })).expect("a document");
        let changes = serde_json::from_value(changes).expect("changes");
        texts.change(document, changes, Encoding::Utf16)
    }

    fn insert(line: u32, text: &str) -> serde_json::Value {
        let at = json!({ "line": line, "character": 0 });
        json!({ "range": { "start": at, "end": at }, "text": text })
    }

    #[test]
    fn a_refused_edit_takes_the_edits_around_it_and_all_answers_until_the_whole_text_comes() {
        let mut texts = OpenTexts::default();
        let uri: lsp::Uri = "file:///a.yaml".into();
        texts.open(&uri, 1, "one\n".to_owned()).expect("it is short");
        let refused = change(&mut texts, &uri.0, json!([insert(0, "x"), insert(9, "y"), insert(0, "z")]));
        assert_eq!(refused, Err(Refusal::NoLine { line: 9, lines: 2 }));
        assert!(texts.is_out_of_step(&uri) && texts.texts().is_empty());
        change(&mut texts, &uri.0, json!([insert(0, "ignored")])).expect("it was told before");
        assert!(texts.is_out_of_step(&uri));
        change(&mut texts, &uri.0, json!([{ "text": "two" }, insert(0, "x")])).expect("a whole text");
        assert_eq!(texts.texts(), [("/a.yaml", "xtwo")]);
    }

    #[test]
    fn all_documents_together_have_a_limit_at_every_edit() {
        let mut texts = OpenTexts { limits: Limits { document: 8, all: 10 }, ..OpenTexts::default() };
        texts.open(&"file:///a.yaml".into(), 1, "12".to_owned()).expect("it is short");
        texts.open(&"file:///b%20.yaml".into(), 1, "12".to_owned()).expect("it is short");
        change(&mut texts, "file:///a.yaml", json!([insert(0, "345678")])).expect("eight and two");
        let refused = change(&mut texts, "file:///b%20.yaml", json!([insert(0, "3")]));
        assert_eq!(refused, Err(Refusal::TooLong { bytes: 3, limit: 2 }));
        // The same file under another spelling is not counted twice.
        texts
            .open(&"file://localhost/a.yaml".into(), 1, "12345678".to_owned())
            .expect("it takes its own place");
    }
}
