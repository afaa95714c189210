//! A difference -> text for the terminal: entries side by side if it is wide enough, then the events.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use telovix_compare::{Change, Direction, SubjectDifference, Witness};

use super::{Shown, presence, title};

/// On narrower terminals, entries are listed below one another.
const SIDE_BY_SIDE: usize = 100;

/// The most events printed below one heading.
const MOST: usize = 20;

/// Width of the column with the dimension name.
const DIMENSION: usize = 16;

/// Returns the width of the terminal in characters; 80 if unknown.
pub(super) fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    told.or_else(asked).unwrap_or(80)
}

/// Prints every document that changed, then the verdict.
pub(super) fn write(shown: &Shown<'_>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for subject in shown.difference.subjects.iter().filter(|subject| !subject.is_unchanged()) {
        head(shown, subject, out)?;
        for (dimension, change) in &subject.changes {
            if width >= SIDE_BY_SIDE {
                columns(dimension, change, width, out)?;
            } else {
                lines(dimension, change, out)?;
            }
        }
        events("weaker effect", subject, |witness| witness.before > witness.after, out)?;
        events("stronger effect", subject, |witness| witness.before < witness.after, out)?;
        if subject.left_out > 0 {
            writeln!(out, "  and {} more events", subject.left_out)?;
        }
        if !subject.depends_on.is_empty() {
            writeln!(out, "  depends on {}", subject.depends_on.join(", "))?;
        }
        writeln!(out)?;
    }
    let style = colour(shown.difference.direction);
    writeln!(out, "{style}{}{style:#} ({})", shown.sentence(), shown.counted())
}

fn head(shown: &Shown<'_>, subject: &SubjectDifference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let style = colour(subject.direction);
    let word = if subject.direction == Direction::Equal { "no effect" } else { subject.direction.name() };
    write!(out, "{style}{word}{style:#}  {}", title(subject))?;
    if let Some(binary) = subject.piece().and_then(|piece| piece.binary) {
        write!(out, "  {binary}")?;
    }
    if let Some(presence) = presence(subject) {
        write!(out, "  {presence}")?;
    }
    writeln!(out)?;
    let old = shown.before.sources().zip(subject.before.and_then(|piece| piece.span));
    let new = shown.after.sources().zip(subject.after.and_then(|piece| piece.span));
    let places: Vec<_> =
        [old, new].into_iter().flatten().map(|(sources, span)| sources.locate(span)).collect();
    match places.as_slice() {
        [old, new] if old != new => writeln!(out, "  {old} -> {new}"),
        [first, ..] => writeln!(out, "  {first}"),
        [] => Ok(()),
    }
}

/// Prints removed entries on the left and added ones on the right.
fn columns(dimension: &str, change: &Change, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let (gone, came) = (gone(), came());
    let column = (width - DIMENSION - 4) / 2;
    for at in 0..change.removed.len().max(change.added.len()) {
        let label = if at == 0 { dimension } else { "" };
        let left = change.removed.get(at).map(|entry| format!("- {entry}")).unwrap_or_default();
        let right = change.added.get(at).map(|entry| format!("+ {entry}")).unwrap_or_default();
        let space = column.saturating_sub(left.chars().count());
        writeln!(out, "  {label:<DIMENSION$}{gone}{left}{gone:#}{:space$} {came}{right}{came:#}", "")?;
    }
    Ok(())
}

fn lines(dimension: &str, change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let (gone, came) = (gone(), came());
    writeln!(out, "  {dimension}")?;
    change.removed.iter().try_for_each(|entry| writeln!(out, "    {gone}- {entry}{gone:#}"))?;
    change.added.iter().try_for_each(|entry| writeln!(out, "    {came}+ {entry}{came:#}"))
}

fn events(
    heading: &str,
    subject: &SubjectDifference<'_>,
    wanted: fn(&Witness) -> bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let found: Vec<_> = subject.witnesses.iter().filter(|witness| wanted(witness)).collect();
    if !found.is_empty() {
        writeln!(out, "  {heading}")?;
    }
    for witness in found.iter().take(MOST) {
        writeln!(out, "    {:<14} {}", format!("{} -> {}", witness.before, witness.after), witness.event)?;
    }
    match found.len().checked_sub(MOST) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "    and {more} more (see `--format json`)"),
    }
}

fn colour(direction: Direction) -> Style {
    match direction {
        Direction::Equal => Style::new().bold(),
        Direction::Narrower => AnsiColor::Green.on_default().bold(),
        Direction::Wider | Direction::Incomparable => AnsiColor::Red.on_default().bold(),
    }
}

fn gone() -> Style {
    AnsiColor::Red.on_default()
}

fn came() -> Style {
    AnsiColor::Green.on_default()
}
