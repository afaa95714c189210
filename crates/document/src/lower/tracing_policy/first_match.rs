//! Selectors in order -> for one that acts, what no earlier selector matches.

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Effect, Member, PathSet};

use super::corner::Corners;
use super::events::Events;
use super::process::{Base, Who};

/// One selector of a hook.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// The selector.
    pub(super) span: Span,
    /// The processes it matches.
    pub(super) who: Who,
    /// The events it matches.
    pub(super) events: Events,
    /// Its effect; none if it only reports, so that what it matches is allowed.
    pub(super) effect: Option<Effect>,
    /// The listed values, for reports.
    pub(super) members: Vec<Member>,
    /// Where both backends see different events.
    pub(super) corners: Corners,
}

/// What is left of a selector: events of processes with these executables and parents.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) events: Events,
    pub(super) binaries: PathSet,
    pub(super) parents: PathSet,
}

impl Piece {
    fn is_empty(&self) -> bool {
        self.events.is_empty() || self.binaries.is_empty() || self.parents.is_empty()
    }

    /// Adds what is left without the events of an earlier selector: other events, events of other executables, and
    /// events of the same executables with other parents.
    fn without(self, earlier: &Clause, left: &mut Vec<Self>) {
        let shared = self.events.intersection(&earlier.events);
        if shared.is_empty() {
            left.push(self);
            return;
        }
        let (binaries, parents) = (&earlier.who.binaries, &earlier.who.parents);
        let others = Self {
            events: shared.clone(),
            binaries: self.binaries.difference(binaries),
            parents: self.parents.clone(),
        };
        let other_parents = Self {
            events: shared,
            binaries: self.binaries.intersection(binaries),
            parents: self.parents.difference(parents),
        };
        let other_events = Self { events: self.events.difference(&earlier.events), ..self };
        left.extend([other_events, others, other_parents].into_iter().filter(|piece| !piece.is_empty()));
    }
}

/// Returns what is left of a selector after all earlier ones. Those with the same effect need not be left out.
///
/// # Errors
/// Returns an earlier selector whose processes no exemption can express.
pub(super) fn remaining<'clause>(
    clause: &Clause,
    earlier: &'clause [Clause],
) -> Result<Vec<Piece>, &'clause Clause> {
    let whole = Piece {
        events: clause.events.clone(),
        binaries: clause.who.binaries.clone(),
        parents: clause.who.parents.clone(),
    };
    let mut pieces = vec![whole];
    for earlier in earlier.iter().filter(|earlier| earlier.effect != clause.effect) {
        if earlier.who.base != Base::Anyone {
            if clause.events.meet(&earlier.events) {
                return Err(earlier);
            }
            continue;
        }
        let mut left = Vec::with_capacity(pieces.len() + 2);
        for piece in pieces {
            piece.without(earlier, &mut left);
        }
        pieces = left;
    }
    pieces.retain(|piece| !piece.is_empty());
    Ok(pieces)
}
