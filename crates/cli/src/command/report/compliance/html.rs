//! A pack of evidence -> one self-contained HTML page without scripts, for screens and paper.

use std::io::{self, Write};

use maud::{Markup, html};
use telovix_compliance::evidence::{Evidence, NONE, Pack, Record};
use telovix_compliance::run::Run;

use crate::output::html::page;
use crate::output::inline::{Part, parts};

/// What the report is, for a reader who sees only it.
pub(super) const PREFACE: &str = "What the given policies, exceptions, events, signatures and recorded runs show for each \
                                  control that a document names. No conclusion is drawn from documents: only a recorded \
                                  run passes or fails.";

/// The style sheet, for light and dark mode, narrow screens and paper.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#0d1117);--card:light-dark(#fff,#161b22);--text:light-dark(#1f2328,#e6edf3);\
--quiet:light-dark(#59636e,#9198a1);--line:light-dark(#d0d7de,#3d444d);--good:light-dark(#1a7f37,#57d37a);--bad:light-dark(#b3261e,#ff8a80)}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:70rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:0}p{margin:.3rem 0}ul,ol{padding-left:1.4rem;margin:.2rem 0}
.quiet{color:var(--quiet)}a{color:inherit}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:1rem 0;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-top:1px solid var(--line)}
th{font-size:.8rem;color:var(--quiet);font-weight:600;border-top:0}
code{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}
.passed{color:var(--good);font-weight:600}.failed{color:var(--bad);font-weight:600}
dl{display:grid;grid-template-columns:11rem 1fr;gap:.3rem 1rem;margin:.6rem 0}dt{color:var(--quiet)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media(max-width:45rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}
.stack tr{display:block;padding:.5rem 0;border-top:1px solid var(--line)}.stack tr:first-child{display:none}
.stack td{display:block;border:0;padding:.1rem 0}.stack td::before{content:attr(data-label) ': ';color:var(--quiet);font-size:.8rem}}
@media print{body{max-width:none;padding:0;font-size:10pt;background:#fff}.card{border-radius:0}tr,dl{break-inside:avoid}h2{break-after:avoid}}";

/// Prints the page.
pub(super) fn write(pack: &Pack, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", page("Compliance evidence", STYLE, &body(pack)).into_string())
}

fn body(pack: &Pack) -> Markup {
    html! {
        h1 { "Compliance evidence" }
        p { (PREFACE) }
        div.card { table.stack {
            tr { th { "control" } th { "requirement" } th { "documents" } th { "exceptions in force" } th { "result of runs" } }
            @for (number, record) in pack.records.iter().enumerate() {
                tr {
                    td data-label="control" { a href={ "#control-" (number) } { code { (record.control) } } }
                    td data-label="requirement" { (record.requirement.as_deref().unwrap_or("not in a vocabulary")) }
                    td data-label="documents" { (record.documents.len()) }
                    td data-label="exceptions in force" { (record.exceptions.len()) }
                    td data-label="result of runs" { (result(record)) }
                }
            }
        } }
        @for (number, record) in pack.records.iter().enumerate() { (details(number, record)) }
        div.card {
            h2 { "Signed bundles" }
            @if pack.signatures.is_empty() { p { (NONE) } }
            ul { @for signature in &pack.signatures {
                li {
                    code { (signature.bundle) } " "
                    @if signature.accepted { span.passed { "accepted" } } @else { span.failed { "refused" } }
                    ": " (inline(&signature.says))
                }
            } }
        }
        div.card { h2 { "Documents that name no control" } (list(&pack.without_control, "none")) }
    }
}

fn result(record: &Record) -> Markup {
    html! { span.(record.result.word().replace(' ', "-")) { (record.result.word()) } }
}

fn details(number: usize, record: &Record) -> Markup {
    html! {
        div.card id={ "control-" (number) } {
            h2 { code { (record.control) } @if let Some(title) = &record.requirement { " " (title) } }
            dl {
                dt { "standard" } dd { (record.standard.as_deref().unwrap_or("not in a vocabulary of this version")) }
                dt { "threat reference" } dd {
                    @if record.threats.is_empty() { "none named" } @else { (record.threats.join("; ")) }
                }
                dt { "preconditions" } dd {
                    @if record.preconditions.is_empty() { (NONE) }
                    ul { @for line in &record.preconditions { li { (inline(line)) } } }
                }
                dt { "documents" } dd { (list(&record.documents, NONE)) }
                dt { "exceptions in force" } dd { (list(&record.exceptions, "none")) }
                dt { "events of the history that the rules deny" } dd {
                    @match record.denials.as_deref() {
                        None => { (NONE) ": no history was given" }
                        Some([]) => { "none in the history" }
                        Some(rows) => ul { @for row in rows {
                            li { (inline(&super::denied(row))) }
                        } }
                    }
                }
                dt { "steps and results" } dd {
                    @if record.runs.is_empty() { (NONE) }
                    @for run in &record.runs { (steps(run)) }
                }
                dt { "result of runs" } dd { (result(record)) }
            }
        }
    }
}

fn steps(run: &Run) -> Markup {
    html! {
        p {
            b { (run.scenario) } " (" (run.at) @if let Some(place) = &run.place { ", on " (place) } "): "
            @if run.passed { span.passed { "passed" } } @else { span.failed { "failed" } }
        }
        ol { @for step in &run.steps { li { (inline(step)) } } }
        p { "expected: " (inline(&run.expected)) }
        p { "observed: " (inline(&run.observed)) }
    }
}

fn list(found: &[Evidence], nothing: &str) -> Markup {
    html! {
        @if found.is_empty() { (nothing) }
        ul { @for found in found { li { (inline(&found.what)) " (" code { (found.source) } ")" } } }
    }
}

/// Formats a sentence with code in backticks.
fn inline(sentence: &str) -> Markup {
    html! {
        @for part in parts(sentence) {
            @match part {
                Part::Words(words) => { (words) },
                Part::Code(words) => code { (words) },
            }
        }
    }
}
