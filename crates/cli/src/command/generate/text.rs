//! An evaluation -> text for people.

use std::io::{self, Write};

use telovix_learn::{Evaluation, OfBinary};

use crate::command::impact::words::{events, grouped, percent};

/// Writes how the profiles would have done on events that they were not learned from.
pub(super) fn evaluation(evaluation: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    let Evaluation { events: all, false_positives, false_positive_rate, .. } = evaluation;
    writeln!(
        out,
        "{} of {} would have been denied without need: {} %",
        grouped(*false_positives),
        events(*all),
        percent(*false_positive_rate)
    )?;
    let window = &evaluation.learned_from;
    if let (Some(first), Some(last)) = (&window.first, &window.last) {
        writeln!(out, "  learned from {first} to {last}")?;
    }
    let profiles = evaluation.binaries.len() as u64;
    let largest = evaluation.binaries.iter().map(|of| of.entries).max().unwrap_or(0);
    writeln!(
        out,
        "  {} profile{}, {} entries, {} in the largest",
        grouped(profiles),
        if profiles == 1 { "" } else { "s" },
        grouped(evaluation.entries),
        grouped(largest)
    )?;
    writeln!(out, "  {} for review, sensitive or listed above a profile", events(evaluation.for_review))?;
    writeln!(
        out,
        "  {} of {} paths that only other binaries used are allowed",
        grouped(evaluation.foreign_allowed),
        grouped(evaluation.foreign)
    )?;
    writeln!(out, "  {} sensitive paths are allowed", grouped(evaluation.sensitive_allowed))?;
    for binary in &evaluation.without_profile {
        writeln!(out, "  no profile, because it was not seen before, or too briefly: {binary}")?;
    }
    writeln!(
        out,
        "\n{:>10} {:>10} {:>8} {:>8} {:>8}  binary",
        "events", "denied", "review", "entries", "foreign"
    )?;
    evaluation.binaries.iter().try_for_each(|of| binary(of, out))
}

fn binary(of: &OfBinary, out: &mut dyn Write) -> io::Result<()> {
    let OfBinary { binary, entries, events, false_positives, for_review, foreign_allowed, unexpected } = of;
    let columns =
        [events, false_positives, for_review, entries, foreign_allowed].map(|number| grouped(*number));
    let [events, denied, review, entries, foreign] = columns;
    writeln!(out, "{events:>10} {denied:>10} {review:>8} {entries:>8} {foreign:>8}  {binary}")?;
    for unexpected in unexpected {
        let (list, value) = (unexpected.list, unexpected.value.escape_debug());
        writeln!(out, "{:>21}           {list}: {value}", grouped(unexpected.events))?;
    }
    Ok(())
}
