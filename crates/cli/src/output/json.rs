//! Findings -> one JSON document for programs. `schemas/report.json` describes it.

use std::io::{self, Write};

use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_diagnostic::source::Span;

use super::{Report, Summary};

/// The version of every JSON document this tool prints. It rises when a field changes its meaning or goes.
pub(crate) const VERSION: u32 = 1;

/// Prints the findings and nothing else.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    print(&Document { version: VERSION, diagnostics: findings(report), summary: report.summary() }, out)
}

/// Prints a value as indented JSON and ends the line.
pub(crate) fn print(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Findings of a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The findings, by place.
    diagnostics: Vec<Finding>,
    /// How many findings there are of each weight.
    summary: Summary,
}

/// One finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Finding {
    /// Stable identity; `telovix explain CODE` prints its page.
    code: &'static str,
    /// `note`, `warning` or `error`.
    severity: &'static str,
    /// What was found and what was expected.
    message: String,
    /// Where, unless the finding concerns the whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    /// What there is to say at the place itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    /// Other places that explain the finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    help: Vec<String>,
    /// A replacement that mends the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Replacement>,
}

/// A place in a source. Lines and columns start at 1; columns count characters; offsets count bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Location {
    /// The path, as it can be opened from the current folder.
    path: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    /// Offset of the first byte.
    start: u32,
    /// Offset one past the last byte.
    end: u32,
}

/// Another place that explains a finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Related {
    location: Location,
    message: String,
}

/// A replacement of source text.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Replacement {
    location: Location,
    replacement: String,
}

/// Returns the findings in the shape of this module, for documents that hold more than findings.
pub(crate) fn findings(report: &Report) -> Vec<Finding> {
    report.diagnostics.iter().map(|diagnostic| finding(report, diagnostic)).collect()
}

fn finding(report: &Report, diagnostic: &Diagnostic) -> Finding {
    let related = diagnostic
        .related
        .iter()
        .map(|label| Related { location: location(report, label.span), message: label.text.clone() });
    Finding {
        code: diagnostic.code.id,
        severity: diagnostic.severity.name(),
        message: diagnostic.message.clone(),
        location: diagnostic.span.map(|span| location(report, span)),
        label: diagnostic.label.clone(),
        related: related.collect(),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| Replacement {
            location: location(report, fix.span),
            replacement: fix.replacement.clone(),
        }),
    }
}

fn location(report: &Report, span: Span) -> Location {
    let start = report.sources.position(span);
    let end = report.sources.position(Span { start: span.end, ..span });
    Location {
        path: report.path(span),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start: span.start,
        end: span.end,
    }
}
