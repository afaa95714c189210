//! Two sets of sources -> what both mean, without reading what is the same on both sides and cannot matter.
//!
//! A profile with the same text in the same file on both sides has no difference of its own. It matters all the same
//! where it holds for an event that another document's change lets go, so it is left out only when no document that
//! is read speaks of its binary, answers to its name or id, or exempts its binary by name. Whether there are mistakes
//! in what is left out is not asked: they are the same on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use telovix_diagnostic::source::{Source, SourceId, SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_document::{Document, Exception};
use telovix_policy::value::{Date, PathPattern};

use super::sketch::{Sketch, sketch};

/// One side, read as far as the comparison needs it.
#[derive(Debug, Default)]
pub struct Reading {
    /// What there is to say of what was read.
    pub diagnostics: Vec<Diagnostic>,
    /// What it means.
    pub policy: Policy,
    /// The profiles that were left out; the other side has the same ones in the same order.
    pub untouched: Vec<Untouched>,
}

/// A profile that has the same text on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untouched {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) binary: String,
    pub(super) span: Span,
}

/// Reads both sides, each in a thread of its own. Exceptions are held against the day `as_of`.
#[must_use]
pub fn read_both(before: &SourceSet, after: &SourceSet, as_of: Date) -> (Reading, Reading) {
    let same = Same::of(before, after);
    let passed: Vec<&Twin> = same.twins.iter().filter(|twin| twin.sketch.is_some()).collect();
    // A pack decides for every document in its folder.
    let passed = if same.packs_change { Vec::new() } else { passed };
    let everything: FxHashSet<usize> = (0..passed.len()).collect();
    let first = both(before, after, &passed, &everything);
    let wanted = Wanted::of(&first.0.documents, &first.1.documents);
    let (kept, left): (FxHashSet<usize>, FxHashSet<usize>) = (0..passed.len()).partition(|at| {
        passed.get(*at).and_then(|twin| twin.sketch.as_ref()).is_some_and(|sketch| wanted.has(sketch))
    });
    let (old, new) = if kept.is_empty() { first } else { both(before, after, &passed, &left) };
    let understand = |read: Read, sources: &SourceSet, side: fn(&Twin) -> &Place| {
        let mut sink = read.sink;
        let policy = lower::lower(read.documents, sources, lower::Options { as_of }, &mut sink);
        let mut places: Vec<usize> = left.iter().copied().collect();
        places.sort_unstable();
        let untouched = places.into_iter().filter_map(|at| {
            let twin = passed.get(at)?;
            Some(twin.sketch.as_ref()?.untouched(side(twin)))
        });
        let untouched = untouched.collect();
        Reading { diagnostics: sink.into_sorted(), policy, untouched }
    };
    std::thread::scope(|scope| {
        let new = scope.spawn(|| understand(new, after, |twin| &twin.after));
        let old = understand(old, before, |twin| &twin.before);
        (old, new.join().unwrap_or_default())
    })
}

/// One document's text in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    source: SourceId,
    range: Range<usize>,
}

/// A text that a file has on both sides.
#[derive(Debug)]
struct Twin {
    before: Place,
    after: Place,
    sketch: Option<Sketch>,
}

impl Sketch {
    fn untouched(&self, place: &Place) -> Untouched {
        let span = Span::new(place.source, place.range.start + self.start, place.range.end);
        Untouched { id: self.id.clone(), name: self.name.clone(), binary: self.binary.clone(), span }
    }
}

/// What goes by one name, or has one text, on each side.
#[derive(Debug)]
struct BothSides<T> {
    before: Vec<T>,
    after: Vec<T>,
}

impl<T> Default for BothSides<T> {
    fn default() -> Self {
        Self { before: Vec::new(), after: Vec::new() }
    }
}

/// What is the same on both sides.
#[derive(Debug, Default)]
struct Same {
    twins: Vec<Twin>,
    /// Whether a text that is not the same may be a pack.
    packs_change: bool,
}

impl Same {
    fn of(before: &SourceSet, after: &SourceSet) -> Self {
        let mut by_name: BTreeMap<&str, BothSides<(SourceId, &Source)>> = BTreeMap::new();
        for (id, source) in before.iter() {
            by_name.entry(source.name()).or_default().before.push((id, source));
        }
        for (id, source) in after.iter() {
            by_name.entry(source.name()).or_default().after.push((id, source));
        }
        let mut same = Self::default();
        for found in by_name.into_values() {
            match (found.before.as_slice(), found.after.as_slice()) {
                ([old], [new]) => same.add(*old, *new),
                (old, new) => same.changed(old.iter().chain(new).map(|(_, source)| source.text())),
            }
        }
        same
    }

    fn add(&mut self, (old_id, old): (SourceId, &Source), (new_id, new): (SourceId, &Source)) {
        let (Some(left), Some(right)) = (documents(old.text()), documents(new.text())) else {
            return self.changed([old.text(), new.text()].into_iter().filter(|_| old.text() != new.text()));
        };
        let place = |source: SourceId, range: &Range<usize>| Place { source, range: range.clone() };
        if old.text() == new.text() {
            let sketched = |range: &Range<usize>| old.text().get(range.clone()).and_then(sketch);
            self.twins.extend(left.iter().map(|range| Twin {
                before: place(old_id, range),
                after: place(new_id, range),
                sketch: sketched(range),
            }));
            return;
        }
        // A text that stands twice in a file cannot be told from its twin.
        let mut texts: BTreeMap<&str, BothSides<&Range<usize>>> = BTreeMap::new();
        for range in &left {
            let text = old.text().get(range.clone()).unwrap_or_default();
            texts.entry(text).or_default().before.push(range);
        }
        for range in &right {
            let text = new.text().get(range.clone()).unwrap_or_default();
            texts.entry(text).or_default().after.push(range);
        }
        let mut twins: Vec<Twin> = Vec::new();
        for (text, found) in texts {
            match (found.before.as_slice(), found.after.as_slice()) {
                ([before], [after]) => twins.push(Twin {
                    before: place(old_id, before),
                    after: place(new_id, after),
                    sketch: sketch(text),
                }),
                _ => self.changed(std::iter::once(text)),
            }
        }
        twins.sort_by_key(|twin| twin.before.range.start);
        self.twins.extend(twins);
    }

    fn changed<'text>(&mut self, mut texts: impl Iterator<Item = &'text str>) {
        self.packs_change |= texts.any(|text| text.contains("PolicyPack"));
    }
}

/// Cuts a text where a document starts; nothing where directives or end marks make that more than a line.
fn documents(text: &str) -> Option<Vec<Range<usize>>> {
    let mut ranges = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with('%') || line.starts_with("...") {
            return None;
        }
        let marks = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marks && at > start {
            ranges.push(start..at);
            start = at;
        }
        at += line.len();
    }
    ranges.push(start..at);
    Some(ranges)
}

/// What a side says, as far as it was read.
#[derive(Debug, Default)]
struct Read {
    documents: Vec<Document>,
    sink: Sink,
}

/// Reads both sides without those of `passed` that are in `left`.
fn both(before: &SourceSet, after: &SourceSet, passed: &[&Twin], left: &FxHashSet<usize>) -> (Read, Read) {
    let left_out = |side: fn(&Twin) -> &Place| {
        let mut by_source: FxHashMap<SourceId, Vec<Range<usize>>> = FxHashMap::default();
        for (_, twin) in passed.iter().enumerate().filter(|(at, _)| left.contains(at)) {
            let place = side(twin);
            by_source.entry(place.source).or_default().push(place.range.clone());
        }
        by_source
    };
    std::thread::scope(|scope| {
        let new = scope.spawn(|| read(after, &left_out(|twin| &twin.after)));
        let old = read(before, &left_out(|twin| &twin.before));
        (old, new.join().unwrap_or_default())
    })
}

fn read(sources: &SourceSet, left_out: &FxHashMap<SourceId, Vec<Range<usize>>>) -> Read {
    let mut all = Read::default();
    for (id, source) in sources.iter() {
        let Some(ranges) = left_out.get(&id) else {
            all.documents.extend(document::read_source(id, source, &mut all.sink).documents);
            continue;
        };
        let mut rest = source.text().as_bytes().to_vec();
        for range in ranges {
            let bytes = rest.get_mut(range.clone()).unwrap_or_default();
            bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        // Only whole documents went, which end where a line ends.
        let Ok(rest) = String::from_utf8(rest) else { continue };
        if !rest.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
            let source = source.with_text(rest);
            all.documents.extend(document::read_source(id, &source, &mut all.sink).documents);
        }
    }
    all
}

/// What the documents that were read speak of.
#[derive(Debug, Default)]
struct Wanted<'document> {
    /// Ids, names and binaries.
    words: BTreeSet<&'document str>,
    base_names: BTreeSet<&'document str>,
    /// Binaries that exceptions name.
    exempt: BTreeSet<Vec<u8>>,
}

impl<'document> Wanted<'document> {
    fn of(before: &'document [Document], after: &'document [Document]) -> Self {
        let mut wanted = Self::default();
        for document in before.iter().chain(after) {
            match document {
                Document::GuardianProfile(profile) => {
                    let binary = profile.target_binary.value.as_str();
                    wanted.words.extend([profile.profile_id.value.as_str(), &profile.name.value, binary]);
                    wanted.exempt(&profile.exceptions);
                }
                Document::EnforcementRule(rule) => wanted.exempt(&rule.exceptions),
                Document::RuntimeGuard(guard) => {
                    wanted
                        .base_names
                        .extend(guard.processes.iter().map(|process| process.name.value.as_str()));
                }
                _ => {}
            }
        }
        wanted
    }

    fn exempt(&mut self, exceptions: &[Exception]) {
        let patterns =
            exceptions.iter().flat_map(|exception| [&exception.process, &exception.parent]).flatten();
        self.exempt.extend(patterns.flat_map(|pattern| PathPattern::prefixes(&pattern.value)));
    }

    fn has(&self, sketch: &Sketch) -> bool {
        let binary = sketch.binary.as_str();
        [&sketch.id, &sketch.name, &sketch.binary].into_iter().any(|word| self.words.contains(word.as_str()))
            || self.base_names.contains(binary.rsplit('/').next().unwrap_or_default())
            || self.exempt.contains(&[binary.as_bytes(), &[0]].concat())
    }
}

#[cfg(test)]
mod tests;
