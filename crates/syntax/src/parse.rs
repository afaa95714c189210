//! The text of one source -> the node of each document, and the comments.

use std::ops::{ControlFlow, Range};

use granit_parser::{Event, Parser, options};

use telovix_diagnostic::source::{Source, SourceId, Span};
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};

use super::admit::admit;
use super::build::{Builder, Full, Tree};
use super::codes::{EMPTY_FILE, NO_DOCUMENT, TOO_MANY_ERRORS, YAML_VERSION};
use super::comment::{Comment, Comments};
use super::limits;
use super::mistake;
use super::plain;
use super::sharing::Sharing;

/// Parses the documents of a source, passes each one on when it is complete, and returns the comments.
///
/// A syntax error costs its own document only. Documents without a value (two `---` in a row) are
/// left out. Comments come in the order written, also those of documents with an error.
pub fn parse<'text>(
    id: SourceId,
    source: &'text Source,
    sink: &mut Sink,
    mut receive: impl FnMut(Tree<'text>, &mut Sink),
) -> Vec<Comment> {
    let Some(mut stream) = Stream::open(id, source, None, sink) else { return Vec::new() };
    let rest = stream.read_plain(sink, &mut receive);
    stream.read(rest, sink, &mut receive);
    stream.finish(sink)
}

/// [`parse`] with the parser alone, to check the plain reader against.
pub fn parse_by_parser<'text>(
    id: SourceId,
    source: &'text Source,
    sink: &mut Sink,
    mut receive: impl FnMut(Tree<'text>, &mut Sink),
) -> Vec<Comment> {
    let Some(mut stream) = Stream::open(id, source, None, sink) else { return Vec::new() };
    stream.read(0, sink, &mut receive);
    stream.finish(sink)
}

/// [`parse`] where aliases repeat the values of their anchors and merge keys are merged. What [`parse`] would report
/// about them is in [`Tree::sharing`].
pub fn parse_sharing<'text>(
    id: SourceId,
    source: &'text Source,
    sink: &mut Sink,
    mut receive: impl FnMut(Tree<'text>, &mut Sink),
) -> Vec<Comment> {
    let Some(mut stream) = Stream::open(id, source, Some(Sharing::default()), sink) else {
        return Vec::new();
    };
    stream.read(0, sink, &mut receive);
    stream.finish(sink)
}

/// The state of reading one source.
struct Stream<'text> {
    id: SourceId,
    text: &'text str,
    builder: Builder<'text>,
    comments: Comments<'text>,
    complete: usize,
    failed: usize,
    /// How many findings there were before the first of this source.
    said_before: usize,
}

impl<'text> Stream<'text> {
    /// Starts reading a source; returns nothing, and reports why, when it cannot be read.
    fn open(
        id: SourceId,
        source: &'text Source,
        sharing: Option<Sharing<'text>>,
        sink: &mut Sink,
    ) -> Option<Self> {
        if !admit(id, source, sink) {
            return None;
        }
        let text = source.text();
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            let diagnostic = Diagnostic::new(&EMPTY_FILE, Span::start_of(id), "this file is empty");
            sink.report(diagnostic.help("write a document that starts with `kind:`, or delete the file"));
            return None;
        }
        let (builder, comments) = (Builder::new(id, text, sharing), Comments::new(id, text));
        Some(Self { id, text, builder, comments, complete: 0, failed: 0, said_before: sink.count() })
    }

    /// Reads documents up to the first that the plain reader cannot read; returns where that one starts.
    fn read_plain(&mut self, sink: &mut Sink, receive: &mut impl FnMut(Tree<'text>, &mut Sink)) -> usize {
        let mut start = 0;
        while start < self.text.len() {
            let Some(document) = plain::read(self.id, self.text, start, &mut self.builder) else {
                self.builder.reset();
                break;
            };
            start = document.end;
            self.comments.take(document.comments, start);
            if self.hand_over(sink, receive).is_break() {
                return self.text.len();
            }
        }
        start
    }

    /// Reads the documents from a byte of the text on with the parser.
    fn read(&mut self, start: usize, sink: &mut Sink, receive: &mut impl FnMut(Tree<'text>, &mut Sink)) {
        let (id, text) = (self.id, self.text);
        let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) else { return };
        let options = options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            flow_nesting_limit: limits::DEPTH,
            block_nesting_limit: limits::DEPTH,
        };
        let mut parser = Parser::new_from_str_with_options(rest, options);
        let within = |range: Range<usize>| start + range.start..start + range.end;
        // Text after an error was not parsed, so comments there are unknown.
        let mut lost = false;
        while let Some(next) = parser.next_event() {
            let failure = match next {
                Ok((Event::DocumentEnd, _)) => {
                    if self.hand_over(sink, receive).is_break() {
                        return;
                    }
                    continue;
                }
                Ok((event, place)) => {
                    let range = within(place.byte_range().unwrap_or_default());
                    if lost {
                        self.comments.skip(range.start);
                        lost = false;
                    }
                    self.comments.pass(range.start, range.end);
                    let span = Span::new(id, range.start, range.end);
                    let tag = place.tag_span().and_then(|tag| tag.byte_range()).map(within);
                    match self.take(event, span, tag, sink) {
                        Ok(()) => continue,
                        Err(Full(diagnostic)) => *diagnostic,
                    }
                }
                Err(error) => {
                    let failure = mistake::explain(id, text, start, &error);
                    match self.builder.open_bracket() {
                        Some(bracket) => failure.related(bracket, "this bracket is still open"),
                        None => failure,
                    }
                }
            };
            self.builder.reset();
            self.failed += 1;
            lost = true;
            let place = failure.span;
            sink.report(failure);
            if self.failed == limits::SYNTAX_ERRORS {
                let message = "this file has too many errors; what follows was not read";
                sink.report(Diagnostic::new(&TOO_MANY_ERRORS, place, message));
                return;
            }
            if !matches!(parser.proceed_next_document(), Ok(true)) {
                self.comments.skip(text.len());
                return;
            }
        }
    }

    /// Passes on the document of the builder. Breaks when its source has too many findings.
    fn hand_over(
        &mut self,
        sink: &mut Sink,
        receive: &mut impl FnMut(Tree<'text>, &mut Sink),
    ) -> ControlFlow<()> {
        let Some(document) = self.builder.finish() else { return ControlFlow::Continue(()) };
        self.complete += 1;
        let span = document.root.span;
        receive(document, sink);
        if sink.count() - self.said_before <= limits::SOURCE_FINDINGS {
            return ControlFlow::Continue(());
        }
        let message = "this file has too many errors; what follows this document was not read";
        sink.report(Diagnostic::new(&TOO_MANY_ERRORS, span, message));
        ControlFlow::Break(())
    }

    fn finish(self, sink: &mut Sink) -> Vec<Comment> {
        if self.complete + self.failed == 0 {
            let message = "this file contains only comments, so nothing is compiled from it";
            sink.report(Diagnostic::new(&NO_DOCUMENT, Span::start_of(self.id), message));
        }
        self.comments.finish()
    }

    fn take(
        &mut self,
        event: Event<'text>,
        span: Span,
        tag: Option<Range<usize>>,
        sink: &mut Sink,
    ) -> Result<(), Full> {
        if let Some(range) = tag {
            self.builder.refuse_tag(range, sink);
        }
        match event {
            Event::DocumentStart(_, version) => {
                if version.is_some_and(|version| (version.major, version.minor) != (1, 2)) {
                    let message = "this document declares another YAML version; it is read as YAML 1.2";
                    let diagnostic = Diagnostic::new(&YAML_VERSION, span, message);
                    sink.report(match self.builder.directive(span) {
                        Some(line) => diagnostic
                            .help("remove the `%YAML` line")
                            .fix_by(Fix::remove(Certainty::SameMeaning, line)),
                        None => diagnostic.help("remove the `%YAML` line"),
                    });
                }
                self.builder.reset();
            }
            Event::Scalar(text, style, anchor, _) => {
                self.builder.expect_anchored(anchor);
                self.builder.scalar(text, style, span, sink)?;
            }
            Event::SequenceStart(style, anchor, _) => {
                self.builder.expect_anchored(anchor);
                self.builder.open_sequence(style, span)?;
            }
            Event::MappingStart(style, anchor, _) => {
                self.builder.expect_anchored(anchor);
                self.builder.open_mapping(style, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.close(span, sink),
            Event::Anchor(..) => self.builder.anchor(span, sink),
            Event::Alias(number) => self.builder.alias(Some(number), span, sink)?,
            Event::UnresolvedAlias(_) => self.builder.alias(None, span, sink)?,
            _ => {}
        }
        Ok(())
    }
}
