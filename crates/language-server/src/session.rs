//! Messages -> the state of a session, and its answers.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use telovix_diagnostic::source::SourceId;

use crate::code::EDIT_REFUSED;
use crate::model::Model;
use crate::position::{Encoding, Position, Range};
use crate::text::{Refusal, Text};
use crate::uri::path_of;
use crate::{action, completion, finding, hover, layout, outline, reference};

/// The most bytes that one open document may have.
const LARGEST_DOCUMENT: usize = 16 << 20;
/// The most bytes that all open documents may have.
const MOST_OPEN: usize = 64 << 20;

/// What a session needs of a disk and a compiler.
pub trait Repository {
    /// Compiles everything, with the texts of open documents in the place of files. Paths are absolute.
    ///
    /// # Errors
    /// When the settings of the repository cannot be read; what is wrong with policies is in the model.
    fn compile(&mut self, open: &[(&str, &str)], encoding: Encoding) -> Result<Model, String>;
}

/// A request that has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The number that the protocol gives to the reason.
    pub code: i32,
    /// The reason.
    pub message: String,
}

/// The answer of a request.
pub type Answer = Result<Value, Failed>;

/// Something that the server says by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The method of the notification.
    pub method: &'static str,
    /// Its parameters.
    pub params: Value,
}

struct Document {
    uri: lsp::Uri,
    text: Text,
    version: i32,
}

/// A session with one editor.
pub struct Session<R> {
    repository: R,
    encoding: Encoding,
    open: BTreeMap<String, Document>,
    model: Option<Model>,
    /// Whether something changed since the last compile.
    stale: bool,
    /// What the editor shows, by URI.
    published: BTreeMap<String, Vec<lsp::Diagnostic>>,
    pending: Vec<Told>,
}

impl<R> std::fmt::Debug for Session<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

impl<R: Repository> Session<R> {
    /// Begins a session with the parameters of `initialize`, and returns its answer.
    ///
    /// # Errors
    /// When they are not what the protocol says.
    pub fn begin(repository: R, params: Value) -> Result<(Self, Value), Failed> {
        let params: lsp::InitializeParams = read(params)?;
        let offered = params.capabilities.general.and_then(|general| general.position_encodings);
        let bytes = offered.is_some_and(|offered| offered.contains(&lsp::PositionEncodingKind::UTF8));
        let encoding = if bytes { Encoding::Utf8 } else { Encoding::Utf16 };
        let session = Self {
            repository,
            encoding,
            open: BTreeMap::new(),
            model: None,
            stale: true,
            published: BTreeMap::new(),
            pending: Vec::new(),
        };
        let answer = lsp::InitializeResult {
            capabilities: capabilities(encoding),
            server_info: Some(lsp::ServerInfo {
                name: "telovix".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        };
        Ok((session, written(answer)?))
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When the method is unknown, or its parameters are not what the protocol says.
    pub fn request(&mut self, method: &str, params: Value) -> Answer {
        match method {
            "textDocument/diagnostic" => {
                let params: lsp::DocumentDiagnosticParams = read(params)?;
                let items = self.with(&params.text_document, |model, id| {
                    let found = model.findings_of(id).iter();
                    found.map(|found| finding::shown(model, found)).collect::<Vec<_>>()
                });
                Ok(json!({ "kind": "full", "items": items.unwrap_or_default() }))
            }
            "textDocument/codeAction" => {
                let params: lsp::CodeActionParams = read(params)?;
                let actions =
                    self.with(&params.text_document, |model, id| action::actions(model, id, params.range));
                written(actions.unwrap_or_default())
            }
            "textDocument/hover" => {
                let lsp::HoverParams { text_document_position_params: place, .. } = read(params)?;
                written(
                    self.with(&place.text_document, |model, id| hover::hover(model, id, place.position))
                        .flatten(),
                )
            }
            "textDocument/completion" => {
                let lsp::CompletionParams { text_document_position_params: place, .. } = read(params)?;
                let items =
                    self.with(&place.text_document, |model, id| completion::items(model, id, place.position));
                written(items.unwrap_or_default())
            }
            "textDocument/definition" => {
                let lsp::DefinitionParams { text_document_position_params: place, .. } = read(params)?;
                let found = self.with(&place.text_document, |model, id| {
                    reference::definitions(model, id, place.position)
                });
                written(found.unwrap_or_default())
            }
            "textDocument/references" => {
                let lsp::ReferenceParams { text_document_position_params: place, .. } = read(params)?;
                let found = self
                    .with(&place.text_document, |model, id| reference::references(model, id, place.position));
                written(found.unwrap_or_default())
            }
            "textDocument/rename" => {
                let lsp::RenameParams { text_document_position_params: place, new_name, .. } = read(params)?;
                let edit = self.with(&place.text_document, |model, id| {
                    reference::rename(model, id, place.position, &new_name)
                });
                match edit.flatten() {
                    Some(edit) => written(edit),
                    None => Err(invalid("there is no name of a document here")),
                }
            }
            "textDocument/documentSymbol" => {
                let params: lsp::DocumentSymbolParams = read(params)?;
                written(self.with(&params.text_document, outline::symbols).unwrap_or_default())
            }
            "textDocument/foldingRange" => {
                let params: lsp::FoldingRangeParams = read(params)?;
                written(self.with(&params.text_document, outline::folds).unwrap_or_default())
            }
            "textDocument/formatting" => {
                let params: lsp::DocumentFormattingParams = read(params)?;
                written(self.with(&params.text_document, layout::edits).unwrap_or_default())
            }
            _ => Err(Failed { code: METHOD_NOT_FOUND, message: format!("there is no method `{method}`") }),
        }
    }

    /// Takes a notification. What it does not know it ignores, as the protocol says.
    pub fn notification(&mut self, method: &str, params: Value) {
        let taken = match method {
            "textDocument/didOpen" => read(params).and_then(|params| self.opened(params)),
            "textDocument/didChange" => read(params).and_then(|params| self.changed(params)),
            "textDocument/didClose" => read(params).map(|params: lsp::DidCloseTextDocumentParams| {
                self.open.remove(&key(&params.text_document.uri));
                self.stale = true;
            }),
            "textDocument/didSave"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeConfiguration" => {
                self.stale = true;
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(failed) = taken {
            self.tell_error(&format!("{}: {}", EDIT_REFUSED.id, failed.message));
        }
    }

    /// Compiles what changed, and returns what the editor must be told.
    pub fn settle(&mut self) -> Vec<Told> {
        self.refresh();
        std::mem::take(&mut self.pending)
    }

    fn opened(&mut self, params: lsp::DidOpenTextDocumentParams) -> Result<(), Failed> {
        let lsp::TextDocumentItem { uri, version, text, .. } = params.text_document;
        let others = self.bytes_without(&uri);
        let limit = LARGEST_DOCUMENT.min(MOST_OPEN.saturating_sub(others));
        let text = Text::open(text, limit).map_err(|refusal| refused(&refusal))?;
        self.open.insert(key(&uri), Document { uri, text, version });
        self.stale = true;
        Ok(())
    }

    fn changed(&mut self, params: lsp::DidChangeTextDocumentParams) -> Result<(), Failed> {
        let uri = &params.text_document.text_document_identifier.uri;
        let others = self.bytes_without(uri);
        let encoding = self.encoding;
        let document = self.open.get_mut(&key(uri)).ok_or_else(|| invalid("the document is not open"))?;
        self.stale = true;
        for change in params.content_changes {
            match change {
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                    let place = |at: lsp::Position| Position { line: at.line, character: at.character };
                    let range = Range { start: place(change.range.start), end: place(change.range.end) };
                    document
                        .text
                        .replace(range, &change.text, encoding)
                        .map_err(|refusal| refused(&refusal))?;
                }
                lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                    let limit = LARGEST_DOCUMENT.min(MOST_OPEN.saturating_sub(others));
                    document.text = Text::open(change.text, limit).map_err(|refusal| refused(&refusal))?;
                }
            }
        }
        document.version = params.text_document.version;
        Ok(())
    }

    fn bytes_without(&self, uri: &lsp::Uri) -> usize {
        self.open.values().filter(|other| other.uri != *uri).map(|other| other.text.as_str().len()).sum()
    }

    /// Answers about a document, as it is now.
    fn with<T>(
        &mut self,
        document: &lsp::TextDocumentIdentifier,
        answer: impl FnOnce(&Model, SourceId) -> T,
    ) -> Option<T> {
        self.refresh();
        let model = self.model.as_ref()?;
        let id = model.source(&key(&document.uri))?;
        Some(answer(model, id))
    }

    fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let open: Vec<(&str, &str)> =
            self.open.iter().map(|(path, document)| (path.as_str(), document.text.as_str())).collect();
        match self.repository.compile(&open, self.encoding) {
            Ok(model) => {
                self.publish(&model);
                self.model = Some(model);
            }
            Err(message) => self.tell_error(&message),
        }
    }

    /// Tells of every source whose findings changed.
    fn publish(&mut self, model: &Model) {
        let mut shown: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
        for (id, findings) in model.findings() {
            if let Some(uri) = model.uri(id).filter(|_| !findings.is_empty()) {
                shown.insert(uri.0, findings.iter().map(|found| finding::shown(model, found)).collect());
            }
        }
        let gone: Vec<String> =
            self.published.keys().filter(|uri| !shown.contains_key(*uri)).cloned().collect();
        let changed = shown.iter().filter(|(uri, now)| self.published.get(*uri) != Some(now));
        let changed = changed.map(|(uri, now)| (uri.clone(), now.clone()));
        let told: Vec<_> = gone.into_iter().map(|uri| (uri, Vec::new())).chain(changed).collect();
        for (uri, diagnostics) in told {
            let version = self.open.values().find(|open| open.uri.0 == uri).map(|open| open.version);
            let params = lsp::PublishDiagnosticsParams { uri: lsp::Uri(uri), version, diagnostics };
            if let Ok(params) = written(params) {
                self.pending.push(Told { method: "textDocument/publishDiagnostics", params });
            }
        }
        self.published = shown;
    }

    fn tell_error(&mut self, message: &str) {
        let params = json!({ "type": 1, "message": message });
        self.pending.push(Told { method: "window/showMessage", params });
    }
}

const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL_ERROR: i32 = -32603;

fn capabilities(encoding: Encoding) -> lsp::ServerCapabilities {
    let whole = |yes| Some(yes);
    lsp::ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: whole(true),
            change: Some(lsp::TextDocumentSyncKind::Incremental),
            save: Some(lsp::Save::Bool(true)),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(vec![":".to_owned(), " ".to_owned(), "-".to_owned(), "/".to_owned()]),
            ..lsp::CompletionOptions::default()
        }),
        hover_provider: Some(lsp::HoverProvider::Bool(true)),
        definition_provider: Some(lsp::DefinitionProvider::Bool(true)),
        references_provider: Some(lsp::ReferencesProvider::Bool(true)),
        rename_provider: Some(lsp::RenameProvider::Bool(true)),
        document_symbol_provider: Some(lsp::DocumentSymbolProvider::Bool(true)),
        folding_range_provider: Some(lsp::FoldingRangeProvider::Bool(true)),
        document_formatting_provider: Some(lsp::DocumentFormattingProvider::Bool(true)),
        code_action_provider: Some(lsp::CodeActionProvider::CodeActionOptions(lsp::CodeActionOptions {
            code_action_kinds: Some(vec![lsp::CodeActionKind::QuickFix]),
            ..lsp::CodeActionOptions::default()
        })),
        diagnostic_provider: Some(lsp::DiagnosticProvider::DiagnosticOptions(lsp::DiagnosticOptions {
            inter_file_dependencies: true,
            workspace_diagnostics: false,
            ..lsp::DiagnosticOptions::default()
        })),
        ..lsp::ServerCapabilities::default()
    }
}

/// What a document is known by: its path, or its URI if it is no file.
fn key(uri: &lsp::Uri) -> String {
    path_of(uri).unwrap_or_else(|| uri.0.clone())
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failed> {
    serde_json::from_value(params)
        .map_err(|error| Failed { code: INVALID_PARAMS, message: format!("wrong parameters: {error}") })
}

fn written(answer: impl Serialize) -> Answer {
    serde_json::to_value(answer)
        .map_err(|error| Failed { code: INTERNAL_ERROR, message: format!("the answer is no JSON: {error}") })
}

fn invalid(message: &str) -> Failed {
    Failed { code: INVALID_PARAMS, message: message.to_owned() }
}

fn refused(refusal: &Refusal) -> Failed {
    Failed { code: INVALID_PARAMS, message: refusal.to_string() }
}
