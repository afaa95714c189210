//! An entry that another entry of its list covers -> the one that covers it.

use std::cmp::Reverse;

use super::{Check, Lint};
use crate::diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use crate::document::value::{Cidr, Date, PathPattern, PortRange};
use crate::document::{Document, List};
use crate::source::Spanned;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "redundant-entry",
        title: "an entry is covered by another one",
        severity: Severity::Warning,
        explanation: "`/usr/lib` names everything below it, so `/usr/lib/ssl` beside it adds nothing; the same goes for \
        ports in a range and for blocks in a wider block. Whoever narrows the wide entry later will not think of \
        the other.\n\nRemove the entry that is covered, or the wide one if it is too wide.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_files: [/usr/lib, /usr/lib/ssl]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_files: [/usr/lib, /usr/library]\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for paths in super::list::paths(document) {
        report(&paths.list.items, &covered_paths(&paths.list.items), sink);
    }
    let Document::GuardianProfile(profile) = document else { return };
    if let Some(List { items, .. }) = &profile.allowed_dst_ports {
        let range = |ports: &PortRange| vec![(u128::from(ports.first()), u128::from(ports.last()))];
        report(items, &covered_ranges(items, range), sink);
    }
    if let Some(List { items, .. }) = &profile.allowed_dst_cidrs {
        report(items, &covered_ranges(items, |cidr: &Cidr| cidr.ranges()), sink);
    }
    if let Some(List { items, .. }) = &profile.allowed_capabilities {
        let number = |number: u8| vec![(u128::from(number), u128::from(number))];
        report(items, &covered_ranges(items, |capability| number(capability.number())), sink);
    }
}

/// For each entry, the other entry that covers it.
type Covered = Vec<Option<usize>>;

fn report<T: std::fmt::Display>(items: &[Spanned<T>], covered: &Covered, sink: &mut Sink) {
    for (item, by) in items.iter().zip(covered) {
        let Some(by) = by.and_then(|at| items.get(at)) else { continue };
        let (narrow, wide) = (item.value.to_string(), by.value.to_string());
        let message = if narrow == wide {
            format!("`{narrow}` is listed twice")
        } else {
            format!("`{narrow}` is covered by `{wide}`")
        };
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .related(by.span, "this entry covers it")
                .help("remove it"),
        );
    }
}

/// An entry is covered when one other entry covers each of its prefixes.
fn covered_paths(items: &[Spanned<PathPattern>]) -> Covered {
    let mut all: Vec<(Vec<u8>, Reverse<usize>, usize)> = Vec::with_capacity(2 * items.len());
    for (at, item) in items.iter().enumerate() {
        let prefixes = item.value.prefixes();
        // Of equal prefixes, that of the wider entry comes first: `/a` before `/a/`.
        let width = Reverse(prefixes.len());
        all.extend(prefixes.into_iter().map(|prefix| (prefix, width, at)));
    }
    all.sort_unstable();
    let mut widest: Option<(&[u8], usize)> = None;
    let mut sweep = Sweep::new(items.len());
    for (prefix, _, at) in &all {
        let covering = widest.filter(|(wide, _)| prefix.starts_with(wide));
        sweep.visit(*at, covering.map(|(_, by)| by));
        if covering.is_none() {
            widest = Some((prefix, *at));
        }
    }
    sweep.finish()
}

/// An entry is covered when one other entry covers each of its ranges.
fn covered_ranges<T>(items: &[Spanned<T>], ranges: impl Fn(&T) -> Vec<(u128, u128)>) -> Covered {
    let mut all: Vec<(u128, Reverse<u128>, usize)> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        all.extend(ranges(&item.value).into_iter().map(|(first, last)| (first, Reverse(last), at)));
    }
    all.sort_unstable();
    let mut widest: Option<(u128, usize)> = None;
    let mut sweep = Sweep::new(items.len());
    for (_, Reverse(last), at) in all {
        let covering = widest.filter(|(end, _)| last <= *end);
        sweep.visit(at, covering.map(|(_, by)| by));
        if covering.is_none() {
            widest = Some((last, at));
        }
    }
    sweep.finish()
}

/// Collects who covers the parts of each entry.
struct Sweep {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Unseen,
    CoveredBy(usize),
    Bare,
}

impl Sweep {
    fn new(entries: usize) -> Self {
        Self { parts: vec![Part::Unseen; entries] }
    }

    fn visit(&mut self, entry: usize, by: Option<usize>) {
        let Some(part) = self.parts.get_mut(entry) else { return };
        *part = match (*part, by.filter(|by| *by != entry)) {
            (Part::Unseen, Some(by)) => Part::CoveredBy(by),
            (Part::CoveredBy(first), Some(by)) if first == by => Part::CoveredBy(by),
            _ => Part::Bare,
        };
    }

    fn finish(self) -> Covered {
        let by = |part| match part {
            Part::CoveredBy(by) => Some(by),
            Part::Unseen | Part::Bare => None,
        };
        self.parts.into_iter().map(by).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{covered_paths, covered_ranges};
    use crate::document::value::{Cidr, PathPattern, PortRange};
    use crate::source::{SourceSet, Span, Spanned};

    fn spanned<T>(values: impl IntoIterator<Item = T>) -> Vec<Spanned<T>> {
        let sources = SourceSet::single("case", "");
        let source = sources.iter().map(|(id, _)| id).next().expect("one source");
        values.into_iter().map(|value| Spanned::new(value, Span::start_of(source))).collect()
    }

    fn paths(texts: &[&str]) -> Vec<Option<usize>> {
        covered_paths(&spanned(texts.iter().map(|text| PathPattern::parse(text).expect("a pattern"))))
    }

    #[test]
    fn finds_what_a_path_covers() {
        assert_eq!(paths(&["/usr/lib", "/usr/lib/ssl"]), [None, Some(0)]);
        assert_eq!(paths(&["/usr/lib/ssl", "/usr/lib/"]), [Some(1), None]);
        assert_eq!(paths(&["/usr/lib", "/usr/library"]), [None, None]);
        assert_eq!(paths(&["/a", "/a"]), [None, Some(0)]);
        assert_eq!(paths(&["/a/", "/a"]), [Some(1), None]);
        assert_eq!(paths(&["/a*", "/a", "/ab/c"]), [None, Some(0), Some(0)]);
        assert_eq!(paths(&["/", "/etc"]), [None, Some(0)]);
    }

    #[test]
    fn finds_what_a_range_covers() {
        let ports = |texts: &[&str]| {
            let items = spanned(texts.iter().map(|text| PortRange::parse(text).expect("ports")));
            covered_ranges(&items, |ports| vec![(u128::from(ports.first()), u128::from(ports.last()))])
        };
        assert_eq!(ports(&["443", "400-500"]), [Some(1), None]);
        assert_eq!(ports(&["1-10", "5-20"]), [None, None]);
        assert_eq!(ports(&["80", "80"]), [None, Some(0)]);
        let items = spanned(
            ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"].map(|text| Cidr::parse(text).expect("a block")),
        );
        assert_eq!(covered_ranges(&items, |cidr| cidr.ranges()), [None, Some(0), None]);
    }
}
