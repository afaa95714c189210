//! A mapping of a known kind -> the same as a document: with a kind, without fields that documents do not have.

use std::borrow::Cow;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_syntax::{Entry, Mapping, Node, ScalarStyle};

use super::guard;
use super::recognise::Form;
use super::scalar::scalar;
use crate::{Change, Effect};

/// Converts one document; returns it and whether it differs from the original.
pub(super) fn convert(
    form: Form,
    mapping: Mapping<'static>,
    line: &mut impl FnMut(Span) -> u32,
    changes: &mut Vec<Change>,
) -> (Mapping<'static>, bool) {
    let Some(kind) = form.kind() else { return (mapping, false) };
    let before = changes.len();
    let mut tell = |span: Span, what: String, why: &str, effect: Effect| {
        changes.push(Change { line: line(span), what, why: why.to_owned(), effect });
    };
    let has_kind = mapping.entry("kind").is_some();
    let is_capable = mapping.get("enforcement_capable").and_then(Node::text) == Some("true");
    let derives_kind = form == Form::Pack && is_capable && mapping.entry("pack_kind").is_none();
    let record = telovix_document::KINDS.iter().find(|known| known.name == kind).map(|known| known.record);
    let mut entries = Vec::with_capacity(mapping.entries.len() + 2);
    if !has_kind {
        entries.push(word("kind", kind, ScalarStyle::Plain));
    }
    for Entry { key, mut value } in mapping.entries {
        let name = key.value.as_ref();
        if record.is_some_and(|record| record.field(name).is_none()) && !has_kind {
            let why = "removed: the Console adds it to an export, and no verdict depends on it";
            // A misspelt field is a mistake that `lint` has to see.
            let near = record.and_then(|record| {
                telovix_syntax::nearest(name, record.fields.iter().map(|field| field.name))
            });
            if near.is_none() {
                tell(key.span, format!("`{name}`"), why, Effect::Same);
                continue;
            }
        }
        if is_null(&value) && !has_kind {
            tell(
                key.span,
                format!("`{name}: null`"),
                "removed: the Console writes it for an absent field",
                Effect::Same,
            );
            continue;
        }
        match (form, name) {
            (Form::Rule, "policy") => embed(&mut value, key.span, &mut tell),
            (Form::Detection, "match_dst_ip_prefix") => prefix(&mut value, key.span, &mut tell),
            (Form::Guard, "mode") if value.text() == Some("") => {
                value = scalar("audit", value.span, ScalarStyle::Plain);
                tell(
                    key.span,
                    "`mode: \"\"`".to_owned(),
                    "written as `audit`, which the guard takes it for",
                    Effect::Same,
                );
            }
            (Form::Guard, "processes") => guard::convert(&mut value, &mut tell),
            _ => {}
        }
        entries.push(Entry { key, value });
    }
    if derives_kind {
        entries.push(word("pack_kind", "guard", ScalarStyle::Plain));
        let why = "added: only a guard pack can be enforcement-capable, and this one says that it is";
        tell(Span::NOWHERE, "`pack_kind: guard`".to_owned(), why, Effect::Same);
    }
    let is_converted = changes.iter().skip(before).any(|change| change.effect != Effect::Kept);
    (Mapping { entries }, !has_kind || is_converted)
}

/// Replaces a policy that is kept as text by the mapping in the text.
fn embed(value: &mut Node<'static>, at: Span, tell: &mut impl FnMut(Span, String, &str, Effect)) {
    let Some(text) = value.text() else { return };
    let sources = SourceSet::single("policy", text);
    let (mut sink, mut policies) = (Sink::default(), Vec::new());
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| policies.push(tree.root.detached()));
    }
    let only = policies.pop().filter(|policy| policies.is_empty() && policy.as_mapping().is_some());
    match only.filter(|_| !sink.has_errors()) {
        Some(policy) => {
            value.value = policy.value;
            tell(at, "`policy`".to_owned(), "the text is written as a mapping", Effect::Same);
        }
        None => tell(at, "`policy`".to_owned(), "kept: its text is not one YAML mapping", Effect::Kept),
    }
}

/// Writes a prefix of whole octets as the block of the same addresses: `10.20.` is `10.20.0.0/16`.
fn prefix(value: &mut Node<'static>, at: Span, tell: &mut impl FnMut(Span, String, &str, Effect)) {
    let Some(text) = value.text() else { return };
    if telovix_policy::value::Cidr::parse(text).is_ok() {
        return;
    }
    let octets: Option<Vec<u8>> = text
        .strip_suffix('.')
        .map(|octets| octets.split('.').map(|octet| octet.parse().ok()).collect())
        .unwrap_or_default();
    let what = format!("`match_dst_ip_prefix: {text}`");
    match octets.filter(|octets| (1..=3).contains(&octets.len())) {
        Some(octets) => {
            let address = (0..4).map(|at| octets.get(at).copied().unwrap_or(0).to_string());
            let block = format!("{}/{}", address.collect::<Vec<_>>().join("."), octets.len() * 8);
            let why = format!("written as `{block}`, which has the addresses that start like this");
            *value = scalar(&block, value.span, ScalarStyle::Quoted);
            tell(at, what, &why, Effect::Same);
        }
        None => {
            let why =
                "kept: the addresses that start like this are no block; write `10.20.` or `10.20.0.0/16`";
            tell(at, what, why, Effect::Kept);
        }
    }
}

fn is_null(node: &Node<'_>) -> bool {
    node.is_null()
}

fn word(key: &'static str, text: &str, style: ScalarStyle) -> Entry<'static> {
    Entry { key: Spanned::new(Cow::Borrowed(key), Span::NOWHERE), value: scalar(text, Span::NOWHERE, style) }
}
