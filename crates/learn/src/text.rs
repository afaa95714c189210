//! A learned profile -> its document, with the reason of each entry as a comment.

use std::fmt::{Display, Write as _};

use telovix_policy::value::ProfileId;

use crate::entry::{Entry, Reason};
use crate::evidence::Evidence;
use crate::learn::{Profile, Window};

/// Entries for review that are listed; the rest is counted.
const SHOWN: usize = 50;

/// Appends the document of a profile. `name` is its name in the document.
pub fn write(profile: &Profile, name: &str, window: &Window, out: &mut String) {
    // Writing to a string cannot fail.
    let _infallible = document(profile, name, window, out);
}

fn document(profile: &Profile, name: &str, window: &Window, out: &mut String) -> std::fmt::Result {
    match (&window.first, &window.last) {
        (Some(first), Some(last)) => writeln!(out, "# Learned from {first} to {last}.")?,
        _ => writeln!(out, "# Learned from events without a time.")?,
    }
    let entries = counted(profile.entries() as u64, "entry", "entries");
    let events = counted(profile.events, "event", "events");
    writeln!(out, "# {entries} for {events} of this binary. Review them before you raise `mode`.")?;
    review(profile, out)?;
    writeln!(out, "kind: GuardianProfile")?;
    writeln!(out, "profile_id: {}", ProfileId::derive(name, &profile.binary))?;
    writeln!(out, "name: {}", quote(name))?;
    writeln!(out, "target_binary: {}", quote(&profile.binary))?;
    writeln!(out, "mode: observe")?;
    list("allowed_spawns", profile.spawns.as_deref(), "paths of other binaries", out)?;
    list("allowed_files", profile.files.as_deref(), "paths of other binaries", out)?;
    list("allowed_dst_ports", profile.ports.as_deref(), "ports", out)?;
    list("allowed_dst_cidrs", profile.cidrs.as_deref(), "addresses", out)?;
    list("allowed_capabilities", profile.capabilities.as_deref(), "", out)?;
    writeln!(out, "observation_window_hours: {}", profile.observed_hours)?;
    writeln!(out, "auto_generated: true")
}

fn review(profile: &Profile, out: &mut String) -> std::fmt::Result {
    if profile.review.is_empty() {
        return Ok(());
    }
    writeln!(out, "#\n# Seen and not allowed. To allow one of them, learn again with `--admit VALUE`:")?;
    for review in profile.review.iter().take(SHOWN) {
        let value = review.value.escape_debug();
        writeln!(out, "#   {value}  {}; {}", seen(&review.evidence), review.why)?;
    }
    match profile.review.len().checked_sub(SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "#   and {more} more"),
    }
}

fn list<T: Display>(
    key: &str,
    entries: Option<&[Entry<T>]>,
    unit: &str,
    out: &mut String,
) -> std::fmt::Result {
    let Some(entries) = entries else {
        return writeln!(out, "# {key}: the history has no event of this kind, so this is not confined.");
    };
    if entries.is_empty() {
        return writeln!(
            out,
            "# {key}: []  # no event of this binary; without the first `#`, nothing is allowed"
        );
    }
    writeln!(out, "{key}:")?;
    for entry in entries.iter().filter(|entry| !entry.evidence.start_only) {
        writeln!(out, "  {}", line(entry, unit))?;
    }
    let mut of_start = entries.iter().filter(|entry| entry.evidence.start_only).peekable();
    if of_start.peek().is_some() {
        writeln!(out, "  # Only in the first minute of a process:")?;
    }
    for entry in of_start {
        writeln!(out, "  {}", line(entry, unit))?;
    }
    Ok(())
}

/// Returns an item of a list with its comment: `- /etc/hosts  # 3 events, ...`.
pub(crate) fn line<T: Display>(entry: &Entry<T>, unit: &str) -> String {
    let mut line = format!("- {}  # {}", quote(&entry.value.to_string()), seen(&entry.evidence));
    if entry.reason != Reason::Exact {
        // Writing to a string cannot fail.
        let values = counted(entry.evidence.values, "value", "values");
        let _infallible = write!(line, "; {values}: {}", entry.reason);
    }
    if entry.allows_more > 0 && !unit.is_empty() {
        let _infallible = write!(line, "; allows {} more {unit}", grouped(entry.allows_more));
    }
    line
}

/// Returns a text as a scalar of YAML: as it is where that cannot be anything but a text, in quotes otherwise. Names,
/// paths and blocks have no control characters.
pub(crate) fn quote(text: &str) -> String {
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-' | '+' | '@' | '*')
    };
    let starts = text.starts_with('/') || text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    let number = text.parse::<f64>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    let safe = text.chars().all(is_plain) && starts && !word;
    if safe && (number || text.parse::<f64>().is_err()) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Returns `3 events, 2026-11-20T10:00:00Z to 2026-11-20T11:00:00Z`.
fn seen(evidence: &Evidence) -> String {
    let mut text = counted(evidence.events, "event", "events");
    match (&evidence.first_seen, &evidence.last_seen) {
        (Some(first), Some(last)) if first == last => text.push_str(&format!(", {first}")),
        (Some(first), Some(last)) => text.push_str(&format!(", {first} to {last}")),
        _ => {}
    }
    if evidence.denied > 0 {
        text.push_str(&format!(", {} denied", grouped(evidence.denied)));
    }
    text
}

/// Returns `1 event`, `1,234 events`.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Returns `1,234,567`.
fn grouped(number: u64) -> String {
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
