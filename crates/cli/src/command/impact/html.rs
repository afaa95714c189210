//! An impact -> one HTML page without scripts or other files.

mod plot;

use std::io::{self, Write};

use maud::{Markup, html};
use telovix_replay::{Count, Delta, Impact, RuleImpact};

use super::words::{by_effect, events, grouped, limits, rule, sample, sentence};
use crate::output::html::page;
use crate::output::text::capital;

/// Rules shown with their samples.
const MOST: usize = 100;
/// Values shown of each list.
const LISTED: usize = 10;

/// The look of the page, in light and in dark.
const STYLE: &str = "\
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#0d1117);--card:light-dark(#fff,#161b22);--text:light-dark(#1f2328,#e6edf3);\
--quiet:light-dark(#59636e,#9198a1);--line:light-dark(#d0d7de,#3d444d);--hit:light-dark(#b3261e,#ff8a80);--base:light-dark(#9ec5f0,#2f5d91)}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:76rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:0 0 .6rem}p{margin:.3rem 0}
.quiet{color:var(--quiet)}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem;margin:1rem 0;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}.tile.hit b{color:var(--hit)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(28rem,100%),1fr));gap:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-top:1px solid var(--line)}
th{font-size:.8rem;color:var(--quiet);font-weight:600}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:.85rem ui-monospace,monospace;overflow-wrap:anywhere}
td.where{width:28%}ul{margin:0;padding-left:1.2rem}li{margin:.3rem 0}
details{margin:.2rem 0}summary{cursor:pointer;color:var(--quiet)}
svg{display:block;width:100%}svg.time{height:150px}svg.bar{height:9px}svg.heat{height:auto;min-width:44rem}
svg text{font:12px system-ui,sans-serif;fill:var(--text)}svg .quiet{fill:var(--quiet)}
.ends,.count{display:flex;justify-content:space-between;gap:1rem}.ends{color:var(--quiet);font-size:.8rem}
.count{margin-top:.35rem;font-size:.85rem}.count span{overflow-wrap:anywhere}.count b{font-weight:600;font-variant-numeric:tabular-nums}
@media(max-width:40rem){th{display:none}tr,td{display:block;border:0}tr{border-top:1px solid var(--line);padding:.4rem 0}td.where{width:auto}td.number{text-align:left;font-weight:600}}
.scanned{fill:var(--base);opacity:.55}.hit rect,rect.hit{fill:var(--hit)}.axis{stroke:var(--line)}.empty{fill:var(--line);opacity:.35}";

/// Prints the page.
pub(super) fn write(impact: &Impact, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", page("Policy impact", STYLE, &body(impact)).into_string())
}

fn body(impact: &Impact) -> Markup {
    html! {
        h1 { "Policy impact" }
        p { (capital(&sentence(impact))) "." }
        (tiles(impact))
        (section("Affected events over time (UTC)", &plot::timeline(&impact.by_hour)))
        (most_frequent(impact))
        @if !impact.by_rule.is_empty() {
            (section("Hour of the day (UTC) by rule", &plot::heat_map(&impact.by_rule)))
        }
        @if let Some(delta) = &impact.delta { (compared(delta)) }
        (rules("By rule", &impact.by_rule))
        (rules("May be affected, depending on missing fields", &impact.possible.by_rule))
        (section("Limits of this answer", &confidence(impact)))
    }
}

fn section(title: &str, content: &Markup) -> Markup {
    html! { section { h2 { (title) } (content) } }
}

fn tiles(impact: &Impact) -> Markup {
    let tile = |is_hit: bool, number: u64, what: &str, more: &str| {
        html! { div.tile.hit[is_hit] { b { (grouped(number)) } (what) div.quiet { (more) } } }
    };
    html! {
        div.tiles {
            (tile(impact.total_events > 0, impact.total_events, "affected", &by_effect(impact)))
            (tile(impact.possible_events > 0, impact.possible_events, "may be affected", ""))
            (tile(false, impact.covered_events, "covered by the policies", ""))
            (tile(false, impact.scanned_events, "events read", ""))
        }
    }
}

fn most_frequent(impact: &Impact) -> Markup {
    let lists: [(&str, &[Count]); 6] = [
        ("Binaries", &impact.top_binaries),
        ("Parents", &impact.by_parent),
        ("Paths", &impact.by_path),
        ("Ports", &impact.by_port),
        ("Hosts", &impact.by_host),
        ("Pods", &impact.by_pod),
    ];
    html! {
        div.pair {
            @for (title, counts) in lists.into_iter().filter(|(_, counts)| !counts.is_empty()) {
                (section(title, &plot::bars(counts.iter().take(LISTED))))
            }
        }
    }
}

fn compared(delta: &Delta) -> Markup {
    let [newly, no_longer, changed] =
        [delta.newly_affected, delta.no_longer_affected, delta.changed_effect].map(grouped);
    html! {
        (section("Compared with the base", &html! {
            p {
                "The base affects " (events(delta.base_events)) ". " (newly) " newly affected, "
                (no_longer) " no longer affected, " (changed) " with another effect."
            }
        }))
        (rules("Newly affected", &delta.newly_affected_by_rule))
        (rules("No longer affected", &delta.no_longer_affected_by_rule))
        (rules("With another effect", &delta.changed_effect_by_rule))
    }
}

fn rules(title: &str, rules: &[RuleImpact]) -> Markup {
    if rules.is_empty() {
        return Markup::default();
    }
    let more = rules.len().saturating_sub(MOST);
    section(
        title,
        &html! {
            table {
                tr { th { "events" } th { "effect" } th { "line" } th { "rule and events" } }
                @for impact in rules.iter().take(MOST) { (row(impact)) }
            }
            @if more > 0 { p { "and " (more) " more" } }
        },
    )
}

fn row(impact: &RuleImpact) -> Markup {
    html! {
        tr {
            td.number { (grouped(impact.events)) }
            td { (impact.effect) }
            td.where { code { (impact.source) } }
            td {
                (rule(impact))
                @if !impact.samples.is_empty() {
                    details open {
                        summary { (impact.samples.len()) " of them" }
                        @for event in &impact.samples {
                            p { code { (sample(event)) } " " span.quiet { (event.found) } }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the limits of the answer.
fn confidence(impact: &Impact) -> Markup {
    let confidence = &impact.confidence;
    let operations = confidence.operations.iter().filter(|seen| seen.confined || seen.events > 0);
    html! {
        ul { @for limit in limits(impact) { li { (capital(&limit)) } } }
        @if !confidence.without_events.is_empty() {
            details {
                summary { "parts without events" }
                table {
                    @for part in &confidence.without_events {
                        tr {
                            td.where { code { (part.source) } }
                            td { (part.name) ", " (part.dimension) " (" (part.operation) ")" }
                        }
                    }
                }
            }
        }
        details {
            summary { "operations and kinds of event" }
            table {
                @for seen in operations {
                    tr {
                        td.number { (grouped(seen.events)) }
                        td { (seen.operation) @if seen.confined { ", confined" } @else { ", not confined" } }
                    }
                }
                @for kind in &confidence.passed_over {
                    tr { td.number { (grouped(kind.events)) } td { (kind.kind) ", skipped" } }
                }
            }
        }
    }
}
