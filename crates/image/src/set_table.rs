//! Sets of small numbers -> one number per distinct set: chains that share their tails.

use rustc_hash::FxHashMap;

/// Interned sets. A set is a chain of cells in the order of its members' rank, so that the chain of a decision
/// starts with its strongest confinement and weaker ends are shared. The empty set is 0.
#[derive(Debug)]
pub(super) struct SetTable {
    /// Rank of each member; the chain of a set rises in rank.
    ranks: Vec<u32>,
    /// `(member, rest)`; cell 0 is the empty set.
    cells: Vec<(u32, u32)>,
    numbers: FxHashMap<(u32, u32), u32>,
    unions: FxHashMap<(u32, u32), u32>,
}

impl SetTable {
    /// Returns a table for members `0..ranks.len()`.
    pub(super) fn new(ranks: Vec<u32>) -> Self {
        let (numbers, unions) = (FxHashMap::default(), FxHashMap::default());
        Self { ranks, cells: vec![(0, 0)], numbers, unions }
    }

    /// Returns the set of one member.
    pub(super) fn single(&mut self, member: u32) -> u32 {
        self.cell(member, 0)
    }

    /// Returns the set of these members.
    pub(super) fn of(&mut self, members: impl IntoIterator<Item = u32>) -> u32 {
        members.into_iter().fold(0, |set, member| {
            let member = self.single(member);
            self.union(set, member)
        })
    }

    /// Returns the union of two sets.
    pub(super) fn union(&mut self, left: u32, right: u32) -> u32 {
        let pair = (left.min(right), left.max(right));
        if pair.0 == 0 || pair.0 == pair.1 {
            return pair.1;
        }
        if let Some(union) = self.unions.get(&pair) {
            return *union;
        }
        let mut members: Vec<u32> = self.members(left).chain(self.members(right)).collect();
        members.sort_unstable_by_key(|member| self.rank(*member));
        members.dedup();
        let union = self.chain(&members);
        self.unions.insert(pair, union);
        union
    }

    /// Returns the set without one member.
    pub(super) fn without(&mut self, set: u32, member: u32) -> u32 {
        let members: Vec<u32> = self.members(set).filter(|other| *other != member).collect();
        self.chain(&members)
    }

    /// Returns the members in order of rank.
    pub(super) fn members(&self, set: u32) -> impl Iterator<Item = u32> {
        let mut at = set;
        std::iter::from_fn(move || {
            let (member, rest) = *self.cells.get(at as usize).filter(|_| at != 0)?;
            at = rest;
            Some(member)
        })
    }

    /// Returns the cells in order of their number; a cell's rest has a smaller number.
    pub(super) fn cells(&self) -> &[(u32, u32)] {
        &self.cells
    }

    /// Interns members that are in order of rank.
    fn chain(&mut self, members: &[u32]) -> u32 {
        members.iter().rev().fold(0, |rest, member| self.cell(*member, rest))
    }

    fn cell(&mut self, member: u32, rest: u32) -> u32 {
        let next = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry((member, rest)).or_insert(next);
        if number == next {
            self.cells.push((member, rest));
        }
        number
    }

    fn rank(&self, member: u32) -> u32 {
        self.ranks.get(member as usize).copied().unwrap_or(u32::MAX)
    }
}
