//! Filters on arguments -> the events of the hook that they match.

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{
    Access, CapabilitySet, EndpointSet, Member, MemberValue, OpenRegion, Operation, PathSet, PortSet, Region,
};
use telovix_policy::value::{AbsolutePath, Capability, Cidr, PathPattern, PortRange};
use telovix_syntax::quote;
use telovix_tetragon::{ArgumentFilter, Hook, Operator, Selector};

use super::corner::{self, Corners};
use super::events::Events;
use super::number;
use super::obstacle::Obstacle;
use super::place::{Meaning, Place};

/// What a selector does, where a filter cannot be expressed exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It enforces: its events may be too many.
    Acts,
    /// It only reports, so that what it matches is allowed: its events may be too few.
    Reports,
}

/// Returns the events that the arguments of a selector match, and the listed values.
pub(super) fn events(
    place: &Place,
    hook: &Hook<'_>,
    selector: &Selector<'_>,
    role: Role,
    obstacles: &mut Vec<Obstacle>,
) -> (Events, Vec<Member>, Corners) {
    let mut matched = Matched::everything(selector.span);
    for filter in &selector.arguments {
        if let Err(obstacle) = matched.narrow(place, hook, filter) {
            obstacles.push(obstacle);
        }
    }
    let corners = matched.corners(place);
    (matched.events(place, role), matched.members, corners)
}

/// What the filters of a selector match so far.
struct Matched {
    paths: PathSet,
    /// Whether a file whose path Tetragon ends in ` (deleted)` may match.
    deleted: bool,
    endpoints: EndpointSet,
    /// The addresses that Tetragon matches, with IPv4-mapped ones at the place of their IPv4 address.
    mapped: EndpointSet,
    /// Whether a connection to another address family may match.
    other_families: bool,
    capabilities: CapabilitySet,
    /// Whether there is a filter.
    filtered: bool,
    members: Vec<Member>,
    /// The last filter on paths or addresses; the selector without one.
    span: Span,
    /// Whether a filter lists paths rather than those that it leaves out.
    is_list: bool,
}

impl Matched {
    fn everything(span: Span) -> Self {
        Self {
            span,
            is_list: false,
            mapped: EndpointSet::all(),
            paths: PathSet::all(),
            deleted: true,
            endpoints: EndpointSet::all(),
            other_families: true,
            capabilities: CapabilitySet::all(),
            filtered: false,
            members: Vec::new(),
        }
    }

    fn corners(&self, place: &Place) -> Corners {
        match place {
            Place::FileOpen(_) => Corners::of_files(&self.paths, self.is_list, self.span),
            Place::Connect(_) => Corners::of_destinations(&self.endpoints, &self.mapped, self.span),
            _ => Corners::default(),
        }
    }

    fn events(&self, place: &Place, role: Role) -> Events {
        // Files without a path match no filter on paths, deleted files some of them. The image tells neither apart, so
        // it denies both: a file can be opened without access to it, deleted, and executed.
        let anonymous = !self.filtered || (role == Role::Acts && self.deleted);
        let paths = if role == Role::Reports && self.filtered {
            without_root(&self.paths)
        } else {
            self.paths.clone()
        };
        let exec = || (Operation::Exec, Region::Exec { paths: paths.clone(), anonymous });
        let open = |accesses: &[Access]| {
            let opens = OpenRegion::of(paths.clone(), accesses.iter().copied().collect());
            (Operation::Open, Region::Open(opens))
        };
        let (regions, unseen) = match place {
            // A program is opened before it is executed.
            Place::FileOpen(_) => (vec![open(&[Access::Read, Access::Write]), exec()], !self.filtered),
            Place::Truncate(_) => (vec![open(&[Access::Truncate])], !self.filtered),
            Place::Exec(_) => (vec![exec()], false),
            Place::Connect(_) => {
                let unseen = if role == Role::Acts { self.other_families } else { !self.filtered };
                (vec![(Operation::Connect, Region::Connect(self.endpoints.clone()))], unseen)
            }
            Place::Capability(_) => {
                (vec![(Operation::Capability, Region::Capability(self.capabilities))], false)
            }
            Place::Whole(operation, _) => (vec![(*operation, Region::Whole(true))], false),
            Place::Syscalls(calls) => (vec![(Operation::Syscall, Region::Syscall(calls.clone()))], false),
        };
        Events { regions, unseen, maybe_deleted: self.filtered && anonymous }
    }

    fn narrow(
        &mut self,
        place: &Place,
        hook: &Hook<'_>,
        filter: &ArgumentFilter<'_>,
    ) -> Result<(), Obstacle> {
        self.filtered = true;
        let Some(argument) = hook.argument_of(filter) else {
            return Err(Obstacle::new(
                filter.span,
                "the filter is on an argument that the hook does not declare",
            ));
        };
        if argument.resolve.is_some() || argument.btf_type.is_some() {
            return Err(Obstacle::new(
                argument.span,
                "the native runtime does not follow fields of arguments",
            ));
        }
        let Some(meaning) = place.meaning(argument.index.value, argument.kind.value) else {
            let (index, kind) = (argument.index.value, argument.kind.value.name());
            let reason =
                format!("the native runtime does not filter argument {index} of this hook as `{kind}`");
            return Err(Obstacle::new(filter.span, reason));
        };
        if filter.values.is_empty() && !is_privileged_port(filter.operator.value) {
            return Err(Obstacle::new(
                filter.span,
                "a filter without values has no defined meaning in Tetragon",
            ));
        }
        match meaning {
            Meaning::Path => self.narrow_paths(filter),
            Meaning::Destination => self.narrow_destinations(filter),
            Meaning::Capability => self.narrow_capabilities(filter),
        }
    }

    fn narrow_paths(&mut self, filter: &ArgumentFilter<'_>) -> Result<(), Obstacle> {
        let operator = filter.operator.value;
        let mut patterns = Vec::with_capacity(filter.values.len());
        for value in &filter.values {
            let text = value.value.as_ref();
            let pattern = match operator {
                Operator::Equal | Operator::NotEqual => AbsolutePath::parse(text).map(PathPattern::File),
                Operator::Prefix | Operator::NotPrefix => PathPattern::parse(&format!("{text}*")),
                _ => return Err(unsupported(filter, "a path")),
            };
            let pattern =
                pattern.map_err(|error| Obstacle::new(value.span, format!("{} {error}", quote(text))))?;
            self.list(filter, MemberValue::Path(pattern.clone()), value.span);
            patterns.push(pattern);
        }
        self.span = filter.span;
        self.is_list |= !operator.is_negative();
        let listed: PathSet = patterns.iter().collect();
        let listed = if operator.is_negative() { listed.into_complement() } else { listed };
        self.paths = self.paths.intersection(&listed);
        self.deleted &= operator != Operator::Equal;
        Ok(())
    }

    fn narrow_destinations(&mut self, filter: &ArgumentFilter<'_>) -> Result<(), Obstacle> {
        let operator = filter.operator.value;
        let invalid = |value: &telovix_tetragon::Text<'_>| {
            Obstacle::new(value.span, format!("{} is no value of `{}`", quote(&value.value), operator.name()))
        };
        let mut mapped = None;
        let listed = match operator {
            Operator::SAddr | Operator::NotSAddr => {
                let values = filter.values.iter().map(|value| value.value.as_ref());
                mapped = Some(corner::endpoints(values.filter_map(corner::written_as_ipv6).collect()));
                self.span = filter.span;
                let mut blocks = Vec::with_capacity(filter.values.len());
                for value in &filter.values {
                    let block = Cidr::parse(&value.value).map_err(|_| invalid(value))?;
                    self.list(filter, MemberValue::Cidr(block), value.span);
                    blocks.push(block);
                }
                // Only addresses of IPv4 and IPv6 match, also the negative operator.
                self.other_families = false;
                EndpointSet::product(blocks, &PortSet::all())
            }
            Operator::SPort | Operator::NotSPort => {
                let mut ranges = Vec::with_capacity(filter.values.len());
                for value in &filter.values {
                    let range = port_range(&value.value).ok_or_else(|| invalid(value))?;
                    self.list(filter, MemberValue::Ports(range), value.span);
                    ranges.push(range);
                }
                self.other_families &= operator.is_negative();
                EndpointSet::any_address(ranges.into_iter().collect())
            }
            Operator::SPortPriv | Operator::NotSPortPriv => {
                EndpointSet::any_address(PortSet::from_ranges(vec![(0, 1_023)]))
            }
            Operator::Family => {
                let mut blocks = Vec::new();
                let mut others = false;
                for value in &filter.values {
                    match value.value.as_ref() {
                        "AF_INET" | "2" => blocks.extend(Cidr::parse("0.0.0.0/0")),
                        "AF_INET6" | "10" => blocks.extend(Cidr::parse("::/0")),
                        _ => others = true,
                    }
                }
                self.other_families &= others;
                let has_ipv6 =
                    filter.values.iter().any(|value| matches!(value.value.as_ref(), "AF_INET6" | "10"));
                mapped = Some(if has_ipv6 { EndpointSet::all() } else { EndpointSet::default() });
                self.span = filter.span;
                EndpointSet::product(blocks, &PortSet::all())
            }
            _ => return Err(unsupported(filter, "a destination")),
        };
        let mapped = mapped.unwrap_or_else(|| listed.clone());
        let matched = |set: EndpointSet| if operator.is_negative() { set.into_complement() } else { set };
        self.endpoints = self.endpoints.intersection(&matched(listed));
        self.mapped = self.mapped.intersection(&matched(mapped));
        Ok(())
    }

    fn narrow_capabilities(&mut self, filter: &ArgumentFilter<'_>) -> Result<(), Obstacle> {
        let mut listed = CapabilitySet::default();
        for capability in Capability::all() {
            let values = filter.values.iter().map(|value| value.value.as_ref());
            match number::matches(filter.operator.value, values, i64::from(capability.number())) {
                Some(true) => {
                    listed = listed.with(capability);
                    self.list(filter, MemberValue::Capability(capability), filter.span);
                }
                Some(false) => {}
                None => return Err(unsupported(filter, "a capability")),
            }
        }
        self.capabilities = self.capabilities.intersection(listed);
        Ok(())
    }

    /// Remembers a value that is listed, not one that is excluded.
    fn list(&mut self, filter: &ArgumentFilter<'_>, value: MemberValue, span: Span) {
        if !filter.operator.value.is_negative() {
            self.members.push(Member { value, span });
        }
    }
}

/// Returns the paths without `/`: in Tetragon it is empty and matches no filter, so a selector that reports does not allow
/// it.
fn without_root(paths: &PathSet) -> PathSet {
    let root: PathSet = AbsolutePath::parse("/").map(PathPattern::File).iter().collect();
    paths.difference(&root)
}

fn is_privileged_port(operator: Operator) -> bool {
    matches!(operator, Operator::SPortPriv | Operator::NotSPortPriv)
}

fn unsupported(filter: &ArgumentFilter<'_>, what: &str) -> Obstacle {
    let reason = format!(
        "the operator `{}` on {what}, or one of its values, has no native form",
        filter.operator.value.name()
    );
    Obstacle::new(filter.operator.span, reason)
}

/// Reads `443` or `8000:8100`. Tetragon swaps the ends of a reversed range, and accepts ports that do not exist.
fn port_range(text: &str) -> Option<PortRange> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    PortRange::parse(&format!("{}-{}", first.min(last), first.max(last))).ok()
}
