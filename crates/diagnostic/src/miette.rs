//! A finding and the sources it is about -> a `miette::Diagnostic`, for programs that report with miette.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use ::miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::source::{Source, SourceId, SourceSet, Span};
use crate::{Diagnostic, Label, Severity};

/// A finding with the sources it is about.
///
/// miette shows one source for each diagnostic, so labels in other sources are returned as related diagnostics.
#[derive(Debug)]
pub struct Finding {
    diagnostic: Diagnostic,
    /// The labels of `diagnostic` that are in other sources.
    elsewhere: Vec<Elsewhere>,
    sources: Arc<SourceSet>,
}

/// A label in another source than its finding.
#[derive(Debug)]
struct Elsewhere {
    label: Label,
    sources: Arc<SourceSet>,
}

impl Diagnostic {
    /// Joins the finding with the sources that its spans point into.
    #[must_use]
    pub fn with_sources(self, sources: &Arc<SourceSet>) -> Finding {
        let source = self.span.map(|span| span.source);
        let elsewhere = self.related.iter().filter(|label| Some(label.span.source) != source).cloned();
        let elsewhere = elsewhere.map(|label| Elsewhere { label, sources: Arc::clone(sources) }).collect();
        Finding { diagnostic: self, elsewhere, sources: Arc::clone(sources) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.diagnostic.message)
    }
}

impl Error for Finding {}

impl ::miette::Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code.id))
    }

    fn severity(&self) -> Option<::miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Note => ::miette::Severity::Advice,
            Severity::Warning => ::miette::Severity::Warning,
            Severity::Error => ::miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = &self.diagnostic.help;
        (!help.is_empty()).then(|| Box::new(help.join("\n")) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        source_code(&self.sources, self.diagnostic.span?.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.diagnostic.span?;
        let text = Some(self.diagnostic.label.clone()).filter(|text| !text.is_empty());
        let primary = LabeledSpan::new_primary_with_span(text, range(span));
        let here = self.diagnostic.related.iter().filter(move |label| label.span.source == span.source);
        Some(Box::new(std::iter::once(primary).chain(here.map(labeled))))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn ::miette::Diagnostic> + 'a>> {
        let related = self.elsewhere.iter().map(|place| place as &dyn ::miette::Diagnostic);
        (!self.elsewhere.is_empty()).then(|| Box::new(related) as _)
    }
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.label.text)
    }
}

impl Error for Elsewhere {}

impl ::miette::Diagnostic for Elsewhere {
    fn severity(&self) -> Option<::miette::Severity> {
        Some(::miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        source_code(&self.sources, self.label.span.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, range(self.label.span)))))
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text().read_span(span, lines_before, lines_after)?;
        let (line, column, lines) = (read.line(), read.column(), read.line_count());
        let name = self.name().to_owned();
        Ok(Box::new(MietteSpanContents::new_named(name, read.data(), *read.span(), line, column, lines)))
    }
}

fn source_code(sources: &SourceSet, id: SourceId) -> Option<&dyn SourceCode> {
    sources.get(id).map(|source| source as &dyn SourceCode)
}

fn labeled(label: &Label) -> LabeledSpan {
    LabeledSpan::new_with_span(Some(label.text.clone()), range(label.span))
}

fn range(span: Span) -> SourceSpan {
    (span.start as usize..span.end as usize).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::miette::{Diagnostic as _, LabeledSpan, NarratableReportHandler};

    use crate::source::{SourceSet, Span};
    use crate::{Code, Diagnostic};

    static CODE: Code = Code::page(
        "---\ncode: duplicate-document\nseverity: warning\ntitle: a name is used twice\n---\n\nWhy.\n\n\
         ## Reported for\n\ntwo files\n\n## Not reported for\n\none file\n",
    );

    /// A finding about `amf` in two sources, and where `amf` is in each.
    fn sources() -> (Arc<SourceSet>, [Span; 2]) {
        let text = |kind: &str| format!("kind: {kind}\nname: amf\n");
        let sources = SourceSet::new([("a.yaml".to_owned(), text("A")), ("b.yaml".to_owned(), text("B"))]);
        let spans: Vec<_> = sources.iter().map(|(id, _)| Span::new(id, 14, 17)).collect();
        (Arc::new(sources), [spans[0], spans[1]])
    }

    #[test]
    fn has_code_severity_message_and_help() {
        let (sources, [here, _]) = sources();
        let finding =
            Diagnostic::new(&CODE, here, "`amf` is used twice").help("rename it").help("or remove it");
        let finding = finding.with_sources(&sources);
        assert_eq!(finding.to_string(), "`amf` is used twice");
        assert_eq!(finding.code().map(|code| code.to_string()).as_deref(), Some("duplicate-document"));
        assert_eq!(finding.severity(), Some(::miette::Severity::Warning));
        assert_eq!(finding.help().map(|help| help.to_string()).as_deref(), Some("rename it\nor remove it"));
        assert!(finding.related().is_none());
    }

    #[test]
    fn labels_places_in_its_source_and_relates_those_in_others() {
        let (sources, [here, there]) = sources();
        let kind = Span::new(here.source, 6, 7);
        let finding = Diagnostic::new(&CODE, here, "`amf` is used twice")
            .label("again")
            .related(kind, "its kind")
            .related(there, "first used here")
            .with_sources(&sources);
        let labels: Vec<_> = finding.labels().expect("labels").collect();
        assert_eq!(
            labels,
            [
                LabeledSpan::new_primary_with_span(Some("again".to_owned()), 14..17),
                LabeledSpan::new_with_span(Some("its kind".to_owned()), 6..7),
            ]
        );
        let related: Vec<_> = finding.related().expect("a place in another source").collect();
        assert_eq!(related.len(), 1);
        assert_eq!(related[0].to_string(), "first used here");
        for (diagnostic, name) in [(&finding as &dyn ::miette::Diagnostic, "a.yaml"), (related[0], "b.yaml")]
        {
            let label = diagnostic.labels().and_then(|mut labels| labels.next()).expect("a label");
            let source = diagnostic.source_code().expect("a source");
            let read = source.read_span(label.inner(), 0, 0).expect("the span is in the source");
            assert_eq!(read.name(), Some(name));
            assert_eq!((read.line(), read.column()), (1, 6), "both from 0");
            assert_eq!(read.data(), b"amf");
        }
    }

    #[test]
    fn a_finding_about_the_whole_run_has_no_source() {
        let (sources, [_, there]) = sources();
        let finding =
            Diagnostic::new(&CODE, None, "too many").related(there, "this one").with_sources(&sources);
        assert!(finding.source_code().is_none());
        assert!(finding.labels().is_none());
        assert_eq!(finding.related().map(Iterator::count), Some(1));
    }

    #[test]
    fn is_rendered_by_handlers_of_miette() {
        let (sources, [here, there]) = sources();
        let finding = Diagnostic::new(&CODE, here, "`amf` is used twice").related(there, "first used here");
        let mut shown = String::new();
        let handler = NarratableReportHandler::new();
        handler.render_report(&mut shown, &finding.with_sources(&sources)).expect("a string takes any text");
        for part in ["`amf` is used twice", "a.yaml", "first used here", "b.yaml", "duplicate-document"] {
            assert!(shown.contains(part), "{part} is missing in {shown}");
        }
    }
}
