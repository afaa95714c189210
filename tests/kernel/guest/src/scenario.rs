//! A scenario file -> a policy in the kernel, attempts made, outcomes and events compared.
//!
//! A file holds YAML documents: first the scenario itself, of which only flat keys and lists of one-line strings are
//! used, then the policy. A step reads `[label] {6.12+} ACTOR: ATTEMPT => OUTCOME (open: REASON)`; label, kernels and
//! reason may be absent. ACTOR is the path of a probe, `host` for set-up words, or `@name` for a probe that runs.

mod run;
mod text;

pub(crate) use run::run;
pub(crate) use text::{Outcome, Scenario, Step};
