//! Statistics -> the text format of Prometheus.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Statistics;

/// Writes the statistics as counters, in a fixed order.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let one = |out: &mut dyn Write, name: &str, help: &str, value: u64| -> io::Result<()> {
        head(out, name, help)?;
        writeln!(out, "{name} {value}")
    };
    one(out, "telovix_detect_events_total", "Events that were read.", statistics.total_events)?;
    one(
        out,
        "telovix_detect_violations_total",
        "Violations and matches of detections.",
        statistics.violations,
    )?;
    one(
        out,
        "telovix_detect_blocked_total",
        "Violations that a policy prescribes to block.",
        statistics.blocked,
    )?;
    one(
        out,
        "telovix_detect_possible_total",
        "Events that may be a violation, depending on missing fields.",
        statistics.possible,
    )?;
    one(out, "telovix_detect_malformed_lines_total", "Lines that could not be read.", statistics.malformed)?;
    one(
        out,
        "telovix_detect_investigations_total",
        "Investigations that were opened.",
        statistics.investigations,
    )?;
    let by: [(&str, &str, &BTreeMap<String, u64>); 4] = [
        ("process", "Violations by the base name of the executable.", &statistics.by_process),
        ("type", "Violations by type.", &statistics.by_type),
        ("severity", "Violations by severity.", &statistics.by_severity),
        ("action", "Violations by action.", &statistics.by_action),
    ];
    for (label, help, counts) in by {
        let name = format!("telovix_detect_violations_by_{label}_total");
        head(out, &name, help)?;
        for (value, count) in counts {
            writeln!(out, "{name}{{{label}=\"{}\"}} {count}", escaped(value))?;
        }
    }
    let name = "telovix_detect_violations_by_rule_total";
    head(out, name, "Violations by the line of a policy.")?;
    for rule in &statistics.by_rule {
        writeln!(
            out,
            "{name}{{policy=\"{}\",source=\"{}\"}} {}",
            escaped(&rule.policy.name),
            escaped(&rule.source),
            rule.violations
        )?;
    }
    if let Some(differences) = &statistics.shadow {
        let events = differences.iter().map(|difference| difference.events).sum();
        one(
            out,
            "telovix_detect_shadow_differences_total",
            "Events that the candidate treats differently.",
            events,
        )?;
    }
    Ok(())
}

fn head(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter")
}

/// Escapes the value of a label: backslash, quote and line break.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{Statistics, write};

    #[test]
    fn labels_are_escaped_and_every_counter_has_its_type() {
        let statistics = Statistics {
            by_process: [("a\"b\\c\nd".to_owned(), 3)].into_iter().collect(),
            ..Statistics::default()
        };
        let mut out = Vec::new();
        write(&statistics, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("telovix_detect_violations_by_process_total{process=\"a\\\"b\\\\c\\nd\"} 3\n"));
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        for sample in samples {
            let name = sample.split(['{', ' ']).next().unwrap();
            assert!(text.contains(&format!("# TYPE {name} counter\n")), "{sample}");
        }
    }
}
