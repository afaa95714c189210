//! A detection -> a Sigma rule: YAML of the Sigma specification 2, for any SIEM that converts it.
//!
//! Fields have the names of Sigma's taxonomy where it has one: `Image`, `ParentImage`, `DestinationIp`,
//! `DestinationPort`. Those that it does not have keep the names of the Console: `event_kind`, `uid`, `sensor_id`,
//! `group_id`. Substrings of detections are compared by case, which Sigma says with `cased`.

use std::fmt::Write as _;

use telovix_diagnostic::source::SourceSet;
use telovix_document::{DetectionSeverity, GuardianPolicy};
use telovix_policy::value::PortRange;

/// Returns the Sigma rules of detections, one YAML document each.
#[must_use]
pub fn rules<'policy>(
    detections: impl IntoIterator<Item = &'policy GuardianPolicy>,
    sources: &SourceSet,
) -> String {
    let mut text = String::new();
    for detection in detections {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&rule(detection, &sources.locate(detection.span)));
    }
    text
}

/// Returns the Sigma rule of a detection at a line.
fn rule(detection: &GuardianPolicy, source: &str) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {source}"));
    line(&format!("title: {}", quoted(&detection.name.value)));
    line(&format!("id: {}", id(&detection.name.value, source)));
    line("status: experimental");
    let written = detection.description.as_ref().map(|description| description.value.as_str());
    let description = written.unwrap_or("A detection of Telovix.");
    line(&format!("description: {}", quoted(description)));
    let mut tags: Vec<_> = detection.compliance_tags.iter().map(|tag| sigma_tag(&tag.value)).collect();
    tags.sort();
    tags.dedup();
    if !tags.is_empty() {
        line("tags:");
        tags.iter().for_each(|tag| line(&format!("  - {tag}")));
    }
    line("logsource:");
    let kind = detection.match_event_kind.as_ref().map(|kind| kind.value.as_str());
    if let Some(category) = kind.and_then(category) {
        line(&format!("  category: {category}"));
    }
    line("  product: linux");
    if kind.and_then(category).is_none() {
        line("  service: telovix");
    }
    line("detection:");
    for text in conditions(detection) {
        line(&text);
    }
    line(&format!("level: {}", level(detection.severity)));
    // Keys that Sigma does not define are allowed, and kept by its tools.
    line("telovix:");
    line(&format!("  source: {}", quoted(source)));
    line(&format!("  action: {}", detection.action.name()));
    if !detection.compliance_tags.is_empty() {
        line("  compliance_tags:");
        detection.compliance_tags.iter().for_each(|tag| line(&format!("    - {}", quoted(&tag.value))));
    }
    out
}

/// Returns the lines below `detection`. All parts must hold, and the exceptions must not.
fn conditions(detection: &GuardianPolicy) -> Vec<String> {
    let mut selection = Vec::new();
    let mut field = |name: &str, value: String| selection.push(format!("    {name}: {value}"));
    if let Some(kind) = detection.match_event_kind.as_ref().filter(|kind| category(&kind.value).is_none()) {
        field("event_kind|cased", literal(&kind.value));
    }
    if let Some(part) = &detection.match_process_pattern {
        field("Image|contains|cased", literal(&part.value));
    }
    if let Some(part) = &detection.match_parent_pattern {
        field("ParentImage|contains|cased", literal(&part.value));
    }
    if let Some(uid) = &detection.match_uid {
        field("uid", uid.value.to_string());
    }
    if let Some(block) = &detection.match_dst_ip_prefix {
        field("DestinationIp|cidr", quoted(&block.value.to_string()));
    }
    if let Some(sensor) = &detection.sensor_id {
        field("sensor_id|cased", literal(&sensor.value));
    }
    if let Some(group) = &detection.target_group_id {
        field("group_id|cased", literal(&group.value));
    }
    let ports = detection.match_dst_port.as_ref().map_or(&[][..], |ports| &ports.items);
    if selection.is_empty() && ports.is_empty() {
        // Every event of a process.
        selection.push("    Image: \"*\"".to_owned());
    }
    let mut lines = Vec::new();
    let mut condition = Vec::new();
    if !selection.is_empty() {
        lines.push("  selection:".to_owned());
        lines.append(&mut selection);
        condition.push("selection".to_owned());
    }
    for (number, range) in ports.iter().enumerate() {
        lines.push(format!("  port_{}:", number + 1));
        lines.extend(port(range.value));
    }
    if !ports.is_empty() {
        condition.push("1 of port_*".to_owned());
    }
    if !detection.exceptions.is_empty() {
        lines.push("  exceptions:".to_owned());
        lines.push("    Image|contains|cased:".to_owned());
        lines.extend(detection.exceptions.iter().map(|part| format!("      - {}", literal(&part.value))));
        condition.push("not exceptions".to_owned());
    }
    lines.push(format!("  condition: {}", condition.join(" and ")));
    lines
}

fn port(range: PortRange) -> Vec<String> {
    let (first, last) = (range.first(), range.last());
    if first == last {
        vec![format!("    DestinationPort: {first}")]
    } else {
        vec![format!("    DestinationPort|gte: {first}"), format!("    DestinationPort|lte: {last}")]
    }
}

/// Returns Sigma's category for the kinds that it has one for.
fn category(kind: &str) -> Option<&'static str> {
    match kind {
        "process_exec" => Some("process_creation"),
        "process_exit" => Some("process_termination"),
        "network_connect" => Some("network_connection"),
        _ => None,
    }
}

fn level(severity: DetectionSeverity) -> &'static str {
    match severity {
        DetectionSeverity::Info => "informational",
        DetectionSeverity::Warning => "medium",
        DetectionSeverity::Critical => "critical",
    }
}

/// Returns a tag in Sigma's format, `namespace.name` of lower case letters, digits, `.`, `_` and `-`.
fn sigma_tag(tag: &str) -> String {
    let kept = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => letter,
        _ => '-',
    };
    format!("compliance.{}", tag.chars().map(kept).collect::<String>())
}

/// Returns a double-quoted YAML scalar: every JSON string is one.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Returns a value without wildcards: Sigma takes `*`, `?` and `\` literally after a backslash.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    quoted(&escaped)
}

/// Returns a UUID of version 8 (RFC 9562), which is the same for the same name in the same place.
fn id(name: &str, source: &str) -> String {
    // The line moves when another document is edited; the file does not.
    let file = source.rsplit_once(':').map_or(source, |(file, _)| file);
    let digest = |seed: u64| {
        let bytes = name.bytes().chain([0]).chain(file.bytes());
        let digest =
            bytes.fold(seed, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        // FNV-1a changes low bits little; the last steps of MurmurHash3 spread them.
        let mixed = (digest ^ digest >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ mixed >> 33
    };
    let (high, low) = (digest(0xcbf2_9ce4_8422_2325), digest(0x6c62_272e_07bb_0142));
    let high = high & 0xffff_ffff_ffff_0fff | 0x8000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests;
