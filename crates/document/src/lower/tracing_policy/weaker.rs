//! The selectors of a hook in order -> where its confinements are weaker than they are.

use telovix_diagnostic::source::Span;

use super::first_match::Clause;
use super::obstacle::{Direction, NativeForm};

/// Reports where the confinements of a hook are weaker than its selectors.
pub(super) fn report(clauses: &[Clause], form: &mut NativeForm) {
    for (at, clause) in clauses.iter().enumerate().filter(|(_, clause)| clause.effect.is_some()) {
        if let Some(span) = clause.corners.devices {
            let text = "a device can still be opened with access mode 3, which allows `ioctl` only";
            form.differ(Direction::Weaker, text, span);
        }
        if let Some(span) = clause.corners.loader {
            let text =
                "the loader that a program names in its header is not opened but mapped, and not denied";
            form.differ(Direction::Weaker, text, span);
        }
        let earlier = clauses.get(..at).unwrap_or_default();
        if let Some(span) = mapped_gap(clause, earlier) {
            let text = "an IPv4-mapped IPv6 destination counts as its IPv4 address, so list `::ffff:192.0.2.0/120` next to `192.0.2.0/24`";
            form.differ(Direction::Weaker, text, span);
        }
    }
}

/// Returns the filter because of which a mapped address is matched by Tetragon, and not natively.
fn mapped_gap(clause: &Clause, earlier: &[Clause]) -> Option<Span> {
    let own = clause.corners.destinations.as_ref()?;
    if !own.mapped.is_subset(&own.native) {
        return Some(own.span);
    }
    let (mut mapped, mut native) = (own.mapped.clone(), own.native.clone());
    let before = earlier.iter().filter(|one| !one.who.binaries.intersection(&clause.who.binaries).is_empty());
    for destinations in before.filter_map(|one| one.corners.destinations.as_ref()) {
        mapped = mapped.difference(&destinations.mapped);
        native = native.difference(&destinations.native);
        if !mapped.is_subset(&native) {
            return Some(destinations.span);
        }
    }
    None
}
