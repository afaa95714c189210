//! One confinement on one target -> the effect it has there.

use telovix_platform::{Backend, Target};
use telovix_policy::confine::Confinement;

use super::target_effect::TargetEffect;
use super::{engine, native};

/// Returns the effect of a confinement on a target, as its document states it. The state of a pack is ignored,
/// because it can change without another compile.
#[must_use]
pub fn effect(target: Target, confinement: &Confinement) -> TargetEffect {
    match target.backend {
        Backend::Native => native::effect(target, confinement),
        Backend::Engine => engine::effect(target, confinement),
    }
}

/// Returns the names of the kernel hooks that decide a confinement on a target.
#[must_use]
pub fn hooks(target: Target, confinement: &Confinement) -> Vec<&'static str> {
    match target.backend {
        Backend::Native => native::hooks(target.kernel, confinement),
        Backend::Engine => engine::hooks(target.kernel, confinement),
    }
}
