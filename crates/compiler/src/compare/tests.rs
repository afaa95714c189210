//! Holds differences against judging both sides, on every event of a small universe.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Direction, Side, compare};
use crate::compare::change::Sides;
use crate::confine::Confinement;
use crate::confine::arbitrary::{cases, confinement, deed, deeds, join, processes};
use crate::judge::{Event, Index};

/// Two sides that share most of their documents: what the second one does to the first, by place.
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

/// Every event of the universe that a confinement of either side can speak of.
fn universe(before: &[Confinement], after: &[Confinement]) -> Vec<Event> {
    let spoken_of =
        |deed: &Event| before.iter().chain(after).any(|confinement| confinement.operation == deed.operation);
    let deeds: Vec<_> = deeds().into_iter().filter(spoken_of).collect();
    processes()
        .iter()
        .flat_map(|process| deeds.iter().map(|deed| join(process, deed)).collect::<Vec<_>>())
        .collect()
}

/// What judging every event on both sides says.
fn by_force(before: &[Confinement], after: &[Confinement], universe: &[Event]) -> Direction {
    let (old, new) = (Index::new(before), Index::new(after));
    universe.iter().fold(Direction::Equal, |sum, event| {
        match old.judge(event).effect.cmp(&new.judge(event).effect) {
            std::cmp::Ordering::Less => sum.and(Direction::Narrower),
            std::cmp::Ordering::Equal => sum,
            std::cmp::Ordering::Greater => sum.and(Direction::Wider),
        }
    })
}

/// How one event changes, told from the sets of the difference alone.
fn by_sets(sides: &Sides<'_>, before: &Side<'_>, after: &Side<'_>, event: &Event) -> Direction {
    let Some(deed) = deed(event) else { return Direction::Equal };
    let pairs = super::pairing::pair(before, after);
    pairs.into_iter().fold(Direction::Equal, |sum, (old, new)| {
        let (lost, gained) = sides.changed(event, old, new);
        let inside = |levels: &[crate::confine::Region]| levels.iter().any(|level| level.contains(&deed));
        let widens = if inside(&lost) { Direction::Wider } else { Direction::Equal };
        let narrows = if inside(&gained) { Direction::Narrower } else { Direction::Equal };
        sum.and(widens).and(narrows)
    })
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
    fn the_sets_and_the_judge_agree_on_each_event((before, after) in pair(), seed in 0..1_000_usize) {
        let (old, new) = (Side::of_confinements(&before), Side::of_confinements(&after));
        let sides = Sides::new(&old, &new);
        for event in universe(&before, &after).iter().skip(seed).step_by(97) {
            let judged = by_force(&before, &after, std::slice::from_ref(event));
            prop_assert_eq!(by_sets(&sides, &old, &new, event), judged, "{:?}", event);
        }
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
