//! Compares differences with the verdicts of both sides, on every event of small universes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use telovix_policy::arbitrary::{action, actions, cases, confinement, join, processes};
use telovix_policy::confine::{Action, Confinement, Operation, Region};
use telovix_policy::judge::{Event, Index};

use super::{Direction, Side, compare};
use crate::change::Sides;

/// Two sides that share most of their documents: the edits of the second one, by position.
fn pair() -> impl Strategy<Value = (Vec<Confinement>, Vec<Confinement>)> {
    let listed = vec((0..3_u8).prop_flat_map(confinement), 0..5);
    let edits = vec((0..6_usize, 0..4_u8, (0..3_u8).prop_flat_map(confinement)), 0..3);
    (listed, edits).prop_map(|(mut before, edits)| {
        before.sort_by(|left, right| left.document.cmp(&right.document));
        let mut after = before.clone();
        for (place, edit, new) in edits {
            match (after.get_mut(place), edit) {
                (Some(_), 0) => drop(after.remove(place)),
                (Some(old), 1) => old.condition = new.condition,
                (Some(old), 2) => (old.exemptions, old.scope) = (new.exemptions, new.scope),
                (Some(old), _) => (old.effect, old.gate, old.children) = (new.effect, new.gate, new.children),
                (None, _) => after.push(new),
            }
        }
        after.sort_by(|left, right| left.document.cmp(&right.document));
        (before, after)
    })
}

/// Every event of the universe that a confinement of either side can apply to.
fn universe(before: &[Confinement], after: &[Confinement]) -> Vec<Event> {
    let is_confined = |action: &Event| {
        before.iter().chain(after).any(|confinement| confinement.operation == action.operation)
    };
    let actions: Vec<_> = actions().into_iter().filter(is_confined).collect();
    processes()
        .iter()
        .flat_map(|process| actions.iter().map(|action| join(process, action)).collect::<Vec<_>>())
        .collect()
}

/// The direction by judging every event on both sides.
fn by_force(before: &[Confinement], after: &[Confinement], universe: &[Event]) -> Direction {
    let (old, new) = (Index::new(before), Index::new(after));
    universe.iter().fold(Direction::Equal, |sum, event| {
        match old.judge(event).effect.cmp(&new.judge(event).effect) {
            Ordering::Less => sum.and(Direction::Narrower),
            Ordering::Equal => sum,
            Ordering::Greater => sum.and(Direction::Wider),
        }
    })
}

/// How the events of one process change, from the sets of the difference alone.
struct Change(Vec<(Vec<Region>, Vec<Region>)>);

impl Change {
    fn of(sides: &Sides<'_>, before: &Side<'_>, after: &Side<'_>, process: &Event) -> Self {
        let pairs = super::pairing::pair(before, after);
        Self(pairs.into_iter().map(|(old, new)| sides.changed(process, old, new)).collect())
    }

    fn direction(&self, action: &Action) -> Direction {
        let inside = |levels: &[Region]| levels.iter().any(|level| level.contains(action));
        self.0.iter().fold(Direction::Equal, |sum, (lost, gained)| {
            let widens = if inside(lost) { Direction::Wider } else { Direction::Equal };
            let narrows = if inside(gained) { Direction::Narrower } else { Direction::Equal };
            sum.and(widens).and(narrows)
        })
    }
}

/// Only every n-th process is checked per pair, to check more pairs.
const STRIDE: usize = 7;

/// Compares the sets with the judge on every event of some processes, and returns the number of events.
fn agree(before: &[Confinement], after: &[Confinement], pair: usize) -> Result<usize, String> {
    let (old, new) = (Side::of_confinements(before), Side::of_confinements(after));
    let (judge_old, judge_new) = (Index::new(before), Index::new(after));
    let sides = Sides::new(&old, &new);
    let mut by_operation: BTreeMap<Operation, Vec<Event>> = BTreeMap::new();
    for action in actions() {
        if before.iter().chain(after).any(|confinement| confinement.operation == action.operation) {
            by_operation.entry(action.operation).or_default().push(action);
        }
    }
    let mut events = 0;
    for process in processes().iter().skip(pair % STRIDE).step_by(STRIDE) {
        for (operation, actions) in &by_operation {
            let asked = Event { operation: *operation, ..process.clone() };
            let change = Change::of(&sides, &old, &new, &asked);
            for event in actions.iter().map(|action| join(process, action)) {
                let Some(action) = action(&event) else { continue };
                events += 1;
                let judged = match judge_old.judge(&event).effect.cmp(&judge_new.judge(&event).effect) {
                    Ordering::Less => Direction::Narrower,
                    Ordering::Equal => Direction::Equal,
                    Ordering::Greater => Direction::Wider,
                };
                let computed = change.direction(&action);
                if computed != judged {
                    return Err(format!("{event:?}: {computed} by the sets, {judged} by the judge"));
                }
            }
        }
    }
    Ok(events)
}

/// Compares generated pairs until enough events agree, and returns the numbers of pairs and events.
fn agree_on(wanted: usize) -> (usize, usize) {
    let mut runner = TestRunner::deterministic();
    let (mut pairs, mut events) = (0, 0);
    while events < wanted {
        let (before, after) = pair().new_tree(&mut runner).expect("a pair").current();
        events +=
            agree(&before, &after, pairs).unwrap_or_else(|error| panic!("{error}\n{before:#?}\n{after:#?}"));
        pairs += 1;
    }
    (pairs, events)
}

#[test]
fn the_sets_and_the_judge_agree_on_many_events() {
    let (pairs, events) = agree_on(200_000);
    assert!(pairs > 10 && events >= 200_000, "{pairs} pairs, {events} events");
}

/// `cargo test -p telovix-compare --lib -- --ignored --nocapture a_million_events`
#[test]
#[ignore = "takes minutes"]
#[allow(clippy::print_stderr, reason = "the count is what it is run for")]
fn the_sets_and_the_judge_agree_on_a_million_events() {
    let (pairs, events) = agree_on(2_000_000);
    eprintln!("{events} events of {pairs} pairs: the sets and the judge agree on all of them");
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn the_direction_is_that_of_every_event((before, after) in pair()) {
        let (old, new) = (Side::of_confinements(&before), Side::of_confinements(&after));
        let difference = compare(&old, &new);
        prop_assert_eq!(difference.direction, by_force(&before, &after, &universe(&before, &after)));
    }

    #[test]
    fn every_witness_is_judged_differently((before, after) in pair()) {
        let (old, new) = (Side::of_confinements(&before), Side::of_confinements(&after));
        let (judge_old, judge_new) = (Index::new(&before), Index::new(&after));
        for subject in compare(&old, &new).subjects {
            let mut shown = Direction::Equal;
            for witness in &subject.witnesses {
                let (was, is) = (judge_old.judge(&witness.event), judge_new.judge(&witness.event));
                prop_assert!(was.depends_on.is_empty() && is.depends_on.is_empty(), "{:?}", witness.event);
                prop_assert_eq!((was.effect, is.effect), (witness.before, witness.after));
                prop_assert_ne!(witness.before, witness.after);
                let step = if witness.before > witness.after { Direction::Wider } else { Direction::Narrower };
                shown = shown.and(step);
            }
            prop_assert_eq!(shown, subject.direction);
        }
    }

    #[test]
    fn a_side_equals_itself((before, _) in pair()) {
        let side = Side::of_confinements(&before);
        let difference = compare(&side, &side);
        prop_assert_eq!(difference.direction, Direction::Equal);
        prop_assert!(difference.subjects.iter().all(super::SubjectDifference::is_unchanged));
    }

    #[test]
    fn turning_the_sides_round_turns_the_direction((before, after) in pair()) {
        let (old, new) = (Side::of_confinements(&before), Side::of_confinements(&after));
        let (there, back) = (compare(&old, &new).direction, compare(&new, &old).direction);
        prop_assert_eq!((there.widens(), there.narrows()), (back.narrows(), back.widens()));
    }
}
