//! A finding -> what an editor shows.

use gen_lsp_types as lsp;
use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Severity};

use crate::model::Model;

/// Converts a finding. Help follows the message, each sentence on its own line.
pub(crate) fn shown(model: &Model, finding: &Diagnostic) -> lsp::Diagnostic {
    let related = finding.related.iter().filter_map(|label| {
        let location = model.location(label.span)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<_> = related.collect();
    let mut message = finding.message.clone();
    for help in &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    lsp::Diagnostic {
        range: finding.span.map_or_else(lsp::Range::default, |span| model.range(span)),
        severity: Some(match finding.severity {
            Severity::Error => lsp::DiagnosticSeverity::Error,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
            Severity::Note => lsp::DiagnosticSeverity::Information,
        }),
        code: Some(lsp::Code::String(finding.code.id.to_owned())),
        source: Some("telovix".to_owned()),
        message: lsp::Message::String(message),
        related_information: Some(related).filter(|related| !related.is_empty()),
        ..lsp::Diagnostic::default()
    }
}

/// Returns whether two spans share a byte or touch.
pub(crate) fn touches(span: Span, start: usize, end: usize) -> bool {
    span.start as usize <= end && start <= span.end as usize
}
