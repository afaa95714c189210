//! The policies of four versions of a file -> an event whose effect in the merged version is wrong.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Severity, Sink};
use telovix_document as document;
use telovix_document::codes::OTHER_OBJECTS;
use telovix_document::lower::{Options, Policy, lower};
use telovix_policy::confine::{Confinement, Effect, Operation, Region};
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Date;

use super::{Contradiction, Refusal, Version};
use crate::change::at_least;
use crate::process::{World, binary};

/// The policy of one version.
#[derive(Debug)]
pub(super) struct Meaning {
    policy: Policy,
}

impl Meaning {
    /// Reads one version; an empty one is an empty policy.
    pub(super) fn read(version: Version, name: &str, text: &str, as_of: Date) -> Result<Self, Box<Refusal>> {
        if text.trim().is_empty() {
            return Ok(Self { policy: Policy::default() });
        }
        let sources = SourceSet::single(name, text);
        let mut sink = Sink::default();
        let documents = document::read(&sources, &mut sink).documents;
        let policy = lower(documents, &sources, Options { as_of }, &mut sink);
        // Of other objects only the text can be merged.
        let is_refused =
            |found: &Diagnostic| found.severity == Severity::Error || *found.code == OTHER_OBJECTS;
        let diagnostics: Vec<_> = sink.into_sorted().into_iter().filter(is_refused).collect();
        if diagnostics.is_empty() {
            Ok(Self { policy })
        } else {
            Err(Box::new(Refusal { version, sources, diagnostics }))
        }
    }
}

/// The effects of one version on one process: the events at each level or above it.
struct Levels(Vec<Region>);

impl Levels {
    fn of(index: &Index<'_>, process: &Event) -> Self {
        let confining: Vec<_> = index.confining(process).into_iter().map(|(_, found)| found).collect();
        let levels = Effect::ALL.into_iter().filter(|effect| *effect > Effect::Allow);
        Self(levels.map(|level| at_least(process.operation, &confining, level)).collect())
    }

    /// Returns the events that have a weaker effect in the other version.
    fn weakened(&self, other: &Self, operation: Operation) -> Region {
        let weaker = |(one, two): (&Region, &Region)| one.clone().difference(two);
        self.0.iter().zip(&other.0).map(weaker).fold(Region::none(operation), |sum, next| sum.union(&next))
    }
}

/// Returns the events with a wrong effect after the merge: weaker than in every side that changed them, or than before
/// if neither side did; or still stopped although the only side that changed them allows them.
fn wrong([base, ours, theirs, merged]: &[Levels; 4], operation: Operation) -> Region {
    let changed = |side: &Levels| base.weakened(side, operation).union(&side.weakened(base, operation));
    let (by_us, by_them) = (changed(ours), changed(theirs));
    let sides = ours.0.iter().zip(&theirs.0).zip(&merged.0);
    let weaker = sides.map(|((our, their), merged)| {
        let required = our.clone().intersection(their);
        let required =
            required.union(&their.clone().difference(&by_us)).union(&our.clone().difference(&by_them));
        required.difference(merged)
    });
    let weaker = weaker.fold(Region::none(operation), |sum, next| sum.union(&next));
    let still_stopped = |side: &Levels, by_other: &Region| {
        let allowed = base.weakened(side, operation).difference(by_other);
        allowed.intersection(&merged.weakened(side, operation))
    };
    weaker.union(&still_stopped(theirs, &by_us)).union(&still_stopped(ours, &by_them))
}

/// Finds an event with a wrong effect after the merge.
pub(super) fn contradiction(
    base: &Meaning,
    ours: &Meaning,
    theirs: &Meaning,
    merged: &Meaning,
) -> Option<Contradiction> {
    let versions = [base, ours, theirs, merged].map(|meaning| meaning.policy.confinements.as_slice());
    let indices = versions.map(Index::new);
    let world = World::new(versions.into_iter().flatten());
    for operation in Operation::ALL {
        let own: Vec<&Confinement> =
            versions.into_iter().flatten().filter(|confinement| confinement.operation == operation).collect();
        for process in world.processes(operation, &own) {
            let levels = [0, 1, 2, 3].map(|at: usize| {
                indices.get(at).map_or_else(|| Levels(Vec::new()), |index| Levels::of(index, &process))
            });
            if let Some(action) = wrong(&levels, operation).witness() {
                let binary = binary(&process);
                let event = Event {
                    parent: process.parent.clone(),
                    ancestors: process.ancestors.clone(),
                    sensor: process.sensor.clone(),
                    group: process.group.clone(),
                    ..Event::of(operation, binary, &action)
                };
                let effects = [0, 1, 2, 3].map(|at: usize| {
                    indices.get(at).map_or(Effect::Allow, |index| index.judge(&event).effect)
                });
                return Some(Contradiction { event: brief(event), effects });
            }
        }
    }
    None
}

/// Removes fields that need no mention: an empty scope, and an empty parent.
fn brief(event: Event) -> Event {
    let named = |place: Option<String>| place.filter(|place| !place.is_empty());
    let single = event.ancestors.as_ref().is_none_or(|line| line.len() <= 1);
    let parent = event.parent.clone().filter(|parent| parent != "/sbin/init");
    Event {
        sensor: named(event.sensor.clone()),
        group: named(event.group.clone()),
        ancestors: if single { None } else { event.ancestors.clone() },
        parent,
        ..event
    }
}
