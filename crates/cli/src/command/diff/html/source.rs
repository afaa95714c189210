//! A document of a side -> its lines, folded, which the page links to.

use std::collections::BTreeSet;

use maud::{Markup, html};
use telovix_diagnostic::source::{SourceSet, Span};

use crate::output::text::plural;

/// Lines of a document that are shown; a document may have any number.
const MOST: usize = 2_000;

/// The lines of a document.
pub(super) struct Excerpt<'run> {
    /// What the identities of its lines begin with.
    id: String,
    /// The file with the first line.
    place: String,
    /// The number of the first line.
    first: usize,
    lines: Vec<&'run str>,
}

impl<'run> Excerpt<'run> {
    /// Returns the lines that a span covers; nothing without a text.
    pub(super) fn of(sources: &'run SourceSet, span: Span, id: String) -> Option<Self> {
        let text = sources.get(span.source)?.text();
        let begin = text.get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
        let lines = text.get(begin..span.end as usize)?.trim_end().lines().collect();
        Some(Self { id, place: sources.locate(span), first: sources.line(span) as usize, lines })
    }

    /// Returns `FILE:LINE`.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Returns the address of the first line.
    pub(super) fn link(&self) -> String {
        format!("#{}-{}", self.id, self.first)
    }

    /// Shows the lines; those that the other side has not are marked.
    pub(super) fn lines(&self, name: &str, other: Option<&Self>) -> Markup {
        let others: Option<BTreeSet<&str>> = other.map(|other| other.lines.iter().copied().collect());
        let is_changed = |line: &&str| others.as_ref().is_some_and(|others| !others.contains(line));
        html! {
            details.source {
                summary { (name) ": " code { (self.place) } ", " (plural(self.lines.len(), "line")) }
                pre {
                    @for (number, line) in (self.first..).zip(&self.lines).take(MOST) {
                        span.changed[is_changed(line)] id=(format!("{}-{number}", self.id)) { b { (number) } (line) }
                    }
                }
                @if let Some(more) = self.lines.len().checked_sub(MOST + 1) {
                    p { "and " (plural(more + 1, "more line")) }
                }
            }
        }
    }
}
