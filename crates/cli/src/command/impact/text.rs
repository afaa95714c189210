//! An impact -> text for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use telovix_replay::{Count, HourImpact, Impact, RuleImpact};

use super::words::{by_effect, bytes, events, grouped, limits, lines, rule, sample, sentence};

/// Entries shown of each list; `--format json` has more.
const MOST: usize = 10;
/// Days shown of the timeline.
const DAYS: usize = 31;

/// Prints the answer first, then its parts, then its limits.
pub(super) fn write(impact: &Impact, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", sentence(impact))?;
    if impact.total_events > 0 {
        writeln!(out, "  {}", by_effect(impact))?;
    }
    if let (Some(first), Some(last)) = (&impact.first_seen, &impact.last_seen) {
        writeln!(out, "  first {first}, last {last}")?;
    }
    let history = &impact.history;
    writeln!(
        out,
        "  read {} in {}, {}",
        events(impact.scanned_events),
        lines(history.lines),
        bytes(history.bytes)
    )?;
    if let Some(delta) = &impact.delta {
        writeln!(out, "\ncompared with the base, which affects {}", events(delta.base_events))?;
        writeln!(out, "  {:>12}  newly affected", grouped(delta.newly_affected))?;
        rules(&delta.newly_affected_by_rule, out)?;
        writeln!(out, "  {:>12}  no longer affected", grouped(delta.no_longer_affected))?;
        rules(&delta.no_longer_affected_by_rule, out)?;
        writeln!(out, "  {:>12}  with another effect", grouped(delta.changed_effect))?;
        rules(&delta.changed_effect_by_rule, out)?;
        if delta.uncertain > 0 {
            writeln!(out, "  {:>12}  depend on missing fields in one of the two", grouped(delta.uncertain))?;
        }
    }
    if !impact.by_rule.is_empty() {
        writeln!(out, "\nby rule")?;
        rules(&impact.by_rule, out)?;
    }
    if !impact.possible.by_rule.is_empty() {
        writeln!(out, "\nmay be affected, by rule")?;
        rules(&impact.possible.by_rule, out)?;
    }
    let lists = [
        ("binaries", &impact.top_binaries),
        ("parents", &impact.by_parent),
        ("paths", &impact.by_path),
        ("ports", &impact.by_port),
        ("hosts", &impact.by_host),
        ("pods", &impact.by_pod),
    ];
    for (title, counts) in lists {
        list(title, counts, out)?;
    }
    timeline(&impact.by_hour, out)?;
    writeln!(out, "\nlimits of this answer")?;
    limits(impact).iter().try_for_each(|limit| writeln!(out, "  - {limit}"))?;
    let without = &impact.confidence.without_events;
    for part in without.iter().take(MOST) {
        writeln!(out, "      {}: {}, {} ({})", part.source, part.name, part.dimension, part.operation)?;
    }
    more(usize::try_from(impact.confidence.parts_without_events).unwrap_or(0), "      ", out)?;
    if !impact.confidence.passed_over.is_empty() {
        let kinds = impact.confidence.passed_over.iter().take(MOST);
        let kinds: Vec<_> = kinds.map(|kind| format!("{} {}", kind.kind, grouped(kind.events))).collect();
        writeln!(out, "  - skipped, because no policy decides them: {}", kinds.join(", "))?;
    }
    Ok(())
}

fn rules(rules: &[RuleImpact], out: &mut dyn Write) -> io::Result<()> {
    for impact in rules.iter().take(MOST) {
        writeln!(
            out,
            "  {:>12}  {:<8} {}: {}",
            grouped(impact.events),
            impact.effect,
            impact.source,
            rule(impact)
        )?;
        for event in &impact.samples {
            writeln!(out, "{:23}{}", "", sample(event))?;
        }
    }
    more(rules.len(), "  ", out)
}

fn list(title: &str, counts: &[Count], out: &mut dyn Write) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for count in counts.iter().take(MOST) {
        writeln!(out, "  {:>12}  {}", grouped(count.events), plain(&count.value))?;
    }
    more(counts.len(), "  ", out)
}

fn more(all: usize, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.checked_sub(MOST) {
        Some(more) if more > 0 => writeln!(out, "{indent}and {more} more"),
        _ => Ok(()),
    }
}

/// Prints a row for each day, a bar for each of its hours.
fn timeline(hours: &[HourImpact], out: &mut dyn Write) -> io::Result<()> {
    let mut days: BTreeMap<&str, [u64; 24]> = BTreeMap::new();
    for hour in hours.iter().filter(|hour| hour.events > 0) {
        let day = days.entry(hour.hour.get(..10).unwrap_or_default()).or_default();
        let of_day = hour.hour.get(11..13).and_then(|hour| hour.parse::<usize>().ok());
        if let Some(count) = of_day.and_then(|of_day| day.get_mut(of_day)) {
            *count += hour.events;
        }
    }
    if days.is_empty() {
        return Ok(());
    }
    let most = days.values().flatten().copied().max().unwrap_or(1).max(1);
    writeln!(out, "\nby hour (UTC)   00    06    12    18")?;
    for (day, hours) in days.iter().take(DAYS) {
        let bars: String = hours.iter().map(|count| bar(*count, most)).collect();
        writeln!(out, "  {day}    {bars}  {:>10}", grouped(hours.iter().sum()))?;
    }
    match days.len().checked_sub(DAYS) {
        Some(more) if more > 0 => writeln!(out, "  and {more} more days"),
        _ => Ok(()),
    }
}

/// Returns a bar; any count above zero is visible.
fn bar(count: u64, most: u64) -> char {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if count == 0 {
        return '·';
    }
    let height = (count - 1).saturating_mul(8) / most;
    usize::try_from(height).ok().and_then(|height| BARS.get(height)).copied().unwrap_or('█')
}

/// Keeps a value on its line.
fn plain(value: &str) -> String {
    value.replace(char::is_control, "\u{fffd}")
}
