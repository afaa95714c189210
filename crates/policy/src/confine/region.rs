//! A set of events of one operation: the union of conditions.

use super::{
    Access, AccessSet, CapabilitySet, Condition, Endpoint, EndpointSet, Operation, PathSet, SocketSet,
    SocketType, SyscallSet,
};
use crate::value::{Capability, Syscall};

/// A set of events of one operation, closed under union, intersection and difference.
///
/// An open can have several accesses and a condition matches when it contains one of them. Two sets
/// of opens therefore differ exactly when they differ on an open with a single access, so the paths
/// are kept for each access alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Region {
    /// An operation without parameters: every event or none.
    Whole(bool),
    /// Executions of these files, and of anonymous memory.
    Exec {
        /// The files.
        paths: PathSet,
        /// Whether anonymous memory and deleted files are inside.
        anonymous: bool,
    },
    /// Opens, by access.
    Open(OpenRegion),
    /// Connections.
    Connect(EndpointSet),
    /// Uses, or gains, of capabilities.
    Capability(CapabilitySet),
    /// System calls.
    Syscall(SyscallSet),
    /// Creations of sockets.
    Socket(SocketSet),
}

/// One event of an operation, without its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// An operation without parameters.
    Whole,
    /// Execution of a file, or of anonymous memory.
    Exec(Option<String>),
    /// One use of a file.
    Open(String, Access),
    /// A connection.
    Connect(Endpoint),
    /// Use, or gain, of a capability.
    Capability(Capability),
    /// A system call.
    Syscall(Syscall),
    /// Creation of a socket of this address family and type.
    Socket(u16, SocketType),
}

impl Region {
    /// Returns the empty region.
    #[must_use]
    pub fn none(operation: Operation) -> Self {
        match operation {
            Operation::Exec => Self::Exec { paths: PathSet::default(), anonymous: false },
            Operation::Open => Self::Open(OpenRegion::default()),
            Operation::Connect => Self::Connect(EndpointSet::default()),
            Operation::Capability | Operation::Capset => Self::Capability(CapabilitySet::default()),
            Operation::Syscall => Self::Syscall(SyscallSet::default()),
            Operation::Socket => Self::Socket(SocketSet::default()),
            _ => Self::Whole(false),
        }
    }

    /// Returns the region of every event.
    #[must_use]
    pub fn every(operation: Operation) -> Self {
        match operation {
            Operation::Exec => Self::Exec { paths: PathSet::all(), anonymous: true },
            Operation::Open => Self::Open(OpenRegion::of(PathSet::all(), Access::ALL.into_iter().collect())),
            Operation::Connect => Self::Connect(EndpointSet::all()),
            Operation::Capability | Operation::Capset => Self::Capability(CapabilitySet::all()),
            Operation::Syscall => Self::Syscall(SyscallSet::all()),
            Operation::Socket => Self::Socket(SocketSet::all()),
            _ => Self::Whole(true),
        }
    }

    /// Returns the events of `operation` that a condition matches. A condition for another operation
    /// matches none.
    #[must_use]
    pub fn of(operation: Operation, condition: &Condition) -> Self {
        match (condition, operation) {
            (Condition::Always, _) => Self::every(operation),
            (Condition::Exec { paths, anonymous }, Operation::Exec) => {
                Self::Exec { paths: paths.clone(), anonymous: *anonymous }
            }
            (Condition::Open { paths, accesses }, Operation::Open) => {
                Self::Open(OpenRegion::of(paths.clone(), *accesses))
            }
            (Condition::Connect(set), Operation::Connect) => Self::Connect(set.clone()),
            (Condition::Capability(set), Operation::Capability | Operation::Capset) => Self::Capability(*set),
            (Condition::Syscall(set), Operation::Syscall) => Self::Syscall(set.clone()),
            (Condition::Socket(set), Operation::Socket) => Self::Socket(set.clone()),
            _ => Self::none(operation),
        }
    }

    /// Returns the union. For regions of different operations it is the left one.
    #[must_use]
    pub fn union(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => Self::Whole(one || *two),
            (Self::Exec { paths, anonymous }, Self::Exec { paths: more, anonymous: too }) => {
                Self::Exec { paths: paths.union(more), anonymous: anonymous || *too }
            }
            (Self::Open(one), Self::Open(two)) => Self::Open(one.combine(two, PathSet::union)),
            (Self::Connect(one), Self::Connect(two)) => Self::Connect(one.union(two)),
            (Self::Capability(one), Self::Capability(two)) => Self::Capability(one.union(*two)),
            (Self::Syscall(one), Self::Syscall(two)) => Self::Syscall(one.union(two)),
            (Self::Socket(one), Self::Socket(two)) => Self::Socket(one.union(two)),
            (left, _) => left,
        }
    }

    /// Returns the difference: what is in this region but not in the other.
    #[must_use]
    pub fn difference(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => Self::Whole(one && !two),
            (Self::Exec { paths, anonymous }, Self::Exec { paths: less, anonymous: too }) => {
                Self::Exec { paths: paths.difference(less), anonymous: anonymous && !too }
            }
            (Self::Open(one), Self::Open(two)) => Self::Open(one.combine(two, PathSet::difference)),
            (Self::Connect(one), Self::Connect(two)) => Self::Connect(one.difference(two)),
            (Self::Capability(one), Self::Capability(two)) => Self::Capability(one.difference(*two)),
            (Self::Syscall(one), Self::Syscall(two)) => Self::Syscall(one.difference(two)),
            (Self::Socket(one), Self::Socket(two)) => Self::Socket(one.difference(two)),
            (left, _) => left,
        }
    }

    /// Returns the intersection.
    #[must_use]
    pub fn intersection(self, other: &Self) -> Self {
        let outside = self.clone().difference(other);
        self.difference(&outside)
    }

    /// Returns whether the region is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Whole(all) => !all,
            Self::Exec { paths, anonymous } => !anonymous && paths.is_empty(),
            Self::Open(opens) => opens.parts.iter().all(|(_, paths)| paths.is_empty()),
            Self::Connect(set) => set.is_empty(),
            Self::Capability(set) => set.is_empty(),
            Self::Syscall(set) => set.is_empty(),
            Self::Socket(set) => set.is_empty(),
        }
    }

    /// Returns an event that is inside, if there is one.
    #[must_use]
    pub fn witness(&self) -> Option<Action> {
        match self {
            Self::Whole(all) => all.then_some(Action::Whole),
            Self::Exec { paths, anonymous } => {
                paths.witness().map(Some).or_else(|| anonymous.then_some(None)).map(Action::Exec)
            }
            Self::Open(opens) => opens.witness(),
            Self::Connect(set) => set.witness().map(Action::Connect),
            Self::Capability(set) => set.witness().map(Action::Capability),
            Self::Syscall(set) => set.witness().map(Action::Syscall),
            Self::Socket(set) => set.witness().map(|(family, kind)| Action::Socket(family, kind)),
        }
    }

    /// Returns an event of each listed part of the region.
    #[must_use]
    pub fn witnesses(&self) -> Vec<Action> {
        match self {
            Self::Whole(_) => self.witness().into_iter().collect(),
            Self::Exec { paths, anonymous } => {
                let files = paths.witnesses("/bin/sh").map(Some);
                files.chain(anonymous.then_some(None)).map(Action::Exec).collect()
            }
            Self::Open(opens) => {
                let parts =
                    opens.parts.iter().filter_map(|(accesses, paths)| Some((accesses.iter().next()?, paths)));
                parts
                    .flat_map(|(access, paths)| {
                        paths.witnesses("/etc/shadow").map(move |path| Action::Open(path, access))
                    })
                    .collect()
            }
            Self::Connect(set) => set.witnesses().map(Action::Connect).collect(),
            Self::Capability(set) => set.iter().map(Action::Capability).collect(),
            Self::Syscall(set) => set.iter().map(Action::Syscall).collect(),
            Self::Socket(_) => self.witness().into_iter().collect(),
        }
    }

    /// Returns whether an event is in the region.
    #[must_use]
    pub fn contains(&self, action: &Action) -> bool {
        match (self, action) {
            (Self::Whole(all), _) => *all,
            (Self::Exec { paths, .. }, Action::Exec(Some(path))) => paths.contains(path),
            (Self::Exec { anonymous, .. }, Action::Exec(None)) => *anonymous,
            (Self::Open(opens), Action::Open(path, access)) => {
                opens.paths(*access).is_some_and(|paths| paths.contains(path))
            }
            (Self::Connect(set), Action::Connect(endpoint)) => set.contains(*endpoint),
            (Self::Capability(set), Action::Capability(capability)) => set.contains(*capability),
            (Self::Syscall(set), Action::Syscall(syscall)) => set.contains(*syscall),
            (Self::Socket(set), Action::Socket(family, kind)) => set.contains(*family, *kind),
            _ => false,
        }
    }
}

/// Opens by access: each access has one set of paths, and accesses with equal sets share a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenRegion {
    /// Disjoint accesses with distinct, non-empty sets of paths; sorted.
    parts: Vec<(AccessSet, PathSet)>,
}

impl OpenRegion {
    /// Returns these uses of these files.
    #[must_use]
    pub fn of(paths: PathSet, accesses: AccessSet) -> Self {
        let parts =
            if paths.is_empty() || accesses.is_empty() { Vec::new() } else { vec![(accesses, paths)] };
        Self { parts }
    }

    /// Returns whether the region is that of [`OpenRegion::of`].
    pub(super) fn is(&self, paths: &PathSet, accesses: AccessSet) -> bool {
        match self.parts.as_slice() {
            [] => paths.is_empty() || accesses.is_empty(),
            [(own, files)] => *own == accesses && files == paths,
            _ => false,
        }
    }

    /// Returns the files of an access, if there are any.
    #[must_use]
    pub fn paths(&self, access: Access) -> Option<&PathSet> {
        self.parts.iter().find(|(accesses, _)| accesses.contains(access)).map(|(_, paths)| paths)
    }

    /// Returns each group of accesses with its files.
    pub fn parts(&self) -> impl Iterator<Item = (AccessSet, &PathSet)> {
        self.parts.iter().map(|(accesses, paths)| (*accesses, paths))
    }

    fn witness(&self) -> Option<Action> {
        let (accesses, paths) = self.parts.first()?;
        Some(Action::Open(paths.witness()?, accesses.iter().next()?))
    }

    fn combine(&self, other: &Self, join: impl Fn(&PathSet, &PathSet) -> PathSet) -> Self {
        let none = PathSet::default();
        let mut cells: Vec<(Option<usize>, Option<usize>, AccessSet)> = Vec::new();
        let part =
            |region: &Self, access| region.parts.iter().position(|(accesses, _)| accesses.contains(access));
        for access in Access::ALL {
            let (left, right) = (part(self, access), part(other, access));
            match cells.iter_mut().find(|cell| (cell.0, cell.1) == (left, right)) {
                Some(cell) => cell.2 = cell.2.with(access),
                None => cells.push((left, right, AccessSet::default().with(access))),
            }
        }
        let mut parts: Vec<(AccessSet, PathSet)> = Vec::new();
        for (left, right, accesses) in cells {
            let left = left.and_then(|at| self.parts.get(at)).map_or(&none, |part| &part.1);
            let right = right.and_then(|at| other.parts.get(at)).map_or(&none, |part| &part.1);
            let joined = join(left, right);
            match parts.iter_mut().find(|part| part.1 == joined) {
                _ if joined.is_empty() => {}
                Some(part) => part.0 = accesses.iter().fold(part.0, AccessSet::with),
                None => parts.push((accesses, joined)),
            }
        }
        parts.sort_unstable_by_key(|part| part.0);
        Self { parts }
    }
}

impl Condition {
    /// Returns whether the events of `operation` that this condition matches are exactly those of a region: whether
    /// [`Region::of`] gives that region. Large sets are compared without a copy.
    #[must_use]
    pub fn names_exactly(&self, operation: Operation, region: &Region) -> bool {
        match (self, region, operation) {
            (
                Self::Exec { paths, anonymous },
                Region::Exec { paths: others, anonymous: other },
                Operation::Exec,
            ) => anonymous == other && paths == others,
            (Self::Open { paths, accesses }, Region::Open(opens), Operation::Open) => {
                opens.is(paths, *accesses)
            }
            (Self::Connect(set), Region::Connect(other), Operation::Connect) => set == other,
            _ => Region::of(operation, self) == *region,
        }
    }

    /// Returns whether this condition matches no event of `operation`: whether [`Region::of`] gives an empty region.
    #[must_use]
    pub fn names_nothing(&self, operation: Operation) -> bool {
        match (self, operation) {
            (Self::Exec { paths, anonymous }, Operation::Exec) => !anonymous && paths.is_empty(),
            (Self::Open { paths, accesses }, Operation::Open) => paths.is_empty() || accesses.is_empty(),
            (Self::Connect(set), Operation::Connect) => set.is_empty(),
            _ => Region::of(operation, self).is_empty(),
        }
    }
}

#[cfg(test)]
mod tests;
