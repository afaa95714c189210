//! What the native form of a TracingPolicy lacks, and where it differs.

use std::borrow::Cow;
use std::ops::Range;

use telovix_diagnostic::source::Span;

/// How far the confinements of a policy of Tetragon mean the same as the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NativeForm {
    /// Where the confinements are in [`Policy::native`](super::super::Policy::native).
    pub confinements: Range<usize>,
    /// What prevents a hook from being lowered: it then has no confinements.
    pub obstacles: Vec<Obstacle>,
    /// Where the native runtime sees more or less than Tetragon at a lowered hook.
    pub differences: Vec<Difference>,
}

/// A part of a policy that no confinement can express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The hook, selector, filter or value.
    pub span: Span,
    /// Why, as a clause.
    pub reason: Cow<'static, str>,
}

impl Obstacle {
    /// Returns an obstacle at a place.
    pub(super) fn new(span: Span, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { span, reason: reason.into() }
    }
}

/// A known difference between what Tetragon and the native runtime do with a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Which of them enforces more.
    pub direction: Direction,
    /// What the native runtime does, as a clause.
    pub text: &'static str,
    /// The hook or selector.
    pub span: Span,
}

/// Which of two backends enforces more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The native runtime enforces less than written: an error unless it is accepted.
    Weaker,
    /// The native runtime also denies or kills what Tetragon lets through.
    Stricter,
    /// Each of them sees something that the other does not.
    Different,
}

impl NativeForm {
    /// Returns whether every hook that enforces is lowered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.obstacles.is_empty()
    }

    /// Adds a difference unless its text is known.
    pub(super) fn differ(&mut self, direction: Direction, text: &'static str, span: Span) {
        if !self.differences.iter().any(|known| known.text == text) {
            self.differences.push(Difference { direction, text, span });
        }
    }
}
