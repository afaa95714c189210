//! A detection and an event -> whether it matches, and the missing fields that decide it.

use telovix_document::GuardianPolicy;
use telovix_policy::confine::Operation;
use telovix_policy::judge::{Event, Field, Fields};
use telovix_policy::value::Scope;

/// Whether a detection matches an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It may: that depends on these fields, or if there are none, on the kind that the Console assigns to the event.
    Maybe(Fields),
}

impl Match {
    /// Returns the fields that the match depends on.
    pub(super) fn fields(self) -> Fields {
        match self {
            Self::Maybe(fields) => fields,
            Self::No | Self::Yes => Fields::default(),
        }
    }

    fn of(known: Option<bool>, field: Field) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Maybe([field].into_iter().collect()),
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, found) | (found, Self::Yes) => found,
            (Self::Maybe(one), Self::Maybe(two)) => Self::Maybe(one.union(two)),
        }
    }

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Maybe(fields) => Self::Maybe(fields),
        }
    }
}

/// Returns whether a detection matches. The Console's process of an execution is the program that was executed, and its
/// parent the one that called it.
pub(super) fn matches(detection: &GuardianPolicy, event: &Event) -> Match {
    let executes = event.operation == Operation::Exec;
    let connects = event.operation == Operation::Connect;
    let (process, process_field, parent, parent_field) = if executes {
        (event.path.as_deref(), Field::Path, event.binary.as_deref(), Field::Binary)
    } else {
        (event.binary.as_deref(), Field::Binary, event.parent(), Field::Parent)
    };
    let process_has = |part: &String| Match::of(process.map(|path| path.contains(part)), process_field);
    // A process without a parent has no path that could contain the pattern.
    let orphan = !executes && event.ancestors.as_ref().is_some_and(Vec::is_empty);
    let parent_has = |part: &String| match parent {
        None if orphan => Match::No,
        parent => Match::of(parent.map(|path| path.contains(part)), parent_field),
    };
    let mut found =
        kind(detection.match_event_kind.as_ref().map(|kind| kind.value.as_str()), event.operation);
    let mut needs = |condition: Match| found = found.and(condition);
    needs(scope(detection, event));
    if let Some(part) = &detection.match_process_pattern {
        needs(process_has(&part.value));
    }
    if let Some(part) = &detection.match_parent_pattern {
        needs(parent_has(&part.value));
    }
    if let Some(uid) = &detection.match_uid {
        needs(Match::of(event.uid.map(|known| known == uid.value), Field::Uid));
    }
    if let Some(ports) = &detection.match_dst_port {
        let inside = |port| ports.items.iter().any(|range| range.value.contains(port));
        needs(if connects { Match::of(event.port.map(inside), Field::Port) } else { Match::No });
    }
    if let Some(block) = &detection.match_dst_ip_prefix {
        let inside = |address| block.value.contains(address);
        needs(if connects { Match::of(event.address.map(inside), Field::Address) } else { Match::No });
    }
    for part in &detection.exceptions {
        needs(process_has(&part.value).not());
    }
    found
}

/// Returns whether the Console assigns a kind to events of this operation. It does so for executions and connections;
/// the kinds of others are unknown here.
fn kind(wanted: Option<&str>, operation: Operation) -> Match {
    let known = match operation {
        Operation::Exec => Some("process_exec"),
        Operation::Connect => Some("network_connect"),
        _ => None,
    };
    match (wanted, known) {
        (None, _) => Match::Yes,
        (Some(wanted), Some(known)) if wanted == known => Match::Yes,
        (Some(_), Some(_)) | (Some("process_exec" | "network_connect"), None) => Match::No,
        (Some(_), None) => Match::Maybe(Fields::default()),
    }
}

fn scope(detection: &GuardianPolicy, event: &Event) -> Match {
    let is = |known: &Option<String>, wanted: &String| known.as_ref().map(|known| known == wanted);
    let place = |scope: Scope| match scope {
        Scope::Fleet => Match::Yes,
        Scope::Sensor(name) => Match::of(is(&event.sensor, &name), Field::Sensor),
        Scope::Group(name) => Match::of(is(&event.group, &name), Field::Group),
    };
    let sensor = detection.sensor_id.as_ref().map_or(Scope::Fleet, |id| Scope::Sensor(id.value.clone()));
    let group = detection.target_group_id.as_ref().map_or(Scope::Fleet, |id| Scope::Group(id.value.clone()));
    place(sensor).and(place(group))
}
