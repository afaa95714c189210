//! A pack of evidence -> Markdown.

use std::io::{self, Write};

use telovix_compliance::evidence::{Denials, Evidence, NONE, Pack, Record};
use telovix_compliance::run::Run;

use crate::output::inline::{Part, parts};
use crate::output::markdown::{code, text};

/// Prints the evidence.
pub(super) fn write(pack: &Pack, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Compliance evidence\n")?;
    writeln!(out, "{}\n", text(super::html::PREFACE))?;
    writeln!(
        out,
        "| control | requirement | documents | exceptions in force | result of runs |\n|---|---|---|---|---|"
    )?;
    for record in &pack.records {
        let requirement =
            record.requirement.as_deref().map_or_else(|| "not in a vocabulary".to_owned(), text);
        let (control, documents, exceptions) =
            (code(&record.control), record.documents.len(), record.exceptions.len());
        writeln!(
            out,
            "| {control} | {requirement} | {documents} | {exceptions} | {} |",
            record.result.word()
        )?;
    }
    pack.records.iter().try_for_each(|record| details(record, out))?;
    writeln!(out, "\n## Signed bundles\n")?;
    if pack.signatures.is_empty() {
        writeln!(out, "{NONE}")?;
    }
    for signature in &pack.signatures {
        let word = if signature.accepted { "accepted" } else { "refused" };
        writeln!(out, "- {} {word}: {}", code(&signature.bundle), inline(&signature.says))?;
    }
    writeln!(out, "\n## Documents that name no control\n")?;
    list(&pack.without_control, "none", out)
}

fn details(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let title = record.requirement.as_deref().map_or_else(String::new, |title| format!(": {}", text(title)));
    writeln!(out, "\n## {}{title}\n", text(&record.control))?;
    let standard = record.standard.as_deref().unwrap_or("not in a vocabulary of this version");
    writeln!(out, "- standard: {}", text(standard))?;
    let threats =
        if record.threats.is_empty() { "none named".to_owned() } else { text(&record.threats.join("; ")) };
    writeln!(out, "- threat reference: {threats}")?;
    writeln!(out, "- result of runs: **{}**", record.result.word())?;
    lines("Preconditions", &record.preconditions, out)?;
    writeln!(out, "\n### Documents\n")?;
    list(&record.documents, NONE, out)?;
    writeln!(out, "\n### Exceptions in force\n")?;
    list(&record.exceptions, "none", out)?;
    writeln!(out, "\n### Events of the history that the rules deny\n")?;
    denials(record.denials.as_deref(), out)?;
    writeln!(out, "\n### Steps, expected and observed result\n")?;
    if record.runs.is_empty() {
        writeln!(out, "{NONE}")?;
    }
    record.runs.iter().try_for_each(|run| steps(run, out))
}

fn steps(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let place = run.place.as_deref().map_or_else(String::new, |place| format!(", on {}", text(place)));
    let passed = if run.passed { "passed" } else { "failed" };
    writeln!(out, "- {} ({}{place}): **{passed}**", text(&run.scenario), text(&run.at))?;
    (1..).zip(&run.steps).try_for_each(|(number, step)| writeln!(out, "  {number}. {}", inline(step)))?;
    writeln!(out, "  - expected: {}", inline(&run.expected))?;
    writeln!(out, "  - observed: {}", inline(&run.observed))
}

fn denials(found: Option<&[Denials]>, out: &mut dyn Write) -> io::Result<()> {
    match found {
        None => writeln!(out, "{NONE}: no history was given"),
        Some([]) => writeln!(out, "none in the history"),
        Some(rows) => rows.iter().try_for_each(|row| writeln!(out, "- {}", inline(&super::denied(row)))),
    }
}

fn lines(title: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### {title}\n")?;
    if lines.is_empty() {
        return writeln!(out, "{NONE}");
    }
    lines.iter().try_for_each(|line| writeln!(out, "- {}", inline(line)))
}

fn list(found: &[Evidence], nothing: &str, out: &mut dyn Write) -> io::Result<()> {
    if found.is_empty() {
        return writeln!(out, "{nothing}");
    }
    found.iter().try_for_each(|found| writeln!(out, "- {} ({})", inline(&found.what), code(&found.source)))
}

/// Formats a sentence with code in backticks.
fn inline(sentence: &str) -> String {
    let part = |part| match part {
        Part::Words(words) => text(words),
        Part::Code(words) => code(words),
    };
    parts(sentence).map(part).collect()
}
