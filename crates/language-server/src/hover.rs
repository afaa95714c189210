//! A place -> the page of its finding, or the description of its field.

use gen_lsp_types as lsp;
use telovix_diagnostic::source::SourceId;
use telovix_syntax::field::{Field, Presence, Shape};

use crate::context::Context;
use crate::finding::touches;
use crate::model::Model;

/// Returns what there is to say about a place, as Markdown.
pub(crate) fn hover(model: &Model, id: SourceId, place: lsp::Position) -> Option<lsp::Hover> {
    let source = model.sources.get(id)?;
    let offset = model.offset(id, place)?;
    let mut parts = Vec::new();
    let here = |finding: &&telovix_diagnostic::Diagnostic| {
        finding.span.is_some_and(|span| touches(span, offset, offset))
    };
    for finding in model.findings_of(id).iter().filter(here) {
        let code = finding.code;
        parts.push(format!(
            "**{}** `{}`: {}\n\n{}",
            finding.severity.name(),
            code.id,
            code.title,
            code.explanation
        ));
    }
    // A word belongs to the field whose value ends after it.
    let end = word_end(source.text(), offset);
    let context = Context::of(source.text(), end);
    let described = context.field().map(|field| described(field, written(source.text(), end)));
    parts.extend(described);
    (!parts.is_empty()).then(|| lsp::Hover {
        contents: lsp::Contents::MarkupContent(lsp::MarkupContent {
            kind: lsp::MarkupKind::Markdown,
            value: parts.join("\n\n---\n\n"),
        }),
        range: None,
    })
}

fn described(field: &Field, word: &str) -> String {
    let presence = match field.presence {
        Presence::Required => "required".to_owned(),
        Presence::Optional => "optional".to_owned(),
        Presence::Default(value) => format!("default `{value}`"),
        Presence::Distinct => "optional; left out and empty mean opposite things".to_owned(),
    };
    let mut text = format!("`{}` ({}, {presence}): {}", field.name, field.shape.noun(), field.description);
    if let Shape::Choice(choices) = field.shape
        && let Some(choice) = choices.iter().find(|choice| choice.word == word)
    {
        text.push_str(&format!("\n\n`{}`: {}", choice.word, choice.description));
    }
    text
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_-./".contains(character)
}

/// The end of the word at an offset; of a key, after its colon, so that the place is in its value.
fn word_end(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    let end = offset + rest.find(|character| !is_word(character)).unwrap_or(rest.len());
    let after = text.get(end..).unwrap_or_default();
    end + usize::from(after.starts_with(':'))
}

/// The word that ends at an offset.
fn written(text: &str, end: usize) -> &str {
    let before = text.get(..end).unwrap_or_default();
    before.rsplit(|character| !is_word(character)).next().unwrap_or_default()
}
