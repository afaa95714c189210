//! A difference -> one HTML page that needs nothing else: no script, no other file.

use std::io::{self, Write};

use telovix_compiler::compare::{Direction, SubjectDifference};

use super::{Shown, presence, title};

/// The look of the page, in light and in dark.
const STYLE: &str = "\
:root{color-scheme:light dark;--come:light-dark(#1a7f37,#57d37a);--gone:light-dark(#b3261e,#ff8a80);--line:light-dark(#d0d7de,#444c56)}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
section{border:1px solid var(--line);border-radius:8px;padding:.2rem 1rem 1rem;margin:1rem 0}
h2{font-size:1.05rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-top:1px solid var(--line)}
code,td{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}
.wider,.incomparable,.gone{color:var(--gone)}.narrower,.came{color:var(--come)}";

/// Prints the page.
pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let direction = shown.difference.direction;
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
    writeln!(
        out,
        "<title>Policy difference: {direction}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>"
    )?;
    writeln!(out, "<h1>Policy difference: <span class=\"{direction}\">{direction}</span></h1>")?;
    writeln!(out, "<p>{} ({}).</p>", text(shown.sentence()), text(&shown.counted()))?;
    for subject in shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged()) {
        section(shown, subject, out)?;
    }
    writeln!(out, "</body>\n</html>")
}

fn section(shown: &Shown<'_>, subject: &SubjectDifference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let direction = subject.direction;
    let word = if direction == Direction::Equal { "no effect" } else { direction.name() };
    let presence = presence(subject).map(|word| format!(" ({word})")).unwrap_or_default();
    writeln!(
        out,
        "<section>\n<h2><span class=\"{direction}\">{word}</span> {}{presence}</h2>",
        text(&title(subject))
    )?;
    let new = shown.after.sources().zip(subject.after.and_then(|piece| piece.span));
    let old = shown.before.sources().zip(subject.before.and_then(|piece| piece.span));
    if let Some((sources, span)) = new.or(old) {
        writeln!(out, "<p><code>{}</code></p>", text(&sources.locate(span)))?;
    }
    if !subject.changes.is_empty() {
        writeln!(out, "<table>\n<tr><th>dimension</th><th>before</th><th>after</th></tr>")?;
        for (dimension, change) in &subject.changes {
            let cell =
                |entries: &[String]| entries.iter().map(|entry| text(entry)).collect::<Vec<_>>().join("<br>");
            writeln!(
                out,
                "<tr><td>{dimension}</td><td class=\"gone\">{}</td><td class=\"came\">{}</td></tr>",
                cell(&change.removed),
                cell(&change.added)
            )?;
        }
        writeln!(out, "</table>")?;
    }
    if !subject.witnesses.is_empty() {
        writeln!(out, "<table>\n<tr><th>event</th><th>before</th><th>after</th></tr>")?;
        for witness in &subject.witnesses {
            let class = if witness.before > witness.after { "gone" } else { "came" };
            let event = text(&witness.event.to_string());
            let (before, after) = (witness.before, witness.after);
            writeln!(out, "<tr><td>{event}</td><td>{before}</td><td class=\"{class}\">{after}</td></tr>")?;
        }
        writeln!(out, "</table>")?;
    }
    if subject.left_out > 0 {
        writeln!(out, "<p>and {} more events</p>", subject.left_out)?;
    }
    writeln!(out, "</section>")
}

/// Takes the meaning out of what HTML reads as markup.
fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '"' => plain.push_str("&quot;"),
            letter => plain.push(letter),
        }
    }
    plain
}
