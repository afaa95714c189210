//! Confinements of several documents at one hook -> the selectors of one policy that they share.
//!
//! A policy for each document is what people expect, so documents share one only where the entries of a hook would not
//! fit otherwise. Documents of a pack never do: the state of a pack is that of its files.

mod set;

use std::collections::BTreeSet;
use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{
    CapabilitySet, Condition, Confinement, EndpointSet, PathSet, PortSet, Subject,
};
use telovix_policy::value::Scope;
use telovix_tetragon::{BinaryFilter, Hook, HookPoint};

use super::budget::is_too_many;
use super::consequence::Direction;
use super::cover::{Pair, cover, joined};
use super::filter::Refusal;
use super::group::Group;
use super::{Options, assemble, operation, subject};

/// The confinements of the documents of one scope at one hook.
#[derive(Debug)]
pub(super) struct Share<'run> {
    /// The hosts.
    pub(super) scope: Scope,
    /// The LSM hook.
    pub(super) hook: String,
    /// The confinements, in order of documents; without exemptions.
    pub(super) confinements: Vec<&'run Confinement>,
    /// The units they come from.
    pub(super) units: Vec<Sharing>,
}

/// A unit that shares a policy with others.
#[derive(Debug)]
pub(super) struct Sharing {
    /// Its place.
    pub(super) span: Span,
    /// The name of the file it would have of its own.
    pub(super) path: String,
    /// The number of confinements up to its last one.
    confinements: usize,
}

impl<'run> Share<'run> {
    /// Returns a share without confinements.
    pub(super) fn new(scope: Scope, hook: &str) -> Self {
        Self { scope, hook: hook.to_owned(), confinements: Vec::new(), units: Vec::new() }
    }

    /// Adds the confinements of a unit.
    pub(super) fn add(&mut self, confinements: &[&'run Confinement], span: Span, path: &str) {
        self.confinements.extend_from_slice(confinements);
        let confinements = self.confinements.len();
        match self.units.last_mut().filter(|last| last.span == span) {
            Some(last) => last.confinements = confinements,
            None => self.units.push(Sharing { span, path: path.to_owned(), confinements }),
        }
    }
}

/// Confinements that were joined, each with the executables it is about.
pub(super) struct Joined<'run> {
    confinement: Confinement,
    binary: Option<BinaryFilter<'run>>,
}

/// Joins the confinements of a share: few confinements, each about several executables, that mean the same.
///
/// # Errors
/// When an executable has a path that Tetragon does not compare.
pub(super) fn join<'run>(share: &Share<'run>) -> Result<Vec<Joined<'run>>, Refusal> {
    join_all(&share.confinements)
}

fn join_all<'run>(confinements: &[&'run Confinement]) -> Result<Vec<Joined<'run>>, Refusal> {
    let mut alike: Vec<Vec<&'run Confinement>> = Vec::new();
    for confinement in confinements {
        match alike.iter_mut().find(|known| known.first().is_some_and(|known| are_alike(known, confinement)))
        {
            Some(known) => known.push(confinement),
            None => alike.push(vec![confinement]),
        }
    }
    let mut all = Vec::new();
    for confinements in alike {
        for Pair { subjects, set } in pairs(&confinements) {
            let chosen = subjects.iter().filter_map(|subject| confinements.get(*subject).copied());
            all.extend(joined_confinement(&chosen.collect::<Vec<_>>(), set)?);
        }
    }
    Ok(all)
}

/// The entries of joined confinements.
pub(super) struct Filled<'text> {
    /// The entries.
    pub(super) hooks: Vec<Hook<'text>>,
    /// Whether their values are allowlists or block lists.
    pub(super) direction: Direction,
}

/// Returns the entries of joined confinements at a hook; none when they confine nothing.
///
/// # Errors
/// When Tetragon cannot express one.
pub(super) fn fill<'text>(
    joined: &'text [Joined<'text>],
    hook: &str,
    options: &Options,
) -> Result<Option<Filled<'text>>, Refusal> {
    let mut groups = Vec::new();
    for Joined { confinement, binary } in joined {
        for plan in operation::plan(confinement, &options.kernels)? {
            let is_here =
                |point: &HookPoint<'_>| matches!(point, HookPoint::Lsm { hook: name } if name.value == hook);
            if plan.sites.iter().any(|site| is_here(&site.point)) {
                assemble::group(plan, confinement, binary.as_ref(), Vec::new(), options).join(&mut groups);
            }
        }
    }
    let directions = groups.iter().map(|group: &Group<'_>| group.direction);
    let Some(direction) = directions.reduce(Direction::join) else { return Ok(None) };
    let mut hooks = Vec::new();
    for group in &groups {
        hooks.extend(group.fill()?);
    }
    Ok((!hooks.is_empty()).then_some(Filled { hooks, direction }))
}

/// Returns the number of units, in order, whose entries fit when they share.
///
/// # Errors
/// When Tetragon cannot express one.
pub(super) fn fitting(share: &Share<'_>, options: &Options) -> Result<usize, Refusal> {
    let (mut fits, mut exceeds) = (0, share.units.len());
    while fits + 1 < exceeds {
        let middle = usize::midpoint(fits, exceeds);
        let last = middle.checked_sub(1).and_then(|last| share.units.get(last));
        let confinements =
            last.and_then(|unit| share.confinements.get(..unit.confinements)).unwrap_or_default();
        let joined = join_all(confinements)?;
        let entries = fill(&joined, &share.hook, options)?.map_or(0, |filled| filled.hooks.len());
        if is_too_many(entries) { exceeds = middle } else { fits = middle }
    }
    Ok(fits)
}

/// Returns whether two confinements do the same to the same kind of subject, so that only subjects and sets differ.
fn are_alike(left: &Confinement, right: &Confinement) -> bool {
    let subjects = matches!(
        (&left.subject, &right.subject),
        (Subject::Binary(_), Subject::Binary(_)) | (Subject::BaseName(_), Subject::BaseName(_))
    );
    let conditions = match (&left.condition, &right.condition) {
        (Condition::Exec { anonymous, .. }, Condition::Exec { anonymous: other, .. }) => anonymous == other,
        (Condition::Open { accesses, .. }, Condition::Open { accesses: other, .. }) => accesses == other,
        (Condition::Always, Condition::Always)
        | (Condition::Connect(_), Condition::Connect(_))
        | (Condition::Capability(_), Condition::Capability(_)) => true,
        _ => false,
    };
    let same = |confinement: &Confinement| {
        let kind = confinement.document.kind;
        (confinement.operation, confinement.effect, confinement.listing, confinement.children, kind)
    };
    subjects && conditions && same(left) == same(right)
}

/// Pairs subjects with the conditions that are meant for them.
fn pairs(confinements: &[&Confinement]) -> Vec<Pair<Condition>> {
    let conditions = || confinements.iter().map(|confinement| &confinement.condition);
    match conditions().next() {
        Some(Condition::Exec { anonymous, .. }) => {
            let anonymous = *anonymous;
            as_conditions(cover(&paths(conditions())), |paths| Condition::Exec { paths, anonymous })
        }
        Some(Condition::Open { accesses, .. }) => {
            let accesses = *accesses;
            as_conditions(cover(&paths(conditions())), |paths| Condition::Open { paths, accesses })
        }
        Some(Condition::Capability(_)) => {
            let sets = conditions().map(|condition| match condition {
                Condition::Capability(set) => *set,
                _ => CapabilitySet::default(),
            });
            as_conditions(capabilities(&sets.collect::<Vec<_>>()), Condition::Capability)
        }
        Some(Condition::Connect(_)) => {
            let sets = conditions().map(|condition| match condition {
                Condition::Connect(set) => set.clone(),
                _ => EndpointSet::default(),
            });
            as_conditions(endpoints(&sets.collect::<Vec<_>>()), Condition::Connect)
        }
        Some(other) => vec![Pair { subjects: (0..confinements.len()).collect(), set: other.clone() }],
        None => Vec::new(),
    }
}

fn as_conditions<S>(pairs: Vec<Pair<S>>, make: impl Fn(S) -> Condition) -> Vec<Pair<Condition>> {
    pairs.into_iter().map(|Pair { subjects, set }| Pair { subjects, set: make(set) }).collect()
}

fn paths<'policy>(conditions: impl Iterator<Item = &'policy Condition>) -> Vec<PathSet> {
    let sets = conditions.map(|condition| match condition {
        Condition::Exec { paths, .. } | Condition::Open { paths, .. } => paths.clone(),
        _ => PathSet::default(),
    });
    sets.collect()
}

/// Few capabilities are meant for many subjects, so there is also one pair for each capability.
fn capabilities(sets: &[CapabilitySet]) -> Vec<Pair<CapabilitySet>> {
    let by_subject = cover(sets);
    let mut by_capability: Vec<Pair<CapabilitySet>> = Vec::new();
    for capability in CapabilitySet::all().iter() {
        let holding = |(subject, set): (usize, &CapabilitySet)| set.contains(capability).then_some(subject);
        let subjects: Vec<usize> = sets.iter().enumerate().filter_map(holding).collect();
        if subjects.is_empty() {
            continue;
        }
        match by_capability.iter_mut().find(|pair| pair.subjects == subjects) {
            Some(pair) => pair.set = pair.set.with(capability),
            None => by_capability.push(Pair { subjects, set: CapabilitySet::default().with(capability) }),
        }
    }
    if by_capability.len() < by_subject.len() { by_capability } else { by_subject }
}

/// An allowlist of addresses AND ports is violated by an address outside or by a port outside: two sets, each of which
/// is covered on its own.
fn endpoints(sets: &[EndpointSet]) -> Vec<Pair<EndpointSet>> {
    let factors: Option<Vec<(EndpointSet, EndpointSet)>> = sets.iter().map(outside_of_product).collect();
    let Some(factors) = factors else { return joined(sets) };
    let (addresses, ports): (Vec<_>, Vec<_>) = factors.into_iter().unzip();
    cover(&addresses).into_iter().chain(cover(&ports)).collect()
}

/// Returns the destinations with an address, and those with a port, outside of an allowlist, if what a set leaves out is
/// the product of addresses and ports.
fn outside_of_product(set: &EndpointSet) -> Option<(EndpointSet, EndpointSet)> {
    let allowed = set.complement();
    let mut kinds = allowed.parts().map(|(_, _, ports)| ports).filter(|ports| !ports.is_empty());
    let Some(ports) = kinds.next() else { return Some((EndpointSet::all(), EndpointSet::default())) };
    if kinds.any(|other| other != ports) {
        return None;
    }
    let outside = EndpointSet::any_address(ports.complement());
    Some((with_every_port(&allowed).complement(), outside))
}

/// Returns the addresses of a set, with every port.
fn with_every_port(set: &EndpointSet) -> EndpointSet {
    let kinds = [PortSet::EMPTY, PortSet::all()];
    let places =
        set.places().iter().map(|(first, kind)| (*first, u32::from(!set.ports_of(*kind).is_empty())));
    EndpointSet::from_parts(places.collect(), kinds.to_vec())
}

/// Returns one confinement about the subjects of several. Its members are those of all, for their source lines.
fn joined_confinement<'run>(
    chosen: &[&'run Confinement],
    condition: Condition,
) -> Result<Option<Joined<'run>>, Refusal> {
    let Some((first, others)) = chosen.split_first() else { return Ok(None) };
    let mut binary = subject::binary_filter(first)?;
    for other in others {
        let values = subject::binary_filter(other)?.into_iter().flat_map(|filter| filter.values);
        if let Some(binary) = &mut binary {
            binary.values.extend(values);
        }
    }
    if let Some(binary) = &mut binary {
        // Two documents about one executable.
        let mut seen = BTreeSet::new();
        binary.values.retain(|value| seen.insert(value.value.clone()));
    }
    let members = chosen.iter().flat_map(|confinement| confinement.members.iter().cloned()).collect();
    let confinement = Confinement {
        document: Arc::clone(&first.document),
        condition,
        members,
        exemptions: Vec::new(),
        waivers: Arc::clone(&first.waivers),
        subject: first.subject.clone(),
        scope: first.scope.clone(),
        ..**first
    };
    Ok(Some(Joined { confinement, binary }))
}
