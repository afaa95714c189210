//! Two policies -> the exact difference of their effects, with example events.
//!
//! Each document of one side is paired with its counterpart on the other. If the confinements of a pair
//! differ, the events whose effect became weaker or stronger are computed as sets, in the context of all
//! other documents on both sides: an event that another document still denies is not a difference. Every
//! witness is judged against both sides as a whole.

#![forbid(unsafe_code)]

mod analysis;
mod change;
mod cuts;
mod direction;
mod engine_change;
mod invariant;
mod merge;
mod outline;
mod outside;
mod pairing;
mod piece;
mod process;
mod query;
mod reading;
mod report;
mod rollout;
mod words;

pub use analysis::analyse;
pub use change::Witness;
pub use cuts::cut;
pub use direction::Direction;
pub use invariant::check_invariants;
pub use merge::{Contradiction, Merged, Refusal, Version, Versions, merge};
pub use outline::{Change, NOTHING, Outline};
pub use outside::{EngineOpinion, Outside, Stop};
pub use piece::{Piece, Side};
pub use query::{Allowed, Answer, Otherwise, what, who};
pub use reading::{Reading, read_both};
pub use report::{ChangeReport, DifferenceReport, SubjectReport, WitnessReport};

pub use rollout::guard;

use std::cell::OnceCell;

use telovix_diagnostic::Code;
use telovix_policy::judge::Index;

/// The codes this crate reports.
pub const CODES: &[&[&Code]] = &[analysis::CODES, invariant::CODES, rollout::CODES];

/// The difference of two sides.
#[derive(Debug, Clone)]
pub struct Difference<'policy> {
    /// The direction of all documents together.
    pub direction: Direction,
    /// One entry for each document of either side, by kind, name and id.
    pub subjects: Vec<SubjectDifference<'policy>>,
}

/// The difference of one document.
#[derive(Debug, Clone)]
pub struct SubjectDifference<'policy> {
    /// The document before; none when it is new.
    pub before: Option<&'policy Piece<'policy>>,
    /// The document after; none when it is gone.
    pub after: Option<&'policy Piece<'policy>>,
    /// Whether this document's change lets more or fewer events happen.
    pub direction: Direction,
    /// The added and removed entries, by dimension.
    pub changes: Vec<(&'static str, Change)>,
    /// One event for each part that changed.
    pub witnesses: Vec<Witness>,
    /// How many more parts changed than there are witnesses.
    pub left_out: usize,
    /// What decides events of a Tetragon policy that have no witness, and no event says: `matchPIDs`.
    pub depends_on: Vec<String>,
    is_opaque: bool,
}

impl<'policy> SubjectDifference<'policy> {
    /// Returns the document after the change, or before it if it was removed.
    #[must_use]
    pub fn piece(&self) -> Option<&'policy Piece<'policy>> {
        self.after.or(self.before)
    }

    /// Returns whether the document has Console conditions that changed, or a Tetragon policy that is invalid or too
    /// large to compare: their effect is not computed.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.is_opaque
    }

    /// Returns whether neither events nor entries changed.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.direction == Direction::Equal && self.changes.is_empty()
    }
}

/// Compares two sides.
#[must_use]
pub fn compare<'policy>(
    before: &'policy Side<'policy>,
    after: &'policy Side<'policy>,
) -> Difference<'policy> {
    let sides = change::Sides::new(before, after);
    let engines = OnceCell::new();
    let engines = || engines.get_or_init(|| engine_change::Engines::new(before, after));
    let mut subjects: Vec<_> = pairing::pair(before, after)
        .into_iter()
        .map(|(before, after)| subject(&sides, engines, before, after))
        .collect();
    subjects.sort_by_cached_key(|subject| subject.piece().map(Piece::sort_key));
    let direction = subjects.iter().map(|subject| subject.direction).fold(Direction::Equal, Direction::and);
    Difference { direction, subjects }
}

fn subject<'policy, 'engines>(
    sides: &change::Sides<'policy>,
    engines: impl Fn() -> &'engines engine_change::Engines<'engines>,
    before: Option<&'policy Piece<'policy>>,
    after: Option<&'policy Piece<'policy>>,
) -> SubjectDifference<'policy> {
    let mut found = change::Found::default();
    let confinements =
        |piece: Option<&'policy Piece<'policy>>| piece.map_or([].as_slice(), Piece::confinements);
    if !piece::same_meaning(confinements(before).iter(), confinements(after).iter()) {
        found = sides.examine(before, after);
    }
    let changes = if piece::same_text(before, after) { Vec::new() } else { outline::changes(before, after) };
    let opaque = opaque_direction(before, after, &changes);
    let mut direction = found.direction.and(opaque);
    let (mut witnesses, mut left_out) = (found.witnesses, found.left_out);
    let mut is_opaque = opaque == Direction::Incomparable;
    let mut depends_on = Vec::new();
    let runs = |piece: Option<&Piece<'_>>| piece.is_some_and(Piece::has_engine_policy);
    if (runs(before) || runs(after)) && !piece::same_text(before, after) {
        let engine = engines().examine(before, after);
        direction = direction.and(engine.direction);
        witnesses.extend(engine.witnesses);
        left_out += engine.left_out;
        is_opaque |= engine.is_opaque;
        depends_on.extend(engine.depends_on);
    }
    SubjectDifference { before, after, direction, changes, witnesses, left_out, depends_on, is_opaque }
}

/// Returns the direction of changed Console conditions, whose effect is not computed. They can only make
/// effects stronger: adding them is narrower, removing them wider, and a change of them incomparable.
fn opaque_direction(
    before: Option<&Piece<'_>>,
    after: Option<&Piece<'_>>,
    changes: &[(&'static str, Change)],
) -> Direction {
    let acts = |piece: Option<&Piece<'_>>| piece.is_some_and(Piece::is_opaque);
    match (acts(before), acts(after)) {
        (false, false) => Direction::Equal,
        (false, true) => Direction::Narrower,
        (true, false) => Direction::Wider,
        (true, true) if changes.iter().all(|(dimension, _)| outline::is_label(dimension)) => Direction::Equal,
        (true, true) => Direction::Incomparable,
    }
}

/// Judges an event on both sides.
fn judge_both<'policy>(
    before: &Index<'policy>,
    after: &Index<'policy>,
    event: &telovix_policy::judge::Event,
) -> (telovix_policy::judge::Verdict<'policy>, telovix_policy::judge::Verdict<'policy>) {
    (before.judge(event), after.judge(event))
}

#[cfg(test)]
mod tests;
