//! The rules of one operation -> the hook that denies what they deny.
//!
//! Every selector denies, so their order means nothing: an event is denied when one of them matches.

use std::collections::{BTreeMap, BTreeSet};

use telovix_tetragon::push_quoted;

use super::rule::{Operation, Rule, Verdict};

/// The programs of a selector.
enum Programs<'a> {
    All,
    In(Vec<&'a str>),
    NotIn(Vec<&'a str>),
}

/// Appends the hook of an operation; nothing without rules.
pub(super) fn write(operation: Operation, rules: &[&Rule], text: &mut String) {
    if rules.is_empty() {
        return;
    }
    text.push_str(match operation {
        Operation::Exec => {
            "  - hook: bprm_check_security\n    args:\n    - index: 0\n      type: linux_binprm\n"
        }
        Operation::Open => "  - hook: file_open\n    args:\n    - index: 0\n      type: file\n",
        Operation::Capability => "  - hook: capable\n    args:\n    - index: 2\n      type: int\n",
    });
    text.push_str("    selectors:\n");
    let of = |verdict: Verdict| rules.iter().copied().filter(move |rule| rule.verdict == verdict);
    let index = if operation == Operation::Capability { 2 } else { 0 };
    blocks(of(Verdict::Block), index, text);
    allows(&of(Verdict::Allow).collect::<Vec<_>>(), index, text);
}

/// One selector for the values, and one for the prefixes, of the rules with the same sources.
fn blocks<'a>(rules: impl Iterator<Item = &'a Rule>, index: u8, text: &mut String) {
    let mut by_sources: BTreeMap<&[String], Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        by_sources.entry(&rule.sources).or_default().push(rule);
    }
    for (sources, rules) in by_sources {
        let programs = || {
            if sources.is_empty() {
                Programs::All
            } else {
                Programs::In(sources.iter().map(String::as_str).collect())
            }
        };
        let (equals, prefixes) = values(&rules);
        if !equals.is_empty() {
            selector(&programs(), index, &[("Equal", &equals)], text);
        }
        if !prefixes.is_empty() {
            selector(&programs(), index, &[("Prefix", &prefixes)], text);
        }
    }
}

/// One selector for each program with a list of its own, and one for all others.
fn allows(rules: &[&Rule], index: u8, text: &mut String) {
    let programs: BTreeSet<&str> =
        rules.iter().flat_map(|rule| rule.sources.iter().map(String::as_str)).collect();
    let for_all = || rules.iter().copied().filter(|rule| rule.sources.is_empty());
    let mut list = |programs: &Programs<'_>, rules: &[&Rule]| {
        let (equals, prefixes) = values(rules);
        selector(programs, index, &[("NotEqual", &equals), ("NotPrefix", &prefixes)], text);
    };
    for program in &programs {
        let own = rules.iter().copied().filter(|rule| rule.sources.iter().any(|source| source == program));
        list(&Programs::In(vec![program]), &own.chain(for_all()).collect::<Vec<_>>());
    }
    if for_all().next().is_some() {
        let others =
            if programs.is_empty() { Programs::All } else { Programs::NotIn(programs.into_iter().collect()) };
        list(&others, &for_all().collect::<Vec<_>>());
    }
}

fn values<'a>(rules: &[&'a Rule]) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let equals = rules.iter().flat_map(|rule| rule.equals.iter().map(String::as_str));
    let prefixes = rules.iter().flat_map(|rule| rule.prefixes.iter().map(String::as_str));
    (equals.collect(), prefixes.collect())
}

/// Appends a selector; a filter without values is left out.
fn selector(programs: &Programs<'_>, index: u8, filters: &[(&str, &BTreeSet<&str>)], text: &mut String) {
    let mut lead = "    - ";
    let (operator, paths) = match programs {
        Programs::All => ("", &Vec::new()),
        Programs::In(paths) => ("In", paths),
        Programs::NotIn(paths) => ("NotIn", paths),
    };
    if !operator.is_empty() {
        text.push_str(&format!("{lead}matchBinaries:\n      - operator: {operator}\n        values:\n"));
        list(paths.iter().copied(), text);
        lead = "      ";
    }
    let filters: Vec<_> = filters.iter().filter(|(_, values)| !values.is_empty()).collect();
    if !filters.is_empty() {
        text.push_str(&format!("{lead}matchArgs:\n"));
        lead = "      ";
    }
    for (operator, values) in filters {
        text.push_str(&format!("      - index: {index}\n        operator: {operator}\n        values:\n"));
        list(values.iter().copied(), text);
    }
    text.push_str(&format!("{lead}matchActions:\n      - action: Override\n        argError: -1\n"));
}

fn list<'a>(values: impl Iterator<Item = &'a str>, text: &mut String) {
    for value in values {
        text.push_str("        - ");
        push_quoted(text, value);
        text.push('\n');
    }
}
