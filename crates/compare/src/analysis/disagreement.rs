//! A policy -> pairs of documents that give one event different effects, with the event and the effect that wins.

use std::collections::BTreeSet;

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_policy::confine::{Confinement, DocumentReference, Effect, Listing, Operation, Region, Subject};
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Children;

use super::code::EFFECTS_DISAGREE;
use crate::process::{World, binary};

/// Two documents and the operation they disagree on: each pair is reported once.
type Reported<'policy> = BTreeSet<(&'policy DocumentReference, &'policy DocumentReference, Operation)>;

/// Reports each pair of documents of which one gives an event a weaker effect, or lists it as allowed, and the
/// other a stronger one. The strongest effect wins, so the weaker one has no effect.
pub(super) fn report(policy: &Policy, sink: &mut Sink) {
    let index = Index::new(&policy.confinements);
    let world = World::new(&policy.confinements);
    let mut asked: BTreeSet<(Operation, &Subject, Children)> = BTreeSet::new();
    let mut reported = Reported::new();
    for confinement in &policy.confinements {
        let Confinement { operation, subject, children, .. } = confinement;
        if !asked.insert((*operation, subject, *children)) {
            continue;
        }
        for process in world.processes_of(*operation, (subject, *children), &[]) {
            let confining: Vec<_> = index.confining(&process).into_iter().map(|(_, found)| found).collect();
            if confining.len() > 1 {
                compare(&index, &process, &confining, &mut reported, sink);
            }
        }
    }
}

/// Compares every two documents that confine one process.
fn compare<'policy>(
    index: &Index<'policy>,
    process: &Event,
    confining: &[&'policy Confinement],
    reported: &mut Reported<'policy>,
    sink: &mut Sink,
) {
    for weak in confining {
        for strong in confining {
            let pair = (&*weak.document, &*strong.document, process.operation);
            if weak.document == strong.document
                || strong.acting_effect() < Effect::Log
                || reported.contains(&pair)
            {
                continue;
            }
            if let Some(finding) = disagreement(index, process, weak, strong) {
                reported.insert(pair);
                sink.report(finding);
            }
        }
    }
}

/// Returns the finding about two confinements of one process, if there is an event on which they disagree.
fn disagreement(
    index: &Index<'_>,
    process: &Event,
    weak: &Confinement,
    strong: &Confinement,
) -> Option<Diagnostic> {
    let operation = process.operation;
    let (mild, hard) = (weak.acting_effect(), strong.acting_effect());
    let theirs = Region::of(operation, &strong.condition);
    let both = |ours: &Region| theirs.clone().intersection(ours).witness();
    let named = Region::of(operation, &weak.condition);
    let listed = weak.listing == Listing::Allows && !weak.members.is_empty();
    let (says, action) = match both(&named).filter(|_| mild < hard) {
        Some(action) => (format!("gives `{mild}` to an event"), action),
        None if listed => {
            let allowed = Region::every(operation).difference(&named);
            ("lists an event as allowed".to_owned(), both(&allowed)?)
        }
        None => return None,
    };
    let event = Event::of(operation, binary(process), &action);
    let whole = Event {
        parent: process.parent.clone(),
        ancestors: process.ancestors.clone(),
        sensor: process.sensor.clone(),
        group: process.group.clone(),
        ..event.clone()
    };
    let wins = index.judge(&whole).effect;
    // A third document may give the event a stronger effect, or the two may apply on different hosts.
    (wins == hard).then(|| {
        let (name, other) = (&weak.document.name, &strong.document.name);
        let message = format!(
            "`{name}` {says}, and `{other}` gives `{hard}` to the same event, so `{hard}` wins: `{event}`"
        );
        let finding = Diagnostic::new(&EFFECTS_DISAGREE, weak.span, message);
        finding.related(strong.span, format!("`{hard}` comes from here"))
    })
}
