//! The documents of both sides -> representative processes: one for all that the documents cannot tell apart.
//!
//! Patterns of exemptions split the executables into cells, and one executable represents each. An infinite cell is
//! represented by a path that no document names: a document that names one executable only adds effects there, and
//! an effect that both sides add can hide a difference but never cause one.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use telovix_policy::confine::{Cell, Confinement, Operation, PathSet, Subject};
use telovix_policy::judge::Event;
use telovix_policy::value::PathPattern;
use telovix_policy::value::{Children, Scope};

/// The names and patterns of processes in the documents.
#[derive(Debug, Default)]
pub(super) struct World<'policy> {
    binaries: FxHashSet<&'policy str>,
    base_names: FxHashSet<&'policy str>,
    /// Patterns of exemptions by operation and by executable, if they apply to one only.
    patterns: FxHashMap<(Operation, Option<&'policy str>), Patterns<'policy>>,
}

#[derive(Debug, Default, Clone)]
struct Patterns<'policy> {
    process: BTreeSet<&'policy PathPattern>,
    parent: BTreeSet<&'policy PathPattern>,
}

impl<'policy> Patterns<'policy> {
    fn add(&mut self, confinement: &'policy Confinement) {
        for exemption in &confinement.exemptions {
            self.process.extend(&exemption.process);
            self.parent.extend(&exemption.parent);
        }
    }

    fn join(&mut self, other: &Patterns<'policy>) {
        self.process.extend(other.process.iter().copied());
        self.parent.extend(other.parent.iter().copied());
    }
}

impl<'policy> World<'policy> {
    /// Collects the names and patterns of confinements, of one side or of both.
    pub(super) fn new(confinements: impl IntoIterator<Item = &'policy Confinement>) -> Self {
        let mut world = Self::default();
        for confinement in confinements {
            let binary = match &confinement.subject {
                Subject::Everyone => None,
                Subject::Binary(path) => {
                    world.binaries.insert(path.as_str());
                    // An inherited profile also applies to every other executable.
                    (confinement.children == Children::Leave).then_some(path.as_str())
                }
                Subject::BaseName(name) => {
                    world.base_names.insert(name);
                    None
                }
            };
            if !confinement.exemptions.is_empty() {
                world.patterns.entry((confinement.operation, binary)).or_default().add(confinement);
            }
        }
        world
    }

    /// Returns processes that represent every process that `own` applies to for an operation.
    pub(super) fn processes(&self, operation: Operation, own: &[&'policy Confinement]) -> Vec<Event> {
        let subjects = own.iter().map(|confinement| (&confinement.subject, confinement.children)).collect();
        let people = self.people(operation, &subjects, own, &[]);
        let hosts = hosts(own);
        let on_hosts = |person: &Person| {
            hosts.iter().map(|(sensor, group)| person.event(operation, sensor, group)).collect::<Vec<_>>()
        };
        people.iter().flat_map(on_hosts).collect()
    }

    /// Returns processes that represent every process of a subject, on a host without sensor or group, as far as
    /// documents and `cut` can tell them apart.
    pub(super) fn processes_of(
        &self,
        operation: Operation,
        subject: (&Subject, Children),
        cut: &[&PathPattern],
    ) -> Vec<Event> {
        let people = self.people(operation, &BTreeSet::from([subject]), &[], cut);
        people.iter().map(|person| person.event(operation, "", "")).collect()
    }

    fn people<'cut>(
        &'cut self,
        operation: Operation,
        subjects: &BTreeSet<(&Subject, Children)>,
        own: &[&'cut Confinement],
        cut: &[&'cut PathPattern],
    ) -> BTreeSet<Person> {
        let mut patterns = Patterns { process: cut.iter().copied().collect(), parent: BTreeSet::new() };
        own.iter().for_each(|confinement| patterns.add(confinement));
        let mut join = |binary| {
            if let Some(others) = self.patterns.get(&(operation, binary)) {
                patterns.join(others);
            }
        };
        join(None);
        for (subject, _) in subjects {
            if let Subject::Binary(path) = subject {
                join(Some(path.as_str()));
            }
        }
        let cells = PathSet::cells(patterns.process.iter().copied());
        let parents = self.parents(&patterns.parent);
        let mut people: BTreeSet<Person> = BTreeSet::new();
        for &(subject, children) in subjects {
            let binaries = self.executables(subject, &cells, &patterns.process);
            let lines = |binary: &String| {
                parents
                    .iter()
                    .map(|line| Person { binary: binary.clone(), line: line.clone() })
                    .collect::<Vec<_>>()
            };
            people.extend(binaries.iter().flat_map(lines));
            if children == Children::Inherit {
                let anyone = self.executables(&Subject::Everyone, &cells, &patterns.process);
                people.extend(descendants(&binaries, &anyone, &parents));
            }
        }
        people
    }

    /// Returns one executable of each cell of the subject.
    fn executables(
        &self,
        subject: &Subject,
        cells: &[Cell],
        patterns: &BTreeSet<&PathPattern>,
    ) -> Vec<String> {
        let of_cell = |cell: &Cell| match (subject, cell) {
            (Subject::Binary(path), _) => Some(path.as_str().to_owned()),
            (Subject::Everyone, Cell::Path(path)) => Some(path.clone()),
            (Subject::Everyone, Cell::Stem(stem)) => Some(self.familiar("/usr/bin/example", stem, patterns)),
            (Subject::BaseName(name), Cell::Path(path)) => (base_name(path) == name).then(|| path.clone()),
            (Subject::BaseName(name), Cell::Stem(stem)) => Some(self.in_a_folder(name, stem, patterns)),
        };
        let mut found: Vec<_> = cells
            .iter()
            .filter(|cell| !self.is_below_a_like_file(cell, cells, patterns))
            .filter_map(of_cell)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the ancestor chains, nearest first, that patterns can tell apart. Without a pattern one chain is enough;
    /// with one, a process without a parent is a separate case.
    fn parents(&self, patterns: &BTreeSet<&PathPattern>) -> Vec<Vec<String>> {
        let cells = PathSet::cells(patterns.iter().copied());
        let parent = |cell: Cell| match cell {
            Cell::Path(path) => vec![path],
            Cell::Stem(stem) => vec![self.familiar("/sbin/init", &stem, patterns)],
        };
        let orphan = (!patterns.is_empty()).then(Vec::new);
        cells.into_iter().map(parent).chain(orphan).collect()
    }

    /// Returns a path that patterns cannot tell from `stem` and that no document names: the familiar one if
    /// possible.
    fn familiar(&self, known: &str, stem: &str, patterns: &BTreeSet<&PathPattern>) -> String {
        let named = self.binaries.contains(known) || self.base_names.contains(base_name(known));
        let alike = patterns.iter().all(|pattern| pattern.contains(known) == pattern.contains(stem));
        if alike && !named { known.to_owned() } else { self.unnamed(stem, "") }
    }

    /// Returns whether a cell is what lies below a file that has a cell of its own, that every pattern treats as it treats
    /// the file, and that no document names: a program has nothing below it.
    fn is_below_a_like_file(&self, cell: &Cell, cells: &[Cell], patterns: &BTreeSet<&PathPattern>) -> bool {
        let Cell::Stem(stem) = cell else { return false };
        // A stem is `/usr/bin/ping/x`: a slash and one more character.
        let Some((file, _)) = stem.rsplit_once('/') else { return false };
        let has_cell = cells.iter().any(|other| matches!(other, Cell::Path(path) if path == file));
        let named = self.binaries.contains(file) || self.base_names.contains(base_name(file));
        has_cell && !named && patterns.iter().all(|pattern| pattern.contains(file) == pattern.contains(stem))
    }

    /// Returns a path with a base name that patterns cannot tell from `stem` and that no document names: in `/usr/bin` if
    /// possible.
    fn in_a_folder(&self, name: &str, stem: &str, patterns: &BTreeSet<&PathPattern>) -> String {
        let known = format!("/usr/bin/{name}");
        let named = self.binaries.contains(known.as_str());
        let alike = patterns.iter().all(|pattern| pattern.contains(&known) == pattern.contains(stem));
        if alike && !named { known } else { self.unnamed(stem, &format!("/{name}")) }
    }

    /// Returns a path that starts with `stem`, ends in `end`, and that no document names.
    fn unnamed(&self, stem: &str, end: &str) -> String {
        let named = |path: &String| {
            self.binaries.contains(path.as_str())
                || (end.is_empty() && self.base_names.contains(base_name(path)))
        };
        // There are more candidates than names, so one of them is unused.
        let numbers = 1..=self.binaries.len() + self.base_names.len() + 1;
        let first = std::iter::once(format!("{stem}{end}"));
        let candidates = first.chain(numbers.map(|number| format!("{stem}{number}{end}")));
        candidates.into_iter().find(|path| !named(path)).unwrap_or_else(|| format!("{stem}{end}"))
    }
}

/// An executable and its ancestors, nearest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Person {
    binary: String,
    line: Vec<String>,
}

impl Person {
    fn event(&self, operation: Operation, sensor: &str, group: &str) -> Event {
        Event {
            binary: Some(self.binary.clone()),
            parent: self.line.first().cloned(),
            ancestors: Some(self.line.clone()),
            sensor: Some(sensor.to_owned()),
            group: Some(group.to_owned()),
            ..Event::new(operation)
        }
    }
}

/// Returns every executable as a child of each ancestor, and as a grandchild through every parent.
fn descendants(ancestors: &[String], anyone: &[String], parents: &[Vec<String>]) -> Vec<Person> {
    let mut people = Vec::new();
    for (ancestor, child) in ancestors.iter().flat_map(|one| anyone.iter().map(move |child| (one, child))) {
        let parents = parents.iter().filter(|line| !line.is_empty());
        let lines = parents.map(|line| [line.as_slice(), std::slice::from_ref(ancestor)].concat());
        let lines = lines.chain([vec![ancestor.clone()]]);
        people.extend(lines.map(|line| Person { binary: child.clone(), line }));
    }
    people
}

/// Returns the hosts (sensor and group, empty for none) that scopes can tell apart.
fn hosts<'scope>(confinements: &[&'scope Confinement]) -> BTreeSet<(&'scope str, &'scope str)> {
    let mut sensors = BTreeSet::from([""]);
    let mut groups = BTreeSet::from([""]);
    for confinement in confinements {
        match &confinement.scope {
            Scope::Fleet => {}
            Scope::Sensor(sensor) => {
                sensors.insert(sensor.as_str());
            }
            Scope::Group(group) => {
                groups.insert(group.as_str());
            }
        }
    }
    sensors.iter().flat_map(|sensor| groups.iter().map(move |group| (*sensor, *group))).collect()
}

/// Returns the executable of a process made here.
pub(super) fn binary(process: &Event) -> &str {
    process.binary.as_deref().expect("a representative process has an executable")
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().expect("a split has at least one part")
}
