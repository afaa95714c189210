//! A policy and its targets -> the effect of each confinement on each target, and the known bypasses.
//!
//! [`effect`] returns the effect of a confinement on a target. Weaker than written is an error unless the document
//! waives it by name. Known bypasses are listed whether or not they are covered.

#![forbid(unsafe_code)]

mod budget;
mod codes;
mod described;
mod dimension_ways;
mod effect;
mod engine;
mod evasion;
mod load_order;
#[cfg(test)]
mod measured;
mod native;
mod on_target;
mod passed_through;
mod race;
mod target_effect;
mod vacuous;
mod waiver;
mod weakening;

pub use budget::{Budget, TRAMPOLINE_SLOTS, native_programs};
pub use codes::{PARENT_EXCEPTION, WAIVABLE};
pub use effect::{effect, hooks};
pub use engine::{Reach, reach};
pub use evasion::{Evasion, OPEN_WAY, Topic};
pub use native::covering;
pub use on_target::{Parents, bypass, on_target};
pub use target_effect::TargetEffect;
pub use waiver::waiver;
pub use weakening::weakening;

use telovix_diagnostic::{Code, Sink};
use telovix_document::lower::Policy;
use telovix_platform::{Backend, Target};

/// The codes this crate reports.
pub const CODES: &[&Code] = &[
    &codes::DENIAL_RACE,
    &codes::ENGINE_LOCKED_OUT,
    &codes::HOST_LIMIT_UNENFORCED,
    &codes::HOST_LIMIT_UNWATCHED,
    &codes::KILL_INSTEAD_OF_DENY,
    &codes::LIST_CONFINES_NOTHING,
    &codes::LOAD_ORDER,
    &codes::PARENT_EXCEPTION,
    &codes::TRACING_POLICY_NATIVE,
    &codes::TRACING_POLICY_NOT_NATIVE,
    &codes::TRACING_POLICY_UNWATCHED,
    &codes::TRACING_POLICY_WEAKER_NATIVE,
    &codes::WAIVER_UNUSED,
    &evasion::OPEN_WAY,
];

/// What a policy is assessed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The targets, in the order of reports.
    pub targets: Vec<Target>,
    /// How Tetragon denies.
    pub engine_denial: EngineDenial,
}

impl Default for Options {
    /// Every target, and denials as written.
    fn default() -> Self {
        Self { targets: Target::ALL.to_vec(), engine_denial: EngineDenial::Alone }
    }
}

/// How Tetragon denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineDenial {
    /// `Override` alone, as written.
    #[default]
    Alone,
    /// `Override` and `Sigkill`: a denial that leaks still kills (`tetragon: { deny_with_kill: true }`).
    WithKill,
}

/// What a policy does on its targets. Effects are not stored: [`effect`] computes them where they are reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The targets.
    pub targets: Vec<Target>,
    /// Every known bypass of what the policy confines, by topic, bypass and target.
    pub evasions: Vec<Evasion>,
}

/// Assesses a policy on its targets and reports everything that is weaker than written.
#[must_use]
pub fn assess(policy: &Policy, options: &Options, sink: &mut Sink) -> Assessment {
    weakening::report(policy, options, sink);
    load_order::report(policy, &options.targets, sink);
    vacuous::report(policy, sink);
    Assessment {
        targets: options.targets.clone(),
        evasions: evasion::collect(policy, &options.targets, sink),
    }
}

/// Returns target names for a sentence: `a, b and c`.
fn list(targets: &[Target]) -> String {
    let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Returns the Tetragon targets among `targets`.
fn engines(targets: &[Target]) -> Vec<Target> {
    targets.iter().copied().filter(|target| target.backend == Backend::Engine).collect()
}
