//! One policy -> what takes back what else it says, where its documents disagree, and what a process reaches
//! through the programs it may start.

mod closure;
mod code;
mod disagreement;

pub(super) use closure::allowed_to;
pub(super) use code::CODES;

use telovix_diagnostic::Sink;
use telovix_document::lower::Policy;

/// Reports what the sets of a policy tell about each other.
pub fn analyse(policy: &Policy, sink: &mut Sink) {
    disagreement::report(policy, sink);
    closure::report(policy, sink);
}

#[cfg(test)]
mod tests;
