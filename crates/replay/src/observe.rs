//! A history -> who did what, how often and when: the input of learning.
//!
//! The result is the same for any division of the history: every number in it is a sum, a minimum or a maximum.

mod gather;
mod seen;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::impact::{self, History};
use crate::moment::Moment;
use crate::scan::{Amount, Options, run};
use crate::source::Source;
use crate::tally::Tally;
use crate::vocabulary::Capability;
use gather::Gatherer;
pub(crate) use seen::{HourOf, START};
pub use seen::{Once, Seen};

/// More different values are not kept: [`observe`] then refuses.
pub const MOST_VALUES: usize = 1_000_000;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The executable of the process.
    Binary(Box<str>),
    /// A process whose executable the event does not name, in a violation of the document with this name: the events
    /// of the kernel are like that.
    Document(Box<str>),
}

/// What one actor did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Behaviour {
    /// Programs that it executed, by path.
    pub spawns: BTreeMap<Box<str>, Seen>,
    /// Executions of memory or of deleted files.
    pub anonymous: Seen,
    /// Files that it used, by path.
    pub files: BTreeMap<Box<str>, Seen>,
    /// Destinations that it connected to.
    pub endpoints: BTreeMap<(IpAddr, u16), Seen>,
    /// Capabilities that it used.
    pub capabilities: BTreeMap<Capability, Seen>,
    /// Events without the path, address, port or capability that they are about.
    pub incomplete: Seen,
}

impl Behaviour {
    /// Returns what was seen in some hours since 1970. Events without a time are in every part.
    #[must_use]
    pub fn within(&self, hours: &Range<i64>) -> Self {
        Self {
            spawns: within(&self.spawns, hours),
            anonymous: self.anonymous.within(hours),
            files: within(&self.files, hours),
            endpoints: within(&self.endpoints, hours),
            capabilities: within(&self.capabilities, hours),
            incomplete: self.incomplete.within(hours),
        }
    }

    /// Adds what another actor did.
    pub fn absorb(&mut self, other: &Self) {
        absorb(&mut self.spawns, &other.spawns);
        self.anonymous.absorb(&other.anonymous);
        absorb(&mut self.files, &other.files);
        absorb(&mut self.endpoints, &other.endpoints);
        absorb(&mut self.capabilities, &other.capabilities);
        self.incomplete.absorb(&other.incomplete);
    }

    /// Leaves out what was only ever denied, and returns the events of it.
    pub fn remove_denied(&mut self) -> u64 {
        let mut removed = 0;
        let mut allowed = |seen: &Seen| {
            let only = seen.denied() > 0 && seen.denied() == seen.events();
            removed += if only { seen.events() } else { 0 };
            !only
        };
        self.spawns.retain(|_, seen| allowed(seen));
        self.files.retain(|_, seen| allowed(seen));
        self.endpoints.retain(|_, seen| allowed(seen));
        self.capabilities.retain(|_, seen| allowed(seen));
        for seen in [&mut self.anonymous, &mut self.incomplete] {
            if !allowed(seen) {
                *seen = Seen::default();
            }
        }
        removed
    }

    fn seen(&self) -> impl Iterator<Item = &Seen> {
        let paths = self.spawns.values().chain(self.files.values());
        let others = self.endpoints.values().chain(self.capabilities.values());
        paths.chain(others).chain([&self.anonymous, &self.incomplete])
    }

    /// Returns everything that was seen, as one.
    #[must_use]
    pub fn total(&self) -> Seen {
        let mut all = Seen::default();
        self.seen().for_each(|seen| all.absorb(seen));
        all
    }

    /// Returns whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen().all(Seen::is_empty)
    }
}

fn absorb<K: Clone + Ord>(table: &mut BTreeMap<K, Seen>, other: &BTreeMap<K, Seen>) {
    for (key, seen) in other {
        table.entry(key.clone()).or_default().absorb(seen);
    }
}

fn within<K: Clone + Ord>(table: &BTreeMap<K, Seen>, hours: &Range<i64>) -> BTreeMap<K, Seen> {
    let cut = table.iter().map(|(key, seen)| (key.clone(), seen.within(hours)));
    cut.filter(|(_, seen)| !seen.is_empty()).collect()
}

/// The kinds of operation that profiles allow by lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds {
    /// Events of this kind by any process: without one, the history does not show that its hook was there.
    pub spawns: u64,
    /// As above.
    pub files: u64,
    /// As above.
    pub network: u64,
    /// As above.
    pub capabilities: u64,
}

/// What a history shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observations {
    /// What each actor did.
    pub actors: BTreeMap<Actor, Behaviour>,
    /// How often each kind of operation occurs in the history.
    pub kinds: Kinds,
    /// Events of these kinds that do not name who did it.
    pub unattributed: u64,
    /// The first and the last event with a time.
    pub span: Option<(Moment, Moment)>,
    /// What was read, and what could not be.
    pub history: History,
}

/// The history has more different values than [`MOST_VALUES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the history has more than {MOST_VALUES} different paths, destinations and programs")]
pub struct TooManyValues;

/// Reads a history to its end.
///
/// # Errors
/// When it has too many different values to be kept: nothing is learned from a part of a history.
pub fn observe(sources: &[Source], options: Options<'_>) -> Result<Observations, TooManyValues> {
    let (tally, amount, gatherers) = run(sources, options, Gatherer::default);
    let mut all = Gatherer::default();
    for gatherer in gatherers {
        all.absorb(gatherer);
    }
    if all.is_full() { Err(TooManyValues) } else { Ok(finished(all, &tally, &amount)) }
}

fn finished(all: Gatherer, tally: &Tally, amount: &Amount) -> Observations {
    Observations {
        kinds: all.kinds,
        unattributed: all.unattributed,
        span: tally.span.0,
        history: impact::history(tally, amount),
        actors: sorted(all.actors).map(|(actor, raw)| (actor, raw.sorted())).collect(),
    }
}

/// Returns the entries of a table by key.
fn sorted<K: Ord, V>(table: FxHashMap<K, V>) -> impl Iterator<Item = (K, V)> {
    #[allow(clippy::iter_over_hash_type, reason = "sorted next")]
    let mut entries: Vec<(K, V)> = table.into_iter().collect();
    entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    entries.into_iter()
}
