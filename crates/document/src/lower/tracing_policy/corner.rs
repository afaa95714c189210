//! A selector -> the events that Tetragon matches and the native runtime does not decide, or decides as other ones.
//!
//! | events | Tetragon | native runtime |
//! |---|---|---|
//! | a connection to `::ffff:192.0.2.1` | an IPv6 address | the IPv4 address |
//! | the loader that a program names in its header | opened like any file | mapped, not opened |
//! | an open with access mode 3, for `ioctl` on a device | an open | neither a read nor a write |

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{EndpointSet, PathSet, PortSet};
use telovix_policy::value::{Cidr, PathPattern};

use super::first_match::Clause;
use super::obstacle::{Direction, NativeForm};

/// Where distributions have the loader, by its resolved path.
const LOADERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "/usr/lib64/ld-linux-x86-64.so.2",
    "/usr/lib/ld-linux-x86-64.so.2",
    "/lib/ld-musl-x86_64.so.1",
];

/// What a selector matches at a corner where both backends differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Corners {
    /// The destinations of a hook on connections.
    pub(super) destinations: Option<Destinations>,
    /// The filter or selector that matches files below `/dev`, where a hook is on opens.
    pub(super) devices: Option<Span>,
    /// The filter or selector that matches the loader of programs, where a hook is on opens.
    pub(super) loader: Option<Span>,
}

/// The destinations that a selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destinations {
    /// Natively, where a mapped address is its IPv4 address.
    pub(super) native: EndpointSet,
    /// Those IPv4 addresses that Tetragon matches when they are mapped.
    pub(super) mapped: EndpointSet,
    /// The filter on addresses, or the selector without one.
    pub(super) span: Span,
}

impl Corners {
    /// Returns the corners of a hook on opens: `paths` are those that the selector matches, and `is_list` tells that it lists
    /// them rather than what it leaves out.
    pub(super) fn of_files(paths: &PathSet, is_list: bool, span: Span) -> Self {
        let below: PathSet = PathPattern::parse("/dev/*").iter().collect();
        let loaders = LOADERS.iter().filter_map(|path| PathPattern::parse(path).ok());
        let matched =
            loaders.filter(|loader| !paths.intersection(&std::iter::once(loader).collect()).is_empty());
        let matched = matched.count();
        let loader = matched == LOADERS.len() || (is_list && matched > 0);
        Self {
            devices: (!paths.intersection(&below).is_empty()).then_some(span),
            loader: loader.then_some(span),
            destinations: None,
        }
    }

    /// Returns the corner of a hook on connections.
    pub(super) fn of_destinations(native: &EndpointSet, mapped: &EndpointSet, span: Span) -> Self {
        let every = Cidr::parse("0.0.0.0/0").into_iter();
        let every = EndpointSet::product(every, &PortSet::all());
        let destinations =
            Destinations { native: native.intersection(&every), mapped: mapped.intersection(&every), span };
        Self { destinations: Some(destinations), ..Self::default() }
    }
}

/// Reports where the confinements of a hook are weaker than its selectors.
pub(super) fn report(clauses: &[Clause], form: &mut NativeForm) {
    for (at, clause) in clauses.iter().enumerate().filter(|(_, clause)| clause.effect.is_some()) {
        if let Some(span) = clause.corners.devices {
            let text = "a device can still be opened with access mode 3, which allows `ioctl` only";
            form.differ(Direction::Weaker, text, span);
        }
        if let Some(span) = clause.corners.loader {
            let text =
                "the loader that a program names in its header is not opened but mapped, and not denied";
            form.differ(Direction::Weaker, text, span);
        }
        let earlier = clauses.get(..at).unwrap_or_default();
        if let Some(span) = mapped_gap(clause, earlier) {
            let text = "an IPv4-mapped IPv6 destination counts as its IPv4 address, so list `::ffff:192.0.2.0/120` next to `192.0.2.0/24`";
            form.differ(Direction::Weaker, text, span);
        }
    }
}

/// Returns the filter because of which a mapped address is matched by Tetragon, and not natively.
fn mapped_gap(clause: &Clause, earlier: &[Clause]) -> Option<Span> {
    let own = clause.corners.destinations.as_ref()?;
    if !own.mapped.is_subset(&own.native) {
        return Some(own.span);
    }
    let (mut mapped, mut native) = (own.mapped.clone(), own.native.clone());
    let before = earlier.iter().filter(|one| !one.who.binaries.intersection(&clause.who.binaries).is_empty());
    for destinations in before.filter_map(|one| one.corners.destinations.as_ref()) {
        mapped = mapped.difference(&destinations.mapped);
        native = native.difference(&destinations.native);
        if !mapped.is_subset(&native) {
            return Some(destinations.span);
        }
    }
    None
}

/// Returns the addresses of a block that is written as IPv6, those that are mapped too. The place of an IPv4 address is its
/// mapped one.
pub(super) fn written_as_ipv6(text: &str) -> Option<(u128, u128)> {
    let (address, length) = text.split_once('/').unwrap_or((text, "128"));
    let address: std::net::Ipv6Addr = address.parse().ok()?;
    let length: u32 = length.parse().ok().filter(|length| *length <= 128)?;
    let host = u128::MAX.checked_shr(length).unwrap_or(0);
    let first = address.to_bits() & !host;
    Some((first, first | host))
}

/// Returns every port of the addresses in ranges.
pub(super) fn endpoints(mut ranges: Vec<(u128, u128)>) -> EndpointSet {
    ranges.sort_unstable();
    let mut parts = vec![(0, 0)];
    let mut end = None;
    for (first, last) in ranges {
        if end.is_none_or(|end| last > end) {
            let first = end.and_then(|end: u128| end.checked_add(1)).map_or(first, |after| first.max(after));
            parts.push((first, 1));
            parts.extend(last.checked_add(1).map(|after| (after, 0)));
            end = Some(last);
        }
    }
    EndpointSet::from_parts(parts, vec![PortSet::EMPTY, PortSet::all()])
}
