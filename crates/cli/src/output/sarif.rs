//! Findings -> SARIF 2.1.0, for code scanning services.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};
use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Fix};
use telovix_workspace::baseline::Origin;

use super::{Report, json as form};

/// Prints one SARIF log with one run.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rules: BTreeMap<&str, &Code> = all(report).map(|(found, _)| (found.code.id, found.code)).collect();
    let codes: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let results: Vec<_> =
        all(report).map(|(found, origin)| standing(report, result(report, found, &codes), origin)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "telovix",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    form::print(&log, out)
}

/// Returns the findings, and who accepts those in the baseline.
fn all(report: &Report) -> impl Iterator<Item = (&Diagnostic, Option<&Origin>)> {
    let new = report.diagnostics.iter().map(|found| (found, None));
    new.chain(report.known.iter().map(|known| (&known.finding, Some(&*known.origin))))
}

/// Adds whether a finding is new since the baseline. Without a baseline nothing is said about it.
fn standing(report: &Report, mut result: Value, origin: Option<&Origin>) -> Value {
    if let Some(Origin { date, owner, reason }) = origin {
        result["baselineState"] = json!("unchanged");
        let justification = format!("{reason} ({owner}, {date})");
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": justification }]);
    } else if report.has_baseline {
        result["baselineState"] = json!("new");
        result["suppressions"] = json!([]);
    }
    result
}

fn rule(code: &Code) -> Value {
    let id = code.id;
    json!({
        "id": id,
        "shortDescription": { "text": code.title },
        "fullDescription": { "text": code.explanation.trim() },
        "help": { "text": format!("telovix explain {id}"), "markdown": code.explanation.trim() },
        "defaultConfiguration": { "level": code.severity.name() },
    })
}

fn result(report: &Report, found: &Diagnostic, codes: &BTreeMap<&str, usize>) -> Value {
    let help = found.help.iter().map(|help| format!("\nhelp: {help}")).collect::<String>();
    let mut result = json!({
        "ruleId": found.code.id,
        "ruleIndex": codes.get(found.code.id),
        // SARIF has the same three levels.
        "level": found.severity.name(),
        "message": { "text": format!("{}{help}", found.message) },
    });
    if let Some(span) = found.span {
        result["locations"] = json!([location(report, span, &found.label)]);
    }
    if !found.related.is_empty() {
        let related = found.related.iter().map(|label| location(report, label.span, &label.text));
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &found.fix {
        result["fixes"] = json!([{
            "description": { "text": description(fix) },
            "artifactChanges": fix.edits.chunk_by(|a, b| a.span.source == b.span.source).map(|edits| json!({
                "artifactLocation": { "uri": uri(&report.path(edits[0].span)) },
                "replacements": edits.iter().map(|edit| json!({
                    "deletedRegion": region(report, edit.span),
                    "insertedContent": { "text": edit.replacement },
                })).collect::<Value>(),
            })).collect::<Value>(),
        }]);
    }
    result
}

fn description(fix: &Fix) -> String {
    let texts = fix.edits.iter().map(|edit| edit.replacement.trim()).filter(|text| !text.is_empty());
    match texts.map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ") {
        texts if texts.is_empty() => "remove it".to_owned(),
        texts => format!("write {texts}"),
    }
}

fn location(report: &Report, span: Span, text: &str) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&report.path(span)) },
        "region": region(report, span),
    }});
    if !text.is_empty() {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(report: &Report, span: Span) -> Value {
    let start = report.sources.position(span);
    let end = report.sources.position(Span { start: span.end, ..span });
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// Returns a path as a URI reference, percent-encoding reserved and non-ASCII bytes.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().fold(scheme.to_owned(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _infallible = write!(uri, "%{byte:02X}");
        }
        uri
    })
}
