//! The answer -> Markdown for a pull request.

use std::io::{self, Write};

use telovix_replay::readiness::{Class, Weight};

use super::text::{seen, title};
use super::{Document, of_weight};
use crate::output::markdown::{code, text};

/// Writes a heading for each step and a table of what speaks against it.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for judged in &document.steps {
        writeln!(out, "### {}: {}\n", judged.class.name(), text(&title(judged)))?;
        if judged.class == Class::NoNextStep {
            continue;
        }
        writeln!(out, "{}.\n", text(&seen(judged)))?;
        if judged.conditions.is_empty() {
            continue;
        }
        writeln!(out, "| | condition | what | to do |\n|---|---|---|---|")?;
        for (weight, word) in [(Weight::Blocking, "**blocking**"), (Weight::Caution, "caution")] {
            for condition in of_weight(judged, weight) {
                let word = if condition.is_accepted { "accepted" } else { word };
                let source =
                    condition.source.as_ref().map(|source| format!("{} ", code(source))).unwrap_or_default();
                writeln!(
                    out,
                    "| {word} | {} | {source}{} | {} |",
                    condition.condition,
                    text(&condition.message),
                    text(&condition.fix)
                )?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "Checked for {}.", document.targets.join(", "))?;
    document.not_checked.iter().try_for_each(|what| writeln!(out, "Not checked: {}.", text(what)))
}
