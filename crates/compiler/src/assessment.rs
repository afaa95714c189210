//! A policy and the places it has to run on -> the effect each confinement has there, and what stays open.
//!
//! Everything here is about promises: [`effect`] says what a confinement comes to on a target, weaker than
//! written is an error unless the document waives it by name, ways around are listed whether or not something
//! can be done about them, and the programs a policy takes are held against what a kernel has room for.

mod budget;
mod codes;
mod dimension_ways;
mod effect;
mod engine;
mod evasion;
#[cfg(test)]
mod measured;
mod native;
mod passed_through;
mod race;
mod target_effect;
mod weakening;

pub use budget::{Budget, TRAMPOLINE_SLOTS};
pub use codes::{PARENT_EXCEPTION, WAIVABLE};
pub use effect::{effect, hooks};
pub use engine::{Reach, reach};
pub use evasion::{Evasion, OPEN_WAY, Topic};
pub use native::covering;
pub use target_effect::TargetEffect;
pub use weakening::{waiver, weakening};

use telovix_diagnostic::{Code, Sink};
use telovix_document::lower::Policy;
use telovix_platform::Target;

/// The codes this room reports.
pub const CODES: &[&Code] = &[
    &codes::DENIAL_RACE,
    &codes::ENGINE_LOCKED_OUT,
    &codes::HOST_LIMIT_UNENFORCED,
    &codes::HOST_LIMIT_UNWATCHED,
    &codes::KILL_INSTEAD_OF_DENY,
    &codes::PARENT_EXCEPTION,
    &codes::TRACING_POLICY_NOT_NATIVE,
    &codes::TRACING_POLICY_UNWATCHED,
    &codes::WAIVER_UNUSED,
    &evasion::OPEN_WAY,
];

/// What a policy is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it has to run, in the order of reports.
    pub targets: Vec<Target>,
    /// What the engine is told to do where it denies.
    pub engine_denial: EngineDenial,
}

impl Default for Options {
    /// Every target that has a name, and denials as written.
    fn default() -> Self {
        Self { targets: Target::ALL.to_vec(), engine_denial: EngineDenial::Alone }
    }
}

/// What the engine is told to do where it denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineDenial {
    /// Override alone, as written.
    #[default]
    Alone,
    /// Override and Sigkill: a denial that leaks still kills (`tetragon: { deny_with_kill: true }`).
    WithKill,
}

/// What a policy comes to on its targets. Effects are not stored: [`effect`] computes them where they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Where.
    pub targets: Vec<Target>,
    /// Every known way around what the policy confines, by topic, way and target.
    pub evasions: Vec<Evasion>,
    /// The programs it takes, target by target.
    pub budgets: Vec<Budget>,
}

/// Holds a policy against its targets and reports everything that comes out weaker than written.
#[must_use]
pub fn assess(policy: &Policy, options: &Options, sink: &mut Sink) -> Assessment {
    weakening::report(policy, options, sink);
    Assessment {
        targets: options.targets.clone(),
        evasions: evasion::collect(policy, &options.targets, sink),
        budgets: budget::predict(policy, &options.targets),
    }
}

/// Returns target names as a sentence has them: `a, b and c`.
fn list(targets: &[Target]) -> String {
    let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
