//! A guard -> where it is stricter than in the sample implementation.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardProcess, List, RuntimeGuard};
use telovix_policy::value::PathPattern;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("guard_sample_differs.md")), check: Check::Guard(check) };

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in &guard.processes {
        for (span, difference) in differences(process) {
            sink.report(
                Diagnostic::new(&LINT.code, span, difference)
                    .help("run the guard with `mode: audit` first and check its log"),
            );
        }
    }
}

fn differences(process: &GuardProcess) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    let mut unchecked = |field: &str, span: Option<Span>| {
        found.extend(span.map(|span| (span, format!("the sample implementation ignores `{field}`"))));
    };
    unchecked("allowed_exec", filled(process.allowed_exec.as_ref()));
    unchecked("allowed_network", filled(process.allowed_network.as_ref()));
    unchecked("blocked_network", filled(process.blocked_network.as_ref()));
    let cpu = process.max_cpu_percent.as_ref().filter(|limit| limit.value > 0);
    unchecked("max_cpu_percent", cpu.map(|limit| limit.span));
    for item in
        [&process.allowed_files, &process.blocked_files].into_iter().flatten().flat_map(|list| &list.items)
    {
        let difference = match &item.value {
            PathPattern::Prefix(text) => text.strip_suffix('/').map(|directory| {
                format!("in the sample implementation `{text}*` matches `{directory}etera` as well")
            }),
            PathPattern::Tree(path) => Some(format!(
                "in the sample implementation `{path}` is that file only, without what is below it"
            )),
            PathPattern::File(_) => None,
            PathPattern::Below(path) => {
                Some(format!("in the sample implementation `{path}/` matches nothing"))
            }
        };
        found.extend(difference.map(|difference| (item.span, difference)));
    }
    found
}

fn filled<T>(list: Option<&List<T>>) -> Option<Span> {
    list.filter(|list| !list.items.is_empty()).map(|list| list.span)
}
