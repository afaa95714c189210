//! Events -> what each actor did: what one thread keeps.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::seen::{Once, Seen};
use super::{Actor, Behaviour, Kinds, MOST_VALUES, sorted};
use crate::action::{self, Action};
use crate::line::KINDS;
use crate::moment::Moment;
use crate::scan::{Clerk, Told};
use crate::tally::{Circumstances, Place, Tally};
use crate::vocabulary::{Capability, Event, Operation};

/// What the actors did, in one part of a history.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    pub(super) actors: FxHashMap<Actor, Raw>,
    pub(super) kinds: Kinds,
    pub(super) unattributed: u64,
    values: usize,
}

/// The behaviour of an actor, unsorted.
#[derive(Debug, Default)]
pub(super) struct Raw {
    spawns: FxHashMap<Box<str>, Seen>,
    anonymous: Seen,
    files: FxHashMap<Box<str>, Seen>,
    endpoints: FxHashMap<(IpAddr, u16), Seen>,
    capabilities: FxHashMap<Capability, Seen>,
    incomplete: Seen,
}

impl Clerk for Gatherer {
    fn tetragon(&mut self, Told { kind, envelope, .. }: Told<'_>, place: Place, tally: &mut Tally) {
        let body = &envelope.body;
        let time = envelope.time.get().and_then(|time| Moment::parse(time));
        let host = envelope.host.get().map(AsRef::as_ref);
        tally.from_tetragon += 1;
        tally.aggregated += u64::from(envelope.aggregated);
        tally.reported_lost += body.dropped.get().and_then(|lost| u64::try_from(*lost).ok()).unwrap_or(0);
        tally.seen(&Circumstances { place, time, host, pod: None });
        let what = body.function.get().or(body.tracepoint.get()).map_or(KINDS[kind], AsRef::as_ref);
        let action::Reading::Did(first, _) = action::read(envelope) else { return tally.passed.add(what) };
        tally.judged.add(what);
        // The age of an execution is that of the caller.
        let doer = if KINDS[kind] == "process_exec" { body.parent.get() } else { body.process.get() };
        let started = doer.and_then(|process| process.started.get()).and_then(|time| Moment::parse(time));
        let age = time.zip(started).map(|(time, started)| time.since(started));
        self.note(&first, None, Once { time, age, ..Once::default() });
    }

    fn telovix(&mut self, event: Event, place: Place, tally: &mut Tally) {
        let text = |name: &str| event.other.get(name).and_then(|value| value.as_str());
        let time = event.time.as_deref().and_then(Moment::parse);
        let host = text("host").or_else(|| text("node_name"));
        tally.from_telovix += 1;
        tally.seen(&Circumstances { place, time, host, pod: None });
        tally.judged.add(event.operation.name());
        let started = text("process_started").and_then(Moment::parse);
        let once = Once {
            time,
            age: time.zip(started).map(|(time, started)| time.since(started)),
            denied: matches!(text("effect"), Some("deny" | "kill")),
            directory: event.other.get("directory").and_then(serde_json::Value::as_bool) == Some(true),
        };
        let rule =
            event.other.get("rule").and_then(|rule| rule.get("document")).and_then(|name| name.as_str());
        self.note(&borrowed(&event), rule, once);
    }
}

/// Returns the parts of an event that are counted.
fn borrowed(event: &Event) -> Action<'_> {
    let mut action = Action::of(event.operation);
    action.binary = event.binary.as_deref();
    action.path = event.path.as_deref();
    action.anonymous = event.anonymous;
    action.address = event.address;
    action.port = event.port;
    action.capability = event.capability;
    action
}

impl Gatherer {
    /// Counts an action. `document` names the policy that a kernel event is about.
    fn note(&mut self, action: &Action<'_>, document: Option<&str>, once: Once) {
        let kind = match action.operation {
            Operation::Exec => &mut self.kinds.spawns,
            Operation::Open => &mut self.kinds.files,
            Operation::Connect => &mut self.kinds.network,
            Operation::Capability => &mut self.kinds.capabilities,
            _ => return,
        };
        *kind += 1;
        let actor = match (action.binary, document) {
            (Some(binary), _) => Actor::Binary(binary.into()),
            (None, Some(document)) => Actor::Document(document.into()),
            (None, None) => {
                self.unattributed += 1;
                return;
            }
        };
        if self.is_full() {
            return;
        }
        let raw = self.actors.entry(actor).or_default();
        let new = match action.operation {
            Operation::Exec if action.anonymous == Some(true) => {
                raw.anonymous.add(once);
                false
            }
            Operation::Exec => path(&mut raw.spawns, &mut raw.incomplete, action.path, once),
            Operation::Open => path(&mut raw.files, &mut raw.incomplete, action.path, once),
            Operation::Connect => match action.address.zip(action.port) {
                Some(endpoint) => add(raw.endpoints.entry(endpoint).or_default(), once),
                None => unknown(&mut raw.incomplete, once),
            },
            _ => match action.capability {
                Some(capability) => add(raw.capabilities.entry(capability).or_default(), once),
                None => unknown(&mut raw.incomplete, once),
            },
        };
        self.values += usize::from(new);
    }

    /// Returns whether there are more values than are kept.
    pub(super) fn is_full(&self) -> bool {
        self.values > MOST_VALUES
    }

    /// Adds what another thread kept.
    pub(super) fn absorb(&mut self, other: Self) {
        let sum = |left: u64, right: u64| left + right;
        self.kinds = Kinds {
            spawns: sum(self.kinds.spawns, other.kinds.spawns),
            files: sum(self.kinds.files, other.kinds.files),
            network: sum(self.kinds.network, other.kinds.network),
            capabilities: sum(self.kinds.capabilities, other.kinds.capabilities),
        };
        self.unattributed += other.unattributed;
        if other.is_full() {
            self.values = other.values;
        }
        #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for (actor, more) in other.actors {
            let raw = self.actors.entry(actor).or_default();
            self.values += merge(&mut raw.spawns, more.spawns)
                + merge(&mut raw.files, more.files)
                + merge(&mut raw.endpoints, more.endpoints)
                + merge(&mut raw.capabilities, more.capabilities);
            raw.anonymous.absorb(&more.anonymous);
            raw.incomplete.absorb(&more.incomplete);
        }
    }
}

impl Raw {
    /// Returns the behaviour in a fixed order.
    pub(super) fn sorted(self) -> Behaviour {
        Behaviour {
            spawns: sorted(self.spawns).collect(),
            anonymous: self.anonymous,
            files: sorted(self.files).collect(),
            endpoints: sorted(self.endpoints).collect(),
            capabilities: sorted(self.capabilities).collect(),
            incomplete: self.incomplete,
        }
    }
}

/// Counts a path, or an event without one. Returns whether the value is new.
fn path(
    table: &mut FxHashMap<Box<str>, Seen>,
    incomplete: &mut Seen,
    path: Option<&str>,
    once: Once,
) -> bool {
    let Some(path) = path else { return unknown(incomplete, once) };
    if let Some(seen) = table.get_mut(path) {
        return add(seen, once);
    }
    add(table.entry(path.into()).or_default(), once)
}

/// Counts an event without a value.
fn unknown(incomplete: &mut Seen, once: Once) -> bool {
    incomplete.add(once);
    false
}

/// Counts an event. Returns whether its value is new.
fn add(seen: &mut Seen, once: Once) -> bool {
    let new = seen.is_empty();
    seen.add(once);
    new
}

/// Adds a table to another one, and returns how many values are new.
fn merge<K: std::hash::Hash + Eq>(into: &mut FxHashMap<K, Seen>, from: FxHashMap<K, Seen>) -> usize {
    let before = into.len();
    #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
    for (key, seen) in from {
        into.entry(key).or_default().absorb(&seen);
    }
    into.len() - before
}
