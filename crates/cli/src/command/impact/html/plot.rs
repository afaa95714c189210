//! Counts -> pictures, as SVG inside the page.

use std::collections::BTreeMap;
use std::io::{self, Write};

use telovix_replay::{Count, HourImpact, Moment, RuleImpact};

use super::super::words::grouped;
use super::text;

/// The width of every picture, in its own units.
const WIDTH: u64 = 1_000;
/// Bars of a timeline; hours are put together until there are no more.
const BARS: i64 = 200;
/// Rules of a heat map.
const ROWS: usize = 15;
/// Letters of a label beside a picture.
const LABEL: usize = 44;

/// Draws the affected events over time, before all events on a scale of their own.
pub(super) fn timeline(hours: &[HourImpact], out: &mut dyn Write) -> io::Result<()> {
    let known = hours.iter().filter_map(|hour| Some((Moment::parse(&hour.hour)?.hour(), hour)));
    let known: BTreeMap<i64, &HourImpact> = known.collect();
    let (Some(first), Some(last)) = (known.keys().next().copied(), known.keys().last().copied()) else {
        return writeln!(out, "<p class=\"quiet\">No event tells its time.</p>");
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
    let hit = bars.iter().any(|bar| bar[1] > 0);
    let floor = 150.0;
    writeln!(
        out,
        "<svg class=\"time\" viewBox=\"0 0 {WIDTH} 150\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Affected \
         events over time\">"
    )?;
    let width = WIDTH as f64 / count as f64;
    let wide = (width - 0.6).max(0.4);
    for (at, [scanned, events]) in bars.iter().enumerate() {
        let start = Moment::of_hour(first + i64::try_from(at).unwrap_or(0) * together);
        let x = at as f64 * width;
        let tall = |count: u64, most: u64| if count == 0 { 0.0 } else { (145.0 * count as f64 / most as f64).max(2.0) };
        let (low, high) = (tall(*scanned, most_scanned), tall(*events, most_hit));
        writeln!(out, "<g><title>{start}, {together} h: {} affected of {}</title>", grouped(*events), grouped(*scanned))?;
        for (class, tall) in [("scanned", low), ("hit", high)] {
            let y = floor - tall;
            writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/>"
            )?;
        }
        writeln!(out, "</g>")?;
    }
    writeln!(out, "</svg>\n<div class=\"ends\">")?;
    let marks = if last > first { vec![first, first.midpoint(last), last] } else { vec![first] };
    for mark in marks {
        writeln!(out, "<span>{}</span>", Moment::of_hour(mark))?;
    }
    writeln!(out, "</div>")?;
    let affected = if hit { format!("affected (highest bar {})", grouped(most_hit)) } else { "none affected".to_owned() };
    writeln!(
        out,
        "<p class=\"quiet\">A bar is {together} h. Red: {affected}. Blue: read (highest bar {}), on a scale of its own.</p>",
        grouped(most_scanned)
    )
}

/// Draws a bar for each count.
pub(super) fn bars(counts: &[Count], out: &mut dyn Write) -> io::Result<()> {
    let most = counts.iter().map(|count| count.events).max().unwrap_or(1).max(1);
    for count in counts {
        let width = (1_000.0 * count.events as f64 / most as f64).max(4.0);
        writeln!(
            out,
            "<div class=\"count\"><span>{}</span><b>{}</b></div>\n<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 9\" \
             preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"hit\" width=\"{width:.0}\" height=\"9\"/></svg>",
            text(&count.value),
            grouped(count.events),
        )?;
    }
    Ok(())
}

/// Draws a cell for each rule and hour of the day; each row is shaded by its own highest hour.
pub(super) fn heat_map(rules: &[RuleImpact], out: &mut dyn Write) -> io::Result<()> {
    let (left, cell, row) = (330, 27, 24);
    let shown = rules.len().min(ROWS);
    let height = 20 + shown * row;
    writeln!(out, "<svg class=\"heat\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Affected events by hour and rule\">")?;
    for hour in (0..24).step_by(3) {
        writeln!(out, "<text class=\"quiet\" x=\"{}\" y=\"12\">{hour:02}</text>", left + hour * cell)?;
    }
    for (at, rule) in rules.iter().take(ROWS).enumerate() {
        let y = 20 + at * row;
        let most = rule.hours.iter().copied().max().unwrap_or(1).max(1);
        writeln!(out, "<text x=\"0\" y=\"{}\">{}</text>", y + 15, text(&shortened(&rule.source, LABEL)))?;
        for (hour, events) in rule.hours.iter().enumerate() {
            let x = left + hour * cell;
            let (class, opacity) = match events {
                0 => ("empty", String::new()),
                events => {
                    ("hit", format!(" fill-opacity=\"{:.2}\"", 0.15 + 0.85 * *events as f64 / most as f64))
                }
            };
            writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"2\"{opacity}><title>{}, \
                 {hour:02}:00: {}</title></rect>",
                cell - 2,
                row - 2,
                text(&rule.source),
                grouped(*events)
            )?;
        }
    }
    writeln!(out, "</svg>")?;
    if rules.len() > shown {
        writeln!(out, "<p class=\"quiet\">The {shown} most frequent of {} rules.</p>", rules.len())?;
    }
    writeln!(out, "<p class=\"quiet\">Each row is shaded by its own highest hour.</p>")
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
