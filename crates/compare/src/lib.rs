//! Two sets of confinements -> what a change really changes, exactly, with an example event.
//!
//! Each document of one side is paired with its counterpart on the other. Where the confinements of a
//! pair differ, the events that lost or gained an effect are computed as sets, in the context of
//! everything else on both sides: an event that another document still denies is no difference. Every
//! witness is judged on both sides as a whole.

#![forbid(unsafe_code)]

mod analysis;
mod change;
mod direction;
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
pub use direction::Direction;
pub use invariant::hold;
pub use merge::{Contradiction, Merged, Refusal, Version, Versions, merge};
pub use outline::{Change, Outline};
pub use outside::Outside;
pub use piece::{Piece, Side};
pub use query::{Allowed, Answer, Otherwise, what, who};
pub use reading::{Reading, read_both};
pub use report::{ChangeReport, DifferenceReport, SubjectReport, WitnessReport};

pub use rollout::guard;

use telovix_diagnostic::Code;
use telovix_policy::judge::Index;

/// The codes this room reports.
pub const CODES: &[&[&Code]] = &[analysis::CODES, invariant::CODES, rollout::CODES];

/// What two sides differ in.
#[derive(Debug, Clone)]
pub struct Difference<'policy> {
    /// The direction of the whole.
    pub direction: Direction,
    /// One entry for each document of either side, by kind, name and id.
    pub subjects: Vec<SubjectDifference<'policy>>,
}

/// What one document differs in.
#[derive(Debug, Clone)]
pub struct SubjectDifference<'policy> {
    /// The document before; none when it is new.
    pub before: Option<&'policy Piece<'policy>>,
    /// The document after; none when it is gone.
    pub after: Option<&'policy Piece<'policy>>,
    /// Whether this document's change lets more or fewer events happen.
    pub direction: Direction,
    /// The entries that came and went, by dimension.
    pub changes: Vec<(&'static str, Change)>,
    /// One event for each part that changed.
    pub witnesses: Vec<Witness>,
    /// How many more parts changed than there are witnesses.
    pub left_out: usize,
}

impl<'policy> SubjectDifference<'policy> {
    /// Returns the document: as it is after, or as it was.
    #[must_use]
    pub fn piece(&self) -> Option<&'policy Piece<'policy>> {
        self.after.or(self.before)
    }

    /// Tells whether words of the engine or the Console changed, of which nobody computes what they do.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        opaque_direction(self.before, self.after, &self.changes) == Direction::Incomparable
    }

    /// Tells whether neither events nor entries changed.
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
    let mut subjects: Vec<_> = pairing::pair(before, after)
        .into_iter()
        .map(|(before, after)| subject(&sides, before, after))
        .collect();
    subjects.sort_by_cached_key(|subject| subject.piece().map(Piece::sort_key));
    let direction = subjects.iter().map(|subject| subject.direction).fold(Direction::Equal, Direction::and);
    Difference { direction, subjects }
}

fn subject<'policy>(
    sides: &change::Sides<'policy>,
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
    let direction = found.direction.and(opaque_direction(before, after, &changes));
    SubjectDifference {
        before,
        after,
        direction,
        changes,
        witnesses: found.witnesses,
        left_out: found.left_out,
    }
}

/// Returns what can be said of words of the engine or the Console, whose meaning is not computed: they only ever
/// add to what happens, so more of them is narrower and fewer wider, and a change of them may go either way.
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
