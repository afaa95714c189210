//! An entry that another entry of its list covers -> the one that covers it.

use std::cmp::Reverse;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::{Document, List};
use telovix_policy::value::{Capability, Cidr, PathPattern, address_number};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code::page(include_str!("covered_entry.md")),
    check: Check::Document(|document, _as_of, sink| look(document, sink)),
};

pub(super) fn look(document: &Document, sink: &mut Sink) {
    for paths in super::list::paths(document) {
        report(&paths.list.items, &covered_paths(&paths.list.items), sink);
    }
    let Document::GuardianProfile(profile) = document else { return };
    if let Some(List { items, .. }) = &profile.allowed_dst_ports {
        report(items, &covered_ranges(items, |ports| (0, ports.first().into(), ports.last().into())), sink);
    }
    if let Some(List { items, .. }) = &profile.allowed_dst_cidrs {
        report(items, &covered_ranges(items, cidr_range), sink);
    }
    if let Some(List { items, .. }) = &profile.allowed_capabilities {
        let range = |capability: &Capability| (0, capability.number().into(), capability.number().into());
        report(items, &covered_ranges(items, range), sink);
    }
}

fn report<T: std::fmt::Display>(items: &[Spanned<T>], covered: &[(usize, usize)], sink: &mut Sink) {
    for (narrow, wide) in covered {
        let (Some(narrow), Some(wide)) = (items.get(*narrow), items.get(*wide)) else { continue };
        let (text, by) = (narrow.value.to_string(), wide.value.to_string());
        let message = if text == by {
            format!("`{text}` is listed twice")
        } else {
            format!("`{text}` is covered by `{by}`")
        };
        sink.report(
            Diagnostic::new(&LINT.code, narrow.span, message)
                .related(wide.span, "this entry covers it")
                .help("remove it")
                .fix_by(Fix::remove(Certainty::SameMeaning, narrow.span)),
        );
    }
}

/// Returns each entry that another one covers, with that one.
fn covered_paths(items: &[Spanned<PathPattern>]) -> Vec<(usize, usize)> {
    // Of patterns with the same stem the widest comes first.
    let breadth = |pattern: &PathPattern| match pattern {
        PathPattern::Prefix(_) => 0,
        PathPattern::Tree(_) => 1,
        PathPattern::Below(_) => 2,
        PathPattern::File(_) => 3,
    };
    let mut order: Vec<(usize, &PathPattern)> = items.iter().map(|item| &item.value).enumerate().collect();
    order.sort_unstable_by(|(at, pattern), (other_at, other)| {
        let by_stem = pattern.stem().cmp(other.stem());
        by_stem.then_with(|| (breadth(pattern), at).cmp(&(breadth(other), other_at)))
    });
    let mut covered = Vec::new();
    // Uncovered patterns whose stem begins the current one, shortest first: nothing else can cover it.
    let mut open: Vec<(usize, &PathPattern)> = Vec::new();
    for (at, pattern) in order {
        while open.last().is_some_and(|(_, outer)| !pattern.stem().starts_with(outer.stem())) {
            open.pop();
        }
        match open.iter().find(|(_, wide)| covers(wide, pattern)) {
            Some((by, _)) => covered.push((at, *by)),
            None => open.push((at, pattern)),
        }
    }
    covered
}

fn covers(wide: &PathPattern, narrow: &PathPattern) -> bool {
    let Some(rest) = narrow.stem().strip_prefix(wide.stem()) else { return false };
    let is_below = rest.starts_with('/') || wide.stem().ends_with('/');
    match (wide, narrow) {
        (PathPattern::Prefix(_), _) => true,
        (PathPattern::File(_), PathPattern::File(_)) => rest.is_empty(),
        (PathPattern::File(_), _) => false,
        (PathPattern::Tree(_), PathPattern::Tree(_) | PathPattern::Below(_) | PathPattern::File(_))
        | (PathPattern::Below(_), PathPattern::Below(_)) => rest.is_empty() || is_below,
        (PathPattern::Tree(_), PathPattern::Prefix(_)) => is_below,
        (PathPattern::Below(_), _) => is_below,
    }
}

/// Returns the family of a CIDR block, and its first and last address as numbers.
fn cidr_range(cidr: &Cidr) -> (u8, u128, u128) {
    let network = cidr.network();
    let first = address_number(network.address());
    let (family, width) = if network.address().is_ipv4() { (4, 32) } else { (6, 128) };
    let size = u128::MAX.checked_shr(128 - u32::from(width - network.length().min(width))).unwrap_or(0);
    (family, first, first | size)
}

/// Returns each entry that another one covers, with that one. A range is a family, its first and its last number.
fn covered_ranges<T>(items: &[Spanned<T>], range: impl Fn(&T) -> (u8, u128, u128)) -> Vec<(usize, usize)> {
    let ranges: Vec<(u8, u128, u128)> = items.iter().map(|item| range(&item.value)).collect();
    // Most lists are sorted and have no overlap.
    if ranges.is_sorted_by(|(before, _, last), (family, first, _)| (before, last) < (family, first)) {
        return Vec::new();
    }
    let mut all: Vec<(u8, u128, Reverse<u128>, usize)> =
        (0..).zip(ranges).map(|(at, (family, first, last))| (family, first, Reverse(last), at)).collect();
    all.sort_unstable();
    let mut covered = Vec::new();
    let mut widest: Option<(u8, u128, usize)> = None;
    for (family, _, Reverse(last), at) in all {
        match widest.filter(|(of, end, _)| *of == family && last <= *end) {
            Some((_, _, by)) => covered.push((at, by)),
            None => widest = Some((family, last, at)),
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{cidr_range, covered_paths, covered_ranges, covers};
    use telovix_diagnostic::source::{SourceSet, Span, Spanned};
    use telovix_policy::value::{Cidr, PathPattern, PortRange};

    fn spanned<T>(values: impl IntoIterator<Item = T>) -> Vec<Spanned<T>> {
        let sources = SourceSet::single("case", "");
        let source = sources.iter().map(|(id, _)| id).next().expect("one source");
        values.into_iter().map(|value| Spanned::new(value, Span::start_of(source))).collect()
    }

    fn paths(texts: &[&str]) -> Vec<(usize, usize)> {
        covered_paths(&spanned(texts.iter().map(|text| PathPattern::parse(text).expect("a pattern"))))
    }

    #[test]
    fn finds_what_a_path_covers() {
        assert_eq!(paths(&["/usr/lib", "/usr/lib/ssl"]), [(1, 0)]);
        assert_eq!(paths(&["/usr/lib/ssl", "/usr/lib/"]), [(0, 1)]);
        assert_eq!(paths(&["/usr/lib", "/usr/library"]), []);
        assert_eq!(paths(&["/usr/lib", "/usr/lib-x", "/usr/lib/ssl"]), [(2, 0)]);
        assert_eq!(paths(&["/a", "/a"]), [(1, 0)]);
        assert_eq!(paths(&["/a/", "/a"]), [(0, 1)]);
        assert_eq!(paths(&["/a*", "/a", "/ab/c"]), [(1, 0), (2, 0)]);
        assert_eq!(paths(&["/a", "/a*"]), [(0, 1)]);
        assert_eq!(paths(&["/", "/etc"]), [(1, 0)]);
    }

    #[test]
    fn finds_what_a_range_covers() {
        let ports = |texts: &[&str]| {
            let items = spanned(texts.iter().map(|text| PortRange::parse(text).expect("ports")));
            covered_ranges(&items, |ports| (0, ports.first().into(), ports.last().into()))
        };
        assert_eq!(ports(&["443", "400-500"]), [(0, 1)]);
        assert_eq!(ports(&["1-10", "5-20"]), []);
        assert_eq!(ports(&["80", "80"]), [(1, 0)]);
        let blocks = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::/0", "::/64"];
        let items = spanned(blocks.map(|text| Cidr::parse(text).expect("a block")));
        assert_eq!(covered_ranges(&items, cidr_range), [(1, 0), (4, 3), (2, 3)]);
    }

    proptest! {
        /// One pattern covers another exactly when every prefix of the one starts with a prefix of the other.
        #[test]
        fn covers_what_its_prefixes_cover(wide in "/[ab]{0,2}(/[ab]{1,2}){0,2}[/*]?", narrow in "/[ab]{0,2}(/[ab]{1,2}){0,2}[/*]?") {
            let (Ok(wide), Ok(narrow)) = (PathPattern::parse(&wide), PathPattern::parse(&narrow)) else { return Ok(()) };
            let inside = |prefix: Vec<u8>| wide.prefixes().any(|other| prefix.starts_with(&other));
            prop_assert_eq!(covers(&wide, &narrow), narrow.prefixes().all(inside), "{} {}", wide, narrow);
        }
    }
}
