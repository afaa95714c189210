//! What a confinement comes to on one target.

use std::borrow::Cow;

use telovix_platform::Target;
use telovix_policy::confine::Effect;

/// What a confinement comes to on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetEffect {
    /// Where.
    pub target: Target,
    /// What happens to the events there; nothing at all when absent.
    pub effect: Option<Effect>,
    /// Why it is less than written; empty when it is not.
    pub reason: Cow<'static, str>,
}

impl TargetEffect {
    /// Tells whether the target does less than the document says.
    #[must_use]
    pub fn is_weaker_than(&self, written: Effect) -> bool {
        self.effect.is_none_or(|effect| effect < written)
    }

    /// Returns the word of the manifest: an effect, or `unavailable`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.effect.map_or("unavailable", Effect::name)
    }
}
