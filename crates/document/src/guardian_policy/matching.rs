//! A detection and what was observed -> whether it matches, and the missing fields that decide it.

use std::net::IpAddr;

use telovix_policy::confine::Operation;
use telovix_policy::judge::{Event, Field, Fields};
use telovix_policy::value::Scope;

use super::GuardianPolicy;

/// Whether a detection matches an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It does not.
    No,
    /// It does.
    Yes,
    /// It may: that depends on these fields, or if there are none, on the kind that the Console assigns to the event.
    Maybe(Fields),
}

impl Match {
    /// Returns the fields that the match depends on.
    #[must_use]
    pub fn fields(self) -> Fields {
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

/// The kind that the Console assigns to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind<'event> {
    /// This one.
    Is(&'event str),
    /// None of [`EventKind::PROCESS_AND_CONNECT`]; which other one is not known here.
    Other,
}

impl EventKind<'_> {
    /// The kinds whose events are recognised by what happened.
    pub const PROCESS_AND_CONNECT: [&'static str; 4] =
        ["process_exec", "process_exit", "process_fork", "network_connect"];
}

/// The fields of an event that detections are about, as the Console names them. What is absent is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observed<'event> {
    /// Its kind.
    pub kind: EventKind<'event>,
    /// The executable; of an execution, the program that was executed.
    pub process: Option<&'event str>,
    /// The field that `process` comes from.
    pub process_field: Field,
    /// The executable of the parent; of an execution, the program that called it.
    pub parent: Option<&'event str>,
    /// The field that `parent` comes from.
    pub parent_field: Field,
    /// Whether the process is known to have no parent.
    pub is_orphan: bool,
    /// The user.
    pub uid: Option<u32>,
    /// Whether the event has a destination; the destination of others does not match.
    pub connects: bool,
    /// The destination's address.
    pub address: Option<IpAddr>,
    /// The destination's port.
    pub port: Option<u16>,
    /// The sensor of the host.
    pub sensor: Option<&'event str>,
    /// The group of the sensor.
    pub group: Option<&'event str>,
}

impl<'event> Observed<'event> {
    /// Returns what the Console sees of an event. Its process of an execution is the program that was executed, and its
    /// parent the one that called it. It assigns a kind to executions and connections; the kinds of others are unknown.
    #[must_use]
    pub fn of(event: &'event Event) -> Self {
        let executes = event.operation == Operation::Exec;
        let (process, process_field, parent, parent_field) = if executes {
            (event.path.as_deref(), Field::Path, event.binary.as_deref(), Field::Binary)
        } else {
            (event.binary.as_deref(), Field::Binary, event.parent(), Field::Parent)
        };
        Self {
            kind: match event.operation {
                Operation::Exec => EventKind::Is("process_exec"),
                Operation::Connect => EventKind::Is("network_connect"),
                _ => EventKind::Other,
            },
            process,
            process_field,
            parent,
            parent_field,
            is_orphan: !executes && event.ancestors.as_ref().is_some_and(Vec::is_empty),
            uid: event.uid,
            connects: event.operation == Operation::Connect,
            address: event.address,
            port: event.port,
            sensor: event.sensor.as_deref(),
            group: event.group.as_deref(),
        }
    }
}

impl GuardianPolicy {
    /// Returns whether the detection matches.
    #[must_use]
    pub fn matches(&self, event: &Observed<'_>) -> Match {
        let process_has =
            |part: &String| Match::of(event.process.map(|path| path.contains(part)), event.process_field);
        // A process without a parent has no path that could contain the pattern.
        let parent_has = |part: &String| match event.parent {
            None if event.is_orphan => Match::No,
            parent => Match::of(parent.map(|path| path.contains(part)), event.parent_field),
        };
        let mut found = self.kind(event.kind);
        let mut needs = |condition: Match| found = found.and(condition);
        needs(self.scope(event));
        if let Some(part) = &self.match_process_pattern {
            needs(process_has(&part.value));
        }
        if let Some(part) = &self.match_parent_pattern {
            needs(parent_has(&part.value));
        }
        if let Some(uid) = &self.match_uid {
            needs(Match::of(event.uid.map(|known| known == uid.value), Field::Uid));
        }
        if let Some(ports) = &self.match_dst_port {
            let inside = |port| ports.items.iter().any(|range| range.value.contains(port));
            needs(if event.connects { Match::of(event.port.map(inside), Field::Port) } else { Match::No });
        }
        if let Some(block) = &self.match_dst_ip_prefix {
            let inside = |address| block.value.contains(address);
            needs(if event.connects {
                Match::of(event.address.map(inside), Field::Address)
            } else {
                Match::No
            });
        }
        for part in &self.exceptions {
            needs(process_has(&part.value).not());
        }
        found
    }

    fn kind(&self, kind: EventKind<'_>) -> Match {
        let Some(wanted) = self.match_event_kind.as_ref().map(|kind| kind.value.as_str()) else {
            return Match::Yes;
        };
        match kind {
            EventKind::Is(known) if wanted == known => Match::Yes,
            EventKind::Is(_) => Match::No,
            EventKind::Other if EventKind::PROCESS_AND_CONNECT.contains(&wanted) => Match::No,
            EventKind::Other => Match::Maybe(Fields::default()),
        }
    }

    fn scope(&self, event: &Observed<'_>) -> Match {
        let is = |known: Option<&str>, wanted: &String| known.map(|known| known == wanted);
        let place = |scope: Scope| match scope {
            Scope::Fleet => Match::Yes,
            Scope::Sensor(name) => Match::of(is(event.sensor, &name), Field::Sensor),
            Scope::Group(name) => Match::of(is(event.group, &name), Field::Group),
        };
        let sensor = self.sensor_id.as_ref().map_or(Scope::Fleet, |id| Scope::Sensor(id.value.clone()));
        let group = self.target_group_id.as_ref().map_or(Scope::Fleet, |id| Scope::Group(id.value.clone()));
        place(sensor).and(place(group))
    }
}
