//! The hooks of a file -> one line that says what its values and its strongest action do.

use telovix_policy::confine::Listing;
use telovix_tetragon::{ActionKind, Hook};

/// Whether the values of a document say what is stopped, or what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Everything but the values gets the effect.
    Allows,
    /// The values get the effect.
    Blocks,
    /// Some hooks are allowlists, others block lists.
    Both,
}

impl Direction {
    pub(super) fn of(listing: Listing) -> Self {
        match listing {
            Listing::Allows => Self::Allows,
            Listing::Blocks => Self::Blocks,
        }
    }

    /// Returns the direction of two lists together.
    pub(super) fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

/// Says what a file does; the word `audit` alone would mislead, and so would an allowlist without a word.
pub(super) fn consequence(hooks: &[Hook<'_>], direction: Direction) -> &'static str {
    let actions = || hooks.iter().flat_map(|hook| &hook.selectors).flat_map(|selector| &selector.actions);
    let acts = |kinds: &[ActionKind]| actions().any(|action| kinds.contains(&action.kind.value));
    let (denies, kills) = (acts(&[ActionKind::Override]), acts(&[ActionKind::Sigkill, ActionKind::Signal]));
    match (direction, denies, kills) {
        (Direction::Blocks, true, false) => "What is named here is denied before it happens.",
        (Direction::Blocks, true, true) => "What is named here is denied, and the process is KILLED.",
        (Direction::Blocks, false, true) => "What is named here KILLS the process, after the fact.",
        (Direction::Blocks, false, false) => "What is named here is recorded.",
        (Direction::Allows, true, false) => {
            "What is named here is allowed; everything else is denied before it happens."
        }
        (Direction::Allows, true, true) => {
            "What is named here is allowed; everything else is denied, and the process is KILLED."
        }
        (Direction::Allows, false, true) => {
            "What is named here is allowed; everything else KILLS the process, after the fact."
        }
        (Direction::Allows, false, false) => "What is named here is allowed; everything else is recorded.",
        (Direction::Both, true, false) => {
            "Operators that start with `Not` name what is allowed; everything else they see, and what the others \
             name, is denied before it happens."
        }
        (Direction::Both, true, true) => {
            "Operators that start with `Not` name what is allowed; everything else they see, and what the others \
             name, is denied, and the process is KILLED."
        }
        (Direction::Both, false, true) => {
            "Operators that start with `Not` name what is allowed; everything else they see, and what the others \
             name, KILLS the process, after the fact."
        }
        (Direction::Both, false, false) => {
            "Operators that start with `Not` name what is allowed; everything else they see, and what the others \
             name, is recorded."
        }
    }
}
