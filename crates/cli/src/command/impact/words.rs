//! An impact -> the numbers and sentences that all output formats share.

use telovix_replay::{Impact, RuleImpact, SampleEvent};

/// Returns `1,234,567`.
pub(in crate::command) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns `1 event`, `1,234 events`.
pub(in crate::command) fn events(count: u64) -> String {
    format!("{} event{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Returns `1 line`, `1,234 lines`.
pub(in crate::command) fn lines(count: u64) -> String {
    format!("{} line{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Returns `512 bytes`, `1.5 MB`: in powers of 1000.
pub(super) fn bytes(count: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) if count < 100 * size => {
            format!("{}.{} {unit}", count / size, count % size * 10 / size)
        }
        Some((unit, size)) => format!("{} {unit}", count / size),
        None => format!("{count} bytes"),
    }
}

/// Returns the headline.
pub(super) fn sentence(impact: &Impact) -> String {
    if !impact.has_data {
        return "no data: the history has no event that these policies cover, so it does not show what they would do"
            .to_owned();
    }
    let of = format!("of {} that the policies cover", events(impact.covered_events));
    match (impact.total_events, impact.possible_events) {
        (0, 0) => format!("none {of} is affected"),
        (0, possible) => format!("none {of} is certainly affected, {} may be", grouped(possible)),
        (certain, _) => {
            let verb = if certain == 1 { "is" } else { "are" };
            format!("{} {of} {verb} affected", grouped(certain))
        }
    }
}

/// Returns `deny 12, kill 3`, without effects that have no event.
pub(super) fn by_effect(impact: &Impact) -> String {
    let effects = impact.by_effect;
    let counts =
        [("deny", effects.deny), ("kill", effects.kill), ("log", effects.log), ("observe", effects.observe)];
    let words = counts.iter().filter(|(_, count)| *count > 0);
    words.map(|(word, count)| format!("{word} {}", grouped(*count))).collect::<Vec<_>>().join(", ")
}

/// Returns `GuardianProfile amf (gp_0123456789ab), spawns: /usr/bin/logger`.
pub(super) fn rule(rule: &RuleImpact) -> String {
    let id = if rule.id == rule.name { String::new() } else { format!(" ({})", rule.id) };
    let member = rule.member.as_ref().map(|member| format!(": {member}")).unwrap_or_default();
    format!("{} {}{id}, {}{member}", rule.kind, rule.name, rule.dimension)
}

/// Returns when and where a sample was, and the event.
pub(super) fn sample(sample: &SampleEvent) -> String {
    let parts = [sample.time.as_deref(), sample.host.as_deref(), sample.pod.as_deref()];
    let circumstances: Vec<_> = parts.into_iter().flatten().collect();
    let before = sample.before.as_ref().map(|before| format!(" [{before} -> {}]", sample.effect)).unwrap_or_default();
    if circumstances.is_empty() {
        format!("{}{before}", sample.text)
    } else {
        format!("{}  {}{before}", circumstances.join(" "), sample.text)
    }
}

/// Returns what limits the answer, one sentence each.
pub(super) fn limits(impact: &Impact) -> Vec<String> {
    let confidence = &impact.confidence;
    let mut limits = Vec::new();
    match &confidence.window {
        Some(window) => limits.push(format!(
            "the history covers {} from {} to {}, {}",
            duration(window.seconds),
            window.first,
            window.last,
            hosts(impact)
        )),
        None => limits.push(format!("no event has a time, {}", hosts(impact))),
    }
    if let Some(bound) = confidence.upper_bound {
        limits.push(format!(
            "none of {} is affected: with {:.0} % confidence at most {} % of such events are, if they are independent \
             of each other and the future is like this window (rule of three)",
            events(bound.events),
            bound.confidence * 100.0,
            percent(bound.rate)
        ));
    }
    if !confidence.unseen_operations.is_empty() {
        limits.push(format!(
            "the policies confine {}, and the history has no event of these operations: no TracingPolicy hooked \
             them, or they did not happen",
            confidence.unseen_operations.join(", ")
        ));
    }
    if confidence.parts_without_events > 0 {
        limits.push(format!(
            "{} of {} parts of the policies confine a binary and an operation without an event in the history: \
             their effect is unknown, not zero",
            grouped(confidence.parts_without_events),
            grouped(confidence.parts)
        ));
    }
    if impact.possible_events > 0 {
        let lacking = impact.possible.lacking.iter();
        let lacking: Vec<_> =
            lacking.map(|count| format!("{} ({})", count.value, grouped(count.events))).collect();
        limits.push(format!(
            "{} may be affected too, depending on missing fields: {}",
            events(impact.possible_events),
            lacking.join(", ")
        ));
    }
    if confidence.lost_events > 0 {
        limits.push(format!("Tetragon reports {} lost", events(confidence.lost_events)));
    }
    if impact.history.aggregated > 0 {
        limits.push(format!(
            "{} with `aggregation_info` for several events each: each is counted once",
            lines(impact.history.aggregated)
        ));
    }
    if confidence.without_time > 0 && confidence.window.is_some() {
        limits.push(format!("{} without a time", events(confidence.without_time)));
    }
    if impact.history.approximate {
        limits.push("there are too many different values: small counts may be too small".to_owned());
    }
    for file in impact.history.incomplete.iter().filter(|file| !file.lost) {
        limits.push(format!("`{}`: {}; they were not read", file.file, file.problem));
    }
    limits
}

fn hosts(impact: &Impact) -> String {
    match impact.confidence.hosts {
        0 => "without the name of a host".to_owned(),
        1 => "on 1 host".to_owned(),
        hosts => format!("on {} hosts", grouped(hosts)),
    }
}

/// Returns a share in percent, with two significant digits.
pub(super) fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    let digits = if percent >= 10.0 || percent <= 0.0 { 0 } else { (1.0 - percent.log10().floor()).min(12.0) as usize };
    format!("{percent:.digits$}")
}

/// Returns `7 days`, `3 hours`, `12 minutes`.
pub(in crate::command) fn duration(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let (unit, count) = units
        .iter()
        .find(|(_, size)| seconds >= 2 * size)
        .map_or(("second", seconds), |(unit, size)| (unit, seconds / size));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, grouped, percent};

    #[test]
    fn numbers_are_rounded_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7, 1_500, 250_000, 9_990_000_000].map(bytes), ["7 bytes", "1.5 kB", "250 kB", "9.9 GB"]);
        assert_eq!([0.0, 3.0e-6, 0.012, 0.5, 1.0].map(percent), ["0", "0.00030", "1.2", "50", "100"]);
        assert_eq!([59, 120, 7_200, 604_800].map(duration), ["59 seconds", "2 minutes", "2 hours", "7 days"]);
    }
}
