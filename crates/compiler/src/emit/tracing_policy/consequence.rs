//! The hooks of a file -> a comment about its strongest action and the meaning of its values.

use telovix_policy::confine::Listing;
use telovix_tetragon::{ActionKind, Hook};

/// Whether the values of a document are an allowlist or a block list.
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

/// Returns the comment that states the strongest action of a file and the meaning of its values. The mode alone would
/// mislead: `audit` kills.
pub(super) fn consequence(hooks: &[Hook<'_>], direction: Direction) -> String {
    let actions = || hooks.iter().flat_map(|hook| &hook.selectors).flat_map(|selector| &selector.actions);
    let acts = |kinds: &[ActionKind]| actions().any(|action| kinds.contains(&action.kind.value));
    let (denies, kills) = (acts(&[ActionKind::Override]), acts(&[ActionKind::Sigkill, ActionKind::Signal]));
    let enforcement = match (denies, kills) {
        (true, false) => "Enforcement: deny (LSM override).",
        (true, true) => "Enforcement: deny (LSM override) and SIGKILL.",
        (false, true) => "Enforcement: SIGKILL, after the fact.",
        (false, false) => "Enforcement: none, events are only reported.",
    };
    let values = match direction {
        Direction::Allows => "Listed values are the allowlist.",
        Direction::Blocks => "Listed values are the block list.",
        Direction::Both => "Values of `Not` operators are allowlists, the others block lists.",
    };
    format!("{enforcement} {values}")
}
