//! A policy and a question -> who gets which effect, and because of which line.

use std::collections::BTreeSet;

use telovix_policy::confine::{Deed, Operation, Subject};
use telovix_policy::judge::{Event, Index, Verdict};
use telovix_policy::value::Children;

use super::piece::Side;
use super::process::World;
use super::words::words;

/// One answer: a process, what it would do, and what happens.
#[derive(Debug, Clone)]
pub struct Answer<'policy> {
    /// The document whose process it is; none for a process that no document names.
    pub name: Option<&'policy str>,
    /// The event.
    pub event: Event,
    /// What happens.
    pub verdict: Verdict<'policy>,
}

/// Asks for everybody a document names, and for somebody whom none does: what happens when they do this?
/// A process appears once for each parent that exceptions can tell from others.
#[must_use]
pub fn who<'policy>(side: &'policy Side<'policy>, operation: Operation, deed: &Deed) -> Vec<Answer<'policy>> {
    let index = Index::new(side.confinements());
    let world = World::new(side.confinements());
    let mut answers = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ask = |name: Option<&'policy str>, subject: &Subject, children: Children| {
        for process in world.processes_of(operation, (subject, children), &[]) {
            let whole = with(&process, deed);
            let short = Event::of(operation, process.binary.as_deref().unwrap_or_default(), deed);
            let told = index.judge(&short);
            let (event, verdict) = if told.depends_on.is_empty() {
                (short, told)
            } else {
                let told = index.judge(&whole);
                (whole, told)
            };
            if seen.insert(event.to_string()) {
                answers.push(Answer { name, event, verdict });
            }
        }
    };
    for piece in side.pieces() {
        let Some(subject) = subject(piece) else { continue };
        ask(Some(piece.name), &subject, Children::Leave);
    }
    ask(None, &Subject::Everyone, Children::Leave);
    answers
}

/// Returns what a binary is let do by an operation, one line for each part of the set: a path pattern, `not` before what
/// is taken out of it, addresses with ports, a name, `everything else`.
#[must_use]
pub fn what(side: &Side<'_>, binary: &str, operation: Operation) -> Vec<String> {
    words(&super::analysis::allowed(&Index::new(side.confinements()), binary, operation))
}

fn with(process: &Event, deed: &Deed) -> Event {
    let binary = process.binary.as_deref().unwrap_or_default();
    Event {
        parent: process.parent.clone(),
        ancestors: process.ancestors.clone(),
        sensor: process.sensor.clone(),
        group: process.group.clone(),
        ..Event::of(process.operation, binary, deed)
    }
}

fn subject(piece: &super::Piece<'_>) -> Option<Subject> {
    let binary = piece.binary?;
    match telovix_policy::value::AbsolutePath::parse(binary) {
        Ok(path) => Some(Subject::Binary(path)),
        Err(_) => Some(Subject::BaseName(binary.to_owned())),
    }
}
