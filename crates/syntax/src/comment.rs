//! The text between the values of a document -> its comments.
//!
//! The parser can report comments itself, but a third slower. Between two values there is
//! only space, punctuation, properties and comments, so they are easy to find there.

use telovix_diagnostic::source::{SourceId, Span};

/// A comment and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// The bytes from `#` to the end of the line.
    pub span: Span,
    /// What else is on its line.
    pub place: CommentPlace,
}

/// Whether a comment is alone on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentPlace {
    /// Nothing else is on the line.
    OwnLine,
    /// A value or a key is before it.
    AfterValue,
}

/// Finds comments while the values of a source are read.
pub(super) struct Comments<'text> {
    source: SourceId,
    text: &'text str,
    /// Where the last value ended.
    seen: usize,
    found: Vec<Comment>,
}

impl<'text> Comments<'text> {
    pub(super) fn new(source: SourceId, text: &'text str) -> Self {
        Self { source, text, seen: 0, found: Vec::new() }
    }

    /// Searches between the last value and this one.
    pub(super) fn pass(&mut self, start: usize, end: usize) {
        if let Some(gap) = self.text.as_bytes().get(self.seen..start)
            && gap.contains(&b'#')
        {
            self.search(start);
        }
        self.seen = self.seen.max(end);
    }

    /// Continues at a later value without searching before it.
    pub(super) fn skip(&mut self, start: usize) {
        self.seen = self.seen.max(start);
    }

    /// Takes the comments that another reader found, which read up to `end`.
    pub(super) fn take(&mut self, found: Vec<Comment>, end: usize) {
        self.found.extend(found);
        self.skip(end);
    }

    /// Searches the rest and returns all comments.
    pub(super) fn finish(mut self) -> Vec<Comment> {
        self.pass(self.text.len(), self.text.len());
        self.found
    }

    fn search(&mut self, end: usize) {
        let mut from = self.seen;
        while let Some(offset) = self.text.get(from..end).and_then(|gap| gap.find('#')) {
            let start = from + offset;
            let before = self.text.get(..start).unwrap_or_default();
            let rest = self.text.get(start..).unwrap_or_default();
            // A `#` inside a tag or an anchor belongs to it.
            if before.ends_with(|last: char| !last.is_whitespace() && last != '\u{feff}') {
                from = start + 1;
                continue;
            }
            let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
            let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
            let is_alone = line.trim_start_matches('\u{feff}').trim().is_empty();
            let place = if is_alone { CommentPlace::OwnLine } else { CommentPlace::AfterValue };
            self.found.push(Comment { span: Span::new(self.source, start, start + length), place });
            from = start + length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommentPlace::{self, AfterValue, OwnLine};
    use crate::parse;
    use telovix_diagnostic::source::SourceSet;
    use telovix_diagnostic::{Levels, Sink};

    fn comments(text: &str) -> Vec<(String, CommentPlace)> {
        let sources = SourceSet::single("case.yaml", text);
        let mut sink = Sink::new(Levels::default());
        let mut found = Vec::new();
        for (id, source) in sources.iter() {
            for comment in parse(id, source, &mut sink, |_, _| {}) {
                found.push((sources.text(comment.span).to_owned(), comment.place));
            }
        }
        found
    }

    fn expect(text: &str, expected: &[(&str, CommentPlace)]) {
        let expected: Vec<_> = expected.iter().map(|(text, place)| ((*text).to_owned(), *place)).collect();
        assert_eq!(comments(text), expected, "{text}");
    }

    #[test]
    fn finds_comments_wherever_they_may_stand() {
        expect(
            "\u{feff}# top\r\na: 1 # one\r\n# between\nb: # after a key\n  - x # item\n  # inside\n  - {c: d} # flow\n# end",
            &[
                ("# top", OwnLine),
                ("# one", AfterValue),
                ("# between", OwnLine),
                ("# after a key", AfterValue),
                ("# item", AfterValue),
                ("# inside", OwnLine),
                ("# flow", AfterValue),
                ("# end", OwnLine),
            ],
        );
        expect(
            "[a, # first\n b, # second\n # third\n]",
            &[("# first", AfterValue), ("# second", AfterValue), ("# third", OwnLine)],
        );
        expect(
            "a: 1\n--- # next\nb: 2\n... # over\n# last\n",
            &[("# next", AfterValue), ("# over", AfterValue), ("# last", OwnLine)],
        );
        expect("# only\n\n#too\n", &[("# only", OwnLine), ("#too", OwnLine)]);
    }

    #[test]
    fn leaves_values_alone() {
        expect("a: b#c\nd: 'x # y'\ne: \"x # y\"\nf#g: h\n", &[]);
        expect(
            "a: | # header\n  # text\n  more # text\n# comment\nb: >-\n\n  # text\n",
            &[("# header", AfterValue), ("# comment", OwnLine)],
        );
        expect("a: plain\n  goes # on\n", &[("# on", AfterValue)]);
        expect("a: &x#y [1]\nb: !t#u z\n", &[]);
    }

    #[test]
    fn takes_nothing_from_what_a_syntax_error_hides() {
        expect(
            "a: 1 # seen\nb: ]\nc: ' # hidden'\n---\nd: 1 # later\n",
            &[("# seen", AfterValue), ("# later", AfterValue)],
        );
    }
}
