//! The answer -> text for people.

use std::io::{self, Write};

use telovix_replay::readiness::{Class, Weight};

use super::{Document, Judged, of_weight};
use crate::command::impact::words::{duration, events};

/// Writes the class of each step first, then what speaks against it.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for judged in &document.steps {
        write_step(judged, out)?;
    }
    writeln!(out, "checked for {}", document.targets.join(", "))?;
    document.not_checked.iter().try_for_each(|what| writeln!(out, "not checked: {what}"))
}

/// Returns `profile amf, observe -> audit`.
pub(super) fn title(judged: &Judged) -> String {
    let step = &judged.step;
    match step.to {
        Some(to) => format!("{} {}, {} -> {to}", step.kind, step.name, step.from),
        None => format!("{} {}, {}", step.kind, step.name, step.from),
    }
}

/// Returns what was seen of it.
pub(super) fn seen(judged: &Judged) -> String {
    let window = match judged.window_seconds {
        Some(seconds) => format!("over {} of {}", duration(seconds), duration(judged.required_seconds)),
        None => "without a time".to_owned(),
    };
    format!("{} {window}, {} deviating", events(judged.covered_events), judged.deviations)
}

fn write_step(judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}  ({})", judged.class.name(), title(judged), judged.step.source)?;
    if judged.class == Class::NoNextStep {
        return writeln!(out);
    }
    writeln!(out, "  {}", seen(judged))?;
    for (weight, word) in [(Weight::Blocking, "blocking"), (Weight::Caution, "caution")] {
        for condition in of_weight(judged, weight) {
            let word = if condition.is_accepted { "accepted" } else { word };
            let source = condition.source.as_ref().map(|source| format!("{source}: ")).unwrap_or_default();
            writeln!(out, "  {word} {}: {source}{}", condition.condition, condition.message)?;
            writeln!(out, "    -> {}", condition.fix)?;
        }
    }
    writeln!(out)
}
