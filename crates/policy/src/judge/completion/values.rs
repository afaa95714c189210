//! A missing field and confinements -> one value of each part into which they split its domain.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rustc_hash::FxHashSet;

use super::Descent;
use crate::confine::{
    Access, AccessSet, CapabilitySet, Cell, Condition, Confinement, EndpointSet, Operation, PathSet, PortSet,
    SocketSet, SocketType, Subject, SyscallSet,
};
use crate::judge::{Event, Field};
use crate::value::{Capability, Children, PathPattern, Scope, Syscall, address_at};

/// A value for a missing field.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Binary(String),
    Parent(Option<String>),
    /// Whether all inheriting subjects are ancestors of the parent, or none.
    Further(bool),
    Sensor(String),
    Group(String),
    Path(String),
    Access(Access),
    Anonymous(bool),
    Address(IpAddr),
    Port(u16),
    Capability(Capability),
    /// A system call; none for an unknown one.
    Syscall(Option<Syscall>),
    Family(u16),
    Type(SocketType),
}

impl Value {
    /// Puts the value into the event, or into its descent and then returns true.
    pub(super) fn put(&self, event: &mut Event, descent: &mut Descent) -> bool {
        match self {
            Self::Binary(path) => event.binary = Some(path.clone()),
            Self::Parent(path) => {
                descent.parent.clone_from(path);
                return true;
            }
            Self::Further(all) => {
                descent.further = *all;
                return true;
            }
            Self::Sensor(name) => event.sensor = Some(name.clone()),
            Self::Group(name) => event.group = Some(name.clone()),
            Self::Path(path) => event.path = Some(path.clone()),
            Self::Access(access) => event.access = Some(AccessSet::default().with(*access)),
            Self::Anonymous(anonymous) => event.anonymous = Some(*anonymous),
            Self::Address(address) => event.address = Some(*address),
            Self::Port(port) => event.port = Some(*port),
            Self::Capability(capability) => event.capability = Some(*capability),
            Self::Syscall(syscall) => event.syscall = *syscall,
            Self::Family(family) => event.family = Some(*family),
            Self::Type(kind) => event.socket_type = Some(*kind),
        }
        false
    }
}

/// Returns the values of each field that the event lacks; what is costly to change first.
///
/// The uses of an open are tried one at a time: the effect of several is the strongest of theirs.
pub(super) fn of(event: &Event, confinements: &[&Confinement]) -> Vec<(Field, Vec<Value>)> {
    let mut fields = Vec::new();
    let mut lacks = |field, values: Vec<Value>| fields.push((field, values));
    if event.ancestors.is_none() {
        if event.parent.is_none() {
            lacks(Field::Parent, parents(confinements));
        }
        let further = if passing_on(confinements).is_empty() { &[false][..] } else { &[false, true] };
        lacks(Field::Ancestors, further.iter().map(|all| Value::Further(*all)).collect());
    }
    if event.binary.is_none() {
        lacks(Field::Binary, binaries(confinements).into_iter().map(Value::Binary).collect());
    }
    if event.sensor.is_none() {
        let sensors =
            places(confinements, |scope| if let Scope::Sensor(name) = scope { Some(name) } else { None });
        lacks(Field::Sensor, sensors.map(Value::Sensor).collect());
    }
    if event.group.is_none() {
        let groups =
            places(confinements, |scope| if let Scope::Group(name) = scope { Some(name) } else { None });
        lacks(Field::Group, groups.map(Value::Group).collect());
    }
    let conditions = || confinements.iter().map(|confinement| &confinement.condition);
    match event.operation {
        Operation::Exec if event.path.is_none() && event.anonymous != Some(true) => {
            let sets = conditions().filter_map(|condition| match condition {
                Condition::Exec { paths, .. } => Some(paths),
                _ => None,
            });
            lacks(Field::Path, paths(sets).map(Value::Path).collect());
            if event.anonymous.is_none() {
                lacks(Field::Anonymous, [false, true].map(Value::Anonymous).into());
            }
        }
        Operation::Open => {
            let sets = || {
                conditions().filter_map(|condition| match condition {
                    Condition::Open { paths, accesses } => Some((paths, *accesses)),
                    _ => None,
                })
            };
            if event.path.is_none() {
                let renames = |accesses: AccessSet| accesses.contains(Access::Rename);
                let moved = event.access.is_none_or(renames);
                let moved = sets().filter(|(_, accesses)| moved && renames(*accesses));
                let folders = moved.flat_map(|(paths, _)| folders(paths)).collect::<BTreeSet<_>>();
                lacks(
                    Field::Path,
                    paths(sets().map(|(paths, _)| paths)).chain(folders).map(Value::Path).collect(),
                );
            }
            if event.access.is_none() {
                lacks(Field::Access, Access::ALL.map(Value::Access).into());
            }
        }
        Operation::Connect => {
            let sets = || {
                conditions().filter_map(|condition| match condition {
                    Condition::Connect(set) => Some(set),
                    _ => None,
                })
            };
            if event.address.is_none() {
                lacks(Field::Address, addresses(sets()).map(Value::Address).collect());
            }
            if event.port.is_none() {
                lacks(Field::Port, ports(sets(), event.address).map(Value::Port).collect());
            }
        }
        Operation::Capability | Operation::Capset if event.capability.is_none() => {
            let sets = conditions().filter_map(|condition| match condition {
                Condition::Capability(set) => Some(*set),
                _ => None,
            });
            lacks(Field::Capability, capabilities(&sets.collect::<Vec<_>>()));
        }
        Operation::Syscall if event.syscall.is_none() => {
            let sets = conditions().filter_map(|condition| match condition {
                Condition::Syscall(set) => Some(set),
                _ => None,
            });
            lacks(Field::Syscall, syscalls(&sets.collect::<Vec<_>>()));
        }
        Operation::Socket => {
            let sets = conditions().filter_map(|condition| match condition {
                Condition::Socket(set) => Some(set),
                _ => None,
            });
            if event.family.is_none() {
                lacks(Field::Family, families(sets).map(Value::Family).collect());
            }
            if event.socket_type.is_none() {
                lacks(Field::Type, SocketType::ALL.map(Value::Type).into());
            }
        }
        _ => {}
    }
    fields
}

/// Returns an executable of every subject that passes its confinement on.
pub(super) fn passing_on(confinements: &[&Confinement]) -> Vec<String> {
    let inheriting = confinements.iter().filter(|confinement| confinement.children == Children::Inherit);
    let subjects: BTreeSet<String> = inheriting
        .filter_map(|confinement| match &confinement.subject {
            Subject::Everyone => None,
            Subject::Binary(path) => Some(path.as_str().to_owned()),
            Subject::BaseName(name) => Some(format!("/{name}")),
        })
        .collect();
    subjects.into_iter().collect()
}

/// The names by which confinements know executables.
struct Names<'policy> {
    paths: FxHashSet<&'policy str>,
    base_names: BTreeSet<&'policy str>,
}

impl<'policy> Names<'policy> {
    fn of(confinements: &[&'policy Confinement]) -> Self {
        let mut names = Self { paths: FxHashSet::default(), base_names: BTreeSet::new() };
        for confinement in confinements {
            match &confinement.subject {
                Subject::Everyone => {}
                Subject::Binary(path) => {
                    names.paths.insert(path.as_str());
                }
                Subject::BaseName(name) => {
                    names.base_names.insert(name);
                }
            }
        }
        names
    }

    /// Returns a path that starts with `stem`, ends in `end`, and is not the path of a subject.
    fn other_than_paths(&self, stem: &str, end: &str) -> String {
        self.first(stem, end, |path| !self.paths.contains(path))
    }

    /// Returns a path that starts with `stem` and that no subject names.
    fn unnamed(&self, stem: &str) -> String {
        let base_name =
            |path: &str| path.rsplit('/').next().expect("a split has at least one part").to_owned();
        self.first(stem, "", |path| {
            !self.paths.contains(path) && !self.base_names.contains(base_name(path).as_str())
        })
    }

    fn first(&self, stem: &str, end: &str, is_free: impl Fn(&str) -> bool) -> String {
        // More candidates than names: one of them is free.
        let numbers = 1..=self.paths.len() + self.base_names.len() + 1;
        let candidates = std::iter::once(format!("{stem}{end}"));
        let mut candidates = candidates.chain(numbers.map(|number| format!("{stem}{number}{end}")));
        candidates.find(|path| is_free(path)).unwrap_or_else(|| format!("{stem}{end}"))
    }
}

/// Returns one executable that no subject names and one of each base name, in each cell of the exemptions, and the
/// path of each subject.
fn binaries(confinements: &[&Confinement]) -> BTreeSet<String> {
    let names = Names::of(confinements);
    let mut found: BTreeSet<String> = names.paths.iter().map(|path| (*path).to_owned()).collect();
    for cell in PathSet::cells(patterns(confinements, |exemption| exemption.process.as_ref())) {
        match cell {
            Cell::Path(path) => {
                found.insert(path);
            }
            Cell::Stem(stem) => {
                found.insert(names.unnamed(&stem));
                found.extend(
                    names.base_names.iter().map(|name| names.other_than_paths(&stem, &format!("/{name}"))),
                );
            }
        }
    }
    found
}

/// Returns one parent without an inherited confinement for each part of the exemptions, if there is one; and none.
///
/// An inheriting ancestor only adds confinements, so all ancestors and none are the two extremes.
fn parents(confinements: &[&Confinement]) -> Vec<Value> {
    let names = Names::of(confinements);
    let patterns: BTreeSet<_> = patterns(confinements, |exemption| exemption.parent.as_ref()).collect();
    let cells = PathSet::cells(patterns.iter().copied()).into_iter();
    let parent = |cell| match cell {
        Cell::Path(path) => path,
        Cell::Stem(stem) => names.unnamed(&stem),
    };
    let orphan = (!patterns.is_empty()).then_some(Value::Parent(None));
    cells.map(|cell| Value::Parent(Some(parent(cell)))).chain(orphan).collect()
}

fn patterns<'policy>(
    confinements: &[&'policy Confinement],
    of: impl Fn(&'policy crate::confine::Exemption) -> Option<&'policy PathPattern>,
) -> impl Iterator<Item = &'policy PathPattern> {
    confinements.iter().flat_map(|confinement| &confinement.exemptions).filter_map(of)
}

/// Returns each sensor or group of a scope, and none.
fn places<'policy>(
    confinements: &[&'policy Confinement],
    of: impl Fn(&'policy Scope) -> Option<&'policy String>,
) -> impl Iterator<Item = String> {
    let named: BTreeSet<&String> =
        confinements.iter().filter_map(|confinement| of(&confinement.scope)).collect();
    named.into_iter().cloned().chain([String::new()])
}

fn paths<'set>(sets: impl Iterator<Item = &'set PathSet>) -> impl Iterator<Item = String> {
    PathSet::cells_of_sets(sets).into_iter().map(|cell| match cell {
        Cell::Path(path) | Cell::Stem(path) => path,
    })
}

/// Returns each folder above a listed path: renaming it takes the path along.
fn folders(set: &PathSet) -> Vec<String> {
    let mut folders = vec!["/".to_owned()];
    for (prefix, _) in set.prefixes().1 {
        let Ok(text) = std::str::from_utf8(prefix) else { continue };
        folders
            .extend(text.match_indices('/').skip(1).filter_map(|(at, _)| text.get(..at).map(str::to_owned)));
    }
    folders
}

fn addresses<'set>(sets: impl Iterator<Item = &'set EndpointSet>) -> impl Iterator<Item = IpAddr> {
    let starts: BTreeSet<u128> =
        sets.flat_map(|set| set.parts().map(|(first, ..)| first)).chain([0]).collect();
    starts.into_iter().map(address_at)
}

fn ports<'set>(
    sets: impl Iterator<Item = &'set EndpointSet>,
    address: Option<IpAddr>,
) -> impl Iterator<Item = u16> {
    let mut starts = BTreeSet::from([0]);
    let mut cut = |ports: &PortSet| {
        starts.extend(
            ports.ranges().iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten(),
        );
    };
    for set in sets {
        match address {
            Some(address) => cut(set.ports(address)),
            None => set.parts().for_each(|(_, _, ports)| cut(ports)),
        }
    }
    starts.into_iter()
}

/// Returns one capability of each group that the sets do not distinguish.
fn capabilities(sets: &[CapabilitySet]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let inside = |capability| sets.iter().map(|set| set.contains(capability)).collect::<Vec<_>>();
    Capability::all().filter(|capability| seen.insert(inside(*capability))).map(Value::Capability).collect()
}

/// Returns one system call of each group that the sets do not distinguish, and an unknown one.
fn syscalls(sets: &[&SyscallSet]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let inside = |syscall| sets.iter().map(|set| set.contains(syscall)).collect::<Vec<_>>();
    let named = Syscall::all().filter(|syscall| seen.insert(inside(*syscall))).map(Some);
    named.chain([None]).map(Value::Syscall).collect()
}

/// Returns each family that a set lists, and one that none does.
fn families<'set>(sets: impl Iterator<Item = &'set SocketSet>) -> impl Iterator<Item = u16> {
    let listed: BTreeSet<u16> = sets.flat_map(|set| set.families().0.map(|(family, _)| family)).collect();
    let other = (1..=u16::MAX).find(|family| !listed.contains(family));
    other.into_iter().chain(listed)
}
