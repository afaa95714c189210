//! Text files -> sources with stable ids, byte spans and a line index.

use std::fmt;
use std::sync::OnceLock;

/// Identifies one source of a [`SourceSet`]. Ids are in order of names, whatever the order of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A half-open range of bytes in one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source the bytes belong to.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of something that is in no source.
    pub const NOWHERE: Self = Self { source: SourceId(u32::MAX), start: 0, end: 0 };

    /// Returns the span of bytes `start..end` of `source`.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// Returns the empty span at the start of `source`.
    #[must_use]
    pub fn start_of(source: SourceId) -> Self {
        Self { source, start: 0, end: 0 }
    }

    /// Returns the smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}..{}", self.source.0, self.start, self.end)
    }
}

/// A value and the bytes it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value and its span.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Converts the value and keeps the span.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: convert(self.value), span: self.span }
    }
}

/// If more bytes than this are before a place on its line, its column counts bytes: counting characters there for
/// each of many findings would take too long.
const LONG_LINE: usize = 64 << 10;

/// A place in a source as editors show it: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line number, from 1.
    pub line: u32,
    /// Character within the line, from 1.
    pub column: u32,
}

/// One named text.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// Returns the name users know the source by, usually a path relative to the repository.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the line and column of a byte offset. Offsets past the end give the last position.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let (line, start) = self.line_at(offset);
        let start = start as usize;
        let end = (offset as usize).min(self.text.len());
        let column = match self.text.get(start..end) {
            Some(prefix) if prefix.len() > LONG_LINE => prefix.len(),
            prefix => prefix.map_or(0, |prefix| prefix.chars().count()),
        };
        let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
        Position { line, column }
    }

    /// Returns the line of a byte offset, from 1. Offsets past the end give the last line.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        self.line_at(offset).0
    }

    /// Returns the number of the line of an offset and where that line starts.
    fn line_at(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        (u32::try_from(line).unwrap_or(u32::MAX), start)
    }

    /// Returns the offset of each line; the first is 0.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| line_starts(&self.text))
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    /// Expected bytes of a line: counting the lines first would take longer than finding them.
    const LINE: usize = 32;
    let mut starts = Vec::with_capacity(text.len() / LINE + 1);
    starts.push(0);
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    starts.extend(ends.map(|end| u32::try_from(end + 1).unwrap_or(u32::MAX)));
    starts
}

/// Finds the same lines as [`SourceSet::line`], starting at the one it found last: neighbouring spans cost a step
/// or two, where a search through all lines of a large source costs twenty.
#[derive(Debug)]
pub struct LineFinder<'sources> {
    sources: &'sources SourceSet,
    source: Option<SourceId>,
    /// Where the lines of `source` start.
    starts: &'sources [u32],
    /// The line found last, from 1; 0 before the first.
    line: usize,
}

impl LineFinder<'_> {
    /// Returns the line of the first byte of a span, from 1.
    pub fn line(&mut self, span: Span) -> u32 {
        /// How far to step before searching.
        const STEPS: usize = 3;
        if self.source != Some(span.source) {
            self.source = Some(span.source);
            self.starts = self.sources.get(span.source).map_or(&[], Source::line_starts);
            self.line = 0;
        }
        let is_reached = |start: &u32| *start <= span.start;
        let near = match self.starts.get(self.line.wrapping_sub(1)..) {
            Some([last, after @ ..]) if is_reached(last) => {
                after.iter().take(STEPS).position(|start| !is_reached(start))
            }
            _ => None,
        };
        self.line = match near {
            Some(steps) => self.line + steps,
            None => self.starts.partition_point(is_reached).max(1),
        };
        u32::try_from(self.line).unwrap_or(u32::MAX)
    }
}

/// All texts of one run, sorted by name, so that results do not depend on the order of the files.
#[derive(Debug, Default)]
pub struct SourceSet {
    sources: Vec<Source>,
}

impl SourceSet {
    /// Collects named texts. Sources with the same name are in order of their texts.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_unstable();
        let sources =
            files.into_iter().map(|(name, text)| Source { name, text, line_starts: OnceLock::new() });
        Self { sources: sources.collect() }
    }

    /// Returns a set with one source, for tests and standard input.
    #[must_use]
    pub fn single(name: &str, text: &str) -> Self {
        Self::new([(name.to_owned(), text.to_owned())])
    }

    /// Returns each source with its id, in order of names.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.sources)
    }

    /// Returns the source, which exists for every id this set handed out.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Returns the name of the source of a span.
    #[must_use]
    pub fn name(&self, span: Span) -> &str {
        self.get(span.source).map_or("", Source::name)
    }

    /// Returns the text of a span, or an empty string when it is outside its source.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|source| source.text().get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// Returns line and column of the first byte of a span.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.get(span.source).map_or(Position { line: 1, column: 1 }, |source| source.position(span.start))
    }

    /// Returns the line of the first byte of a span, from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> u32 {
        self.get(span.source).map_or(1, |source| source.line(span.start))
    }

    /// Returns a finder of lines for many spans that are mostly in order.
    #[must_use]
    pub fn lines(&self) -> LineFinder<'_> {
        LineFinder { sources: self, source: None, starts: &[], line: 0 }
    }

    /// Returns `name:line` of a span, the form in which every artifact refers to its source.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        let (name, mut line) = (self.name(span), itoa::Buffer::new());
        [name, ":", line.format(self.line(span))].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SourceSet, Span, line_starts};

    proptest! {
        #[test]
        fn a_line_starts_after_each_line_end(text in "[\\n\u{b}\t aü\u{8a}]{0,40}") {
            let after = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, after)| after);
            prop_assert_eq!(line_starts(&text), std::iter::once(0).chain(after).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn the_finder_agrees_with_a_search_wherever_it_jumps() {
        let text = "one\n\ntwo\nthree\n\n\nfour\nfive\nsix\nseven\n".repeat(3);
        let sources = SourceSet::new([("a".to_owned(), text.clone()), ("b".to_owned(), String::new())]);
        let ids: Vec<_> = sources.iter().map(|(id, _)| id).collect();
        let mut lines = sources.lines();
        for step in [1, 2, 5, 13, 37] {
            for at in (0..=text.len() + 2).map(|at| at * step % (text.len() + 3)) {
                for span in ids.iter().map(|id| Span::new(*id, at, at)).chain([Span::NOWHERE]) {
                    // Twice, as only the second look-up starts in the source it asks for.
                    assert_eq!([lines.line(span), lines.line(span)], [sources.line(span); 2], "{span:?}");
                }
            }
            for at in (0..=text.len()).map(|at| at * step % (text.len() + 1)) {
                let span = Span::new(ids[0], at, at);
                assert_eq!(lines.line(span), sources.line(span), "{span:?}");
            }
        }
    }
}
