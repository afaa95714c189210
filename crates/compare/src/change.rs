//! Two confinements lists of one document -> the events that lost or gained an effect, as sets.

use std::collections::BTreeSet;

use telovix_policy::confine::{Confinement, Deed, Effect, Operation, Region};
use telovix_policy::judge::{Event, Index};

use super::process::World;
use super::{Direction, Piece, Side, judge_both, piece};

/// Most witnesses of one document.
const MOST: usize = 100;

/// Most witnesses of the events that went from one effect to one other.
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

/// What the change of one document does.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) direction: Direction,
    pub(super) witnesses: Vec<Witness>,
    pub(super) left_out: usize,
    /// Whether the change is about who is exempt, so that each executable is a case of its own.
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

    /// Finds what the change of one document does, in the context of both sides.
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
                self.weigh(&process, old, new, &mut found, &mut seen);
            }
        }
        found
    }

    /// Returns by level what one process may do that it could not, and what it could do and may not.
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
    fn weigh(
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
                self.tell(process, direction, &part.witnesses(), found, seen);
            }
        }
    }

    /// Adds the events of one part. What every process of a document gains or loses is told once, by the
    /// first that does.
    fn tell(
        &self,
        process: &Event,
        direction: Direction,
        deeds: &[Deed],
        found: &mut Found,
        seen: &mut BTreeSet<String>,
    ) {
        let mut told = 0;
        for deed in deeds {
            let what =
                Event::of(process.operation, if found.by_process { binary(process) } else { "" }, deed);
            if !seen.insert(format!("{direction} {}", what.to_json())) {
                continue;
            }
            if told >= MOST_OF_A_PART || found.witnesses.len() >= MOST {
                found.left_out += 1;
                continue;
            }
            told += 1;
            let event = self.concise(process, deed);
            let (before, after) = judge_both(&self.before, &self.after, &event);
            found.witnesses.push(Witness { event, before: before.effect, after: after.effect });
        }
    }

    /// Returns the event with no more of its process than the verdicts hang on.
    fn concise(&self, process: &Event, deed: &Deed) -> Event {
        let mut event = Event::of(process.operation, binary(process), deed);
        // Knowing one field can uncover that another matters.
        for _ in 0..3 {
            let (before, after) = judge_both(&self.before, &self.after, &event);
            event.take(before.depends_on.union(after.depends_on), process);
        }
        event
    }
}

fn binary(process: &Event) -> &str {
    process.binary.as_deref().unwrap_or_default()
}

impl<'policy> Part<'_, 'policy> {
    fn on(self, operation: Operation) -> impl Iterator<Item = &'policy Confinement> {
        let own = self.piece.map(Piece::confinements).unwrap_or_default();
        own.iter().filter(move |confinement| confinement.operation == operation)
    }
}

/// What one side says about a process: by the document that is compared, and by all others.
struct Standing<'policy> {
    own: Vec<&'policy Confinement>,
    others: Vec<&'policy Confinement>,
}

impl<'policy> Standing<'policy> {
    fn new(process: &Event, part: Part<'_, 'policy>) -> Self {
        let range = part.piece.map_or(0..0, Piece::range);
        let confining = part.side.confining(process).into_iter();
        let (own, others): (Vec<_>, Vec<_>) = confining.partition(|(at, _)| range.contains(at));
        let second =
            |pairs: Vec<(usize, &'policy Confinement)>| pairs.into_iter().map(|(_, found)| found).collect();
        Self { own: second(own), others: second(others) }
    }
}

/// Returns by level what one process may do that it could not, and what it could do and may not.
fn changed(process: &Event, old: Part<'_, '_>, new: Part<'_, '_>) -> (Vec<Region>, Vec<Region>) {
    let (before, after) = (Standing::new(process, old), Standing::new(process, new));
    let operation = process.operation;
    (lost_by_level(operation, &before, &after), lost_by_level(operation, &after, &before))
}

pub(super) fn at_least(operation: Operation, confinements: &[&Confinement], effect: Effect) -> Region {
    let strong = confinements.iter().filter(|confinement| confinement.acting_effect() >= effect);
    let regions = strong.map(|confinement| Region::of(operation, &confinement.condition));
    regions.reduce(|sum, next| sum.union(&next)).unwrap_or_else(|| Region::none(operation))
}

/// Returns for each level of effect the events that the document held at it, that it no longer does, and
/// that no other document holds at it now. Empty at a level where nothing was lost.
fn lost_by_level(operation: Operation, from: &Standing<'_>, to: &Standing<'_>) -> Vec<Region> {
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

/// Cuts what was lost at each level into disjoint parts, so that all events of a part went from one effect
/// to one other.
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
