//! The whole history -> what else a pattern would allow.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use telovix_policy::value::PathPattern;
use telovix_replay::observe::{Actor, Behaviour};

use crate::pattern::start;

/// The paths that other actors used, and which of them are folders or programs.
#[derive(Debug)]
pub(crate) struct World<'run> {
    /// Every path of the history, sorted.
    paths: &'run [&'run str],
    directories: &'run [Box<str>],
    programs: &'run FxHashSet<&'run str>,
    own: &'run Behaviour,
}

/// Returns every path of a history, sorted.
pub(crate) fn paths(actors: &BTreeMap<Actor, Behaviour>) -> Vec<&str> {
    let mut all = BTreeSet::new();
    for (actor, behaviour) in actors {
        if let Actor::Binary(binary) = actor {
            all.insert(&**binary);
        }
        all.extend(behaviour.files.keys().chain(behaviour.spawns.keys()).map(|path| &**path));
    }
    all.into_iter().collect()
}

/// Returns the paths that were executed, which are files whatever their names are.
pub(crate) fn programs(actors: &BTreeMap<Actor, Behaviour>) -> FxHashSet<&str> {
    let mut found = FxHashSet::default();
    for (actor, behaviour) in actors {
        if let Actor::Binary(binary) = actor {
            found.insert(&**binary);
        }
        found.extend(behaviour.spawns.keys().map(|path| &**path));
    }
    found
}

/// Returns the used paths that are folders by what the history shows, sorted: an event says so, or other paths are
/// below them.
pub(crate) fn directories(actors: &BTreeMap<Actor, Behaviour>) -> Vec<Box<str>> {
    let all = paths(actors);
    let known: FxHashSet<&str> = all.iter().copied().collect();
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for behaviour in actors.values() {
        found.extend(behaviour.files.iter().filter(|(_, seen)| seen.is_directory()).map(|(path, _)| &**path));
    }
    for path in &all {
        let above = path.match_indices('/').map(|(at, _)| path.get(..at.max(1)).unwrap_or("/"));
        found.extend(above.filter(|above| above != path && known.contains(above)));
    }
    found.extend(["/"]);
    found.into_iter().map(Into::into).collect()
}

impl<'run> World<'run> {
    pub(crate) fn new(
        paths: &'run [&'run str],
        directories: &'run [Box<str>],
        programs: &'run FxHashSet<&'run str>,
        own: &'run Behaviour,
    ) -> Self {
        Self { paths, directories, programs, own }
    }

    pub(crate) fn is_program(&self, path: &str) -> bool {
        self.programs.contains(path)
    }

    pub(crate) fn is_directory(&self, path: &str) -> bool {
        self.directories.binary_search_by(|directory| (**directory).cmp(path)).is_ok()
    }

    /// Returns how many paths of other binaries a pattern allows that this one did not use.
    pub(crate) fn foreign(&self, pattern: &PathPattern) -> usize {
        let start = start(pattern);
        let from = self.paths.partition_point(|path| **path < *start);
        let inside = self.paths.iter().skip(from).take_while(|path| path.starts_with(&start));
        inside
            .filter(|path| !self.own.files.contains_key(**path) && !self.own.spawns.contains_key(**path))
            .count()
    }
}
