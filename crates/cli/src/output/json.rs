//! Findings -> one JSON document, described by `schemas/output/report.json`.

use std::io::{self, Write};

use serde::Serialize;
use telovix_compiler::verdict::{PolicyVerdict, containing};
use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Fix};

use super::{Report, Summary};

/// The version of every JSON document that this tool prints. It is raised when a field changes its meaning or is removed.
pub(crate) const VERSION: u32 = 1;

/// Prints the findings as one document.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let tracing_policies = report.tracing_policies.iter().map(|policy| policy_of(report, policy)).collect();
    let diagnostics = findings(report);
    print(&Document { version: VERSION, diagnostics, tracing_policies, summary: report.summary() }, out)
}

/// Prints a value as indented JSON with a final newline.
pub(crate) fn print(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Findings of a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The findings, ordered by location.
    diagnostics: Vec<Finding>,
    /// Every TracingPolicy, ordered by location, and whether Tetragon accepts it; only from commands that compile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tracing_policies: Vec<Policy>,
    /// The number of findings of each severity.
    summary: Summary,
}

/// A TracingPolicy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Policy {
    /// `metadata.name`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The document.
    location: Location,
    /// `accept` or `reject`: what Tetragon's schema, the rules in it, its selector encoder and its limits say. A policy that
    /// is loaded and misread is accepted.
    tetragon_verdict: &'static str,
}

/// One finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Finding {
    /// The stable code; see `telovix explain CODE`.
    code: &'static str,
    /// `note`, `warning` or `error`.
    severity: &'static str,
    /// What Tetragon does with a TracingPolicy that has the finding: `rejects`; `misreads`, if it loads the policy and
    /// does something else than written; `depends`, if it asks the kernel of the host; or `takes`. Absent for findings
    /// about other documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    tetragon: Option<&'static str>,
    /// What was found and what was expected.
    message: String,
    /// The location; absent if the finding is about the whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    /// The label at the location.
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    /// Other locations that explain the finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
    /// How to fix it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    help: Vec<String>,
    /// The edit that fixes the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixedBy>,
}

/// A location in a source. Lines and columns start at 1; columns count characters, offsets bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Location {
    /// The path, relative to the current folder.
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

/// Another location that explains a finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Related {
    location: Location,
    message: String,
}

/// What fixes a finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixedBy {
    /// `guess`, `meant` or `same-meaning`.
    certainty: &'static str,
    edits: Vec<Replacement>,
}

/// A replacement of source text.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Replacement {
    location: Location,
    replacement: String,
}

/// Returns the findings in JSON form, for documents that contain more than findings.
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
        tetragon: treatment(report, diagnostic),
        message: diagnostic.message.clone(),
        location: diagnostic.span.map(|span| location(report, span)),
        label: diagnostic.label.clone(),
        related: related.collect(),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| fixed(report, fix)),
    }
}

fn fixed(report: &Report, fix: &Fix) -> FixedBy {
    let edits = fix.edits.iter().map(|edit| Replacement {
        location: location(report, edit.span),
        replacement: edit.replacement.clone(),
    });
    FixedBy { certainty: fix.certainty.name(), edits: edits.collect() }
}

fn policy_of(report: &Report, policy: &PolicyVerdict) -> Policy {
    Policy {
        name: policy.name.clone(),
        location: location(report, policy.span),
        tetragon_verdict: policy.verdict.name(),
    }
}

/// Returns what Tetragon does, for findings about a TracingPolicy.
fn treatment(report: &Report, diagnostic: &Diagnostic) -> Option<&'static str> {
    let policy = diagnostic.span.and_then(|span| containing(&report.tracing_policies, span));
    policy.map(|_| diagnostic.tetragon.name())
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
