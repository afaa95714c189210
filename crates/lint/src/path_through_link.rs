//! A path through a common symbolic link -> the path that the kernel sees.
//!
//! In a TracingPolicy these are the executables of `matchBinaries` and the filters on files that the kernel has resolved.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::{Document, TracingPolicyDocument};
use telovix_policy::value::{Date, PathPattern};
use telovix_syntax::{Mapping, Node, Value};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("path_through_link.md")), check: Check::Document(check) };

/// Links of distributions with a merged /usr, and their targets.
const LINKS: [(&str, &str); 6] = [
    ("/bin", "/usr/bin"),
    ("/lib", "/usr/lib"),
    ("/lib64", "/usr/lib64"),
    ("/sbin", "/usr/sbin"),
    ("/var/lock", "/run/lock"),
    ("/var/run", "/run"),
];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    if let Document::GuardianProfile(profile) = document {
        let binary = &profile.target_binary;
        if let Some(resolved) = resolved(binary.value.as_str()) {
            report("no process has the executable", binary.value.as_str(), &resolved, binary.span, sink);
        }
    }
    match document {
        Document::TracingPolicy(policy) => check_tracing_policy(policy, sink),
        Document::EnforcementRule(rule) => {
            rule.policy.iter().for_each(|policy| check_tracing_policy(policy, sink));
        }
        _ => {}
    }
    for paths in super::list::paths(document) {
        for item in &paths.list.items {
            if !lies_behind_link(item.value.stem()) {
                continue;
            }
            let written = item.value.to_string();
            let Some(resolved) = resolved(&written) else { continue };
            // Listing both is how one repository serves hosts of both kinds.
            let plain = resolved.trim_end_matches(['*', '/']);
            let inside = format!("{plain}/x");
            let is_listed = |other: &PathPattern| other.contains(plain) || other.contains(&inside);
            if !paths.list.items.iter().any(|other| is_listed(&other.value)) {
                report("nothing has the path", &written, &resolved, item.span, sink);
            }
        }
    }
}

/// Types of arguments whose path the kernel has resolved.
const RESOLVED: [&str; 4] = ["fd", "file", "linux_binprm", "path"];

fn check_tracing_policy(policy: &TracingPolicyDocument, sink: &mut Sink) {
    let mut pending = vec![&policy.node];
    while let Some(node) = pending.pop() {
        match &node.value {
            Value::Sequence(items) => pending.extend(items.iter().rev()),
            Value::Mapping(mapping) => {
                pending.extend(mapping.entries.iter().rev().map(|entry| &entry.value));
                for key in ["matchBinaries", "matchParentBinaries"] {
                    for filter in items(mapping, key) {
                        check_filter("no process has the executable", filter, sink);
                    }
                }
                check_arguments(mapping, sink);
            }
            Value::Scalar { .. } | Value::Unreadable => {}
        }
    }
}

/// Checks the filters of a hook on arguments that are resolved paths.
fn check_arguments(hook: &Mapping<'_>, sink: &mut Sink) {
    let text = |node: &Mapping<'_>, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let resolved: Vec<_> = items(hook, "args")
        .filter(|argument| text(argument, "type").is_some_and(|kind| RESOLVED.contains(&kind.as_str())))
        .filter_map(|argument| text(argument, "index"))
        .collect();
    if resolved.is_empty() {
        return;
    }
    for filter in items(hook, "selectors").flat_map(|selector| items(selector, "matchArgs")) {
        let is_resolved = text(filter, "index").is_some_and(|index| resolved.contains(&index));
        let compares_start = text(filter, "operator").is_some_and(|operator| {
            matches!(operator.as_str(), "Equal" | "NotEqual" | "Prefix" | "NotPrefix")
        });
        if is_resolved && compares_start {
            check_filter("nothing has the path", filter, sink);
        }
    }
}

fn check_filter(what: &str, filter: &Mapping<'_>, sink: &mut Sink) {
    let values = filter.get("values").and_then(Node::as_sequence).unwrap_or_default();
    for value in values {
        let Some(written) = value.text().filter(|text| lies_behind_link(text)) else { continue };
        let Some(resolved) = resolved(written) else { continue };
        if !values.iter().any(|other| other.text() == Some(&resolved)) {
            report(what, written, &resolved, value.span, sink);
        }
    }
}

/// Returns the mappings in a list below a key.
fn items<'node>(mapping: &'node Mapping<'node>, key: &str) -> impl Iterator<Item = &'node Mapping<'node>> {
    let items = mapping.get(key).and_then(Node::as_sequence).unwrap_or_default();
    items.iter().filter_map(Node::as_mapping)
}

fn report(what: &str, written: &str, resolved: &str, span: Span, sink: &mut Sink) {
    let message = format!("{what} `{written}` where that is a link: the kernel sees `{resolved}`");
    // Only a host can say whether the first part of the path is a link there.
    let fix = Fix::value(Certainty::Guess, span, resolved);
    sink.report(Diagnostic::new(&LINT.code, span, message).help(format!("write `{resolved}`")).fix_by(fix));
}

fn lies_behind_link(path: &str) -> bool {
    LINKS.iter().any(|(link, _)| path.starts_with(link))
}

fn resolved(path: &str) -> Option<String> {
    LINKS.iter().find_map(|(link, target)| {
        let rest = path.strip_prefix(link)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
    })
}
