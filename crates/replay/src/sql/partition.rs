//! Confinements on an operation -> what they can tell apart in each column.
//!
//! Two events that are alike in all of this get the same verdict, whatever else is in them: every condition, subject,
//! exemption and scope is a union of these parts.

use std::collections::BTreeSet;

use telovix_policy::confine::{EndpointSet, Exemption, Listing, Member, MemberValue, PathSet, PortSet};
use telovix_policy::value::{PathPattern, Scope};

use crate::vocabulary::{Access, Children, Condition, ConfinedSubject, Confinement, Operation};

/// Operations that a system call can be as well.
pub(super) const ALSO: [Operation; 2] = [Operation::MemoryFile, Operation::Unshare];

/// What is told apart of texts that are paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Single paths.
    pub(super) exact: BTreeSet<Vec<u8>>,
    /// Names after the last `/`.
    pub(super) bases: BTreeSet<Vec<u8>>,
    /// Byte prefixes, of which the longest counts.
    pub(super) prefixes: BTreeSet<Vec<u8>>,
}

impl Names {
    /// Adds a prefix of paths that end in NUL.
    fn prefix(&mut self, prefix: &[u8]) {
        match prefix {
            [exact @ .., 0] => {
                self.exact.insert(exact.to_vec());
            }
            // Every path has it.
            b"" | b"/" => {}
            prefix => {
                self.prefixes.insert(prefix.to_vec());
            }
        }
    }

    fn pattern(&mut self, pattern: &PathPattern) {
        pattern.prefixes().for_each(|prefix| self.prefix(&prefix));
    }

    fn set(&mut self, set: &PathSet) {
        set.prefixes().1.for_each(|(prefix, _)| self.prefix(prefix));
    }

    fn subject(&mut self, subject: &ConfinedSubject) {
        match subject {
            ConfinedSubject::Everyone => {}
            ConfinedSubject::Binary(path) => {
                self.exact.insert(path.as_str().into());
            }
            ConfinedSubject::BaseName(name) => {
                self.bases.insert(name.as_str().into());
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.bases.is_empty() && self.prefixes.is_empty()
    }

    /// Returns the lengths of prefixes, the longest first.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<_> = self.prefixes.iter().map(Vec::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths.reverse();
        lengths
    }
}

/// A block of the 128-bit address space: its length in bits, and its first address.
pub(super) type Block = (u8, u128);

/// What confinements on one operation tell apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Partition {
    /// Whether some of them confine every process, or what a process starts.
    pub(super) anyone: bool,
    /// The executables and base names that are confined.
    pub(super) subjects: Names,
    /// What is told apart of the executable: subjects and exemptions.
    pub(super) binary: Names,
    /// What is told apart of the parent.
    pub(super) parent: Names,
    /// Whether what a process descends from matters.
    pub(super) descent: bool,
    pub(super) sensors: BTreeSet<Vec<u8>>,
    pub(super) groups: BTreeSet<Vec<u8>>,
    pub(super) path: Names,
    /// Folders above something that is told apart: a rename moves it.
    pub(super) folders: BTreeSet<Vec<u8>>,
    pub(super) renames: bool,
    pub(super) blocks: BTreeSet<Block>,
    /// Ports at which something starts or has just ended.
    pub(super) ports: BTreeSet<u16>,
    /// Columns of which every value is told apart.
    pub(super) whole: BTreeSet<&'static str>,
}

impl Partition {
    /// Returns what confinements tell apart of events of an operation. None when none is about it.
    pub(super) fn of<'policy>(
        operation: Operation,
        confinements: impl IntoIterator<Item = &'policy Confinement>,
    ) -> Option<Self> {
        let mut found = Self::default();
        let mut any = false;
        for confinement in confinements {
            let also = operation == Operation::Syscall && ALSO.contains(&confinement.operation);
            if confinement.operation == operation || also {
                any = true;
                found.add(confinement);
            }
        }
        if operation == Operation::Syscall {
            found.whole.insert("also");
        }
        found.folders();
        any.then_some(found)
    }

    fn add(&mut self, confinement: &Confinement) {
        self.subjects.subject(&confinement.subject);
        self.binary.subject(&confinement.subject);
        self.anyone |= confinement.subject == ConfinedSubject::Everyone;
        if confinement.children == Children::Inherit {
            self.anyone = true;
            self.descent = true;
            self.parent.subject(&confinement.subject);
        }
        for Exemption { process, parent, .. } in &confinement.exemptions {
            process.iter().for_each(|pattern| self.binary.pattern(pattern));
            parent.iter().for_each(|pattern| self.parent.pattern(pattern));
            self.descent |= parent.is_some();
        }
        match &confinement.scope {
            Scope::Fleet => {}
            Scope::Sensor(name) => {
                self.sensors.insert(name.as_str().into());
            }
            Scope::Group(name) => {
                self.groups.insert(name.as_str().into());
            }
        }
        match &confinement.condition {
            Condition::Always => {}
            Condition::Exec { paths, .. } => {
                self.path.set(paths);
                self.whole.insert("anonymous");
            }
            Condition::Open { paths, accesses } => {
                self.path.set(paths);
                self.whole.insert("access");
                self.renames |= accesses.contains(Access::Rename);
            }
            Condition::Connect(set) => self.endpoints(set),
            Condition::Capability(_) => {
                self.whole.insert("capability");
            }
            Condition::Syscall(_) => {
                self.whole.insert("syscall");
            }
            Condition::Socket(_) => {
                self.whole.extend(["family", "socket_type"]);
            }
        }
        if confinement.listing == Listing::Blocks {
            confinement.members.iter().for_each(|member| self.member(member));
        }
    }

    /// A listed value is named where it decided.
    fn member(&mut self, member: &Member) {
        match &member.value {
            MemberValue::Path(pattern) => self.path.pattern(pattern),
            MemberValue::Ports(range) => self.ports(&[(range.first(), range.last())]),
            MemberValue::Cidr(cidr) => cidr.ranges().for_each(|range| self.range(range)),
            MemberValue::Network(network) => {
                network.cidr.iter().for_each(|cidr| cidr.ranges().for_each(|range| self.range(range)));
                network.ports.iter().for_each(|range| self.ports(&[(range.first(), range.last())]));
            }
            MemberValue::Capability(_) | MemberValue::Syscall(_) => {}
        }
    }

    fn endpoints(&mut self, set: &EndpointSet) {
        let mut background: Option<&PortSet> = None;
        for (first, last, ports) in set.parts() {
            self.ports(ports.ranges());
            // What is in no block has the ports of the first part.
            if **background.get_or_insert(ports) != *ports {
                self.range((first, last));
            }
        }
    }

    fn ports(&mut self, ranges: &[(u16, u16)]) {
        for (first, last) in ranges {
            self.ports.insert(*first);
            self.ports.extend(last.checked_add(1));
        }
    }

    fn range(&mut self, (mut first, last): (u128, u128)) {
        loop {
            // The largest block that starts here and ends in the range.
            let room = last - first;
            let by_size = match room.checked_add(1) {
                None => 128,
                Some(size) => size.ilog2(),
            };
            let bits = by_size.min(first.trailing_zeros());
            self.blocks.insert((u8::try_from(128 - bits).unwrap_or(128), first));
            let size = 1_u128.checked_shl(bits);
            match size.and_then(|size| first.checked_add(size)) {
                Some(next) if next <= last => first = next,
                _ => return,
            }
        }
    }

    /// Notes the folders above what is told apart.
    fn folders(&mut self) {
        if !self.renames {
            return;
        }
        for path in self.path.prefixes.iter().chain(&self.path.exact) {
            let slashes = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
            self.folders.extend(slashes.filter_map(|(at, _)| path.get(..at).map(<[u8]>::to_vec)));
        }
        self.folders.insert(b"/".to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::Partition;

    fn blocks(first: u128, last: u128) -> Vec<(u8, u128)> {
        let mut partition = Partition::default();
        partition.range((first, last));
        partition.blocks.into_iter().collect()
    }

    #[test]
    fn a_range_is_cut_into_blocks() {
        assert_eq!(blocks(0, u128::MAX), [(0, 0)]);
        assert_eq!(blocks(5, 5), [(128, 5)]);
        assert_eq!(blocks(1, 6), [(127, 2), (127, 4), (128, 1), (128, 6)]);
        assert_eq!(blocks(u128::MAX - 1, u128::MAX), [(127, u128::MAX - 1)]);
        assert_eq!(blocks(1 << 127, u128::MAX), [(1, 1 << 127)]);
    }
}
