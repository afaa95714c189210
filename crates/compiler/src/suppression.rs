//! Comments `# telovix: ignore[CODE] REASON` -> the findings that they accept.

use std::ops::Range;

use telovix_diagnostic::source::{Source, SourceSet, Span};
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Severity, Sink, Suppression};
use telovix_document::Document;
use telovix_syntax::{Comment, CommentPlace, nearest, quote};

/// The codes of comments.
pub(crate) const CODES: &[&Code] = &[&INVALID_SUPPRESSION, &STALE_SUPPRESSION];

static INVALID_SUPPRESSION: Code = Code::page(include_str!("suppression/invalid-suppression.md"));

static STALE_SUPPRESSION: Code = Code::page(include_str!("suppression/stale-suppression.md"));

/// Returns every code that a comment can name.
pub(crate) type Known = fn() -> Vec<&'static Code>;

/// Applies the comments of a run to its findings, and reports comments with a mistake.
pub(crate) fn apply(
    comments: &[Comment],
    documents: &[Document],
    sources: &SourceSet,
    known: Known,
    sink: &mut Sink,
) {
    let mut valid = Vec::new();
    for comment in comments {
        let text = sources.text(comment.span).trim_start_matches('#').trim();
        let Some(rest) = text.strip_prefix("telovix:") else { continue };
        match read(rest.trim(), known) {
            Ok(codes) => {
                let Some(source) = sources.get(comment.span.source) else { continue };
                let place = place(*comment, source, documents);
                let each = codes.into_iter().map(|code| Suppression {
                    span: comment.span,
                    code: code.to_owned(),
                    place: place.clone(),
                });
                valid.extend(each);
            }
            Err(Mistake { message, help, near }) => {
                let mut found = Diagnostic::new(&INVALID_SUPPRESSION, comment.span, message).help(help);
                if let Some((written, near)) = near {
                    let text = sources.text(comment.span).replacen(written, near, 1);
                    found = found.fix_by(Fix::new(Certainty::Guess, comment.span, text));
                }
                sink.report(found);
            }
        }
    }
    if !valid.is_empty() {
        sink.suppress(valid);
    }
}

/// Reports each comment that accepted nothing, after all checks.
pub(crate) fn report_stale(sources: &SourceSet, sink: &mut Sink) {
    let stale: Vec<_> = sink.unused().map(|unused| (unused.span, unused.code.clone())).collect();
    for (span, code) in stale {
        let message = format!("nothing reports `{code}` here any more");
        let found = Diagnostic::new(&STALE_SUPPRESSION, span, message);
        let others = sources.text(span).split_once('[').and_then(|(_, rest)| rest.split_once(']'));
        let (codes, _) = others.unwrap_or_default();
        sink.report(if codes.contains(',') {
            let kept: Vec<&str> = codes.split(',').map(str::trim).filter(|kept| *kept != code).collect();
            let text =
                sources.text(span).replacen(&format!("[{codes}]"), &format!("[{}]", kept.join(", ")), 1);
            found.help(format!("remove `{code}`")).fix_by(Fix::new(Certainty::SameMeaning, span, text))
        } else {
            found.help("remove the comment").fix_by(Fix::remove(Certainty::SameMeaning, span))
        });
    }
}

/// What is wrong with a comment.
struct Mistake<'text> {
    message: String,
    help: String,
    /// A code, and the one that is probably meant.
    near: Option<(&'text str, &'static str)>,
}

impl Mistake<'_> {
    fn new(message: String, help: String) -> Self {
        Self { message, help, near: None }
    }
}

/// Returns the codes of a comment, or the mistake in it.
fn read(text: &str, known: Known) -> Result<Vec<&str>, Mistake<'_>> {
    let form = || "write `# telovix: ignore[CODE] REASON`".to_owned();
    let list = text.strip_prefix("ignore[").and_then(|rest| rest.split_once(']'));
    let Some((codes, reason)) = list else {
        return Err(Mistake::new("expected `ignore[CODE]` after `telovix:`".to_owned(), form()));
    };
    let known = known();
    let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
    for id in &codes {
        let Some(code) = known.iter().find(|code| code.id == *id) else {
            let near = nearest(id, known.iter().map(|code| code.id));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`telovix explain` lists every code".to_owned(),
            };
            let message = format!("there is no finding with the code {}", quote(id));
            return Err(Mistake { message, help, near: near.map(|near| (*id, near)) });
        };
        if code.severity == Severity::Error {
            let help = format!("run `telovix explain {id}` for what to do about it");
            return Err(Mistake::new(format!("`{id}` is an error and cannot be ignored"), help));
        }
    }
    if reason.trim_start_matches([' ', ':', '-']).trim().is_empty() {
        return Err(Mistake::new("this comment has no reason".to_owned(), form()));
    }
    Ok(codes)
}

/// Returns where findings start that a comment accepts: on its line; for a comment on a line of its own, on the next line
/// that is not a comment, or in the whole document when that is its first line.
fn place(comment: Comment, source: &Source, documents: &[Document]) -> Range<u32> {
    let text = source.text();
    let line_end =
        |from: usize| text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at);
    let own_start =
        text.get(..comment.span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let (mut start, mut end) = (own_start, line_end(comment.span.end as usize));
    if comment.place == CommentPlace::OwnLine {
        loop {
            start = (end + 1).min(text.len());
            end = line_end(start);
            let line = text.get(start..end).unwrap_or_default().trim();
            if start >= text.len() || (!line.is_empty() && !line.starts_with('#')) {
                break;
            }
        }
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let line = offset(start)..offset(end);
    let starts_here = |span: &Span| span.source == comment.span.source && line.contains(&span.start);
    match documents.iter().map(Document::span).find(starts_here) {
        Some(document) if comment.place == CommentPlace::OwnLine => document.start..document.end,
        _ => line,
    }
}
