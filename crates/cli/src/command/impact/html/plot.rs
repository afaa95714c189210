//! Counts -> pictures, as SVG inside the page.

use std::collections::BTreeMap;

use maud::{Markup, html};
use telovix_replay::{Count, HourImpact, Moment, RuleImpact};

use super::super::words::grouped;

/// The width of every picture, in its own units.
const WIDTH: u64 = 1_000;
/// The height of a timeline.
const FLOOR: f64 = 150.0;
/// Bars of a timeline; hours are put together until there are no more.
const BARS: i64 = 200;
/// Rules of a heat map.
const ROWS: usize = 15;
/// Letters of a label next to a picture.
const LABEL: usize = 44;

/// Draws the affected events over time, before all events on a scale of their own.
pub(super) fn timeline(hours: &[HourImpact]) -> Markup {
    let known = hours.iter().filter_map(|hour| Some((Moment::parse(&hour.hour)?.hour(), hour)));
    let known: BTreeMap<i64, &HourImpact> = known.collect();
    let (Some(first), Some(last)) = (known.keys().next().copied(), known.keys().last().copied()) else {
        return html! { p.quiet { "No event has a time." } };
    };
    let together = (last - first) / BARS + 1;
    let count = usize::try_from((last - first) / together + 1).unwrap_or(1);
    let mut bars = vec![[0_u64; 2]; count];
    for (hour, impact) in &known {
        let at = usize::try_from((hour - first) / together).unwrap_or(0);
        if let Some(bar) = bars.get_mut(at) {
            bar[0] += impact.scanned;
            bar[1] += impact.events;
        }
    }
    let most = |of: usize| bars.iter().map(|bar| bar[of]).max().unwrap_or(0).max(1);
    let (most_scanned, most_hit) = (most(0), most(1));
    let is_hit = bars.iter().any(|bar| bar[1] > 0);
    let width = WIDTH as f64 / count as f64;
    let wide = format!("{:.1}", (width - 0.6).max(0.4));
    let drawn = bars.iter().enumerate().map(|(at, [scanned, events])| {
        let start = Moment::of_hour(first + i64::try_from(at).unwrap_or(0) * together);
        let x = format!("{:.1}", at as f64 * width);
        html! {
            g {
                title { (start) ", " (together) " h: " (grouped(*events)) " affected of " (grouped(*scanned)) }
                @for (class, count, most) in [("scanned", *scanned, most_scanned), ("hit", *events, most_hit)] {
                    @let tall = tall(count, most);
                    rect.(class) x=(x) y=(format!("{:.1}", FLOOR - tall)) width=(wide) height=(format!("{tall:.1}")) {}
                }
            }
        }
    });
    let marks = if last > first { vec![first, first.midpoint(last), last] } else { vec![first] };
    html! {
        svg.time viewBox=(format!("0 0 {WIDTH} {FLOOR}")) preserveAspectRatio="none" role="img" aria-label="Affected events over time" {
            @for bar in drawn { (bar) }
        }
        div.ends { @for mark in marks { span { (Moment::of_hour(mark)) } } }
        p.quiet {
            "A bar is " (together) " h. Red: "
            @if is_hit { "affected (highest bar " (grouped(most_hit)) ")" } @else { "none affected" }
            ". Blue: read (highest bar " (grouped(most_scanned)) "), on a scale of its own."
        }
    }
}

/// Returns the height of a bar; even a small count is visible.
fn tall(count: u64, most: u64) -> f64 {
    if count == 0 { 0.0 } else { ((FLOOR - 5.0) * count as f64 / most as f64).max(2.0) }
}

/// Draws a bar for each count.
pub(super) fn bars<'count>(counts: impl Iterator<Item = &'count Count> + Clone) -> Markup {
    let most = counts.clone().map(|count| count.events).max().unwrap_or(1).max(1);
    let width = |count: &Count| format!("{:.0}", (1_000.0 * count.events as f64 / most as f64).max(4.0));
    html! {
        @for count in counts {
            div.count { span { (count.value) } b { (grouped(count.events)) } }
            svg.bar viewBox=(format!("0 0 {WIDTH} 9")) preserveAspectRatio="none" aria-hidden="true" {
                rect.hit width=(width(count)) height="9" {}
            }
        }
    }
}

/// Draws a cell for each rule and hour of the day; each row is shaded by its own highest hour.
pub(super) fn heat_map(rules: &[RuleImpact]) -> Markup {
    let (left, cell, row) = (330, 27, 24);
    let shown = rules.len().min(ROWS);
    let height = 20 + shown * row;
    html! {
        svg.heat viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="Affected events by hour and rule" {
            @for hour in (0..24).step_by(3) {
                text.quiet x=(left + hour * cell) y="12" { (format!("{hour:02}")) }
            }
            @for (at, rule) in rules.iter().take(ROWS).enumerate() {
                @let y = 20 + at * row;
                @let most = rule.hours.iter().copied().max().unwrap_or(1).max(1);
                text x="0" y=(y + 15) { (shortened(&rule.source, LABEL)) }
                @for (hour, events) in rule.hours.iter().enumerate() {
                    @let opacity = (*events > 0).then(|| format!("{:.2}", 0.15 + 0.85 * *events as f64 / most as f64));
                    @let class = if *events > 0 { "hit" } else { "empty" };
                    rect.(class) x=(left + hour * cell) y=(y) width=(cell - 2) height=(row - 2) rx="2" fill-opacity=[opacity] {
                        title { (rule.source) ", " (format!("{hour:02}")) ":00: " (grouped(*events)) }
                    }
                }
            }
        }
        @if rules.len() > shown {
            p.quiet { "The " (shown) " most frequent of " (rules.len()) " rules." }
        }
        p.quiet { "Each row is shaded by its own highest hour." }
    }
}

/// Returns a label that fits: its end tells more than its start.
fn shortened(label: &str, most: usize) -> String {
    let letters = label.chars().count();
    if letters <= most {
        return label.to_owned();
    }
    let end: String = label.chars().skip(letters - most + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_labels_keep_their_end() {
        assert_eq!(shortened("/opt/amf/bin/amf", 20), "/opt/amf/bin/amf");
        assert_eq!(shortened("/opt/amf/bin/amf", 8), "…bin/amf");
    }
}
