//! A compiled repository: its sources, its findings, and places in them.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;
use telovix_diagnostic::Diagnostic;
use telovix_diagnostic::source::{SourceId, SourceSet, Span};

use crate::position::{Encoding, Position};
use crate::text::Text;
use crate::uri::uri_of;

/// What a compile said, with the texts that it was about.
#[derive(Debug)]
pub struct Model {
    /// The texts.
    pub sources: SourceSet,
    /// The folder that their names are relative to, absolute.
    root: String,
    findings: BTreeMap<SourceId, Vec<Diagnostic>>,
    /// The lines of each source.
    texts: BTreeMap<SourceId, Text>,
    encoding: Encoding,
}

impl Model {
    /// Sorts findings by source. Names of sources are relative to `root`, or absolute.
    #[must_use]
    pub fn new(root: &str, sources: SourceSet, findings: Vec<Diagnostic>, encoding: Encoding) -> Self {
        let mut by_source: BTreeMap<SourceId, Vec<Diagnostic>> = BTreeMap::new();
        for finding in findings {
            let source =
                finding.span.filter(|span| sources.get(span.source).is_some()).map(|span| span.source);
            let source = source.or_else(|| sources.iter().next().map(|(first, _)| first));
            if let Some(source) = source {
                by_source.entry(source).or_default().push(finding);
            }
        }
        let texts = sources
            .iter()
            .filter_map(|(id, source)| Some((id, Text::open(source.text().to_owned(), usize::MAX).ok()?)));
        let texts = texts.collect();
        Self { root: root.to_owned(), sources, findings: by_source, texts, encoding }
    }

    /// Returns the source of a file, by its absolute path.
    pub(crate) fn source(&self, path: &str) -> Option<SourceId> {
        let name = path.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
        self.sources.iter().find(|(_, source)| source.name() == name).map(|(id, _)| id)
    }

    /// Returns the URI of a source.
    pub(crate) fn uri(&self, id: SourceId) -> Option<lsp::Uri> {
        let name = self.sources.get(id)?.name();
        Some(if name.starts_with('/') { uri_of(name) } else { uri_of(&format!("{}/{name}", self.root)) })
    }

    /// Returns every source with its findings.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (SourceId, &[Diagnostic])> {
        self.sources.iter().map(|(id, _)| (id, self.findings_of(id)))
    }

    /// Returns the findings of a source.
    pub(crate) fn findings_of(&self, id: SourceId) -> &[Diagnostic] {
        self.findings.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns the range of a span as the editor counts; that of the start of the file for one that is nowhere.
    pub(crate) fn range(&self, span: Span) -> lsp::Range {
        let place = |offset: u32| {
            let text = self.texts.get(&span.source);
            let at = text.map_or(Position { line: 0, character: 0 }, |text| {
                text.position(offset as usize, self.encoding)
            });
            lsp::Position { line: at.line, character: at.character }
        };
        lsp::Range { start: place(span.start), end: place(span.end) }
    }

    /// Returns the offset of a place in a source; `None` where the text has no such place.
    pub(crate) fn offset(&self, id: SourceId, place: lsp::Position) -> Option<usize> {
        let place = Position { line: place.line, character: place.character };
        self.texts.get(&id)?.offset(place, self.encoding).ok()
    }

    /// Returns the location of a span.
    pub(crate) fn location(&self, span: Span) -> Option<lsp::Location> {
        Some(lsp::Location { uri: self.uri(span.source)?, range: self.range(span) })
    }
}
