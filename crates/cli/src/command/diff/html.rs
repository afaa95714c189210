//! A difference -> one self-contained HTML page without scripts.
//!
//! Red and green say *wider* and *narrower*, and nothing else: an entry that was added to a list may be either, so
//! entries carry signs and no colour.

mod source;

use std::io::{self, Write};

use maud::{Markup, html};
use telovix_compare::{Change, Direction, NOTHING, SubjectDifference, Witness};

use super::{Shown, presence, title};
use crate::output::html::page;
use source::Excerpt;

/// Documents above which the page has a list of contents.
const LISTED_ABOVE: usize = 10;

/// The style sheet, for light and dark mode, and for paper.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#0d1117);--card:light-dark(#fff,#161b22);--text:light-dark(#1f2328,#e6edf3);\
--quiet:light-dark(#59636e,#9198a1);--line:light-dark(#d0d7de,#3d444d);--narrower:light-dark(#1a7f37,#57d37a);--wider:light-dark(#b3261e,#ff8a80)}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:72rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;margin:0}p{margin:.3rem 0}
.quiet{color:var(--quiet)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.8rem 0}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
.document{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--quiet);border-radius:8px;padding:.8rem 1rem;margin:1rem 0}
.document>summary{cursor:pointer;font-weight:600}
.document.wider,.document.incomparable{border-left-color:var(--wider)}.document.narrower{border-left-color:var(--narrower)}
.badge{display:inline-block;font:600 .8rem system-ui,sans-serif;padding:.1rem .6rem;border-radius:1rem;border:1px solid currentColor;margin-right:.4rem;white-space:nowrap}
.badge.wider,.badge.incomparable{color:var(--wider)}.badge.narrower{color:var(--narrower)}.badge.equal{color:var(--quiet)}
table{border-collapse:collapse;width:100%;margin-top:.8rem;table-layout:fixed}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-top:1px solid var(--line);overflow-wrap:break-word}
th{font-size:.8rem;color:var(--quiet);font-weight:600}
col.dimension,col.verdict{width:9rem}col.effect{width:6rem}
code,td,pre{font-family:ui-monospace,monospace;font-size:.85rem}code{overflow-wrap:anywhere}
.bar{display:block;width:100%;height:12px;margin:1rem 0 .2rem;border-radius:6px}
.bar .wider,.bar .incomparable{fill:var(--wider)}.bar .narrower{fill:var(--narrower)}.bar .equal{fill:var(--line)}
.source{margin-top:.8rem}.source summary{cursor:pointer;color:var(--quiet)}
pre{margin:.4rem 0 0;overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.4rem 0}
pre span{display:block;padding:0 .8rem;white-space:pre}pre span:target,pre span.changed{background:color-mix(in srgb,var(--quiet) 18%,transparent)}
pre b{display:inline-block;width:4ch;margin-right:1ch;text-align:right;font-weight:400;color:var(--quiet)}
nav ol{margin:.3rem 0;padding-left:2.2rem}a{color:inherit}
@media(max-width:40rem){col.dimension,col.verdict{width:6rem}col.effect{width:4rem}th,td{padding:.3rem}}
@media print{body{max-width:none;padding:0}.document{break-inside:avoid}details::details-content{content-visibility:visible;display:block}}";

/// Prints the page.
pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("Policy difference: {}", shown.difference.direction);
    writeln!(out, "{}", page(&title, STYLE, &body(shown)).into_string())
}

fn body(shown: &Shown<'_>) -> Markup {
    let direction = shown.difference.direction;
    let changed: Vec<_> =
        shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged()).collect();
    html! {
        h1 { "Policy difference " (badge(direction, direction.name())) }
        p { (shown.sentence()) "." }
        dl {
            dt { "before" } dd { (shown.names[0]) }
            dt { "after" } dd { (shown.names[1]) }
            dt { "exceptions" } dd { (shown.exceptions()) }
        }
        (bar(shown))
        @if changed.len() > LISTED_ABOVE {
            nav {
                ol {
                    @for (number, subject) in changed.iter().enumerate() {
                        li { a href=(format!("#document-{number}")) { (verdict(subject)) " " (title(subject)) } }
                    }
                }
            }
        }
        @for (number, subject) in changed.iter().enumerate() { (section(shown, number, subject)) }
    }
}

fn badge(direction: Direction, text: &str) -> Markup {
    html! { span.badge.(direction) { (text) } }
}

fn verdict(subject: &SubjectDifference<'_>) -> Markup {
    let text = if subject.direction == Direction::Equal { "no effect" } else { subject.direction.name() };
    badge(subject.direction, text)
}

/// Draws the share of documents with each verdict.
fn bar(shown: &Shown<'_>) -> Markup {
    let subjects = &shown.difference.subjects;
    let mut start = 0;
    let mut parts = Vec::new();
    for direction in [Direction::Incomparable, Direction::Wider, Direction::Narrower, Direction::Equal] {
        let count = subjects.iter().filter(|subject| subject.direction == direction).count();
        // Even a small share is visible.
        let width = if count == 0 { 0 } else { (1000 * count / subjects.len().max(1)).max(6) };
        if width > 0 {
            parts.push(html! { rect.(direction) x=(start) width=(width) height="12" {} });
        }
        start += width;
    }
    html! {
        svg.bar viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" {
            title { (shown.counted()) }
            @for part in parts { (part) }
        }
        p.quiet { (shown.counted()) }
    }
}

fn section(shown: &Shown<'_>, number: usize, subject: &SubjectDifference<'_>) -> Markup {
    let sides = [("before", shown.before, subject.before), ("after", shown.after, subject.after)];
    let [old, new] = sides.map(|(name, side, piece)| {
        let (sources, span) = side.sources().zip(piece.and_then(|piece| piece.span))?;
        Excerpt::of(sources, span, format!("document-{number}-{name}"))
    });
    html! {
        details.document.(subject.direction) id=(format!("document-{number}")) open {
            summary {
                (verdict(subject)) (title(subject))
                @if let Some(presence) = presence(subject) { " (" (presence) ")" }
            }
            @if let Some(excerpt) = new.as_ref().or(old.as_ref()) {
                p.quiet { a href=(excerpt.link()) { code { (excerpt.place()) } } }
            }
            @if !subject.changes.is_empty() {
                table {
                    colgroup { col.dimension; col; col; }
                    tr { th { "dimension" } th { "before" } th { "after" } }
                    @for (dimension, change) in &subject.changes { (change_row(dimension, change)) }
                }
            }
            @if !subject.witnesses.is_empty() {
                table {
                    colgroup { col.verdict; col; col.effect; col.effect; }
                    tr { th { "verdict" } th { "event" } th { "before" } th { "after" } }
                    @for witness in &subject.witnesses { (event_row(witness)) }
                }
            }
            @if subject.left_out > 0 {
                p { "and " (subject.left_out) " more events" }
            }
            @if let Some(excerpt) = &old { (excerpt.lines("before", new.as_ref())) }
            @if let Some(excerpt) = &new { (excerpt.lines("after", old.as_ref())) }
        }
    }
}

fn change_row(dimension: &str, change: &Change) -> Markup {
    let cell = |sign: &str, entries: &[String]| {
        html! {
            @for (at, entry) in entries.iter().enumerate() {
                @if at > 0 { br; }
                @if entry == NOTHING { "nothing allowed" } @else { (sign) "\u{a0}" (entry) }
            }
        }
    };
    html! {
        tr { td { (dimension) } td { (cell("\u{2212}", &change.removed)) } td { (cell("+", &change.added)) } }
    }
}

fn event_row(witness: &Witness) -> Markup {
    let direction = if witness.before > witness.after { Direction::Wider } else { Direction::Narrower };
    html! {
        tr {
            td { (badge(direction, direction.name())) }
            td { (witness.event) } td { (witness.before) } td { (witness.after) }
        }
    }
}
