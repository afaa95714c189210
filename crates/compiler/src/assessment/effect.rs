//! One confinement on one target -> the effect it has there.

use std::borrow::Cow;

use telovix_platform::{Backend, Target};
use telovix_policy::confine::{Confinement, Effect};

use super::{engine, native};

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

/// Returns what a confinement comes to on a target, as its document writes it: the state of a pack is not
/// looked at, because it can change without another compile.
#[must_use]
pub fn effect(target: Target, confinement: &Confinement) -> TargetEffect {
    match target.backend {
        Backend::Native => native::effect(target, confinement),
        Backend::Engine => engine::effect(target, confinement),
    }
}

/// Returns the places in the kernel where a confinement is decided on a target, by name.
#[must_use]
pub fn hooks(target: Target, confinement: &Confinement) -> Vec<&'static str> {
    match target.backend {
        Backend::Native => native::hooks(target.kernel, confinement),
        Backend::Engine => engine::hooks(target.kernel, confinement),
    }
}
