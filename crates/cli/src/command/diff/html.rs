//! A difference -> one HTML page that needs nothing else: no script, no other file.

use std::io::{self, Write};

use telovix_compare::{Direction, SubjectDifference};

use super::{Shown, presence, title};

/// The look of the page, in light and in dark.
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
    let direction = shown.difference.direction;
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
    writeln!(
        out,
        "<title>Policy difference: {direction}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>"
    )?;
    writeln!(out, "<h1>Policy difference <span class=\"badge {direction}\">{direction}</span></h1>")?;
    writeln!(out, "<p>{}.</p>", text(shown.sentence()))?;
    bar(shown, out)?;
    for subject in shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged()) {
        section(shown, subject, out)?;
    }
    writeln!(out, "</body>\n</html>")
}

/// Draws how many documents went which way.
fn bar(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let subjects = &shown.difference.subjects;
    writeln!(out, "<svg class=\"bar\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" role=\"img\">")?;
    writeln!(out, "<title>{}</title>", text(&shown.counted()))?;
    let mut start = 0;
    for direction in [Direction::Incomparable, Direction::Wider, Direction::Narrower, Direction::Equal] {
        let count = subjects.iter().filter(|subject| subject.direction == direction).count();
        // What there is of a direction is seen, however little.
        let width = if count == 0 { 0 } else { (1000 * count / subjects.len().max(1)).max(6) };
        if width > 0 {
            writeln!(out, "<rect class=\"{direction}\" x=\"{start}\" width=\"{width}\" height=\"12\"/>")?;
        }
        start += width;
    }
    writeln!(out, "</svg>\n<p class=\"quiet\">{}</p>", text(&shown.counted()))
}

fn section(shown: &Shown<'_>, subject: &SubjectDifference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let direction = subject.direction;
    let word = if direction == Direction::Equal { "no effect" } else { direction.name() };
    let presence = presence(subject).map(|word| format!(" ({word})")).unwrap_or_default();
    writeln!(
        out,
        "<section class=\"{direction}\">\n<h2><span class=\"badge {direction}\">{word}</span>{}{presence}</h2>",
        text(&title(subject))
    )?;
    let new = shown.after.sources().zip(subject.after.and_then(|piece| piece.span));
    let old = shown.before.sources().zip(subject.before.and_then(|piece| piece.span));
    if let Some((sources, span)) = new.or(old) {
        writeln!(out, "<p class=\"quiet\"><code>{}</code></p>", text(&sources.locate(span)))?;
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
