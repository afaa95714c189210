//! Observations -> one profile for each binary.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_policy::value::{Capability, Cidr, PathPattern, PortRange};
use telovix_replay::Moment;
use telovix_replay::observe::{Actor, Behaviour, Kinds, Observations, Seen};

use crate::entry::{Entry, Reason, Review, Why};
use crate::evidence::Evidence;
use crate::files::{self, Generalise};
use crate::network;
use crate::world::{World, directories, paths, programs};

/// Capabilities with which a process can gain all others.
const BROAD: [&str; 10] = [
    "BPF",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "SETFCAP",
    "SETUID",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];
/// Parts of the limit that addresses and files get; programs, ports and capabilities are few.
const FOR_ADDRESSES: (usize, usize) = (1, 5);
/// The fewest entries for files, however many others there are.
const FEWEST_FILES: usize = 10;

/// How to learn.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The hours before the last event of the history that are learned from.
    pub hours: u32,
    /// Seconds between the first and the last event of a binary that a profile needs.
    pub least_seconds: i64,
    /// The most entries of one profile.
    pub most_entries: usize,
    /// What is learned although it is sensitive.
    pub admitted: Vec<Admit>,
    /// Whether events that a policy denied are learned.
    pub denied: bool,
    /// Whether values stay as they were seen: nothing is allowed beyond them.
    pub exact: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hours: 24,
            least_seconds: 300,
            most_entries: 100,
            admitted: Vec::new(),
            denied: false,
            exact: false,
        }
    }
}

/// Something that is learned although it is sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admit {
    /// Paths.
    Path(PathPattern),
    /// A capability.
    Capability(Capability),
}

/// A text that is neither a path nor a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmitError(String);

impl std::fmt::Display for AdmitError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}` is neither a path nor a capability", self.0)
    }
}

impl std::error::Error for AdmitError {}

impl std::str::FromStr for Admit {
    type Err = AdmitError;

    fn from_str(text: &str) -> Result<Self, AdmitError> {
        let path = PathPattern::parse(text).map(Self::Path);
        path.or_else(|_| Capability::parse(text).map(Self::Capability))
            .map_err(|_| AdmitError(text.to_owned()))
    }
}

/// The part of a history that was learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Window {
    /// The hours that were asked for.
    pub hours: u32,
    /// The first event in it with a time.
    pub first: Option<String>,
    /// The last event in it with a time.
    pub last: Option<String>,
    #[serde(skip)]
    pub(crate) range: Range<i64>,
}

/// A profile that was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The binary.
    pub binary: String,
    /// Hours between its first and its last event, rounded up, at most those asked for.
    pub observed_hours: u32,
    /// Its events that were learned from.
    pub events: u64,
    /// Programs; none when the history has no execution by any process.
    pub spawns: Option<Vec<Entry<PathPattern>>>,
    /// Files; none when the history has no open of any process.
    pub files: Option<Vec<Entry<PathPattern>>>,
    /// Ports; none when the history has no connection of any process.
    pub ports: Option<Vec<Entry<PortRange>>>,
    /// CIDR blocks; none when the history has no connection of any process.
    pub cidrs: Option<Vec<Entry<Cidr>>>,
    /// Capabilities; none when the history has no use of one by any process.
    pub capabilities: Option<Vec<Entry<Capability>>>,
    /// What was seen and not learned.
    pub review: Vec<Review>,
}

impl Profile {
    /// Returns the number of entries in all lists.
    #[must_use]
    pub fn entries(&self) -> usize {
        let of = |count: Option<usize>| count.unwrap_or(0);
        of(self.spawns.as_ref().map(Vec::len))
            + of(self.files.as_ref().map(Vec::len))
            + of(self.ports.as_ref().map(Vec::len))
            + of(self.cidrs.as_ref().map(Vec::len))
            + of(self.capabilities.as_ref().map(Vec::len))
    }
}

/// A binary without a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// The binary.
    pub binary: String,
    /// Its events in the window.
    pub events: u64,
    /// Seconds between the first and the last of them.
    pub seconds: i64,
}

/// What was learned from a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The part of the history.
    pub window: Window,
    /// The profiles, by binary.
    pub profiles: Vec<Profile>,
    /// Binaries that were seen for too short a time.
    pub too_short: Vec<Skipped>,
    /// Events that a policy denied and that were not learned.
    pub denied: u64,
    /// Events that do not name the binary.
    pub unattributed: u64,
}

/// Learns profiles of the binaries that `wanted` names.
#[must_use]
pub fn learn(observations: &Observations, settings: &Settings, wanted: &dyn Fn(&str) -> bool) -> Learned {
    let last = observations.span.map_or(0, |(_, last)| last.hour());
    let range = last + 1 - i64::from(settings.hours)..last + 1;
    learn_from(observations, settings, range, wanted)
}

/// As [`learn`], from some hours since 1970.
pub(crate) fn learn_from(
    observations: &Observations,
    settings: &Settings,
    range: Range<i64>,
    wanted: &dyn Fn(&str) -> bool,
) -> Learned {
    let mut denied = 0;
    let mut actors: BTreeMap<Actor, Behaviour> = BTreeMap::new();
    for (actor, behaviour) in &observations.actors {
        let mut within = behaviour.within(&range);
        if !settings.denied {
            denied += within.remove_denied();
        }
        if !within.is_empty() {
            actors.insert(actor.clone(), within);
        }
    }
    let directories = directories(&actors);
    let (paths, programs) = (paths(&actors), programs(&actors));
    let mut learned = Learned {
        window: window(settings.hours, range, &actors),
        profiles: Vec::new(),
        too_short: Vec::new(),
        denied,
        unattributed: observations.unattributed,
    };
    for (actor, behaviour) in &actors {
        let Actor::Binary(binary) = actor else { continue };
        if !wanted(binary) {
            continue;
        }
        let all = behaviour.total();
        let seconds = all.span().map_or(0, |(first, last)| last.since(first));
        if seconds < settings.least_seconds {
            let skipped = Skipped { binary: binary.to_string(), events: all.events(), seconds };
            learned.too_short.push(skipped);
            continue;
        }
        let world = World::new(&paths, &directories, &programs, behaviour);
        let hours = u32::try_from((seconds + 3_599) / 3_600).unwrap_or(u32::MAX).clamp(1, settings.hours);
        learned.profiles.push(profile(binary, behaviour, hours, &world, settings, &observations.kinds));
    }
    learned
}

fn window(hours: u32, range: Range<i64>, actors: &BTreeMap<Actor, Behaviour>) -> Window {
    let spans = actors.values().filter_map(|behaviour| behaviour.total().span());
    let span: Option<(Moment, Moment)> =
        spans.reduce(|left, right| (left.0.min(right.0), left.1.max(right.1)));
    Window {
        hours,
        first: span.map(|(first, _)| first.to_string()),
        last: span.map(|(_, last)| last.to_string()),
        range,
    }
}

/// Learns the profile of one binary.
pub(crate) fn profile(
    binary: &str,
    behaviour: &Behaviour,
    observed_hours: u32,
    world: &World<'_>,
    settings: &Settings,
    kinds: &Kinds,
) -> Profile {
    let admitted: Vec<PathPattern> = settings
        .admitted
        .iter()
        .filter_map(|admit| match admit {
            Admit::Path(pattern) => Some(pattern.clone()),
            Admit::Capability(_) => None,
        })
        .collect();
    let most = settings.most_entries;
    let mut review = Vec::new();
    let (programs, paths) = match settings.exact {
        true => (Generalise::Nothing, Generalise::Nothing),
        false => (Generalise::Programs, Generalise::Files),
    };
    let spawns = files::learn(&behaviour.spawns, programs, world, &admitted, most);
    let network =
        network::learn(&behaviour.endpoints, most * FOR_ADDRESSES.0 / FOR_ADDRESSES.1, settings.exact);
    let capabilities = capabilities(&behaviour.capabilities, settings, &mut review);
    let others = spawns.patterns.len() + network.ports.len() + network.cidrs.len() + capabilities.len();
    let room = most.saturating_sub(others).max(FEWEST_FILES);
    let files = files::learn(&behaviour.files, paths, world, &admitted, room);
    review.extend(spawns.review);
    review.extend(files.review);
    review.extend(network.review);
    if !behaviour.anonymous.is_empty() {
        review.push(Review::new("execution".to_owned(), &behaviour.anonymous, Why::Anonymous));
    }
    if !behaviour.incomplete.is_empty() {
        review.push(Review::new("events".to_owned(), &behaviour.incomplete, Why::Incomplete));
    }
    let of = |patterns, seen: &BTreeMap<Box<str>, Seen>| entries(patterns, seen, world);
    let mut spawns = of(spawns.patterns, &behaviour.spawns);
    let mut files = of(files.patterns, &behaviour.files);
    let (mut ports, mut cidrs) = (network.ports, network.cidrs);
    let room = most.saturating_sub(capabilities.len() + ports.len());
    limit(&mut cidrs, room.max(1), &mut review);
    let room = most.saturating_sub(capabilities.len() + ports.len() + cidrs.len());
    limit(&mut files, room.max(1), &mut review);
    let room = room.saturating_sub(files.len());
    limit(&mut spawns, room.max(1), &mut review);
    ports.sort_by_key(|entry| entry.value);
    let seen_anywhere = |events: u64| events > 0;
    Profile {
        binary: binary.to_owned(),
        observed_hours,
        events: behaviour.total().events(),
        spawns: seen_anywhere(kinds.spawns).then_some(spawns),
        files: seen_anywhere(kinds.files).then_some(files),
        ports: seen_anywhere(kinds.network).then_some(ports),
        cidrs: seen_anywhere(kinds.network).then_some(cidrs),
        capabilities: seen_anywhere(kinds.capabilities).then_some(capabilities),
        review,
    }
}

/// Keeps the entries with the most events, and lists the others.
fn limit<T: Clone + std::fmt::Display>(entries: &mut Vec<Entry<T>>, most: usize, review: &mut Vec<Review>) {
    if entries.len() <= most {
        return;
    }
    let mut by_events: Vec<(u64, usize)> =
        entries.iter().enumerate().map(|(at, entry)| (entry.evidence.events, at)).collect();
    by_events.sort_by_key(|(events, at)| (std::cmp::Reverse(*events), *at));
    let mut kept: Vec<usize> = by_events.into_iter().take(most).map(|(_, at)| at).collect();
    kept.sort_unstable();
    let mut at = 0;
    entries.retain(|entry| {
        let keep = kept.binary_search(&at).is_ok();
        at += 1;
        if !keep {
            let evidence = entry.evidence.clone();
            review.push(Review { value: entry.value.to_string(), why: Why::Limit, evidence });
        }
        keep
    });
}

fn capabilities(
    seen: &BTreeMap<Capability, Seen>,
    settings: &Settings,
    review: &mut Vec<Review>,
) -> Vec<Entry<Capability>> {
    let mut entries = Vec::new();
    for (capability, seen) in seen {
        let admitted = settings.admitted.contains(&Admit::Capability(*capability));
        if BROAD.contains(&capability.short_name()) && !admitted {
            review.push(Review::new(capability.to_string(), seen, Why::BroadCapability));
        } else {
            let evidence = Evidence::of([seen]);
            entries.push(Entry { value: *capability, reason: Reason::Exact, evidence, allows_more: 0 });
        }
    }
    entries
}

/// Returns patterns as entries with what they were learned from.
fn entries(
    patterns: Vec<(PathPattern, Reason)>,
    seen: &BTreeMap<Box<str>, Seen>,
    world: &World<'_>,
) -> Vec<Entry<PathPattern>> {
    let entry = |(value, reason): (PathPattern, Reason)| {
        let evidence = Evidence::of(files::within(seen, &value).map(|(_, seen)| seen));
        let allows_more = world.foreign(&value) as u64;
        Entry { value, reason, evidence, allows_more }
    };
    patterns.into_iter().map(entry).collect()
}

impl Settings {
    /// Returns whether a path is learned although it is sensitive.
    pub(crate) fn admits(&self, path: &str) -> bool {
        self.admitted.iter().any(|admit| matches!(admit, Admit::Path(pattern) if pattern.contains(path)))
    }
}
