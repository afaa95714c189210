//! A place -> the fields and values that fit there.

use std::collections::BTreeSet;

use gen_lsp_types as lsp;
use telovix_diagnostic::source::SourceId;
use telovix_document::KINDS;
use telovix_syntax::field::{Field, Presence, Shape, Text};

use crate::context::{At, Context};
use crate::model::Model;
use crate::reference;

/// The most values that are offered at once; an editor filters them by what is typed.
const MOST: usize = 1_000;

/// Ports by the name of their service: IANA's registry of service names, and for mobile networks 3GPP TS 29.281 (GTP-U),
/// TS 29.274 (GTP-C), TS 29.244 (PFCP) and TS 38.412 (NGAP).
const PORTS: &[(&str, &str)] = &[
    ("bgp", "179"),
    ("diameter", "3868"),
    ("dns", "53"),
    ("etcd", "2379"),
    ("gtp-c", "2123"),
    ("gtp-u", "2152"),
    ("http", "80"),
    ("https", "443"),
    ("kubernetes-api", "6443"),
    ("ldap", "389"),
    ("ngap", "38412"),
    ("ntp", "123"),
    ("pfcp", "8805"),
    ("postgresql", "5432"),
    ("snmp", "161"),
    ("ssh", "22"),
    ("syslog", "514"),
];

/// Returns what fits at a place.
pub(crate) fn items(model: &Model, id: SourceId, place: lsp::Position) -> Vec<lsp::CompletionItem> {
    let (Some(source), Some(offset)) = (model.sources.get(id), model.offset(id, place)) else {
        return Vec::new();
    };
    let context = Context::of(source.text(), offset);
    let mut items = match context.at {
        At::Key => keys(&context),
        At::Value => values(model, &context),
    };
    items.truncate(MOST);
    items
}

fn keys(context: &Context) -> Vec<lsp::CompletionItem> {
    let Some(record) = context.holder() else {
        let kind = lsp::CompletionItem {
            label: "kind".to_owned(),
            kind: Some(lsp::CompletionItemKind::Field),
            insert_text: Some("kind: ".to_owned()),
            ..lsp::CompletionItem::default()
        };
        let is_start = context.record.is_none() && context.path.is_empty();
        return Some(kind).filter(|_| is_start && !context.present.contains("kind")).into_iter().collect();
    };
    let absent = record.fields.iter().filter(|field| !context.present.contains(field.name));
    absent.map(key).collect()
}

fn key(field: &Field) -> lsp::CompletionItem {
    let insert = match field.shape {
        Shape::List(_) | Shape::Record(_) | Shape::Map(_) => format!("{}:", field.name),
        _ => format!("{}: ", field.name),
    };
    lsp::CompletionItem {
        label: field.name.to_owned(),
        kind: Some(lsp::CompletionItemKind::Field),
        detail: Some(field.shape.noun().to_owned()),
        documentation: Some(lsp::Documentation::String(field.description.to_owned())),
        // Required fields come first.
        sort_text: Some(format!("{}{}", u8::from(field.presence != Presence::Required), field.name)),
        insert_text: Some(insert),
        ..lsp::CompletionItem::default()
    }
}

fn values(model: &Model, context: &Context) -> Vec<lsp::CompletionItem> {
    if context.path == ["kind"] {
        return KINDS.iter().map(|kind| value(kind.name, kind.record.description)).collect();
    }
    match context.shape() {
        Some(Shape::Choice(choices)) => {
            choices.iter().map(|choice| value(choice.word, choice.description)).collect()
        }
        Some(Shape::Boolean) => ["true", "false"].iter().map(|word| value(word, "")).collect(),
        Some(Shape::Text(text) | Shape::Lexeme(text)) => texts(model, context, text),
        _ => Vec::new(),
    }
}

fn texts(model: &Model, context: &Context, text: &Text) -> Vec<lsp::CompletionItem> {
    if let Some(known) = text.known {
        return known().iter().map(|word| value(word, "")).collect();
    }
    let noun = text.noun;
    if noun.contains("port") && !noun.contains("IP") {
        return PORTS.iter().map(|(name, port)| named_port(name, port)).collect();
    }
    let field = context.path.last().map_or("", String::as_str);
    let used = reference::values_of(model, field, |value| !noun.contains("path") || value.starts_with('/'));
    let paths = if noun.contains("path") {
        reference::values_of(model, "target_binary", |value| value.starts_with('/'))
    } else {
        BTreeSet::new()
    };
    used.union(&paths).map(|word| value(word, "used in this repository")).collect()
}

fn named_port(name: &str, port: &str) -> lsp::CompletionItem {
    lsp::CompletionItem {
        label: format!("{port} ({name})"),
        kind: Some(lsp::CompletionItemKind::Value),
        filter_text: Some(format!("{name} {port}")),
        insert_text: Some(port.to_owned()),
        ..lsp::CompletionItem::default()
    }
}

fn value(word: &str, meaning: &str) -> lsp::CompletionItem {
    lsp::CompletionItem {
        label: word.to_owned(),
        kind: Some(lsp::CompletionItemKind::Value),
        documentation: Some(lsp::Documentation::String(meaning.to_owned())).filter(|_| !meaning.is_empty()),
        ..lsp::CompletionItem::default()
    }
}
