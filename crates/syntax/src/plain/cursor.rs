//! The bytes of a line -> its spaces, indicators, scalars and comment, if they are in plain notation.

use granit_parser::ScalarStyle as Notation;

use telovix_diagnostic::source::{SourceId, Span};

use crate::comment::{Comment, CommentPlace};

/// A place in a text. A step that returns nothing has found what only the parser reads.
pub(super) struct Cursor<'text> {
    source: SourceId,
    text: &'text str,
    /// The next byte.
    at: usize,
    /// The comments that were passed.
    pub(super) comments: Vec<Comment>,
}

/// The context of a scalar: inside brackets, more characters end it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Block,
    Flow,
}

/// A scalar on one line.
pub(super) struct Scalar<'text> {
    pub(super) text: &'text str,
    pub(super) notation: Notation,
    pub(super) span: Span,
}

impl<'text> Cursor<'text> {
    pub(super) fn new(source: SourceId, text: &'text str, start: usize) -> Self {
        Self { source, text, at: start, comments: Vec::new() }
    }

    /// Returns the place of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    /// Skips this many bytes, which the caller has checked.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn skip_spaces(&mut self) -> usize {
        let spaces = self.from(self.at).iter().take_while(|byte| **byte == b' ').count();
        self.at += spaces;
        spaces
    }

    /// Returns whether a `---` is here, whatever follows.
    pub(super) fn is_at_dashes(&self) -> bool {
        self.from(self.at).starts_with(b"---")
    }

    /// Returns whether a list item starts here.
    pub(super) fn is_at_item(&self) -> bool {
        self.peek() == Some(b'-') && self.is_sign(1)
    }

    /// Returns whether the `-`, `:` or `---` in these next bytes is an indicator.
    pub(super) fn is_sign(&self, bytes: usize) -> bool {
        self.is_separator(self.at + bytes)
    }

    /// Returns whether at most spaces and a comment are left on the line.
    pub(super) fn is_line_over(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'#'))
    }

    /// Goes to the next line; only a comment may be left on this one.
    pub(super) fn end_line(&mut self) -> Option<()> {
        self.skip_spaces();
        match self.peek() {
            None => Some(()),
            Some(b'\n') => {
                self.at += 1;
                Some(())
            }
            Some(b'#') if self.text.get(..self.at)?.ends_with(' ') => self.comment(CommentPlace::AfterValue),
            Some(_) => None,
        }
    }

    /// Returns the end of the last line that was read.
    pub(super) fn line_end(&self) -> usize {
        let read = self.text.get(..self.at).unwrap_or_default();
        read.strip_suffix('\n').unwrap_or(read).len()
    }

    /// Reads a comment and the end of its line.
    pub(super) fn comment(&mut self, place: CommentPlace) -> Option<()> {
        let comment = self.text.get(self.at..)?.split('\n').next()?;
        // The first ends a line, the second is only allowed at the start of a text.
        if comment.contains(['\r', '\u{feff}']) {
            return None;
        }
        let end = self.at + comment.len();
        self.comments.push(Comment { span: self.span(self.at, end), place });
        self.at = (end + 1).min(self.text.len());
        Some(())
    }

    /// Reads a scalar; stops right after it.
    pub(super) fn scalar(&mut self, context: Context) -> Option<Scalar<'text>> {
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
        // Where the scalar ends if only spaces follow.
        let mut end = start;
        let mut at = start;
        loop {
            let word = self.from(at).iter().take_while(|byte| ORDINARY[usize::from(**byte)]).count();
            at += word;
            if word > 0 {
                end = at;
            }
            match (self.byte(at), context) {
                (None | Some(b'\n'), _) | (Some(b',' | b']'), Context::Flow) => break,
                (Some(b'[' | b'{' | b'}' | b'#'), Context::Flow) => return None,
                (Some(b' '), _) => {}
                // After a space it starts a comment.
                (Some(b'#'), Context::Block) if end < at => break,
                (Some(b':'), Context::Block) if self.is_separator(at + 1) => break,
                (Some(b':'), Context::Flow) if !self.is_letter_or_digit(at + 1) => return None,
                (Some(b'!'..=b'~'), _) => end = at + 1,
                (Some(_), _) => return None,
            }
            at += 1;
        }
        self.at = end;
        let text = self.text.get(start..end)?;
        Some(Scalar { text, notation: Notation::Plain, span: self.span(start, end) })
    }

    /// Reads a quoted scalar without escapes. A doubled quote looks like text after the scalar.
    fn quoted(&mut self, quote: u8) -> Option<Scalar<'text>> {
        let start = self.at + 1;
        let length = self.from(start).iter().position(|byte| *byte == quote)?;
        let text = self.text.get(start..start + length)?;
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
            return None;
        }
        self.at = start + length + 1;
        Some(Scalar { text, notation: Notation::SingleQuoted, span: self.span(start - 1, self.at) })
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn is_separator(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    fn is_letter_or_digit(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_alphanumeric())
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn from(&self, at: usize) -> &'text [u8] {
        self.text.as_bytes().get(at..).unwrap_or_default()
    }
}

/// By byte: whether it has no special meaning in a plain scalar, which is true for nearly all of them.
static ORDINARY: [bool; 256] = {
    let mut ordinary = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x7f {
        ordinary[byte as usize] = matches!(byte, b'a'..=b'z' | b'-'..=b'9' | b'A'..=b'Z' | b'_');
        byte += 1;
    }
    ordinary
};
