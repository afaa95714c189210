//! The patterns that the guard's own reader takes -> patterns of documents.
//!
//! That reader matches a path by equality, and by prefix when the pattern ends with `*`; it compares no entry of a network
//! list with an address. A pattern with `*` elsewhere matches only a path with that name.

use telovix_diagnostic::source::Span;
use telovix_policy::value::NetworkPattern;
use telovix_syntax::{Node, ScalarStyle, Value};

use super::scalar::scalar;
use crate::Effect;

/// Which way a list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Allowed,
    Blocked,
}

/// Converts the lists of every process.
pub(super) fn convert(processes: &mut Node<'static>, tell: &mut impl FnMut(Span, String, &str, Effect)) {
    let Value::Mapping(processes) = &mut processes.value else { return };
    let lists = processes.entries.iter_mut().filter_map(|process| match &mut process.value.value {
        Value::Mapping(lists) => Some(lists),
        _ => None,
    });
    for entry in lists.flat_map(|lists| &mut lists.entries) {
        let Value::Sequence(items) = &mut entry.value.value else { continue };
        match entry.key.value.as_ref() {
            "allowed_files" => files(items, List::Allowed, tell),
            "blocked_files" => files(items, List::Blocked, tell),
            "allowed_network" => network(items, List::Allowed, tell),
            "blocked_network" => network(items, List::Blocked, tell),
            _ => {}
        }
    }
}

fn files(items: &mut Vec<Node<'static>>, list: List, tell: &mut impl FnMut(Span, String, &str, Effect)) {
    // An empty list of allowed files confines nothing, so the last entry of one is never removed.
    let mut left = items.len();
    items.retain_mut(|item| {
        let Some(text) = item.text().map(str::to_owned) else { return true };
        let what = format!("`{text}`");
        if text == "*" {
            *item = scalar("/*", item.span, ScalarStyle::Quoted);
            tell(item.span, what, "written as `/*`: every path", Effect::Same);
        } else if !text.trim_end_matches('*').starts_with('/') && text.ends_with('*') {
            tell(item.span, what, "kept: paths start with `/`", Effect::Kept);
        } else if text.strip_suffix('*').unwrap_or(&text).contains('*') {
            if list == List::Blocked || left > 1 {
                let why =
                    "removed: the guard takes only a `*` at the end for a pattern, so this matched no file";
                tell(item.span, what, why, Effect::Same);
                left -= 1;
                return false;
            }
            tell(
                item.span,
                what,
                "kept: without it the list is empty, and an empty list allows every file",
                Effect::Kept,
            );
        }
        true
    });
}

fn network(items: &mut Vec<Node<'static>>, list: List, tell: &mut impl FnMut(Span, String, &str, Effect)) {
    let mut converted = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let Some(text) = item.text().map(str::to_owned) else {
            converted.push(item);
            continue;
        };
        let (host, port) =
            text.rsplit_once(':').map_or((text.as_str(), None), |(host, port)| (host, Some(port)));
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
        if NetworkPattern::parse(&text).is_ok() || !is_port || !is_host(host) {
            converted.push(item);
        } else if host == "localhost" {
            let port = port.map_or_else(String::new, |port| format!(":{port}"));
            let (v4, v6) = (format!("127.0.0.1{port}"), format!("[::1]{port}"));
            let v6 = if port.is_empty() { "::1".to_owned() } else { v6 };
            let why = format!("written as `{v4}` and `{v6}`, its addresses");
            tell(item.span, format!("`{text}`"), &why, Effect::Same);
            converted.extend([v4, v6].map(|text| scalar(&text, item.span, ScalarStyle::Quoted)));
        } else if list == List::Allowed {
            let why =
                "removed: the addresses of a host name change, and a kernel sees addresses only; add them";
            tell(item.span, format!("`{text}`"), why, Effect::Stricter);
        } else {
            let why = "kept: without its addresses the host is not blocked; write them instead";
            tell(item.span, format!("`{text}`"), why, Effect::Kept);
            converted.push(item);
        }
    }
    *items = converted;
}

/// Returns whether a text is the name of a host: labels of letters, digits and hyphens, one of them with a letter.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    };
    text.split('.').all(is_label)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.contains(|letter: char| letter.is_ascii_alphabetic()))
}
