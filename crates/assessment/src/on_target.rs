//! Confinements and a target -> those that act there, each with its effect, and the events of which a target does less.

use telovix_platform::{Backend, Target};
use telovix_policy::confine::{Access, Confinement, Dimension, Operation};
use telovix_policy::judge::Event;

use super::effect;

/// The path that no filter of Tetragon matches.
const ROOT: &str = "/";

/// Whether Tetragon knows the parents of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parents {
    /// It keeps a map of parents, and its release has filters for them.
    Known,
    /// It does not: exceptions by parent are ignored, if the document accepts that.
    Unknown,
}

/// Returns the confinements that have an effect on a target, with that effect. An exception by parent that Tetragon cannot
/// evaluate is left out, as in what is emitted: the policy is stricter then. TracingPolicies are confinements on native
/// targets only; Tetragon gets them as written.
pub fn on_target<'policy>(
    target: Target,
    written: impl IntoIterator<Item = &'policy Confinement>,
    parents: Parents,
) -> Vec<Confinement> {
    let there = written.into_iter().filter_map(|confinement| {
        if target.backend == Backend::Engine && confinement.dimension == Dimension::TracingPolicy {
            return None;
        }
        let mut there = Confinement { effect: effect(target, confinement).effect?, ..confinement.clone() };
        if target.backend == Backend::Engine && parents == Parents::Unknown {
            there.exemptions.retain(|exemption| exemption.parent.is_none());
        }
        Some(there)
    });
    there.collect()
}

/// Returns why Tetragon does less with an event than a confinement says: an open bypass, which the manifest lists.
/// Sources: the bypasses of this crate, seen in a running Tetragon.
#[must_use]
pub fn bypass(event: &Event, confinement: &Confinement) -> Option<&'static str> {
    if confinement.operation != event.operation {
        return None;
    }
    let unseen = |access| matches!(access, Access::Delete | Access::Link | Access::Rename);
    let by_parent = || confinement.exemptions.iter().any(|exemption| exemption.parent.is_some());
    match event.operation {
        Operation::Open if event.access.is_some_and(|accesses| accesses.iter().all(unseen)) => {
            Some("unlink, rename and link")
        }
        Operation::Open | Operation::Exec if event.path.as_deref() == Some(ROOT) => {
            Some("the root directory")
        }
        _ if event.ancestors.as_ref().is_some_and(Vec::is_empty) && by_parent() => {
            Some("a process without a known parent: Tetragon skips filters of parents")
        }
        _ => None,
    }
}
