//! Lists that match no event -> a finding that they confine nothing, so that no artifact contains them.

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_policy::confine::{Confinement, Dimension, Listing, Region};

use super::codes::LIST_CONFINES_NOTHING;
use super::described;

/// Reports allowlists that allow everything.
pub(super) fn report(policy: &Policy, sink: &mut Sink) {
    let vacuous = policy.confinements.iter().filter(|one| {
        one.listing == Listing::Allows && one.dimension != Dimension::NameSpace && !one.members.is_empty()
    });
    for confinement in vacuous.filter(|confinement| confines_nothing(confinement)) {
        let message = format!(
            "{} of {} allow everything, so the list confines nothing",
            confinement.dimension.name(),
            described::document(confinement)
        );
        sink.report(
            Diagnostic::new(&LIST_CONFINES_NOTHING, confinement.span, message)
                .label("no event violates this list")
                .help("list what is needed, or remove the list"),
        );
    }
}

/// Returns whether a confinement matches no event.
pub(super) fn confines_nothing(confinement: &Confinement) -> bool {
    Region::of(confinement.operation, &confinement.condition).is_empty()
}
