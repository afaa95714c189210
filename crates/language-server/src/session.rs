//! Messages -> the state of a session, and its answers.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use telovix_diagnostic::source::SourceId;

use crate::code::EDIT_REFUSED;
use crate::model::Model;
use crate::open_texts::{OpenTexts, key};
use crate::position::Encoding;
use crate::text::Refusal;
use crate::{action, completion, finding, hover, layout, outline, reference};

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

/// A session with one editor.
pub struct Session<R> {
    repository: R,
    encoding: Encoding,
    open: OpenTexts,
    model: Option<Model>,
    /// Whether something changed since the last compile.
    stale: bool,
    /// What the editor shows, by URI.
    published: BTreeMap<String, Vec<lsp::Diagnostic>>,
    pending: Vec<Told>,
}

impl<R> std::fmt::Debug for Session<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("open", &self.open.count()).finish_non_exhaustive()
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
            open: OpenTexts::default(),
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
            "textDocument/didOpen" => read(params).and_then(|params: lsp::DidOpenTextDocumentParams| {
                let lsp::TextDocumentItem { uri, version, text, .. } = params.text_document;
                self.open.open(&uri, version, text).map_err(|refusal| refused(&refusal))
            }),
            "textDocument/didChange" => read(params).and_then(|params: lsp::DidChangeTextDocumentParams| {
                let changed = self.open.change(params.text_document, params.content_changes, self.encoding);
                changed.map_err(|refusal| refused(&refusal))
            }),
            "textDocument/didClose" => read(params).map(|params: lsp::DidCloseTextDocumentParams| {
                self.open.close(&params.text_document.uri);
            }),
            "textDocument/didSave"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeConfiguration" => Ok(()),
            _ => return,
        };
        self.stale = true;
        if let Err(failed) = taken {
            self.tell_error(&format!("{}: {}", EDIT_REFUSED.id, failed.message));
        }
    }

    /// Compiles what changed, and returns what the editor must be told.
    pub fn settle(&mut self) -> Vec<Told> {
        self.refresh();
        std::mem::take(&mut self.pending)
    }

    /// Answers about a document, as it is now.
    fn with<T>(
        &mut self,
        document: &lsp::TextDocumentIdentifier,
        answer: impl FnOnce(&Model, SourceId) -> T,
    ) -> Option<T> {
        self.refresh();
        if self.open.is_out_of_step(&document.uri) {
            return None;
        }
        let model = self.model.as_ref()?;
        let id = model.source(&key(&document.uri))?;
        Some(answer(model, id))
    }

    fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let open = self.open.texts();
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
            let uri = model.uri(id).filter(|uri| !findings.is_empty() && !self.open.is_out_of_step(uri));
            if let Some(uri) = uri {
                shown.insert(uri.0, findings.iter().map(|found| finding::shown(model, found)).collect());
            }
        }
        let gone: Vec<String> =
            self.published.keys().filter(|uri| !shown.contains_key(*uri)).cloned().collect();
        let changed = shown.iter().filter(|(uri, now)| self.published.get(*uri) != Some(now));
        let changed = changed.map(|(uri, now)| (uri.clone(), now.clone()));
        let told: Vec<_> = gone.into_iter().map(|uri| (uri, Vec::new())).chain(changed).collect();
        for (uri, diagnostics) in told {
            let uri = lsp::Uri(uri);
            let version = self.open.version(&uri);
            let params = lsp::PublishDiagnosticsParams { uri, version, diagnostics };
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
    let message = format!("{refusal}; close the document and open it again");
    Failed { code: INVALID_PARAMS, message }
}
