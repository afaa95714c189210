//! The effect of a confinement on one target.

use std::borrow::Cow;

use telovix_platform::Target;
use telovix_policy::confine::Effect;

/// The effect of a confinement on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetEffect {
    /// The target.
    pub target: Target,
    /// The effect on matching events; none when the target has no effect on them.
    pub effect: Option<Effect>,
    /// Why the effect is weaker than written; empty when it is not.
    pub reason: Cow<'static, str>,
}

impl TargetEffect {
    /// Returns whether the effect is weaker than written.
    #[must_use]
    pub fn is_weaker_than(&self, written: Effect) -> bool {
        self.effect.is_none_or(|effect| effect < written)
    }

    /// Returns the name in the manifest: an effect, or `unavailable`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.effect.map_or("unavailable", Effect::name)
    }
}
