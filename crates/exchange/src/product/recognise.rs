//! A mapping -> its kind, by the fields that no other kind has.

use telovix_document::Template;
use telovix_syntax::{Mapping, Node, Value};

/// The kinds of the product's exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Profile,
    Rule,
    Detection,
    Pack,
    Guard,
    /// A document with another kind, which is passed through.
    Other,
}

impl Form {
    /// Returns the value of `kind`; another document has its own.
    pub(super) fn kind(self) -> Option<&'static str> {
        match self {
            Self::Profile => Some("GuardianProfile"),
            Self::Rule => Some("EnforcementRule"),
            Self::Detection => Some("GuardianPolicy"),
            Self::Pack => Some("PolicyPack"),
            Self::Guard => Some("RuntimeGuard"),
            Self::Other => None,
        }
    }
}

/// Adds the documents of a tree: itself, the items of a list, or the items of the lists of an export.
pub(super) fn documents(node: &Node<'_>, found: &mut Vec<(Form, Node<'static>)>) {
    match &node.value {
        Value::Mapping(mapping) => match form(mapping) {
            Some(form) => found.push((form, node.detached())),
            None => {
                for list in mapping.entries.iter().filter_map(|entry| entry.value.as_sequence()) {
                    all_of(list, found);
                }
            }
        },
        Value::Sequence(items) => all_of(items, found),
        Value::Scalar { .. } | Value::Unreadable => {}
    }
}

/// Adds the items of a list when each of them is a policy.
fn all_of(items: &[Node<'_>], found: &mut Vec<(Form, Node<'static>)>) {
    let forms: Option<Vec<Form>> = items.iter().map(|item| form(item.as_mapping()?)).collect();
    let forms = forms.unwrap_or_default();
    found.extend(forms.into_iter().zip(items.iter().map(Node::detached)));
}

fn form(mapping: &Mapping<'_>) -> Option<Form> {
    let text = |key: &str| mapping.get(key).and_then(Node::text);
    if let Some(kind) = text("kind") {
        let known = [Form::Profile, Form::Rule, Form::Detection, Form::Pack, Form::Guard];
        let is_known = telovix_document::KINDS.iter().any(|known| known.name == kind);
        return known.into_iter().find(|form| form.kind() == Some(kind)).or(is_known.then_some(Form::Other));
    }
    let template =
        || text("template").is_some_and(|name| Template::ALL.iter().any(|known| known.id() == name));
    if text("target_binary").is_some() {
        Some(Form::Profile)
    } else if template() {
        Some(Form::Rule)
    } else if text("pack_id").is_some() && text("version").is_some() {
        Some(Form::Pack)
    } else if mapping.get("processes").is_some_and(|processes| processes.as_mapping().is_some()) {
        Some(Form::Guard)
    } else if text("name").is_some()
        && mapping.entries.iter().any(|entry| entry.key.value.starts_with("match_"))
    {
        Some(Form::Detection)
    } else {
        None
    }
}
