//! What is told -> text for people: one line each, then the statistics.

use std::collections::BTreeMap;
use std::io::{self, Write};

use telovix_replay::detect::{Difference, Investigation, InvestigationState, Side, Statistics, Violation};
use telovix_replay::sql::DetectionCount;

use super::kill::Outcome;
use super::record::{Line, Record};
use crate::command::impact::words::{events, grouped, lines};

/// Entries shown of each list; `--format json` has more.
const MOST: usize = 20;

/// Writes what a line tells.
pub(super) fn write(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    match line.record {
        Record::Violation(violation) => write_violation(violation, out),
        Record::Investigation(investigation) => write_investigation(investigation, out),
        Record::Difference(difference) => write_difference(difference, out),
        Record::Detection(count) => write_detection(count, out),
        Record::Action(outcome) => write_action(outcome, out),
        Record::Statistics(statistics) => write_statistics(statistics, out),
    }
}

/// Returns the time and the host, each followed by a space.
fn when(time: Option<&String>, host: Option<&String>) -> String {
    time.into_iter().chain(host).map(|part| format!("{part} ")).collect()
}

fn write_detection(count: &DetectionCount, out: &mut dyn Write) -> io::Result<()> {
    let DetectionCount { detection, severity, action, source, matches, possible, first_seen, last_seen } =
        count;
    writeln!(out, "{:>14}  {severity} {action}  {source}: {detection}", grouped(*matches))?;
    if *possible > 0 {
        writeln!(out, "{:>14}  may match too, depending on missing fields", grouped(*possible))?;
    }
    if let (Some(first), Some(last)) = (first_seen, last_seen) {
        writeln!(out, "                first {first}, last {last}")?;
    }
    Ok(())
}

fn write_violation(violation: &Violation, out: &mut dyn Write) -> io::Result<()> {
    let process = violation.process_name.as_deref().unwrap_or("an unknown process");
    let pid = violation.pid.map(|pid| format!("[{pid}]")).unwrap_or_default();
    let may = if violation.is_possible { "possible " } else { "" };
    let part = violation.dimension.as_ref().map(|dimension| format!(", {dimension}")).unwrap_or_default();
    writeln!(
        out,
        "{}{may}{} {}  {process}{pid}: {}",
        when(violation.timestamp.as_ref(), violation.host.as_ref()),
        violation.severity,
        violation.action,
        violation.detail
    )?;
    let mut more = format!("{}: {} {}{part}", violation.source, violation.policy.kind, violation.policy.name);
    for (word, values) in [("tags", &violation.compliance_tags), ("channels", &violation.channels)] {
        if !values.is_empty() {
            more.push_str(&format!("; {word} {}", values.join(", ")));
        }
    }
    if let Some(investigation) = &violation.investigation {
        more.push_str(&format!("; {investigation}"));
    }
    if violation.is_possible {
        let fields = if violation.depends_on.is_empty() {
            "the kind that the Console assigns".to_owned()
        } else {
            violation.depends_on.join(", ")
        };
        more.push_str(&format!("; depends on {fields}"));
    }
    writeln!(out, "    {more}")
}

fn write_investigation(investigation: &Investigation, out: &mut dyn Write) -> io::Result<()> {
    let Investigation { id, policy, source, .. } = investigation;
    match investigation.state {
        InvestigationState::Opened => writeln!(
            out,
            "{}investigation {id} opened: {} ({source})",
            when(investigation.opened_at.as_ref(), investigation.host.as_ref()),
            policy.name
        ),
        InvestigationState::Closed => writeln!(
            out,
            "{}investigation {id} closed: {} in {}",
            when(investigation.last_seen.as_ref(), investigation.host.as_ref()),
            events(investigation.events),
            investigation.processes.join(", ")
        ),
    }
}

fn write_difference(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}shadow: {} -> {}  {}",
        when(difference.timestamp.as_ref(), difference.host.as_ref()),
        difference.live.effect,
        difference.candidate.effect,
        difference.detail
    )?;
    writeln!(out, "    {} -> {}", rule(&difference.live), rule(&difference.candidate))
}

/// Returns `amf.yaml:7: GuardianProfile amf`.
fn rule(side: &Side) -> String {
    match (&side.policy, &side.source) {
        (Some(policy), Some(source)) => format!("{source}: {} {}", policy.kind, policy.name),
        _ => "no rule".to_owned(),
    }
}

fn write_action(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let pid = outcome.pid.map_or_else(|| "an unknown process".to_owned(), |pid| pid.to_string());
    let binary = outcome.binary.as_ref().map(|binary| format!(" ({binary})")).unwrap_or_default();
    match &outcome.reason {
        None => writeln!(out, "    killed {pid}{binary}"),
        Some(reason) => writeln!(out, "    did not kill {pid}{binary}: {reason}"),
    }
}

fn write_statistics(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let Statistics { violations, blocked, .. } = statistics;
    let violations = match violations {
        1 => "1 violation".to_owned(),
        violations => format!("{} violations", grouped(*violations)),
    };
    writeln!(
        out,
        "{violations} in {}, {}; {} to be blocked",
        events(statistics.total_events),
        lines(statistics.lines),
        grouped(*blocked)
    )?;
    if let (Some(first), Some(last)) = (&statistics.started_at, &statistics.ended_at) {
        writeln!(out, "  first event {first}, last {last}")?;
    }
    let by = [
        ("process", &statistics.by_process),
        ("type", &statistics.by_type),
        ("severity", &statistics.by_severity),
        ("action", &statistics.by_action),
    ];
    for (word, counts) in by {
        write_counts(word, counts, out)?;
    }
    if !statistics.by_rule.is_empty() {
        writeln!(out, "by rule")?;
        for of in statistics.by_rule.iter().take(MOST) {
            let count = grouped(of.violations);
            writeln!(out, "  {count:>12}  {}: {} {}", of.source, of.policy.kind, of.policy.name)?;
        }
    }
    let Some(differences) = &statistics.shadow else { return Ok(()) };
    if differences.is_empty() {
        return writeln!(out, "the candidate treats every event alike");
    }
    writeln!(out, "differences to the candidate, by rule")?;
    for difference in differences.iter().take(MOST) {
        let (live, candidate) = (&difference.live, &difference.candidate);
        let count = grouped(difference.events);
        writeln!(out, "  {count:>12}  {} -> {}", live.effect, candidate.effect)?;
        writeln!(out, "                {} -> {}", rule(live), rule(candidate))?;
    }
    Ok(())
}

fn write_counts(word: &str, counts: &BTreeMap<String, u64>, out: &mut dyn Write) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
    writeln!(out, "by {word}")?;
    for (value, count) in counts.iter().take(MOST) {
        writeln!(out, "  {:>12}  {value}", grouped(**count))?;
    }
    if counts.len() > MOST {
        writeln!(out, "                and {} more", counts.len() - MOST)?;
    }
    Ok(())
}
