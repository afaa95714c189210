//! The lines that policy files are nearly always made of -> the nodes that the parser would make of them.
//!
//! A document of comments, block mappings, lists, and scalars on one line is read here in one pass over its
//! bytes. At the first thing that is anything else, or that there is something to say about, this reader gives
//! up, and the parser reads the document from its start: what is YAML and what is a mistake is decided there
//! alone. Tests hold both readers to the same nodes, places, comments and findings.

use std::cmp::Ordering;

use granit_parser::{ScalarStyle as Notation, StructureStyle};

use super::build::Builder;
use super::comment::{Comment, CommentPlace};
use crate::diagnostic::Sink;
use crate::source::{SourceId, Span};

/// Most collections inside each other; far below the limit of the parser, which reports it.
const DEPTH: usize = 16;
/// Most bytes of a key; far below the 1,024 at which YAML ends an implicit key.
const KEY_BYTES: usize = 256;

/// A document whose nodes the builder holds.
pub(super) struct Document {
    /// Where the next document starts.
    pub(super) end: usize,
    /// The comments in it and before it.
    pub(super) comments: Vec<Comment>,
}

/// Reads the document that starts at a byte of the text. Nothing when the parser has to read it; what the
/// builder holds is to be thrown away then.
pub(super) fn read<'text>(
    source: SourceId,
    text: &'text str,
    start: usize,
    builder: &mut Builder<'text>,
) -> Option<Document> {
    let mut reader = Reader {
        source,
        text,
        at: start,
        open: Vec::with_capacity(DEPTH),
        awaited: None,
        comments: Vec::new(),
        builder,
        said: Sink::default(),
    };
    reader.document()?;
    (reader.said.count() == 0).then_some(Document { end: reader.at, comments: reader.comments })
}

/// The state of reading one document. Every step that returns nothing has given up.
struct Reader<'text, 'builder> {
    source: SourceId,
    text: &'text str,
    /// The next byte.
    at: usize,
    /// The collections whose end has not come yet.
    open: Vec<Open>,
    /// Where an empty value stands, if the value of the last key or dash does not come.
    awaited: Option<usize>,
    comments: Vec<Comment>,
    builder: &'builder mut Builder<'text>,
    /// What the builder has to say. The parser brings it up again.
    said: Sink,
}

/// A collection and the column its keys or dashes stand in.
struct Open {
    column: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
}

/// What a scalar lies in: inside brackets, more characters end it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Block,
    Flow,
}

struct Scalar<'text> {
    text: &'text str,
    notation: Notation,
    span: Span,
}

impl<'text> Reader<'text, '_> {
    fn document(&mut self) -> Option<()> {
        let mut is_begun = false;
        while let Some(first) = self.peek() {
            if first == b'-' && self.rest().starts_with(b"---") {
                if !self.is_separator(self.at + 3) {
                    return None;
                }
                if is_begun {
                    break;
                }
                self.at += 3;
                self.end_line()?;
                is_begun = true;
            } else {
                self.line(&mut is_begun)?;
            }
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        Some(())
    }

    /// Reads a line that separates no documents.
    fn line(&mut self, is_begun: &mut bool) -> Option<()> {
        let mut column = self.skip_spaces();
        match self.peek() {
            None | Some(b'\n') => return self.end_line(),
            Some(b'#') => return self.comment(CommentPlace::OwnLine),
            // `...` ends a document.
            Some(b'.') if column == 0 => return None,
            Some(_) => *is_begun = true,
        }
        if !self.is_dash() {
            self.arrive(column, Kind::Mapping, self.at, self.at)?;
            let key = self.scalar(Context::Block)?;
            return self.entry(&key);
        }
        let mut is_first = true;
        while self.is_dash() {
            let dash = self.at;
            self.at += 1;
            let width = 1 + self.skip_spaces();
            let is_empty = self.is_line_over();
            // The parser looks for an item up to the end of the line.
            let item = if is_empty { self.end_line().map(|()| self.line_end())? } else { self.at };
            // Each dash behind a dash starts a list of its own.
            if std::mem::take(&mut is_first) {
                self.arrive(column, Kind::Sequence, dash, item)?;
            } else {
                self.start(column, Kind::Sequence, dash)?;
            }
            if is_empty {
                self.awaited = Some(item);
                return Some(());
            }
            column += width;
        }
        self.item(column)
    }

    /// Reads what stands behind a dash: a scalar, a list in brackets, or the first entry of a mapping.
    fn item(&mut self, column: usize) -> Option<()> {
        if self.peek() == Some(b'[') {
            self.brackets()?;
            return self.end_line();
        }
        let start = self.at;
        let scalar = self.scalar(Context::Block)?;
        if self.peek() == Some(b':') {
            self.start(column, Kind::Mapping, start)?;
            return self.entry(&scalar);
        }
        self.place(&scalar)?;
        self.end_line()
    }

    /// Takes a key and reads what stands behind it on its line.
    fn entry(&mut self, key: &Scalar<'text>) -> Option<()> {
        let end = self.at;
        if self.peek()? != b':' || !self.is_separator(end + 1) || key.text.len() > KEY_BYTES {
            return None;
        }
        self.place(key)?;
        self.at += 1;
        self.skip_spaces();
        if self.is_line_over() {
            self.awaited = Some(end);
        } else if self.peek() == Some(b'[') {
            self.brackets()?;
        } else {
            let value = self.scalar(Context::Block)?;
            self.place(&value)?;
        }
        self.end_line()
    }

    /// Reads a list of scalars in brackets, all on one line.
    fn brackets(&mut self) -> Option<()> {
        self.builder.open_sequence(StructureStyle::Flow, self.span(self.at, self.at + 1)).ok()?;
        self.at += 1;
        loop {
            self.skip_spaces();
            if self.peek()? == b']' {
                break;
            }
            let item = self.scalar(Context::Flow)?;
            self.place(&item)?;
            self.skip_spaces();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return None,
            }
        }
        self.builder.close(self.span(self.at, self.at + 1), &mut self.said);
        self.at += 1;
        Some(())
    }

    /// Makes the collection that goes on or starts in a column the innermost one. `item` is where the first
    /// item of a list stands.
    fn arrive(&mut self, column: usize, kind: Kind, start: usize, item: usize) -> Option<()> {
        while let Some(inner) = self.open.last() {
            match column.cmp(&inner.column) {
                Ordering::Equal if inner.kind == kind => return self.fill(),
                // Behind a value that has come, this line would go on with it.
                Ordering::Greater => {
                    return self.awaited.take().and_then(|_| self.start(column, kind, start));
                }
                // A list may stand in the column of its key. The parser says then that it starts at its first item.
                Ordering::Equal if kind == Kind::Sequence => {
                    return self.awaited.take().and_then(|_| self.start(column, kind, item));
                }
                Ordering::Equal | Ordering::Less => self.close()?,
            }
        }
        if self.builder.has_root() { None } else { self.start(column, kind, start) }
    }

    fn start(&mut self, column: usize, kind: Kind, start: usize) -> Option<()> {
        if self.open.len() == DEPTH {
            return None;
        }
        self.open.push(Open { column, kind });
        let span = self.span(start, start);
        match kind {
            Kind::Mapping => self.builder.open_mapping(StructureStyle::Block, span),
            Kind::Sequence => self.builder.open_sequence(StructureStyle::Block, span),
        }
        .ok()
    }

    fn close(&mut self) -> Option<()> {
        self.fill()?;
        self.open.pop();
        self.builder.close(self.span(self.at, self.at), &mut self.said);
        Some(())
    }

    /// Stands an empty scalar in for a value that was not written.
    fn fill(&mut self) -> Option<()> {
        let Some(end) = self.awaited.take() else { return Some(()) };
        self.place(&Scalar { text: "", notation: Notation::Plain, span: self.span(end, end) })
    }

    fn place(&mut self, scalar: &Scalar<'text>) -> Option<()> {
        self.builder.scalar(scalar.text, scalar.notation, scalar.span, &mut self.said).ok()
    }

    /// Reads a scalar; stops right behind it.
    fn scalar(&mut self, context: Context) -> Option<Scalar<'text>> {
        match self.peek()? {
            quote @ (b'\'' | b'"') => self.quoted(quote),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'_' | b'.' | b'+' | b'~' | b'$' | b'<' => {
                self.plain(context)
            }
            b'-' if self.is_letter_or_digit(self.at + 1) => self.plain(context),
            _ => None,
        }
    }

    fn plain(&mut self, context: Context) -> Option<Scalar<'text>> {
        let start = self.at;
        let mut end = start;
        for (at, byte) in (start..).zip(self.rest()) {
            match (byte, context) {
                (b'\n', _) | (b',' | b']', Context::Flow) => break,
                (b'[' | b'{' | b'}' | b'#', Context::Flow) => return None,
                (b' ', _) => {}
                // Behind a space it starts a comment.
                (b'#', Context::Block) if end < at => break,
                (b':', Context::Block) if self.is_separator(at + 1) => break,
                (b':', Context::Flow) if !self.is_letter_or_digit(at + 1) => return None,
                (b'!'..=b'~', _) => end = at + 1,
                _ => return None,
            }
        }
        self.at = end;
        let text = self.text.get(start..end)?;
        Some(Scalar { text, notation: Notation::Plain, span: self.span(start, end) })
    }

    /// Reads a scalar in quotes that holds no escape. A doubled quote shows as text behind the scalar.
    fn quoted(&mut self, quote: u8) -> Option<Scalar<'text>> {
        let start = self.at + 1;
        let length = self.text.as_bytes().get(start..)?.iter().position(|byte| *byte == quote)?;
        let text = self.text.get(start..start + length)?;
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
            return None;
        }
        self.at = start + length + 1;
        Some(Scalar { text, notation: Notation::SingleQuoted, span: self.span(start - 1, self.at) })
    }

    /// Goes to the next line; only a comment may be left on this one.
    fn end_line(&mut self) -> Option<()> {
        self.skip_spaces();
        match self.peek() {
            None => {}
            Some(b'\n') => self.at += 1,
            Some(b'#') if self.text.get(..self.at)?.ends_with(' ') => {
                return self.comment(CommentPlace::AfterValue);
            }
            Some(_) => return None,
        }
        Some(())
    }

    /// Returns where the line ended that was read last.
    fn line_end(&self) -> usize {
        let read = self.text.get(..self.at).unwrap_or_default();
        read.strip_suffix('\n').unwrap_or(read).len()
    }

    fn comment(&mut self, place: CommentPlace) -> Option<()> {
        let comment = self.text.get(self.at..)?.split('\n').next()?;
        // The first ends a line, the second may only start a text.
        if comment.contains(['\r', '\u{feff}']) {
            return None;
        }
        let end = self.at + comment.len();
        self.comments.push(Comment { span: self.span(self.at, end), place });
        self.at = (end + 1).min(self.text.len());
        Some(())
    }

    fn skip_spaces(&mut self) -> usize {
        let spaces = self.rest().iter().take_while(|byte| **byte == b' ').count();
        self.at += spaces;
        spaces
    }

    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && self.is_separator(self.at + 1)
    }

    fn is_line_over(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'#'))
    }

    /// Tells whether `-`, `:` or `---` before this byte means what it says.
    fn is_separator(&self, at: usize) -> bool {
        matches!(self.text.as_bytes().get(at), None | Some(b' ' | b'\n'))
    }

    fn is_letter_or_digit(&self, at: usize) -> bool {
        self.text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'text [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }
}

#[cfg(test)]
mod tests;
