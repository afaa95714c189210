//! A range -> the fixes of its findings, and comments that accept them.

use std::collections::HashMap;

use gen_lsp_types as lsp;
use telovix_diagnostic::source::{SourceId, Span};
use telovix_diagnostic::{Certainty, Diagnostic, Edit, Severity};

use crate::finding::{shown, touches};
use crate::model::Model;

/// What stands for the reason until the author writes one.
const REASON: &str = "why this is meant";

/// Returns the actions for the findings that touch a range.
pub(crate) fn actions(model: &Model, id: SourceId, range: lsp::Range) -> Vec<lsp::CodeAction> {
    let (Some(start), Some(end)) = (model.offset(id, range.start), model.offset(id, range.end)) else {
        return Vec::new();
    };
    let here = model
        .findings_of(id)
        .iter()
        .filter(|finding| finding.span.is_some_and(|span| touches(span, start, end.max(start))));
    here.flat_map(|finding| fix(model, finding).into_iter().chain(suppression(model, finding))).collect()
}

fn fix(model: &Model, finding: &Diagnostic) -> Option<lsp::CodeAction> {
    let fix = finding.fix.as_ref()?.clone().resolve(&model.sources)?;
    let is_certain = fix.certainty != Certainty::Guess;
    let title = match fix.edits.as_slice() {
        [Edit { replacement, span }] if replacement.is_empty() => {
            format!("remove `{}`", first_line(model.sources.text(*span)))
        }
        [Edit { replacement, .. }] => format!("write `{}`", first_line(replacement)),
        _ => format!("fix `{}`", finding.code.id),
    };
    let title = if is_certain { title } else { format!("{title} (a guess)") };
    let action = action(model, finding, title, &fix.edits)?;
    Some(lsp::CodeAction { is_preferred: Some(is_certain), ..action })
}

/// A comment above the line of a finding. Errors cannot be accepted.
fn suppression(model: &Model, finding: &Diagnostic) -> Option<lsp::CodeAction> {
    let span = finding.span.filter(|_| finding.severity != Severity::Error)?;
    let text = model.sources.get(span.source)?.text();
    let before = text.get(..span.start as usize)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let indentation: String = text.get(line..)?.chars().take_while(|character| *character == ' ').collect();
    let comment = format!("{indentation}# telovix: ignore[{}] {REASON}\n", finding.code.id);
    let edit = Edit { span: Span::new(span.source, line, line), replacement: comment };
    action(model, finding, format!("accept `{}` here, with a reason", finding.code.id), &[edit])
}

fn action(model: &Model, finding: &Diagnostic, title: String, edits: &[Edit]) -> Option<lsp::CodeAction> {
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for edit in edits {
        let range = model.range(edit.span);
        let new_text = edit.replacement.clone();
        changes.entry(model.uri(edit.span.source)?).or_default().push(lsp::TextEdit { range, new_text });
    }
    Some(lsp::CodeAction {
        title,
        kind: Some(lsp::CodeActionKind::QuickFix),
        diagnostics: Some(vec![shown(model, finding)]),
        edit: Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }),
        ..lsp::CodeAction::default()
    })
}

/// The first words of a text, for a title.
fn first_line(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}
