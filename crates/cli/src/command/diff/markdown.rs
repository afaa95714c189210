//! A difference -> Markdown for a pull request: the verdict first, details collapsed.

use std::io::{self, Write};

use telovix_compare::{Direction, SubjectDifference, Witness};

use super::{Shown, presence, title};
use crate::output::markdown::{code, text};
use crate::output::text::capital;

/// Further documents are only counted: a comment has a size limit.
const MOST: usize = 100;

/// Prints the verdict, a table of what changed, and the details of each document.
pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "### Policy difference: {}\n\n{}.\n",
        shown.difference.direction,
        capital(shown.sentence())
    )?;
    let changed: Vec<_> =
        shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "| verdict | document | binary | example | before | after |\n|---|---|---|---|---|---|")?;
    for subject in changed.iter().take(MOST) {
        row(subject, out)?;
    }
    if let Some(more) = changed.len().checked_sub(MOST).filter(|more| *more > 0) {
        writeln!(out, "\nand {more} more documents.")?;
    }
    writeln!(out, "\n{}.", shown.counted())?;
    changed.iter().take(MOST).try_for_each(|subject| details(subject, out))
}

fn row(subject: &SubjectDifference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let binary = subject.piece().and_then(|piece| piece.binary).map(code).unwrap_or_default();
    // A newly allowed event matters most to a reviewer; otherwise the first, since operations are in the order of
    // what people look at.
    let widens = |witness: &&Witness| witness.before > witness.after;
    let example = subject.witnesses.iter().find(widens).or_else(|| subject.witnesses.first());
    let (event, before, after) = match example {
        Some(witness) => (code(&witness.event.to_string()), witness.before.name(), witness.after.name()),
        None => (String::new(), "", ""),
    };
    let word = if subject.direction == Direction::Equal { "no effect" } else { subject.direction.name() };
    let presence = presence(subject).map(|word| format!(" ({word})")).unwrap_or_default();
    let title = text(&title(subject));
    writeln!(out, "| {word} | {title}{presence} | {binary} | {event} | {before} | {after} |")
}

fn details(subject: &SubjectDifference<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{}</summary>\n\n```diff", text(&title(subject)))?;
    for (dimension, change) in &subject.changes {
        writeln!(out, "@@ {} @@", fenced(dimension))?;
        change.removed.iter().try_for_each(|entry| writeln!(out, "- {}", fenced(entry)))?;
        change.added.iter().try_for_each(|entry| writeln!(out, "+ {}", fenced(entry)))?;
    }
    writeln!(out, "```\n")?;
    for witness in &subject.witnesses {
        writeln!(out, "- {} → **{}**: {}", witness.before, witness.after, code(&witness.event.to_string()))?;
    }
    if subject.left_out > 0 {
        writeln!(out, "- and {} more", subject.left_out)?;
    }
    writeln!(out, "\n</details>")
}

/// Keeps an entry on one line and inside its code fence.
fn fenced(entry: &str) -> String {
    entry.replace(char::is_control, " ").replace("```", "'''")
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn an_entry_stays_inside_its_fence() {
        assert_eq!(fenced("```\nend"), "''' end");
    }
}
