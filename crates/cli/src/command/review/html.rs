//! A review -> one self-contained HTML page without scripts.

use std::io::{self, Write};

use maud::{Markup, html};
use telovix_review::{Correction, Review, Rule, Step};

use super::Document;
use super::change::Change;
use crate::output::html::page;
use crate::output::inline::{Part, parts};

/// The style sheet, for light and dark mode, narrow screens and paper.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#0d1117);--card:light-dark(#fff,#161b22);--text:light-dark(#1f2328,#e6edf3);\
--quiet:light-dark(#59636e,#9198a1);--line:light-dark(#d0d7de,#3d444d);--low:light-dark(#1a7f37,#57d37a);--medium:light-dark(#8a5a00,#e3b341);--high:light-dark(#b3261e,#ff8a80)}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:76rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.5rem 0 .6rem}h3{font-size:1rem;margin:0}p{margin:.3rem 0}ul,ol{padding-left:1.6rem;margin:.4rem 0}
.quiet{color:var(--quiet)}a{color:inherit}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:.8rem 0;overflow-x:auto}
summary{cursor:pointer;font-weight:600}
table{border-collapse:collapse;width:100%;margin-top:.4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-top:1px solid var(--line)}
th{font-size:.8rem;color:var(--quiet);font-weight:600;border-top:0}
code,pre{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:.4rem 0}
.low{color:var(--low)}.medium{color:var(--medium)}.high{color:var(--high)}.low,.medium,.high{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.6rem 0}dt{color:var(--quiet)}dd{margin:0;min-width:0}
@media(max-width:45rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}
.stack tr{display:block;padding:.5rem 0;border-top:1px solid var(--line)}.stack tr:first-child{display:none}
.stack td{display:block;border:0;padding:.1rem 0}.stack td::before{content:attr(data-label) ': ';color:var(--quiet);font-size:.8rem}}
@media print{body{max-width:none;padding:0;font-size:10pt;background:#fff}nav{display:none}.card{border-radius:0}
tr,dl{break-inside:avoid}h2,h3,summary{break-after:avoid}details::details-content{content-visibility:visible;display:block}}";

/// Prints the page.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", page("Policy review", STYLE, &body(document)).into_string())
}

fn body(document: &Document) -> Markup {
    let review = &document.review;
    html! {
        h1 { "Policy review" }
        p { (document.sentence()) "." }
        nav {
            @if document.change.is_some() { a href="#changes" { "Changes" } }
            a href="#rules" { "Rules" }
            a href="#scoping" { "Scoping" }
            a href="#findings" { "Findings" }
            a href="#corrected" { "Corrected files" }
            a href="#rollout" { "Rollout" }
            a href="#routing" { "Alert routing" }
            a href="#unknown" { "Not known" }
        }
        @if let Some(change) = &document.change { (changes(change)) }
        h2 id="rules" { "Rules" }
        (table(&review.rules))
        @for rule in &review.rules { (details(rule)) }
        (scoping(review))
        (findings(review))
        h2 id="corrected" { "Corrected files" }
        @if review.corrections.is_empty() {
            p { "No fix is certain enough to be applied: the files stay as they are." }
        }
        @for correction in &review.corrections { (corrected(correction)) }
        h2 id="rollout" { "Rollout, from observe to enforce" }
        ol.card { @for step in &review.rollout { (rollout(step)) } }
        (routing(review))
        h2 id="unknown" { "Not known" }
        ul.card {
            @for line in review.not_known.iter().chain(&review.routing.not_known) { li { (inline(line)) } }
        }
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

fn changes(change: &Change) -> Markup {
    html! {
        h2 id="changes" { "Changed since " code { (change.base) } ": " (change.direction) }
        @if change.documents.is_empty() { p { "No document changed." } } @else {
            div.card { table.stack {
                tr { th { "verdict" } th { "document" } th { "place" } th { "example" } }
                @for document in &change.documents {
                    tr {
                        td data-label="verdict" { (document.direction) }
                        td data-label="document" {
                            (document.document)
                            @if let Some(presence) = document.presence { " (" (presence) ")" }
                        }
                        td data-label="place" { @if let Some(source) = &document.source { code { (source) } } }
                        td data-label="example" { @if let Some(example) = &document.example { (inline(example)) } }
                    }
                }
            } }
        }
    }
}

fn threats(rule: &Rule) -> Markup {
    html! {
        @if rule.threats.is_empty() { span.quiet { "not known" } }
        @for (at, threat) in rule.threats.iter().enumerate() {
            @if at > 0 { br; }
            a href=(threat.source) { (threat.technique) }
            @if let Some(name) = &threat.name { " " (name) }
        }
    }
}

fn table(rules: &[Rule]) -> Markup {
    html! {
        @if rules.is_empty() { p { "There is no rule." } } @else {
            div.card { table.stack {
                tr { th { "#" } th { "document" } th { "hook" } th { "threat" } th { "action" } th { "false-positive risk" } }
                @for rule in rules {
                    tr {
                        td data-label="rule" { a href={ "#rule-" (rule.number) } { (rule.number) } }
                        td data-label="document" { (rule.document) }
                        td data-label="hook" { (inline(&rule.hook)) }
                        td data-label="threat" { (threats(rule)) }
                        td data-label="action" { (inline(&rule.action.does)) }
                        td data-label="false-positive risk" { (risk(rule)) }
                    }
                }
            } }
        }
    }
}

fn risk(rule: &Rule) -> Markup {
    let risk = &rule.false_positives;
    html! {
        span.(risk.level) { (risk.level) }
        @if let Some(reason) = risk.reasons.first() { ": " (inline(reason)) }
    }
}

fn details(rule: &Rule) -> Markup {
    let risk = &rule.false_positives;
    html! {
        details.card id={ "rule-" (rule.number) } open[rule.action.acts] {
            summary { "Rule " (rule.number) ": " (rule.document) }
            dl {
                dt { "place" } dd { code { (rule.source) } }
                dt { "hook" } dd { (inline(&rule.hook)) }
                dt { "subject" } dd { (inline(&rule.subject)) }
                dt { "threat" } dd {
                    @for threat in &rule.threats {
                        p {
                            a href=(threat.source) { (threat.technique) }
                            @if let Some(name) = &threat.name { " " (name) }
                            ", because " (inline(&threat.because))
                        }
                    }
                    @if let Some(unknown) = &rule.threat_not_known { (inline(unknown)) }
                }
                dt { "action" } dd { (inline(&rule.action.does)) }
                @if let Some(radius) = &rule.action.blast_radius { dt { "blast radius" } dd { (inline(radius)) } }
                @if let Some(back) = &rule.action.way_back { dt { "way back" } dd { (inline(back)) } }
                dt { "false-positive risk" } dd {
                    span.(risk.level) { (risk.level) }
                    ul { @for reason in &risk.reasons { li { (inline(reason)) } } }
                    @for exempt in &risk.allowlist {
                        p {
                            "consider exempting the " (exempt.agent) ": "
                            @for (at, path) in exempt.executables.iter().enumerate() {
                                @if at > 0 { ", " }
                                code { (path) }
                            }
                        }
                    }
                }
                @if let Some(events) = rule.events_of_history { dt { "events of the history" } dd { (events) } }
            }
            @if !rule.fields.is_empty() {
                table.stack {
                    tr { th { "field" } th { "value" } th { "why it is there" } th { "place" } }
                    @for field in &rule.fields {
                        tr {
                            td data-label="field" { code { (field.field) } }
                            td data-label="value" { code { (field.value) } }
                            td data-label="why" { (inline(&field.why)) }
                            td data-label="place" { code { (field.source) } }
                        }
                    }
                }
            }
        }
    }
}

fn scoping(review: &Review) -> Markup {
    html! {
        h2 id="scoping" { "Scoping" }
        @for scoping in &review.scoping {
            div.card {
                h3 { (scoping.document) }
                p.quiet { code { (scoping.source) } }
                p { (inline(&scoping.applies)) }
                ul { @for finding in &scoping.findings { li { (inline(finding)) } } }
            }
        }
    }
}

fn findings(review: &Review) -> Markup {
    html! {
        h2 id="findings" { "Findings" }
        @if review.findings.is_empty() { p { "The checks found nothing." } } @else {
            ul.card {
                @for finding in &review.findings {
                    li {
                        b { (finding.severity) } " "
                        @if let Some(source) = &finding.source { code { (source) } " " }
                        (inline(&finding.message)) " (" code { (finding.code) } ")"
                        @for help in &finding.help { p.quiet { (inline(help)) } }
                    }
                }
            }
        }
    }
}

fn corrected(correction: &Correction) -> Markup {
    html! {
        details.card open {
            summary { (correction.source) }
            ul {
                @for change in &correction.changes {
                    li { code { (change.source) } " " (inline(&change.message)) " (" code { (change.code) } ", " (change.certainty) ")" }
                }
            }
            pre { (correction.text) }
        }
    }
}

fn rollout(step: &Step) -> Markup {
    html! {
        li {
            b { (step.document) } ": " (inline(&step.change))
            @if step.is_reached { " " span.quiet { "(reached)" } }
            @for command in &step.watch { pre { (command) } }
            p { "gate: " (inline(&step.gate)) }
        }
    }
}

fn routing(review: &Review) -> Markup {
    let routing = &review.routing;
    html! {
        h2 id="routing" { "Alert routing" }
        div.card { table.stack {
            tr { th { "telovix" } th { "ECS" } th { "OCSF" } th { "CEF" } th { "why" } }
            @for field in &routing.fields {
                tr {
                    td data-label="telovix" { code { (field.telovix) } }
                    td data-label="ECS" { code { (field.ecs) } }
                    td data-label="OCSF" { code { (field.ocsf) } }
                    td data-label="CEF" { code { (field.cef) } }
                    td data-label="why" { (field.why) }
                }
            }
        } }
        @if !routing.ocsf_classes.is_empty() {
            p { "OCSF classes; an alert is a Detection Finding (2004):" }
            ul { @for class in &routing.ocsf_classes { li { code { (class.operation) } ": " (class.class) " (" (class.class_uid) ")" } } }
        }
        ul.card { @for signal in &routing.high_fidelity { li { (inline(signal)) } } }
        @if !routing.sigma.is_empty() { details.card open { summary { "Sigma" } pre { (routing.sigma) } } }
    }
}
