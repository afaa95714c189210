//! A scenario file -> a policy in the kernel, attempts made, outcomes and events compared.
//!
//! A file holds YAML documents: first the scenario itself, of which only flat keys and lists of one-line strings are
//! used, then the policy. A step reads `[WAY | TRICK] {6.12+} ACTOR: ATTEMPT => OUTCOME (open: REASON) (judge OUTCOME:
//! REASON)`; label, trick, kernels and notes may be absent. ACTOR is the path of a probe, `host` for set-up words, or
//! `@name` for a probe that runs. WAY is a name from the compiler's tables of ways. What the judge makes of a step
//! is tested on the machine that builds, and is the same as what the kernel does unless the step says why not.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod deed;
mod run;
mod text;

pub(crate) use run::{Host, run};
#[cfg(test)]
pub(crate) use text::Step;
pub(crate) use text::{Outcome, Scenario};
