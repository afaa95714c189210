//! Profiles learned from one part of a history, tried on the next day: how often they would have been wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_policy::value::Capability;
use telovix_replay::observe::{Actor, Behaviour, Observations, Seen};

use crate::learn::{Learned, Profile, Settings, Window, learn, learn_from};
use crate::sensitive;

/// Hours that are held out.
const DAY: i64 = 24;
/// Values shown of each binary.
const SHOWN: usize = 10;

/// How profiles would have done on the day after they were learned.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evaluation {
    /// The part of the history that was learned from.
    pub learned_from: Window,
    /// Events of the day after it that the profiles are about.
    pub events: u64,
    /// Those that a profile would have denied although nothing asked for a decision.
    pub false_positives: u64,
    /// Their share.
    pub false_positive_rate: f64,
    /// Those that a profile would have denied and that need a decision: sensitive ones, and what was listed for review.
    pub for_review: u64,
    /// Entries of all profiles.
    pub entries: u64,
    /// Paths of other binaries that the profiles allow, and of how many.
    pub foreign_allowed: u64,
    /// Pairs of a profile and a path that only other binaries used.
    pub foreign: u64,
    /// Sensitive paths of the whole history that a profile allows, without those that were admitted.
    pub sensitive_allowed: u64,
    /// Each profile.
    pub binaries: Vec<OfBinary>,
    /// Binaries that were seen on that day only.
    pub without_profile: Vec<String>,
}

/// How one profile would have done.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OfBinary {
    /// The binary.
    pub binary: String,
    /// Entries of its profile.
    pub entries: u64,
    /// Its events of the day.
    pub events: u64,
    /// Those that the profile would have denied although nothing asked for a decision.
    pub false_positives: u64,
    /// Those that the profile would have denied and that need a decision.
    pub for_review: u64,
    /// Paths of other binaries that the profile allows.
    pub foreign_allowed: u64,
    /// The first values among the false positives.
    pub unexpected: Vec<Unexpected>,
}

/// A value that the profile does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unexpected {
    /// The list that lacks it.
    pub list: &'static str,
    /// The value.
    pub value: String,
    /// Its events.
    pub events: u64,
}

/// Learns from the hours before the last day, and tries the profiles on it. None when there is no event before it.
#[must_use]
pub fn evaluate(
    observations: &Observations,
    settings: &Settings,
    wanted: &dyn Fn(&str) -> bool,
) -> Option<Evaluation> {
    let end = observations.span?.1.hour() + 1;
    let start = end - DAY;
    let learned = learn_from(observations, settings, start - i64::from(settings.hours)..start, wanted);
    learned.window.first.as_ref()?;
    let day = start..end;
    let trial: BTreeMap<&Actor, Behaviour> =
        observations.actors.iter().map(|(actor, behaviour)| (actor, behaviour.within(&day))).collect();
    let all = [observations];
    Some(try_on(&learned, &trial, &all, settings, wanted))
}

/// Learns from a history, and tries the profiles on another one.
#[must_use]
pub fn evaluate_on(
    observations: &Observations,
    trial: &Observations,
    settings: &Settings,
    wanted: &dyn Fn(&str) -> bool,
) -> Evaluation {
    let learned = learn(observations, settings, wanted);
    let tried: BTreeMap<&Actor, Behaviour> =
        trial.actors.iter().map(|(actor, behaviour)| (actor, behaviour.clone())).collect();
    try_on(&learned, &tried, &[observations, trial], settings, wanted)
}

fn try_on(
    learned: &Learned,
    trial: &BTreeMap<&Actor, Behaviour>,
    histories: &[&Observations],
    settings: &Settings,
    wanted: &dyn Fn(&str) -> bool,
) -> Evaluation {
    let mut evaluation = Evaluation {
        learned_from: learned.window.clone(),
        events: 0,
        false_positives: 0,
        false_positive_rate: 0.0,
        for_review: 0,
        entries: 0,
        foreign_allowed: 0,
        foreign: 0,
        sensitive_allowed: 0,
        binaries: Vec::new(),
        without_profile: Vec::new(),
    };
    let all = all_paths(histories);
    for (actor, today) in trial {
        let Actor::Binary(binary) = actor else { continue };
        if !wanted(binary) {
            continue;
        }
        let profile = learned.profiles.binary_search_by(|profile| profile.binary.as_str().cmp(binary));
        let Some(profile) = profile.ok().and_then(|at| learned.profiles.get(at)) else {
            if !today.is_empty() {
                evaluation.without_profile.push(binary.to_string());
            }
            continue;
        };
        let mut of = Trial::new(profile);
        of.run(today);
        let own = || histories.iter().filter_map(|history| history.actors.get(*actor));
        let used =
            |path: &str| own().any(|own| own.files.contains_key(path) || own.spawns.contains_key(path));
        let foreign: Vec<&str> = all.iter().filter(|path| !used(path)).copied().collect();
        of.of.foreign_allowed = foreign.iter().filter(|path| of.allows_path(path)).count() as u64;
        let is_bad = |path: &&&str| sensitive::of_path(path).is_some() && of.allows_path(path);
        let bad = all.iter().filter(is_bad).filter(|path| !settings.admits(path)).count();
        evaluation.foreign += foreign.len() as u64;
        evaluation.sensitive_allowed += bad as u64;
        evaluation.add(of.of);
    }
    evaluation.false_positive_rate = evaluation.false_positives as f64 / evaluation.events.max(1) as f64;
    evaluation
}

fn all_paths<'run>(histories: &[&'run Observations]) -> BTreeSet<&'run str> {
    let behaviours = histories.iter().flat_map(|history| history.actors.values());
    let paths = behaviours.flat_map(|behaviour| behaviour.files.keys().chain(behaviour.spawns.keys()));
    paths.map(|path| &**path).collect()
}

impl Evaluation {
    fn add(&mut self, of: OfBinary) {
        self.events += of.events;
        self.false_positives += of.false_positives;
        self.for_review += of.for_review;
        self.entries += of.entries;
        self.foreign_allowed += of.foreign_allowed;
        self.binaries.push(of);
    }
}

/// One profile on trial.
struct Trial<'run> {
    profile: &'run Profile,
    reviewed: BTreeSet<&'run str>,
    of: OfBinary,
}

impl<'run> Trial<'run> {
    fn new(profile: &'run Profile) -> Self {
        let of = OfBinary {
            binary: profile.binary.clone(),
            entries: profile.entries() as u64,
            events: 0,
            false_positives: 0,
            for_review: 0,
            foreign_allowed: 0,
            unexpected: Vec::new(),
        };
        Self { profile, reviewed: profile.review.iter().map(|review| review.value.as_str()).collect(), of }
    }

    fn run(&mut self, today: &Behaviour) {
        for (path, seen) in &today.spawns {
            self.judge(
                "allowed_spawns",
                path,
                seen,
                self.profile.allows_spawn(path),
                sensitive::of_path(path).is_some(),
            );
        }
        for (path, seen) in &today.files {
            self.judge(
                "allowed_files",
                path,
                seen,
                self.profile.allows_file(path),
                sensitive::of_path(path).is_some(),
            );
        }
        for ((address, port), seen) in &today.endpoints {
            let text = match address {
                IpAddr::V4(address) => format!("{address}:{port}"),
                IpAddr::V6(address) => format!("[{address}]:{port}"),
            };
            self.judge(
                "allowed_dst_cidrs",
                &text,
                seen,
                self.profile.allows_endpoint(*address, *port),
                *port == 0,
            );
        }
        for (capability, seen) in &today.capabilities {
            let allowed = self.profile.allows_capability(*capability);
            self.judge("allowed_capabilities", &capability.to_string(), seen, allowed, false);
        }
        for (what, seen) in [("execution", &today.anonymous), ("events", &today.incomplete)] {
            self.judge("allowed_spawns", what, seen, seen.is_empty(), true);
        }
    }

    fn judge(&mut self, list: &'static str, value: &str, seen: &Seen, allowed: bool, review: bool) {
        let events = seen.events();
        self.of.events += events;
        if allowed {
            return;
        }
        let folder = value.rfind('/').and_then(|at| value.get(..=at));
        if review
            || self.reviewed.contains(value)
            || folder.is_some_and(|folder| self.reviewed.contains(folder))
        {
            self.of.for_review += events;
            return;
        }
        self.of.false_positives += events;
        if self.of.unexpected.len() < SHOWN {
            self.of.unexpected.push(Unexpected { list, value: value.to_owned(), events });
        }
    }

    fn allows_path(&self, path: &str) -> bool {
        let lists = [&self.profile.files, &self.profile.spawns];
        lists.into_iter().flatten().flatten().any(|entry| entry.value.contains(path))
    }
}

impl Profile {
    /// Returns whether the profile allows to execute a program.
    #[must_use]
    pub fn allows_spawn(&self, path: &str) -> bool {
        self.spawns.as_ref().is_none_or(|list| list.iter().any(|entry| entry.value.contains(path)))
    }

    /// Returns whether the profile allows to use a file.
    #[must_use]
    pub fn allows_file(&self, path: &str) -> bool {
        self.files.as_ref().is_none_or(|list| list.iter().any(|entry| entry.value.contains(path)))
    }

    /// Returns whether the profile allows to connect to a destination.
    #[must_use]
    pub fn allows_endpoint(&self, address: IpAddr, port: u16) -> bool {
        self.ports.as_ref().is_none_or(|list| list.iter().any(|entry| entry.value.contains(port)))
            && self.cidrs.as_ref().is_none_or(|list| list.iter().any(|entry| entry.value.contains(address)))
    }

    /// Returns whether the profile allows to use a capability.
    #[must_use]
    pub fn allows_capability(&self, capability: Capability) -> bool {
        self.capabilities.as_ref().is_none_or(|list| list.iter().any(|entry| entry.value == capability))
    }
}
