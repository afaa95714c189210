//! YAML in its plainest notation, which nearly all policy files use -> the same nodes as from the parser, but faster.
//!
//! A document of comments, block mappings, lists, and scalars on one line is read here in one pass over its
//! bytes. At anything else, and at anything to report, this reader stops, and the parser reads the document
//! from its start: the parser alone decides what is YAML and what is a mistake. Tests check that both readers give the
//! same nodes, places, comments and findings.

mod cursor;

use std::borrow::Cow;
use std::cmp::Ordering;

use granit_parser::{ScalarStyle as Notation, StructureStyle};

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceId;

use super::build::Builder;
use super::comment::{Comment, CommentPlace};
use cursor::{Context, Cursor, Scalar};

/// Maximum nesting of collections; far below the limit of the parser, which reports it.
const DEPTH: usize = 16;
/// Most bytes of a key; far below the 1,024 at which YAML ends an implicit key.
const KEY_BYTES: usize = 256;

/// A document whose nodes are in the builder.
pub(super) struct Document {
    /// Where the next document starts.
    pub(super) end: usize,
    /// The comments in it and before it.
    pub(super) comments: Vec<Comment>,
}

/// Reads the document that starts at a byte of the text. Nothing when the parser has to read it; the
/// content of the builder must then be dropped.
pub(super) fn read<'text>(
    source: SourceId,
    text: &'text str,
    start: usize,
    builder: &mut Builder<'text>,
) -> Option<Document> {
    let cursor = Cursor::new(source, text, start);
    let open = Vec::with_capacity(DEPTH);
    let mut reader = Reader { cursor, open, awaited: None, builder, said: Sink::default() };
    reader.document()?;
    let end = reader.cursor.at();
    (reader.said.count() == 0).then_some(Document { end, comments: reader.cursor.comments })
}

/// The state of reading one document. A step that returns nothing has stopped reading.
struct Reader<'text, 'builder> {
    cursor: Cursor<'text>,
    /// The open collections.
    open: Vec<Open>,
    /// The place of an empty value, if the last key or dash has none.
    awaited: Option<usize>,
    builder: &'builder mut Builder<'text>,
    /// What the builder reports. The parser reports it again.
    said: Sink,
}

/// A collection and the column of its keys or dashes.
struct Open {
    column: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
}

impl<'text> Reader<'text, '_> {
    fn document(&mut self) -> Option<()> {
        let mut is_begun = false;
        while self.cursor.peek().is_some() {
            if !self.cursor.is_at_dashes() {
                self.line(&mut is_begun)?;
                continue;
            }
            if !self.cursor.is_sign(3) {
                return None;
            }
            if is_begun {
                break;
            }
            self.cursor.skip(3);
            self.cursor.end_line()?;
            is_begun = true;
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        Some(())
    }

    /// Reads a line that is not a separator of documents.
    fn line(&mut self, is_begun: &mut bool) -> Option<()> {
        let column = self.cursor.skip_spaces();
        match self.cursor.peek() {
            None | Some(b'\n') => return self.cursor.end_line(),
            Some(b'#') => return self.cursor.comment(CommentPlace::OwnLine),
            // `...` ends a document.
            Some(b'.') if column == 0 => return None,
            Some(_) => *is_begun = true,
        }
        if self.cursor.is_at_item() {
            return self.items(column);
        }
        let start = self.cursor.at();
        self.arrive(column, Kind::Mapping, start, start)?;
        let key = self.cursor.scalar(Context::Block)?;
        self.entry(&key)
    }

    /// Reads a dash and what follows it. Each dash after a dash starts another list.
    fn items(&mut self, mut column: usize) -> Option<()> {
        let mut is_first = true;
        while self.cursor.is_at_item() {
            let dash = self.cursor.at();
            self.cursor.skip(1);
            let width = 1 + self.cursor.skip_spaces();
            let is_empty = self.cursor.is_line_over();
            let item = if is_empty {
                // The parser looks for an item up to the end of the line.
                self.cursor.end_line()?;
                self.cursor.line_end()
            } else {
                self.cursor.at()
            };
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

    /// Reads what follows the last dash: a scalar, a list in brackets, or the first entry of a mapping.
    fn item(&mut self, column: usize) -> Option<()> {
        let start = self.cursor.at();
        if self.cursor.peek() == Some(b'[') {
            self.brackets()?;
            return self.cursor.end_line();
        }
        let scalar = self.cursor.scalar(Context::Block)?;
        if self.cursor.peek() == Some(b':') {
            self.start(column, Kind::Mapping, start)?;
            return self.entry(&scalar);
        }
        self.place(&scalar)?;
        self.cursor.end_line()
    }

    /// Takes a key and reads what follows it on its line.
    fn entry(&mut self, key: &Scalar<'text>) -> Option<()> {
        let end = self.cursor.at();
        if self.cursor.peek()? != b':' || !self.cursor.is_sign(1) || key.text.len() > KEY_BYTES {
            return None;
        }
        self.place(key)?;
        self.cursor.skip(1);
        self.cursor.skip_spaces();
        if self.cursor.is_line_over() {
            self.awaited = Some(end);
        } else if self.cursor.peek() == Some(b'[') {
            self.brackets()?;
        } else {
            let value = self.cursor.scalar(Context::Block)?;
            self.place(&value)?;
        }
        self.cursor.end_line()
    }

    /// Reads a list of scalars in brackets, all on one line.
    fn brackets(&mut self) -> Option<()> {
        let bracket = |cursor: &Cursor<'_>| cursor.span(cursor.at(), cursor.at() + 1);
        self.builder.open_sequence(StructureStyle::Flow, bracket(&self.cursor)).ok()?;
        self.cursor.skip(1);
        loop {
            self.cursor.skip_spaces();
            if self.cursor.peek()? == b']' {
                break;
            }
            let item = self.cursor.scalar(Context::Flow)?;
            self.place(&item)?;
            self.cursor.skip_spaces();
            match self.cursor.peek()? {
                b',' => self.cursor.skip(1),
                b']' => break,
                _ => return None,
            }
        }
        self.builder.close(bracket(&self.cursor), &mut self.said);
        self.cursor.skip(1);
        Some(())
    }

    /// Makes the collection that continues or starts in a column the innermost one. `item` is where the first
    /// item of a list is.
    fn arrive(&mut self, column: usize, kind: Kind, start: usize, item: usize) -> Option<()> {
        while let Some(inner) = self.open.last() {
            match column.cmp(&inner.column) {
                Ordering::Equal if inner.kind == kind => return self.fill(),
                // After a value, this line would continue it.
                Ordering::Greater => {
                    self.awaited.take()?;
                    return self.start(column, kind, start);
                }
                // A list may be in the column of its key. The parser then reports that it starts at its first item.
                Ordering::Equal if kind == Kind::Sequence => {
                    self.awaited.take()?;
                    return self.start(column, kind, item);
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
        let span = self.cursor.span(start, start);
        match kind {
            Kind::Mapping => self.builder.open_mapping(StructureStyle::Block, span),
            Kind::Sequence => self.builder.open_sequence(StructureStyle::Block, span),
        }
        .ok()
    }

    fn close(&mut self) -> Option<()> {
        self.fill()?;
        self.open.pop();
        let end = self.cursor.at();
        self.builder.close(self.cursor.span(end, end), &mut self.said);
        Some(())
    }

    /// Adds an empty scalar for a value that was not written.
    fn fill(&mut self) -> Option<()> {
        let Some(end) = self.awaited.take() else { return Some(()) };
        self.place(&Scalar { text: "", notation: Notation::Plain, span: self.cursor.span(end, end) })
    }

    fn place(&mut self, scalar: &Scalar<'text>) -> Option<()> {
        self.builder.scalar(Cow::Borrowed(scalar.text), scalar.notation, scalar.span, &mut self.said).ok()
    }
}

#[cfg(test)]
mod tests;
