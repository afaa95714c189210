//! An event and its verdict -> text for the terminal.

use std::io::{self, Write};

use serde_json::Value;
use telovix_compare::WitnessReport;
use telovix_policy::judge::{DetectionReport, Event, NotEvaluated, VerdictReport};

use super::remedy::Remedy;
use super::target::TargetReport;
use crate::command::impact::words::events;

/// Prints the verdict, the document that decided, unknown fields, and the nearest allowed event.
pub(super) fn write(event: &Event, told: &VerdictReport, out: &mut dyn Write) -> io::Result<()> {
    let binary = event.binary.as_deref().unwrap_or("an unknown binary");
    writeln!(out, "{:<8} {binary}: {}", told.effect, action(event))?;
    match (&told.document, &told.dimension, &told.source) {
        (Some(document), Some(dimension), Some(source)) => {
            let (kind, name, id) = (&document.kind, &document.name, &document.id);
            writeln!(out, "         {source}: {kind} `{name}` ({id}), {dimension}")?;
        }
        _ if told.not_evaluated.is_empty() && told.detections.is_empty() => {
            writeln!(out, "         no policy matches this event")?;
        }
        _ => {}
    }
    if let Some(member) = &told.member {
        writeln!(out, "         listed: {member}")?;
    }
    if let Some(reason) = &told.exempted {
        writeln!(out, "         exempt: {reason}")?;
    }
    if let Some(nearest) = &told.nearest {
        writeln!(out, "         nearest allowed: {nearest}")?;
    }
    if !told.actions.is_empty() {
        writeln!(out, "         actions: {}", told.actions.join(", "))?;
    }
    if let Some(written) = told.written {
        let why = if told.actions.is_empty() {
            "weakened by the state of the pack"
        } else {
            "the policy only monitors"
        };
        writeln!(out, "         written as {written}, but {why}")?;
    }
    if !told.depends_on.is_empty() {
        let fields = told.depends_on.join(", ");
        writeln!(out, "         the event lacks {fields}")?;
    }
    // Detections are printed below, with the fields they depend on.
    for document in told.not_evaluated.iter().filter(|one| one.document.kind != "GuardianPolicy") {
        writeln!(out, "         {}", not_evaluated(document))?;
    }
    for found in &told.detections {
        writeln!(out, "         {}", detection(found))?;
    }
    if let (Some(least), Some(most)) = (told.at_least, told.at_most) {
        writeln!(out, "         the effect is between {least} and {most}")?;
    }
    Ok(())
}

/// Prints what each target does, if one of them does not do what is written.
pub(super) fn write_targets(targets: &[TargetReport], out: &mut dyn Write) -> io::Result<()> {
    if targets.iter().all(|target| target.written.is_none()) {
        return Ok(());
    }
    let same = |one: &TargetReport, other: &TargetReport| {
        (one.effect, one.written, &one.reason) == (other.effect, other.written, &other.reason)
    };
    let mut groups: Vec<(&TargetReport, Vec<&str>)> = Vec::new();
    for target in targets {
        match groups.iter_mut().find(|(first, _)| same(first, target)) {
            Some((_, names)) => names.push(target.target),
            None => groups.push((target, vec![target.target])),
        }
    }
    for (target, names) in groups {
        let written = target.written.map(|written| format!(", written as {written}")).unwrap_or_default();
        let reason = target.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        writeln!(out, "         on {}: {}{written}{reason}", names.join(", "), target.effect)?;
    }
    Ok(())
}

/// The most events shown that an edit allows as well.
const SHOWN: usize = 5;

/// Prints the edits that allow an event.
pub(super) fn write_remedy(event: &Event, remedy: &Remedy, out: &mut dyn Write) -> io::Result<()> {
    for change in &remedy.edits {
        writeln!(out, "         to allow it: {}", change.what)?;
        writeln!(out, "           {}", change.source)?;
        for line in &change.diff {
            writeln!(out, "           {line}")?;
        }
    }
    if let Some(problem) = &remedy.not_proposed {
        let still = if remedy.edits.is_empty() { "no edit is proposed" } else { "it is stopped even then" };
        writeln!(out, "         {still}: {problem}")?;
    }
    if !remedy.depends_on.is_empty() {
        let fields = remedy.depends_on.join(", ");
        writeln!(out, "         whether another policy stops it then depends on {fields}")?;
    }
    if let Some(difference) = &remedy.difference {
        let own = event.to_json();
        let is_own = |witness: &&WitnessReport| match (&witness.event, &own) {
            (Value::Object(fields), Value::Object(own)) => {
                fields.iter().all(|(name, value)| own.get(name) == Some(value))
            }
            _ => false,
        };
        let witnesses: Vec<_> = difference.subjects.iter().flat_map(|subject| &subject.witnesses).collect();
        let witnesses: Vec<_> = witnesses.into_iter().filter(|witness| !is_own(witness)).collect();
        let also = if witnesses.is_empty() { "" } else { "; it also allows, for example:" };
        writeln!(out, "         that is {}{also}", difference.verdict)?;
        for witness in witnesses.iter().take(SHOWN) {
            writeln!(
                out,
                "           {} ({} before, {} after)",
                witness.event, witness.before, witness.after
            )?;
        }
        let left_out: usize = difference.subjects.iter().map(|subject| subject.witnesses_left_out).sum();
        let more = witnesses.len().saturating_sub(SHOWN) + left_out;
        if more > 0 {
            writeln!(out, "           and {more} more")?;
        }
    }
    if let Some(history) = &remedy.history {
        let part = if history.is_incomplete { ", of which some lines could not be read" } else { "" };
        writeln!(
            out,
            "         of {} in the history{part}, {} affected, and {} not any more",
            events(history.scanned_events),
            history.affected_before,
            history.no_longer_affected + history.changed_effect
        )?;
    }
    Ok(())
}

/// Describes a document that may act and is not evaluated, with its hooks.
pub(crate) fn not_evaluated(document: &NotEvaluated) -> String {
    let NotEvaluated { document, source, hooks, undecided, .. } = document;
    let name = &document.name;
    if document.kind == "GuardianPolicy" {
        return format!(
            "detection `{name}` at {source} kills the process if it matches; whether it does is unknown"
        );
    }
    if !undecided.is_empty() {
        let hooks = if hooks.is_empty() { String::new() } else { format!(" hooks {} and", hooks.join(", ")) };
        return format!("`{name}` at {source}{hooks} depends on {}", undecided.join(", "));
    }
    match hooks.as_slice() {
        [] => format!("`{name}` at {source} is not evaluated here"),
        hooks => format!("`{name}` at {source} hooks {} and is not evaluated here", hooks.join(", ")),
    }
}

/// Describes what the Console does after the event.
pub(crate) fn detection(found: &DetectionReport) -> String {
    let DetectionReport { document, source, action, severity, .. } = found;
    let matches = match (found.matches, found.depends_on.as_slice()) {
        (true, _) => "matches".to_owned(),
        (false, []) => "may match, depending on the kind of event in the Console".to_owned(),
        (false, fields) => format!("may match, depending on {}", fields.join(", ")),
    };
    let name = &document.name;
    format!("{source}: detection `{name}` {matches}: {action} ({severity}), by the Console after the event")
}

/// Describes the action of an event.
fn action(event: &Event) -> String {
    let mut words = vec![event.operation.name().to_owned()];
    words.extend(event.path.clone());
    if event.anonymous == Some(true) {
        words.push("anonymous memory".to_owned());
    }
    match (event.address, event.port) {
        (Some(address), Some(port)) => words.push(std::net::SocketAddr::new(address, port).to_string()),
        (Some(address), None) => words.push(address.to_string()),
        (None, Some(port)) => words.push(format!("port {port}")),
        (None, None) => {}
    }
    words.extend(event.capability.map(|capability| capability.to_string()));
    words.extend(event.syscall.map(|syscall| syscall.name().to_owned()));
    words.join(" ")
}
