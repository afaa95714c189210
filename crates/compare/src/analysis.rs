//! One policy -> findings about documents that disagree, and about events that a process can reach only through
//! the programs it may start.

mod closure;
mod code;
mod disagreement;

pub(super) use closure::allowed_to;
pub(super) use code::CODES;

use telovix_diagnostic::Sink;
use telovix_document::lower::Policy;

/// Reports contradictions and indirect access within one policy.
pub fn analyse(policy: &Policy, sink: &mut Sink) {
    disagreement::report(policy, sink);
    closure::report(policy, sink);
}

#[cfg(test)]
mod tests;
