//! Whether a confinement applies to the process of an event: subject, scope and exemptions.

use super::truth::Truth;
use super::{Event, Field};
use crate::confine::{Confinement, Exemption, Subject};
use crate::value::{Children, Scope};

/// Returns whether the process is confined.
pub(super) fn confines(confinement: &Confinement, event: &Event) -> Truth {
    subject(confinement, event)
        .and(|| scope(&confinement.scope, event))
        .and(|| exempt(&confinement.exemptions, event).not())
}

/// Returns whether the process, or with `children: inherit` one it descends from, is the subject.
pub(super) fn subject(confinement: &Confinement, event: &Event) -> Truth {
    let is = |binary: &str| confinement.subject.matches(binary);
    let itself = match &event.binary {
        Some(binary) => Truth::from(is(binary)),
        None if confinement.subject == Subject::Everyone => Truth::Yes,
        None => Truth::unknown([Field::Binary]),
    };
    match confinement.children {
        Children::Leave => itself,
        Children::Inherit => itself.or(|| {
            if event.lineage().any(is) {
                Truth::Yes
            } else if event.ancestors.is_none() {
                // A known parent does not determine its ancestors.
                Truth::unknown([Field::Ancestors])
            } else {
                Truth::No
            }
        }),
    }
}

/// Returns whether the process runs where a scope applies.
pub(super) fn scope(scope: &Scope, event: &Event) -> Truth {
    let is = |known: &Option<String>, wanted: &str, field| match known {
        Some(known) => Truth::from(known == wanted),
        None => Truth::unknown([field]),
    };
    match scope {
        Scope::Fleet => Truth::Yes,
        Scope::Sensor(sensor) => is(&event.sensor, sensor, Field::Sensor),
        Scope::Group(group) => is(&event.group, group, Field::Group),
    }
}

fn exempt(exemptions: &[Exemption], event: &Event) -> Truth {
    exemptions.iter().fold(Truth::No, |sum, exemption| sum.or(|| exempts(exemption, event)))
}

/// Returns whether the process is exempt by one exemption.
pub(super) fn exempts(exemption: &Exemption, event: &Event) -> Truth {
    let process = exemption.process.as_ref().map_or(Truth::Yes, |pattern| match &event.binary {
        Some(binary) => Truth::from(pattern.contains(binary)),
        None => Truth::unknown([Field::Binary]),
    });
    process.and(|| {
        exemption.parent.as_ref().map_or(Truth::Yes, |pattern| match (event.parent(), &event.ancestors) {
            (Some(parent), _) => Truth::from(pattern.contains(parent)),
            (None, Some(_)) => Truth::No,
            (None, None) => Truth::unknown([Field::Parent]),
        })
    })
}
