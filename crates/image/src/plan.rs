//! Confinements -> domains: which executables belong to each, its confinements, and those its descendants inherit.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use telovix_bpf_programs::layout;

use telovix_policy::confine::{Confinement, Exemption, Subject};
use telovix_policy::value::Children;
use telovix_policy::value::{AbsolutePath, PathPattern};

use super::overlay::{PathMap, Step};
use super::set_table::SetTable;

/// Confinements of the same processes.
#[derive(Debug)]
pub(super) struct Group<'policy> {
    pub(super) subject: &'policy Subject,
    children: Children,
    exemptions: &'policy [Exemption],
    /// Indices of the confinements.
    pub(super) members: Vec<u32>,
}

/// The properties of an executable that confinements refer to: a mark per binary and per exempted pattern, and a
/// class per base name.
#[derive(Debug, Default)]
pub(super) struct Marks<'policy> {
    binaries: FxHashMap<&'policy AbsolutePath, u32>,
    patterns: FxHashMap<&'policy PathPattern, u32>,
    /// Each prefix of a marked path, with its mark.
    prefixes: Vec<(Vec<u8>, u32)>,
    /// Class by base name, from 1 in the order of the names.
    pub(super) names: BTreeMap<&'policy str, u32>,
}

/// The confinements of a domain.
#[derive(Debug, Default)]
pub(super) struct DomainPlan {
    /// Indices of the groups.
    pub(super) groups: Vec<u32>,
    /// The domain that descendants inherit; 0 for none.
    pub(super) inherits: u32,
}

/// Every domain of an image, and the tables that map a task to its domain.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By domain number; 0 is for every task that no subject names.
    pub(super) domains: Vec<DomainPlan>,
    /// Domain by path set and name class, where it is not 0. Path sets are those of the marks' map.
    pub(super) subjects: BTreeMap<(u32, u32), u32>,
    pub(super) exemptions: BTreeSet<layout::Exemption>,
}

/// Groups confinements with equal subject, children and exemptions; those that confine no process are omitted.
pub(super) fn group(confinements: &[Confinement]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: FxHashMap<&Subject, Vec<usize>> = FxHashMap::default();
    for (index, confinement) in (0..).zip(confinements) {
        let exempts_every_process = |who: &Exemption| who.process.is_none() && who.parent.is_none();
        if confinement.exemptions.iter().any(exempts_every_process) {
            continue;
        }
        let same = |group: &Group<'_>| {
            group.children == confinement.children
                && same_exemptions(group.exemptions, &confinement.exemptions)
        };
        // Those of one document are adjacent.
        if let Some(last) = groups.last_mut()
            && *last.subject == confinement.subject
            && same(last)
        {
            last.members.push(index);
            continue;
        }
        let candidates = known.entry(&confinement.subject).or_default();
        let found = candidates.iter().copied().find(|at| groups.get(*at).is_some_and(same));
        match found.and_then(|at| groups.get_mut(at)) {
            Some(group) => group.members.push(index),
            None => {
                candidates.push(groups.len());
                groups.push(Group {
                    subject: &confinement.subject,
                    children: confinement.children,
                    exemptions: &confinement.exemptions,
                    members: vec![index],
                });
            }
        }
    }
    groups
}

fn same_exemptions(left: &[Exemption], right: &[Exemption]) -> bool {
    let who = |exemption: &Exemption| (exemption.process.clone(), exemption.parent.clone());
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| who(left) == who(right))
}

impl Group<'_> {
    /// Returns whether descendants of the subject inherit it. Descendants of every process are included anyway.
    fn is_inherited(&self) -> bool {
        self.children == Children::Inherit && *self.subject != Subject::Everyone
    }
}

impl<'policy> Marks<'policy> {
    pub(super) fn collect(groups: &[Group<'policy>]) -> Self {
        let mut marks = Self::default();
        for group in groups {
            match group.subject {
                Subject::Everyone => {}
                Subject::Binary(path) => {
                    let next = marks.next();
                    if *marks.binaries.entry(path).or_insert(next) == next {
                        let prefix = [path.as_str().as_bytes(), &[0]].concat();
                        marks.prefixes.push((prefix, next));
                    }
                }
                Subject::BaseName(name) => {
                    marks.names.insert(name, 0);
                }
            }
            let patterns =
                group.exemptions.iter().flat_map(|exemption| [&exemption.process, &exemption.parent]);
            for pattern in patterns.flatten() {
                let next = marks.next();
                if *marks.patterns.entry(pattern).or_insert(next) == next {
                    marks.prefixes.extend(pattern.prefixes().map(|prefix| (prefix, next)));
                }
            }
        }
        for (class, known) in (1..).zip(marks.names.values_mut()) {
            *known = class;
        }
        marks
    }

    /// Returns an empty table for sets of marks.
    pub(super) fn sets(&self) -> SetTable {
        SetTable::new((0..self.next()).collect())
    }

    /// Returns the path sets from which the overlay makes the map of executables.
    pub(super) fn steps(&self) -> Vec<Step<'_>> {
        self.prefixes.iter().map(|(prefix, mark)| Step { prefix, member: *mark, inside: true }).collect()
    }

    fn next(&self) -> u32 {
        u32::try_from(self.binaries.len() + self.patterns.len()).unwrap_or(u32::MAX)
    }

    fn pattern(&self, pattern: Option<&PathPattern>) -> Option<u32> {
        self.patterns.get(pattern?).copied()
    }
}

impl Plan {
    /// Creates a domain for every combination of path and base name that confinements tell apart.
    pub(super) fn new(groups: &[Group<'_>], marks: &Marks<'_>, map: &PathMap<'_>, sets: &SetTable) -> Self {
        let mut planner = Planner::new(groups, marks);
        // Number 0 is reserved for executables without a subject.
        planner.domain(&[], 0);
        let mut plan = Self::default();
        for (set, name) in combinations(marks, map) {
            let members: Vec<u32> = sets.members(set).collect();
            let domain = planner.domain(&members, name);
            if domain != 0 {
                plan.subjects.insert((set, name), domain);
            }
        }
        plan.exemptions = planner.exemptions();
        plan.domains = planner.domains;
        plan
    }
}

/// Returns each pair of path set and name class that an executable can have.
fn combinations(marks: &Marks<'_>, map: &PathMap<'_>) -> BTreeSet<(u32, u32)> {
    let mut pairs = BTreeSet::new();
    // Sets of paths with any name: the empty set, and the marks of a prefix.
    let mut open = BTreeSet::from([0]);
    for (prefix, set) in &map.entries {
        match prefix.strip_suffix(&[0]) {
            Some(path) => {
                let name =
                    path.rsplit(|byte| *byte == b'/').next().and_then(|name| str::from_utf8(name).ok());
                let class = name.and_then(|name| marks.names.get(name)).copied();
                pairs.insert((*set, class.unwrap_or(0)));
            }
            None => {
                open.insert(*set);
            }
        }
    }
    for set in open {
        pairs.extend(marks.names.values().chain([&0]).map(|class| (set, *class)));
    }
    pairs
}

/// The properties that distinguish domains.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Signature {
    /// Groups that confine the task itself.
    own: Vec<u32>,
    /// Groups that descendants inherit.
    inherited: Vec<u32>,
    /// Marks that exemptions need at run time.
    marks: Vec<u32>,
}

struct Planner<'plan, 'policy> {
    groups: &'plan [Group<'policy>],
    marks: &'plan Marks<'policy>,
    everyone: Vec<u32>,
    by_binary: FxHashMap<u32, Vec<u32>>,
    by_name: FxHashMap<u32, Vec<u32>>,
    /// Marks that a domain remembers.
    remembered: BTreeSet<u32>,
    domains: Vec<DomainPlan>,
    signatures: FxHashMap<Signature, u32>,
    /// Domains by remembered mark.
    marked: BTreeMap<u32, Vec<u32>>,
    inherited: FxHashMap<Vec<u32>, u32>,
}

impl<'plan, 'policy> Planner<'plan, 'policy> {
    fn new(groups: &'plan [Group<'policy>], marks: &'plan Marks<'policy>) -> Self {
        let mut planner = Self {
            groups,
            marks,
            everyone: Vec::new(),
            by_binary: FxHashMap::default(),
            by_name: FxHashMap::default(),
            remembered: BTreeSet::new(),
            domains: Vec::new(),
            signatures: FxHashMap::default(),
            marked: BTreeMap::new(),
            inherited: FxHashMap::default(),
        };
        for (index, group) in (0..).zip(groups) {
            match group.subject {
                Subject::Everyone => planner.everyone.push(index),
                Subject::Binary(path) => {
                    let mark = marks.binaries.get(path).copied().unwrap_or(u32::MAX);
                    planner.by_binary.entry(mark).or_default().push(index);
                }
                Subject::BaseName(name) => {
                    let class = marks.names.get(name.as_str()).copied().unwrap_or(0);
                    planner.by_name.entry(class).or_default().push(index);
                }
            }
            for exemption in group.exemptions {
                if exemption.parent.is_some() || group.is_inherited() {
                    let patterns = [exemption.process.as_ref(), exemption.parent.as_ref()];
                    planner
                        .remembered
                        .extend(patterns.into_iter().filter_map(|pattern| marks.pattern(pattern)));
                }
            }
        }
        planner
    }

    /// Returns the domain of executables with these marks and this class of base name.
    fn domain(&mut self, marks: &[u32], name: u32) -> u32 {
        let named = marks.iter().filter_map(|mark| self.by_binary.get(mark)).chain(self.by_name.get(&name));
        let named: Vec<u32> = named.flatten().copied().collect();
        let group = |index: &u32| self.groups.get(*index as usize);
        let mut own: Vec<u32> = named
            .iter()
            .chain(&self.everyone)
            .filter(|index| group(index).is_some_and(|group| !self.is_exempt(group, marks)))
            .copied()
            .collect();
        own.sort_unstable();
        let inherited: Vec<u32> =
            named.iter().filter(|index| group(index).is_some_and(Group::is_inherited)).copied().collect();
        let marks: Vec<u32> = marks.iter().filter(|mark| self.remembered.contains(mark)).copied().collect();

        let signature = Signature { own, inherited, marks };
        if let Some(domain) = self.signatures.get(&signature) {
            return *domain;
        }
        let domain = self.push(signature.own.clone());
        let inherits = self.inherited(&signature.inherited);
        if let Some(plan) = self.domains.get_mut(domain as usize) {
            plan.inherits = inherits;
        }
        for mark in &signature.marks {
            self.marked.entry(*mark).or_default().push(domain);
        }
        self.signatures.insert(signature, domain);
        domain
    }

    /// Returns the domain that descendants of members of these groups inherit: only the groups themselves.
    fn inherited(&mut self, groups: &[u32]) -> u32 {
        if groups.is_empty() {
            return 0;
        }
        if let Some(domain) = self.inherited.get(groups) {
            return *domain;
        }
        let domain = self.push(groups.to_vec());
        self.inherited.insert(groups.to_vec(), domain);
        domain
    }

    fn push(&mut self, groups: Vec<u32>) -> u32 {
        let number = u32::try_from(self.domains.len()).unwrap_or(u32::MAX);
        self.domains.push(DomainPlan { groups, inherits: 0 });
        number
    }

    /// Returns whether a process with these marks is exempt with any parent.
    fn is_exempt(&self, group: &Group<'_>, marks: &[u32]) -> bool {
        let mut by_process = group.exemptions.iter().filter(|exemption| exemption.parent.is_none());
        by_process.any(|exemption| {
            self.marks.pattern(exemption.process.as_ref()).is_some_and(|mark| marks.contains(&mark))
        })
    }

    /// Returns the exemptions that can only be decided at run time: by the parent, and from inherited confinements.
    fn exemptions(&self) -> BTreeSet<layout::Exemption> {
        let none = Vec::new();
        let any = vec![layout::ANY_DOMAIN];
        let domains = |pattern: Option<&PathPattern>| match pattern {
            None => &any,
            Some(_) => self.marks.pattern(pattern).and_then(|mark| self.marked.get(&mark)).unwrap_or(&none),
        };
        let mut exemptions = BTreeSet::new();
        for group in self.groups {
            for exemption in group.exemptions {
                if exemption.parent.is_none() && !group.is_inherited() {
                    continue;
                }
                for own in domains(exemption.process.as_ref()) {
                    for parent in domains(exemption.parent.as_ref()) {
                        exemptions.extend(group.members.iter().map(|confinement| layout::Exemption {
                            confinement: *confinement,
                            own: *own,
                            parent: *parent,
                        }));
                    }
                }
            }
        }
        exemptions
    }
}
