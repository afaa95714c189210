//! A source -> its documents and their fields, as symbols and as blocks to fold.

use gen_lsp_types as lsp;
use telovix_diagnostic::source::{SourceId, Span};
use telovix_diagnostic::{Levels, Sink};
use telovix_syntax::{Entry, Mapping, Value, parse};

use crate::model::Model;

/// The most bytes of a value that are shown after its key.
const LONGEST_DETAIL: usize = 80;

/// Returns the documents of a source, each with its fields.
pub(crate) fn symbols(model: &Model, id: SourceId) -> Vec<lsp::DocumentSymbol> {
    let mut symbols = Vec::new();
    each_document(model, id, |span, mapping| {
        let text = |key: &str| mapping.get(key).and_then(|node| node.text());
        let metadata = mapping.get("metadata").and_then(|node| node.as_mapping());
        let name = text("name").or_else(|| metadata?.get("name")?.text());
        let kind = text("kind").unwrap_or("document");
        let selection = mapping.entries.first().map_or(span, |entry| entry.key.span);
        let name = name.filter(|name| !name.is_empty()).unwrap_or(kind);
        let children = mapping.entries.iter().map(|entry| field(model, entry)).collect();
        let symbol = symbol(name, lsp::SymbolKind::Object, (model.range(span), model.range(selection)));
        let detail = Some(kind.to_owned());
        symbols.push(lsp::DocumentSymbol { detail, children: Some(children), ..symbol });
    });
    symbols
}

fn field(model: &Model, entry: &Entry) -> lsp::DocumentSymbol {
    let children = entry
        .value
        .as_mapping()
        .map(|mapping| mapping.entries.iter().map(|entry| field(model, entry)).collect());
    let detail = entry.value.text().filter(|text| text.len() < LONGEST_DETAIL && !text.contains('\n'));
    let kind = match entry.value.value {
        Value::Sequence(_) => lsp::SymbolKind::Array,
        Value::Mapping(_) => lsp::SymbolKind::Object,
        Value::Scalar { .. } | Value::Unreadable => lsp::SymbolKind::Field,
    };
    let ranges = (model.range(entry.key.span.to(entry.value.span)), model.range(entry.key.span));
    let symbol = symbol(&entry.key.value, kind, ranges);
    lsp::DocumentSymbol { detail: detail.map(str::to_owned), children, ..symbol }
}

/// A symbol with its whole range and that of its name.
#[expect(deprecated, reason = "the type has no default, and a field that the protocol gave up")]
fn symbol(
    name: &str,
    kind: lsp::SymbolKind,
    (range, selection_range): (lsp::Range, lsp::Range),
) -> lsp::DocumentSymbol {
    lsp::DocumentSymbol {
        name: name.to_owned(),
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range,
        selection_range,
        children: None,
    }
}

/// Returns what can be folded: each document, and each field with a value on several lines.
pub(crate) fn folds(model: &Model, id: SourceId) -> Vec<lsp::FoldingRange> {
    let mut spans = Vec::new();
    each_document(model, id, |span, mapping| {
        spans.push(span);
        blocks(mapping, &mut spans);
    });
    let ranges = spans.into_iter().map(|span| model.range(span));
    let folds = ranges.filter(|range| range.start.line < range.end.line).map(|range| lsp::FoldingRange {
        start_line: range.start.line,
        end_line: range.end.line,
        ..lsp::FoldingRange::default()
    });
    folds.collect()
}

fn blocks(mapping: &Mapping, spans: &mut Vec<Span>) {
    for entry in &mapping.entries {
        spans.push(entry.key.span.to(entry.value.span));
        match &entry.value.value {
            Value::Mapping(mapping) => blocks(mapping, spans),
            Value::Sequence(items) => {
                items.iter().filter_map(|item| item.as_mapping()).for_each(|item| blocks(item, spans));
            }
            Value::Scalar { .. } | Value::Unreadable => {}
        }
    }
}

fn each_document(model: &Model, id: SourceId, mut receive: impl FnMut(Span, &Mapping)) {
    let Some(source) = model.sources.get(id) else { return };
    let mut sink = Sink::new(Levels::default());
    parse(id, source, &mut sink, |tree, _| {
        if let Some(mapping) = tree.root.as_mapping() {
            receive(tree.root.span, mapping);
        }
    });
}
