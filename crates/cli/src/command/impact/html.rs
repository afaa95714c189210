//! An impact -> one HTML page without scripts or other files.

mod plot;

use std::io::{self, Write};

use telovix_replay::{Count, Impact, RuleImpact};

use super::words::{by_effect, events, grouped, limits, rule, sample, sentence};

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
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Policy impact</title>")?;
    writeln!(out, "<style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>Policy impact</h1>")?;
    writeln!(out, "<p>{}.</p>", text(&capital(&sentence(impact))))?;
    tiles(impact, out)?;
    section("Affected events over time (UTC)", out)?;
    plot::timeline(&impact.by_hour, out)?;
    writeln!(out, "</section>\n<div class=\"pair\">")?;
    for (title, counts) in [
        ("Binaries", &impact.top_binaries),
        ("Parents", &impact.by_parent),
        ("Paths", &impact.by_path),
        ("Ports", &impact.by_port),
        ("Hosts", &impact.by_host),
        ("Pods", &impact.by_pod),
    ] {
        if !counts.is_empty() {
            bars(title, counts, out)?;
        }
    }
    writeln!(out, "</div>")?;
    if !impact.by_rule.is_empty() {
        section("Hour of the day (UTC) by rule", out)?;
        plot::heat_map(&impact.by_rule, out)?;
        writeln!(out, "</section>")?;
    }
    if let Some(delta) = &impact.delta {
        section("Compared with the base", out)?;
        writeln!(
            out,
            "<p>The base affects {}. {} newly affected, {} no longer affected, {} with another effect.</p></section>",
            events(delta.base_events),
            grouped(delta.newly_affected),
            grouped(delta.no_longer_affected),
            grouped(delta.changed_effect)
        )?;
        rules("Newly affected", &delta.newly_affected_by_rule, out)?;
        rules("No longer affected", &delta.no_longer_affected_by_rule, out)?;
        rules("With another effect", &delta.changed_effect_by_rule, out)?;
    }
    rules("By rule", &impact.by_rule, out)?;
    rules("May be affected, depending on missing fields", &impact.possible.by_rule, out)?;
    trust(impact, out)?;
    writeln!(out, "</body>\n</html>")
}

fn tiles(impact: &Impact, out: &mut dyn Write) -> io::Result<()> {
    let hit = |count: u64| if count > 0 { " hit" } else { "" };
    let certain = by_effect(impact);
    let tiles = [
        (hit(impact.total_events), grouped(impact.total_events), "affected", certain.as_str()),
        (hit(impact.possible_events), grouped(impact.possible_events), "may be affected", ""),
        ("", grouped(impact.covered_events), "covered by the policies", ""),
        ("", grouped(impact.scanned_events), "events read", ""),
    ];
    writeln!(out, "<div class=\"tiles\">")?;
    for (class, number, what, more) in tiles {
        writeln!(out, "<div class=\"tile{class}\"><b>{number}</b>{what}<div class=\"quiet\">{more}</div></div>")?;
    }
    writeln!(out, "</div>")
}

fn section(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>{}</h2>", text(title))
}

fn bars(title: &str, counts: &[Count], out: &mut dyn Write) -> io::Result<()> {
    section(title, out)?;
    plot::bars(counts.get(..LISTED.min(counts.len())).unwrap_or_default(), out)?;
    writeln!(out, "</section>")
}

fn rules(title: &str, rules: &[RuleImpact], out: &mut dyn Write) -> io::Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    section(title, out)?;
    writeln!(out, "<table>\n<tr><th>events</th><th>effect</th><th>line</th><th>rule and events</th></tr>")?;
    for impact in rules.iter().take(MOST) {
        writeln!(
            out,
            "<tr><td class=\"number\">{}</td><td>{}</td><td class=\"where\"><code>{}</code></td><td>{}",
            grouped(impact.events),
            text(&impact.effect),
            text(&impact.source),
            text(&rule(impact))
        )?;
        if !impact.samples.is_empty() {
            writeln!(out, "<details open><summary>{} of them</summary>", impact.samples.len())?;
            for event in &impact.samples {
                writeln!(
                    out,
                    "<p><code>{}</code> <span class=\"quiet\">{}</span></p>",
                    text(&sample(event)),
                    text(&event.found)
                )?;
            }
            writeln!(out, "</details>")?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</table>")?;
    if let Some(more) = rules.len().checked_sub(MOST).filter(|more| *more > 0) {
        writeln!(out, "<p>and {more} more</p>")?;
    }
    writeln!(out, "</section>")
}

/// Prints the limits of the answer.
fn trust(impact: &Impact, out: &mut dyn Write) -> io::Result<()> {
    section("Limits of this answer", out)?;
    writeln!(out, "<ul>")?;
    limits(impact).iter().try_for_each(|limit| writeln!(out, "<li>{}</li>", text(&capital(limit))))?;
    writeln!(out, "</ul>")?;
    let confidence = &impact.confidence;
    if !confidence.without_events.is_empty() {
        writeln!(out, "<details><summary>parts without events</summary><table>")?;
        for part in &confidence.without_events {
            writeln!(
                out,
                "<tr><td class=\"where\"><code>{}</code></td><td>{}, {} ({})</td></tr>",
                text(&part.source),
                text(&part.name),
                text(&part.dimension),
                text(&part.operation)
            )?;
        }
        writeln!(out, "</table></details>")?;
    }
    writeln!(out, "<details><summary>operations and kinds of event</summary><table>")?;
    for seen in confidence.operations.iter().filter(|seen| seen.confined || seen.events > 0) {
        let confined = if seen.confined { "confined" } else { "not confined" };
        writeln!(
            out,
            "<tr><td class=\"number\">{}</td><td>{}, {confined}</td></tr>",
            grouped(seen.events),
            text(&seen.operation)
        )?;
    }
    for kind in &confidence.passed_over {
        let (events, kind) = (grouped(kind.events), text(&kind.kind));
        writeln!(out, "<tr><td class=\"number\">{events}</td><td>{kind}, skipped</td></tr>")?;
    }
    writeln!(out, "</table></details>\n</section>")
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Escapes HTML markup.
fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '"' => plain.push_str("&quot;"),
            letter if letter.is_control() => plain.push('\u{fffd}'),
            letter => plain.push(letter),
        }
    }
    plain
}
