//! A place -> the documents that have the id there, and every use of it.

use std::collections::{BTreeSet, HashMap};

use gen_lsp_types as lsp;
use telovix_diagnostic::source::{SourceId, Span};
use telovix_diagnostic::{Certainty, Fix, Levels, Sink};
use telovix_document::field_order;
use telovix_syntax::field::{Record, Shape};
use telovix_syntax::{Node, Value, parse};

use crate::finding::touches;
use crate::model::Model;

/// The top-level fields that name a document.
const NAMES: [&str; 6] = ["name", "profile_id", "id", "pack_id", "rule_id", "policy_id"];

/// A scalar of some document.
struct Use {
    value: String,
    span: Span,
    /// The key that it is the value of, or an item of.
    field: String,
    /// Whether it names its document.
    names: bool,
}

/// Returns where the documents begin that have the name at a place.
pub(crate) fn definitions(model: &Model, id: SourceId, place: lsp::Position) -> Vec<lsp::Location> {
    let uses = uses(model);
    let Some(here) = at(model, &uses, id, place) else { return Vec::new() };
    let named = uses.iter().filter(|other| other.names && other.value == here.value);
    named.filter_map(|other| model.location(other.span)).collect()
}

/// Returns every use of the name at a place; none unless it names a document.
pub(crate) fn references(model: &Model, id: SourceId, place: lsp::Position) -> Vec<lsp::Location> {
    let uses = uses(model);
    same(model, &uses, id, place).into_iter().filter_map(|found| model.location(found.span)).collect()
}

/// Returns the edits that give a name another value everywhere; `None` where there is no name.
pub(crate) fn rename(
    model: &Model,
    id: SourceId,
    place: lsp::Position,
    new_name: &str,
) -> Option<lsp::WorkspaceEdit> {
    let uses = uses(model);
    let found = same(model, &uses, id, place);
    if found.is_empty() {
        return None;
    }
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for one in found {
        let fix = Fix::value(Certainty::Meant, one.span, new_name).resolve(&model.sources)?;
        for edit in fix.edits {
            let range = model.range(edit.span);
            let edits = changes.entry(model.uri(edit.span.source)?).or_default();
            edits.push(lsp::TextEdit { range, new_text: edit.replacement });
        }
    }
    Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() })
}

/// Returns the values that a field has in the repository.
pub(crate) fn values_of(model: &Model, field: &str, accept: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let of_field = uses(model).into_iter().filter(|one| one.field == field && accept(&one.value));
    of_field.map(|one| one.value).collect()
}

fn at<'uses>(model: &Model, uses: &'uses [Use], id: SourceId, place: lsp::Position) -> Option<&'uses Use> {
    let offset = model.offset(id, place)?;
    uses.iter().find(|one| one.span.source == id && touches(one.span, offset, offset))
}

fn same<'uses>(model: &Model, uses: &'uses [Use], id: SourceId, place: lsp::Position) -> Vec<&'uses Use> {
    let Some(here) = at(model, uses, id, place) else { return Vec::new() };
    let same: Vec<&Use> = uses.iter().filter(|other| other.value == here.value).collect();
    if same.iter().any(|other| other.names) { same } else { Vec::new() }
}

/// Every scalar that can be or hold a name: not those of a fixed set of words.
fn uses(model: &Model) -> Vec<Use> {
    let mut uses = Vec::new();
    for (id, source) in model.sources.iter() {
        let mut sink = Sink::new(Levels::default());
        parse(id, source, &mut sink, |tree, _| {
            let Some(mapping) = tree.root.as_mapping() else { return };
            let record = field_order(mapping);
            for entry in &mapping.entries {
                let key: &str = &entry.key.value;
                let shape = record.and_then(|record| record.field(key)).map(|field| &field.shape);
                gather(&entry.value, key, shape, NAMES.contains(&key), &mut uses);
            }
        });
    }
    uses
}

fn gather(node: &Node, field: &str, shape: Option<&'static Shape>, names: bool, uses: &mut Vec<Use>) {
    let of_item = match shape {
        Some(Shape::List(item) | Shape::Map(item)) => Some(*item),
        other => other,
    };
    match &node.value {
        Value::Scalar { text, .. } => {
            if !text.is_empty() && !matches!(shape, Some(Shape::Choice(_) | Shape::Boolean)) {
                uses.push(Use { value: text.to_string(), span: node.span, field: field.to_owned(), names });
            }
        }
        Value::Sequence(items) => {
            items.iter().for_each(|item| gather(item, field, of_item, false, uses));
        }
        Value::Mapping(mapping) => {
            let record: Option<&Record> = match of_item {
                Some(Shape::Record(record)) => Some(record),
                _ => None,
            };
            for entry in &mapping.entries {
                let key: &str = &entry.key.value;
                let shape = record.and_then(|record| record.field(key)).map(|field| &field.shape);
                let names = field == "metadata" && key == "name";
                gather(&entry.value, key, shape, names, uses);
            }
        }
        Value::Unreadable => {}
    }
}
