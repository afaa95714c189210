//! A difference -> one self-contained HTML page without scripts.

use std::io::{self, Write};

use maud::{Markup, html};
use telovix_compare::{Change, Direction, SubjectDifference, Witness};

use super::{Shown, presence, title};
use crate::output::html::page;

/// The style sheet, for light and dark mode.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#0d1117);--card:light-dark(#fff,#161b22);--text:light-dark(#1f2328,#e6edf3);\
--quiet:light-dark(#59636e,#9198a1);--line:light-dark(#d0d7de,#3d444d);--come:light-dark(#1a7f37,#57d37a);--gone:light-dark(#b3261e,#ff8a80)}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:72rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:0}p{margin:.3rem 0}
.quiet{color:var(--quiet)}
section{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--quiet);border-radius:8px;padding:1rem;margin:1rem 0;overflow-x:auto}
section.wider,section.incomparable{border-left-color:var(--gone)}section.narrower{border-left-color:var(--come)}
.badge{display:inline-block;font:600 .8rem system-ui,sans-serif;padding:.1rem .6rem;border-radius:1rem;border:1px solid currentColor;margin-right:.4rem}
table{border-collapse:collapse;width:100%;margin-top:.8rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-top:1px solid var(--line)}
th{font-size:.8rem;color:var(--quiet);font-weight:600}
code,td{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}
.badge.wider,.badge.incomparable,.gone{color:var(--gone)}.badge.narrower,.came{color:var(--come)}.badge.equal{color:var(--quiet)}
.bar{display:block;width:100%;height:12px;margin:1rem 0 .2rem;border-radius:6px}
.bar .wider,.bar .incomparable{fill:var(--gone)}.bar .narrower{fill:var(--come)}.bar .equal{fill:var(--line)}
nav a{margin-right:1rem;color:inherit}";

/// Prints the page.
pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("Policy difference: {}", shown.difference.direction);
    writeln!(out, "{}", page(&title, STYLE, &body(shown)).into_string())
}

fn body(shown: &Shown<'_>) -> Markup {
    let direction = shown.difference.direction;
    let changed = shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged());
    html! {
        h1 { "Policy difference " (badge(direction, direction.name())) }
        p { (shown.sentence()) "." }
        (bar(shown))
        @for subject in changed { (section(shown, subject)) }
    }
}

fn badge(direction: Direction, text: &str) -> Markup {
    html! { span.badge.(direction) { (text) } }
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

fn section(shown: &Shown<'_>, subject: &SubjectDifference<'_>) -> Markup {
    let direction = subject.direction;
    let verdict = if direction == Direction::Equal { "no effect" } else { direction.name() };
    let new = shown.after.sources().zip(subject.after.and_then(|piece| piece.span));
    let old = shown.before.sources().zip(subject.before.and_then(|piece| piece.span));
    html! {
        section.(direction) {
            h2 {
                (badge(direction, verdict)) (title(subject))
                @if let Some(presence) = presence(subject) { " (" (presence) ")" }
            }
            @if let Some((sources, span)) = new.or(old) {
                p.quiet { code { (sources.locate(span)) } }
            }
            @if !subject.changes.is_empty() {
                table {
                    tr { th { "dimension" } th { "before" } th { "after" } }
                    @for (dimension, change) in &subject.changes { (change_row(dimension, change)) }
                }
            }
            @if !subject.witnesses.is_empty() {
                table {
                    tr { th { "event" } th { "before" } th { "after" } }
                    @for witness in &subject.witnesses { (event_row(witness)) }
                }
            }
            @if subject.left_out > 0 {
                p { "and " (subject.left_out) " more events" }
            }
        }
    }
}

fn change_row(dimension: &str, change: &Change) -> Markup {
    let cell = |entries: &[String]| {
        html! {
            @for (at, entry) in entries.iter().enumerate() {
                @if at > 0 { br; }
                (entry)
            }
        }
    };
    html! {
        tr { td { (dimension) } td.gone { (cell(&change.removed)) } td.came { (cell(&change.added)) } }
    }
}

fn event_row(witness: &Witness) -> Markup {
    let class = if witness.before > witness.after { "gone" } else { "came" };
    html! {
        tr { td { (witness.event) } td { (witness.before) } td.(class) { (witness.after) } }
    }
}
