//! Faults in the text of TracingPolicies.

use std::collections::BTreeMap;

use telovix_diagnostic::Sink;
use telovix_proof::{Depth, Emitted, Parents, Translation, prove};

use super::{Compiled, Seeded, compiled, judge};

/// A fault: a line, in its text -> what stands there instead. Nothing where it cannot be put in.
type Fault = fn(&str) -> Option<String>;

const FAULTS: &[(&str, Fault)] = &[
    ("a listed value is lost", |line| is_value(line).then(String::new)),
    ("a negation is lost or added", negation),
    ("a port is one higher", |line| {
        number(line, |number| number.checked_add(1).map(|next| next.to_string()))
    }),
    ("a network is half as large", |line| network(line, 1)),
    ("a network is twice as large", |line| network(line, -1)),
    ("a path lacks its last character", path),
    ("a prefix is a whole path", |line| swapped(line, "\"Prefix\"", "\"Equal\"")),
    ("an executable must have another name", |line| swapped(line, "\"/opt/", "\"/opt2/")),
    ("descendants are left out", |line| swapped(line, "followChildren: true", "followChildren: false")),
    ("a denial only reports", |line| swapped(line, "action: \"Override\"", "action: \"Post\"")),
    ("a kill only reports", |line| swapped(line, "action: \"Sigkill\"", "action: \"Post\"")),
    ("another argument is looked at", |line| swapped(line, "- index: 0", "- index: 3")),
    ("another hook is attached", |line| swapped(line, "hook: \"file_open\"", "hook: \"file_receive\"")),
    ("another call is attached", |line| swapped(line, "call: \"sys_", "call: \"sys_x")),
];

fn is_value(line: &str) -> bool {
    line.trim_start().starts_with("- \"") && !line.contains("AF_INET")
}

fn swapped(line: &str, from: &str, to: &str) -> Option<String> {
    line.contains(from).then(|| line.replacen(from, to, 1))
}

fn negation(line: &str) -> Option<String> {
    let rest = line.split_once("operator: \"")?.1;
    match rest.strip_prefix("Not") {
        Some(_) => swapped(line, "\"Not", "\""),
        None if ["In\"", "Equal", "Prefix", "Postfix"].iter().any(|word| rest.starts_with(word)) => {
            swapped(line, "operator: \"", "operator: \"Not")
        }
        None => None,
    }
}

/// Returns the value of a line that is a list item.
fn value(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("- \"")?.split('"').next()
}

fn number(line: &str, change: impl Fn(u32) -> Option<String>) -> Option<String> {
    let text = value(line)?;
    let changed = change(text.parse().ok()?)?;
    Some(line.replacen(text, &changed, 1))
}

fn network(line: &str, bits: i32) -> Option<String> {
    let text = value(line)?;
    let (address, length) = text.split_once('/')?;
    let changed = length.parse::<i32>().ok()?.checked_add(bits)?;
    (!address.is_empty()).then(|| line.replacen(text, &format!("{address}/{changed}"), 1))
}

fn path(line: &str) -> Option<String> {
    let text = value(line).filter(|text| text.starts_with('/') && text.len() > 2)?;
    Some(line.replacen(text, text.get(..text.len() - 1)?, 1))
}

#[test]
fn each_fault_in_a_tracing_policy_is_caught() {
    let compiled = compiled();
    let mut table: BTreeMap<&'static str, Seeded> = BTreeMap::new();
    for (kind, fault) in FAULTS {
        let seeded = table.entry(kind).or_default();
        for (at, emitted) in compiled.emitted.iter().enumerate() {
            let text = emitted.text.as_deref().unwrap();
            for (number, line) in text.lines().enumerate() {
                let Some(changed) = fault(line).filter(|_| !line.trim_start().starts_with('#')) else {
                    continue;
                };
                let lines = text.lines().enumerate();
                let text: Vec<&str> = lines
                    .map(|(other, line)| if other == number { changed.as_str() } else { line })
                    .collect();
                seeded.faults += 1;
                if is_caught(&compiled, at, text.join("\n")) {
                    seeded.caught += 1;
                } else {
                    seeded.survivors.push(format!("{}:{}: {}", emitted.path, number + 1, line.trim()));
                }
            }
        }
    }
    judge("TracingPolicies", &table, EQUIVALENT);
}

/// Faults that change nothing that an event can show, and why.
const EQUIVALENT: &[(&str, &str)] = &[
    ("::ffff:", "an event has the IPv4 address in place of the mapped one"),
    ("\"__ia32_", "the other name of the entry is still listed, and no event tells which one a kernel has"),
    ("(deleted)", "a deleted file has the name in events that it had before"),
    ("block-kmod-load", "no event tells which kind of file the kernel reads"),
    ("kill-ptrace-attach", "no event tells with which access a process is examined"),
];

/// Returns whether the proof reports something about a policy with another text.
fn is_caught(compiled: &Compiled, at: usize, text: String) -> bool {
    let own = &compiled.emitted[at].sources;
    let related = |emitted: &Emitted| {
        emitted.sources.iter().any(|span| own.iter().any(|own| own.source == span.source))
    };
    let mut emitted: Vec<Emitted> = compiled
        .emitted
        .iter()
        .map(|emitted| Emitted { text: emitted.text.clone().filter(|_| related(emitted)), ..emitted.clone() })
        .collect();
    emitted[at].text = Some(text);
    let translation = Translation {
        policy: &compiled.outcome.policy,
        sources: &compiled.sources,
        targets: &compiled.options.targets,
        parents: Parents::Unknown,
        emitted: &emitted,
        image: None,
    };
    let mut sink = Sink::default();
    let account = prove(&translation, Depth::Whole, &mut sink);
    sink.has_errors() || account.engine.unexplained > 0
}
