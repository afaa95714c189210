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
