//! The confinements of one document on both sides -> the events whose effect became weaker or stronger, as sets.

use std::collections::BTreeSet;

use telovix_policy::confine::{Action, Confinement, Effect, Operation, Region};
use telovix_policy::judge::{Event, Index};

use super::process::{World, binary};
use super::{Direction, Piece, Side, judge_both, piece};

/// Maximum number of witnesses per document.
const MOST: usize = 100;

/// Maximum number of witnesses per pair of effects (before and after).
const MOST_OF_A_PART: usize = 8;

/// An event that the sides treat differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// The event.
    pub event: Event,
    /// Its effect on the first side.
    pub before: Effect,
    /// Its effect on the second side.
    pub after: Effect,
}

/// The result of comparing one document.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) direction: Direction,
    pub(super) witnesses: Vec<Witness>,
    pub(super) left_out: usize,
    /// Whether exemptions changed, so that each executable is reported separately.
    by_process: bool,
}

/// Both sides, prepared.
pub(super) struct Sides<'policy> {
    before: Index<'policy>,
    after: Index<'policy>,
    world: World<'policy>,
}

/// One document on one side.
#[derive(Clone, Copy)]
struct Part<'side, 'policy> {
    piece: Option<&'policy Piece<'policy>>,
    side: &'side Index<'policy>,
}

impl<'policy> Sides<'policy> {
    /// Prepares both sides.
    pub(super) fn new(before: &'policy Side<'policy>, after: &'policy Side<'policy>) -> Self {
        let world = World::new(before.confinements().iter().chain(after.confinements()));
        Self { before: Index::new(before.confinements()), after: Index::new(after.confinements()), world }
    }

    /// Compares one document in the context of both sides.
    pub(super) fn examine(
        &self,
        before: Option<&'policy Piece<'policy>>,
        after: Option<&'policy Piece<'policy>>,
    ) -> Found {
        let (old, new) =
            (Part { piece: before, side: &self.before }, Part { piece: after, side: &self.after });
        let mut found = Found::default();
        let mut seen = BTreeSet::new();
        for operation in Operation::ALL {
            let (was, is): (Vec<_>, Vec<_>) = (old.on(operation).collect(), new.on(operation).collect());
            if piece::same_meaning(was.iter().copied(), is.iter().copied()) {
                continue;
            }
            found.by_process = !piece::same_exemptions(&was, &is);
            let own: Vec<_> = was.into_iter().chain(is).collect();
            for process in self.world.processes(operation, &own) {
                self.examine_process(&process, old, new, &mut found, &mut seen);
            }
        }
        found
    }

    /// Returns by level the events that lost and the events that gained an effect for one process.
    #[cfg(test)]
    pub(super) fn changed(
        &self,
        process: &Event,
        before: Option<&'policy Piece<'policy>>,
        after: Option<&'policy Piece<'policy>>,
    ) -> (Vec<Region>, Vec<Region>) {
        changed(process, Part { piece: before, side: &self.before }, Part { piece: after, side: &self.after })
    }

    /// Adds what changes for one process.
    fn examine_process(
        &self,
        process: &Event,
        old: Part<'_, 'policy>,
        new: Part<'_, 'policy>,
        found: &mut Found,
        seen: &mut BTreeSet<String>,
    ) {
        let (lost, gained) = changed(process, old, new);
        for (direction, parts) in [(Direction::Wider, cells(&lost)), (Direction::Narrower, cells(&gained))] {
            if !parts.is_empty() {
                found.direction = found.direction.and(direction);
            }
            for part in &parts {
                self.report(process, direction, &part.witnesses(), found, seen);
            }
        }
    }

    /// Adds the events of one part. An event that several processes of a document gain or lose is reported once,
    /// for the first of them.
    fn report(
        &self,
        process: &Event,
        direction: Direction,
        actions: &[Action],
        found: &mut Found,
        seen: &mut BTreeSet<String>,
    ) {
        let mut reported = 0;
        for action in actions {
            let what =
                Event::of(process.operation, if found.by_process { binary(process) } else { "" }, action);
            if !seen.insert(format!("{direction} {}", what.to_json())) {
                continue;
            }
            if reported >= MOST_OF_A_PART || found.witnesses.len() >= MOST {
                found.left_out += 1;
                continue;
            }
            reported += 1;
            let event = self.concise(process, action);
            let (before, after) = judge_both(&self.before, &self.after, &event);
            found.witnesses.push(Witness { event, before: before.effect, after: after.effect });
        }
    }

    /// Returns the event with only those fields of its process that the verdicts depend on.
    fn concise(&self, process: &Event, action: &Action) -> Event {
        let mut event = Event::of(process.operation, binary(process), action);
        // A known field can make the verdict depend on another one.
        for _ in 0..3 {
            let (before, after) = judge_both(&self.before, &self.after, &event);
            event.take(before.depends_on.union(after.depends_on), process);
        }
        event
    }
}

impl<'policy> Part<'_, 'policy> {
    fn on(self, operation: Operation) -> impl Iterator<Item = &'policy Confinement> {
        let own = self.piece.map(Piece::confinements).unwrap_or_default();
        own.iter().filter(move |confinement| confinement.operation == operation)
    }
}

/// The confinements of a process on one side: of the compared document, and of all others.
struct Confining<'policy> {
    own: Vec<&'policy Confinement>,
    others: Vec<&'policy Confinement>,
}

impl<'policy> Confining<'policy> {
    fn new(process: &Event, part: Part<'_, 'policy>) -> Self {
        let range = part.piece.map_or(0..0, Piece::range);
        let confining = part.side.confining(process).into_iter();
        let (own, others): (Vec<_>, Vec<_>) = confining.partition(|(at, _)| range.contains(at));
        let second =
            |pairs: Vec<(usize, &'policy Confinement)>| pairs.into_iter().map(|(_, found)| found).collect();
        Self { own: second(own), others: second(others) }
    }
}

/// Returns by level the events that lost and the events that gained an effect for one process.
fn changed(process: &Event, old: Part<'_, '_>, new: Part<'_, '_>) -> (Vec<Region>, Vec<Region>) {
    let (before, after) = (Confining::new(process, old), Confining::new(process, new));
    let operation = process.operation;
    (lost_by_level(operation, &before, &after), lost_by_level(operation, &after, &before))
}

pub(super) fn at_least(operation: Operation, confinements: &[&Confinement], effect: Effect) -> Region {
    let strong = confinements.iter().filter(|confinement| confinement.acting_effect() >= effect);
    let regions = strong.map(|confinement| Region::of(operation, &confinement.condition));
    regions.reduce(|sum, next| sum.union(&next)).unwrap_or_else(|| Region::none(operation))
}

/// Returns for each level of effect the events that the document had at it before and has not now, and that no
/// other document has at it now. Empty at a level where nothing was lost.
fn lost_by_level(operation: Operation, from: &Confining<'_>, to: &Confining<'_>) -> Vec<Region> {
    let mut levels: Vec<_> = from.own.iter().map(|confinement| confinement.acting_effect()).collect();
    let own_and_others = from.others.iter().chain(&to.own).chain(&to.others);
    levels.extend(own_and_others.map(|confinement| confinement.acting_effect()));
    levels.sort_unstable();
    levels.dedup();
    levels.retain(|level| *level > Effect::Allow);
    let lost = levels.into_iter().map(|level| {
        let had = at_least(operation, &from.own, level);
        if had.is_empty() {
            return had;
        }
        let lost = had.difference(&at_least(operation, &to.own, level));
        if lost.is_empty() { lost } else { lost.difference(&at_least(operation, &to.others, level)) }
    });
    lost.collect()
}

/// Splits the events lost at each level into disjoint parts: all events of a part have the same effect before,
/// and the same effect after.
fn cells(levels: &[Region]) -> Vec<Region> {
    let mut parts = Vec::new();
    for (at, level) in levels.iter().enumerate() {
        let mut rest = match at.checked_sub(1).and_then(|below| levels.get(below)) {
            Some(below) => level.clone().difference(below),
            None => level.clone(),
        };
        for above in levels.iter().skip(at + 1) {
            let ends_here = rest.clone().difference(above);
            rest = rest.difference(&ends_here);
            parts.push(ends_here);
        }
        parts.push(rest);
    }
    parts.retain(|part| !part.is_empty());
    parts
}
