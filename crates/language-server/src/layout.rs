//! A source -> its text in the standard format, which `telovix fmt` writes.

use gen_lsp_types as lsp;
use telovix_diagnostic::source::{SourceId, Span};
use telovix_document::field_order;
use telovix_syntax::format::format;

use crate::model::Model;

/// Returns one edit of the whole text; none when it is in the standard format already, or cannot be formatted.
pub(crate) fn edits(model: &Model, id: SourceId) -> Vec<lsp::TextEdit> {
    let Some(source) = model.sources.get(id) else { return Vec::new() };
    match format(source.text(), field_order) {
        Ok(new_text) if new_text != source.text() => {
            let range = model.range(Span::new(id, 0, source.text().len()));
            vec![lsp::TextEdit { range, new_text }]
        }
        _ => Vec::new(),
    }
}
