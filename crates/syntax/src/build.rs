//! Parser events -> one tree of nodes, without recursion.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use granit_parser::{ScalarStyle as Notation, StructureStyle};

use telovix_diagnostic::source::{SourceId, Span, Spanned};
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink, Treatment};

use super::codes::{
    ALIAS, DUPLICATE_KEY, FOLDED_ITEM, KEY_NOT_TEXT, MERGE_KEY, NESTED_TOO_DEEPLY, SCALAR_TOO_LONG,
    SYNTAX_ERROR, TAG, TOO_MANY_ERRORS, TOO_MANY_VALUES,
};
use super::limits;
use super::node::{Entry, Mapping, Node, ScalarStyle, Value};
use super::quote::quote;
use super::sharing::Sharing;

/// The key whose value is merged into the mapping.
const MERGE: &str = "<<";

/// Collects the events of one document.
pub(super) struct Builder<'text> {
    source: SourceId,
    text: &'text str,
    open: Vec<Open<'text>>,
    /// The items of all open sequences, those of the innermost last: each sequence is allocated once, when its
    /// length is known.
    items: Vec<Node<'text>>,
    /// The entries of all open mappings, in the same order.
    entries: Vec<Entry<'text>>,
    root: Option<Node<'text>>,
    nodes: usize,
    flaws: usize,
    sharing: Option<Sharing<'text>>,
}

/// One document.
#[derive(Debug)]
pub struct Tree<'text> {
    /// Its value; never null.
    pub root: Node<'text>,
    /// The number of errors reported about its text. Unless it is 0, the document is only read to find more
    /// errors.
    pub flaws: usize,
    /// What would have been reported about anchors, aliases and merge keys. Only [`crate::parse_sharing`] reads them;
    /// whoever calls it decides whether the document may have them.
    pub sharing: Vec<Diagnostic>,
}

/// A document exceeded a limit and cannot be read further.
pub(super) struct Full(pub(super) Box<Diagnostic>);

/// A collection that is still open.
struct Open<'text> {
    span: Span,
    style: StructureStyle,
    content: Content<'text>,
}

enum Content<'text> {
    /// Its items are those from this one on.
    Sequence { first: usize },
    /// Its entries are those from this one on.
    Mapping { first: usize, key: Key<'text> },
}

/// What a mapping expects next.
enum Key<'text> {
    /// The next node is a key.
    Awaited,
    /// The next node is the value of this key.
    Read(Spanned<Cow<'text, str>>),
    /// The next node is the value of a key that was reported, and is dropped with it.
    Refused,
}

impl<'text> Builder<'text> {
    pub(super) fn new(source: SourceId, text: &'text str, sharing: Option<Sharing<'text>>) -> Self {
        Self {
            sharing,
            source,
            text,
            open: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            root: None,
            nodes: 0,
            flaws: 0,
        }
    }

    /// Drops the document so far.
    pub(super) fn reset(&mut self) {
        self.open.clear();
        self.items.clear();
        self.entries.clear();
        self.root = None;
        self.nodes = 0;
        self.flaws = 0;
        if let Some(sharing) = &mut self.sharing {
            *sharing = Sharing::default();
        }
    }

    /// Returns the innermost bracket that is still open.
    pub(super) fn open_bracket(&self) -> Option<Span> {
        self.open.iter().rev().find(|open| open.style == StructureStyle::Flow).map(|open| open.span)
    }

    /// Returns whether the document has a complete value.
    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Returns the document, unless it is empty.
    pub(super) fn finish(&mut self) -> Option<Tree<'text>> {
        let (root, flaws) = (self.root.take(), self.flaws);
        let sharing = self.sharing.as_mut().map(Sharing::take_findings).unwrap_or_default();
        self.reset();
        root.filter(|node| !node.is_null()).map(|root| Tree { root, flaws, sharing })
    }

    /// Reports what is valid YAML but not allowed in a document.
    pub(super) fn refuse(&mut self, diagnostic: Diagnostic, sink: &mut Sink) {
        self.flaws += 1;
        if self.flaws <= limits::FLAWS {
            sink.report(diagnostic);
        } else if self.flaws == limits::FLAWS + 1 {
            let message = "this document has more of these errors than are listed";
            sink.report(Diagnostic::new(&TOO_MANY_ERRORS, diagnostic.span, message));
        }
    }

    pub(super) fn scalar(
        &mut self,
        text: Cow<'text, str>,
        notation: Notation,
        span: Span,
        sink: &mut Sink,
    ) -> Result<(), Full> {
        let length = span.end.saturating_sub(span.start) as usize;
        if length > limits::SCALAR_BYTES {
            let limit = limits::SCALAR_BYTES;
            let message = format!("this value has {length} bytes, more than the {limit} a value may have");
            let start = Span { end: span.start, ..span };
            self.refuse(Diagnostic::new(&SCALAR_TOO_LONG, start, message).help("shorten the value"), sink);
            return self.unreadable(start, sink);
        }
        self.count(span)?;
        // The parser reports `~` for a value that was not written.
        let text = if span.start == span.end { Cow::Borrowed("") } else { text };
        let style = match notation {
            Notation::Plain if self.continuation(span).is_some() => ScalarStyle::Folded,
            Notation::Plain => ScalarStyle::Plain,
            _ => ScalarStyle::Quoted,
        };
        if style == ScalarStyle::Folded && self.refuse_folded_item(span, sink) {
            self.place(Node { span, value: Value::Unreadable }, sink);
            return Ok(());
        }
        let value = Value::Scalar { text, style };
        let is_block = matches!(notation, Notation::Literal | Notation::Folded);
        let span = if is_block { self.trimmed(span) } else { span };
        self.place(Node { span, value }, sink);
        Ok(())
    }

    /// Returns the lines of a scalar after its first, without indentation.
    fn continuation(&self, span: Span) -> Option<Span> {
        let written = self.text.get(span.start as usize..span.end as usize)?;
        let (first, rest) = written.split_once('\n')?;
        let indented = rest.len() - rest.trim_start().len();
        let start = span.start as usize + first.len() + 1 + indented;
        Some(Span { start: u32::try_from(start).ok()?, ..span })
    }

    /// Returns the fix that indents a continued line like the item above it.
    fn unfolded(&self, item: Span, rest: Span) -> Option<Fix> {
        let before = |end: u32| {
            let text = self.text.get(..end as usize)?;
            Some(text.get(text.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default())
        };
        let indentation = before(item.start)?.trim_end().strip_suffix('-')?;
        let own = before(rest.start)?;
        let is_blank = indentation.trim().is_empty() && own.trim().is_empty();
        let start = (rest.start as usize).checked_sub(own.len())?;
        let span = Span::new(self.source, start, rest.start as usize);
        is_blank.then(|| Fix::new(Certainty::Meant, span, indentation))
    }

    /// No list of a policy document needs text of several lines, so such an item is a mistake of indentation. Returns
    /// whether it was one.
    fn refuse_folded_item(&mut self, span: Span, sink: &mut Sink) -> bool {
        let in_list = self.open.last().is_some_and(|open| matches!(open.content, Content::Sequence { .. }));
        let Some(rest) = self.continuation(span).filter(|_| in_list) else { return false };
        let written = self.text.get(rest.start as usize..rest.end as usize).unwrap_or_default();
        let help = if written.starts_with("- ") {
            "indent the item like the one above"
        } else {
            "write each item on one line, after its own `- `"
        };
        let line = written.lines().next().unwrap_or_default().trim_end();
        let message =
            format!("{} continues the list item above, and YAML joins both into one value", quote(line));
        let mut diagnostic = Diagnostic::new(&FOLDED_ITEM, rest, message);
        if let Some(fix) = self.unfolded(span, rest).filter(|_| written.starts_with("- ")) {
            diagnostic = diagnostic.fix_by(fix);
        }
        self.refuse(diagnostic.related(span, "the item").help(help), sink);
        true
    }

    pub(super) fn unreadable(&mut self, span: Span, sink: &mut Sink) -> Result<(), Full> {
        self.count(span)?;
        self.place(Node { span, value: Value::Unreadable }, sink);
        Ok(())
    }

    pub(super) fn open_sequence(&mut self, style: StructureStyle, span: Span) -> Result<(), Full> {
        self.open(style, span, Content::Sequence { first: self.items.len() })
    }

    pub(super) fn open_mapping(&mut self, style: StructureStyle, span: Span) -> Result<(), Full> {
        self.open(style, span, Content::Mapping { first: self.entries.len(), key: Key::Awaited })
    }

    fn open(&mut self, style: StructureStyle, span: Span, content: Content<'text>) -> Result<(), Full> {
        self.count(span)?;
        if self.open.len() >= limits::DEPTH {
            return Err(Full(Box::new(too_deep(span))));
        }
        self.open.push(Open { span, style, content });
        Ok(())
    }

    /// Ends the innermost collection; `end` is the span of its closing bracket, if it has one.
    pub(super) fn close(&mut self, end: Span, sink: &mut Sink) {
        let Some(Open { span, style, content }) = self.open.pop() else { return };
        let (last, value) = match content {
            Content::Sequence { first } => {
                let items = self.items.split_off(first.min(self.items.len()));
                (items.last().map(|node| node.span), Value::Sequence(items))
            }
            Content::Mapping { first, .. } => {
                let entries = self.entries.split_off(first.min(self.entries.len()));
                let last = entries.last().map(|entry| entry.key.span.to(entry.value.span));
                let entries = self.merged(entries, sink);
                (last, Value::Mapping(Mapping { entries: self.unique(entries, sink) }))
            }
        };
        let span = match (style, last) {
            (StructureStyle::Flow, _) => span.to(end),
            (StructureStyle::Block, Some(last)) => span.to(last),
            (StructureStyle::Block, None) => span,
        };
        self.place(Node { span, value }, sink);
    }

    /// Returns the `%YAML` line of a document that starts at `start`.
    pub(super) fn directive(&self, start: Span) -> Option<Span> {
        let before = self.text.get(..start.end as usize)?;
        let at = before
            .rfind("%YAML")
            .filter(|at| *at == 0 || before[..*at].ends_with(['\n', '\r', '\u{feff}']))?;
        let line = self.text.get(at..)?.lines().next()?.trim_end();
        Some(Span::new(self.source, at, at + line.len()))
    }

    pub(super) fn refuse_tag(&mut self, range: Range<usize>, sink: &mut Sink) {
        let tag = self.text.get(range.clone()).unwrap_or_default();
        let span = Span::new(self.source, range.start, range.end);
        let message = format!("the tag {} is not part of policy documents", quote(tag));
        let help = "remove it; the field decides the type, and quotes make a value text";
        let after = self.text.get(range.end..).unwrap_or_default();
        let whole = Span::new(self.source, range.start, range.end + usize::from(after.starts_with(' ')));
        let fix = Fix::new(Certainty::Guess, whole, "");
        self.refuse(Diagnostic::new(&TAG, span, message).help(help).fix_by(fix), sink);
    }

    fn count(&mut self, span: Span) -> Result<(), Full> {
        self.nodes += 1;
        if self.nodes <= limits::NODES {
            return Ok(());
        }
        let message = format!("this document has more than {} values", limits::NODES);
        let diagnostic = Diagnostic::new(&TOO_MANY_VALUES, span, message);
        Err(Full(Box::new(diagnostic.help("split it into several documents"))))
    }

    /// Refuses an anchor, or notes it.
    pub(super) fn anchor(&mut self, span: Span, sink: &mut Sink) {
        let message = "anchors are not part of policy documents";
        let help = "remove the anchor; text that starts with `&` needs quotes";
        let refusal = Diagnostic::new(&ALIAS, span, message).help(help);
        match &mut self.sharing {
            Some(sharing) => sharing.note(refusal),
            None => self.refuse(refusal, sink),
        }
    }

    /// Gives the next value this anchor, unless it is 0.
    pub(super) fn expect_anchored(&mut self, number: usize) {
        let around = self.open.len();
        if let Some(sharing) = self.sharing.as_mut().filter(|_| number != 0) {
            sharing.expect(number, around);
        }
    }

    /// Places a copy of the value with this anchor, or refuses the alias.
    pub(super) fn alias(&mut self, number: Option<usize>, span: Span, sink: &mut Sink) -> Result<(), Full> {
        let message = "aliases are not part of policy documents";
        let help = "write the value out; text that starts with `*` needs quotes";
        let refusal = Diagnostic::new(&ALIAS, span, message).help(help);
        let Some(sharing) = &mut self.sharing else {
            self.refuse(refusal, sink);
            return self.unreadable(span, sink);
        };
        sharing.note(refusal);
        let Some(size) = number.and_then(|number| sharing.size(number)) else {
            let message = "this alias has no complete value before it";
            self.refuse(Diagnostic::new(&SYNTAX_ERROR, span, message).help(help), sink);
            return self.unreadable(span, sink);
        };
        if self.open.len() + size.depth > limits::DEPTH {
            return Err(Full(Box::new(too_deep(span))));
        }
        self.nodes = self.nodes.saturating_add(size.nodes);
        let node = number.and_then(|number| sharing.repeat(number));
        let Some(node) = node.filter(|_| self.nodes <= limits::NODES) else {
            let message =
                format!("the aliases of this document repeat more than {} values", limits::SHARED_NODES);
            let diagnostic = Diagnostic::new(&TOO_MANY_VALUES, span, message);
            // The YAML library of Tetragon has such a limit too.
            let diagnostic = diagnostic.help("write the values out, or split the document");
            return Err(Full(Box::new(diagnostic.tetragon(Treatment::Rejects))));
        };
        self.place(node, sink);
        Ok(())
    }

    /// Adds a finished node to the innermost open collection.
    fn place(&mut self, node: Node<'text>, sink: &mut Sink) {
        if let Some(sharing) = &mut self.sharing {
            sharing.finish(&node, self.open.len());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        let refused = match &mut parent.content {
            Content::Sequence { .. } => return self.items.push(node),
            Content::Mapping { key, .. } => match std::mem::replace(key, Key::Awaited) {
                Key::Read(key) => return self.entries.push(Entry { key, value: node }),
                Key::Refused => return,
                Key::Awaited => match read_key(node, self.sharing.as_mut()) {
                    Ok(text) => return *key = Key::Read(text),
                    Err(diagnostic) => {
                        *key = Key::Refused;
                        diagnostic
                    }
                },
            },
        };
        if let Some(diagnostic) = refused {
            self.refuse(*diagnostic, sink);
        }
    }

    /// Replaces merge keys by the entries they stand for. A key that is also written, or merged twice, is a duplicate, as
    /// for Tetragon.
    fn merged(&mut self, entries: Vec<Entry<'text>>, sink: &mut Sink) -> Vec<Entry<'text>> {
        if self.sharing.is_none() || !entries.iter().any(|entry| entry.key.value == MERGE) {
            return entries;
        }
        let mut merged = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.key.value != MERGE {
                merged.push(entry);
                continue;
            }
            let sources = match entry.value.value {
                Value::Sequence(items) => items,
                value => vec![Node { span: entry.value.span, value }],
            };
            for source in sources {
                let span = source.span;
                if let Value::Mapping(mapping) = source.value {
                    merged.extend(mapping.entries);
                } else {
                    let message = "a merge key takes a mapping or a list of mappings";
                    self.refuse(Diagnostic::new(&MERGE_KEY, span, message), sink);
                }
            }
        }
        merged
    }

    /// Keeps the first entry of each key and reports the others.
    fn unique(&mut self, entries: Vec<Entry<'text>>, sink: &mut Sink) -> Vec<Entry<'text>> {
        let again = repeated(&entries);
        for (first, again) in &again {
            if let (Some(first), Some(again)) = (entries.get(*first), entries.get(*again)) {
                let found = duplicate(first, again);
                let text = |entry: &Entry<'_>| {
                    let Span { start, end, .. } = self.trimmed(entry.value.span);
                    self.text.get(start as usize..end as usize)
                };
                let span = again.key.span.to(again.value.span);
                self.refuse(
                    if text(first) == text(again) {
                        found.fix_by(Fix::remove(Certainty::Meant, span))
                    } else {
                        found
                    },
                    sink,
                );
            }
        }
        if again.is_empty() {
            return entries;
        }
        let dropped: BTreeSet<usize> = again.into_iter().map(|(_, again)| again).collect();
        let kept = entries.into_iter().enumerate().filter(|(index, _)| !dropped.contains(index));
        kept.map(|(_, entry)| entry).collect()
    }

    /// Block scalars end after their last line end, which the user does not see.
    fn trimmed(&self, span: Span) -> Span {
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        Span { end: span.start.saturating_add(written.trim_end().len().try_into().unwrap_or(0)), ..span }
    }
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("this value is nested more than {} levels deep", limits::DEPTH);
    Diagnostic::new(&NESTED_TOO_DEEPLY, span, message).help("no document kind needs more than a dozen levels")
}

/// What to say about `{{ … }}`.
pub(super) const TEMPLATES: &str = "templates (`{{ … }}`) are not rendered here; render them first, as in `helm template . | telovix lint -`";

/// Converts a node to a key, or returns what to report; nothing when it was reported already.
fn read_key<'text>(
    node: Node<'text>,
    sharing: Option<&mut Sharing<'text>>,
) -> Result<Spanned<Cow<'text, str>>, Option<Box<Diagnostic>>> {
    let refusal = match node.value {
        Value::Scalar { text, style: ScalarStyle::Plain } if text == MERGE => {
            let message = "merge keys are not part of policy documents";
            let refusal = Diagnostic::new(&MERGE_KEY, node.span, message).help("write the merged keys out");
            let Some(sharing) = sharing else { return Err(Some(Box::new(refusal))) };
            sharing.note(refusal);
            return Ok(Spanned::new(text, node.span));
        }
        Value::Scalar { text, style } if !text.is_empty() || style == ScalarStyle::Quoted => {
            return Ok(Spanned::new(text, node.span));
        }
        Value::Unreadable => return Err(None),
        Value::Mapping(_) => {
            let diagnostic = Diagnostic::new(&KEY_NOT_TEXT, node.span, "expected a text key before `:`");
            let help = "write `key: value`; text that starts with `[` or `{` needs quotes";
            diagnostic.help(help).help(TEMPLATES)
        }
        Value::Scalar { .. } | Value::Sequence(_) => {
            let help = "write `key: value`; text that starts with `[` or `{` needs quotes";
            Diagnostic::new(&KEY_NOT_TEXT, node.span, "expected a text key before `:`").help(help)
        }
    };
    Err(Some(Box::new(refusal)))
}

/// Returns the index of each entry whose key came before, with that of the first such entry.
fn repeated(entries: &[Entry]) -> Vec<(usize, usize)> {
    let key = |index: &usize| entries.get(*index).map(|entry| entry.key.value.as_ref());
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|left, right| key(left).cmp(&key(right)));
    let mut pairs = Vec::new();
    for same in order.chunk_by(|left, right| key(left) == key(right)) {
        if let [first, others @ ..] = same {
            pairs.extend(others.iter().map(|other| (*first, *other)));
        }
    }
    pairs
}

fn duplicate(first: &Entry, again: &Entry) -> Diagnostic {
    let message = format!("the key {} is given twice", quote(&again.key.value));
    Diagnostic::new(&DUPLICATE_KEY, again.key.span, message)
        .related(first.key.span, "first given here")
        .help("remove one of them; only the first was checked for further errors")
}
