//! An allowed entry of a guard inside one of its block lists -> a finding that it has no effect.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::lower::endpoints;
use telovix_document::{GuardProcess, List, RuntimeGuard};
use telovix_policy::confine::PathSet;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("guard_dead_allow.md")), check: Check::Guard(check) };

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in &guard.processes {
        networks(process, sink);
        files(process, sink);
    }
}

fn networks(process: &GuardProcess, sink: &mut Sink) {
    let (Some(allowed), Some(blocked)) = (&process.allowed_network, &process.blocked_network) else { return };
    let blocks = endpoints(blocked);
    for item in &allowed.items {
        let alone = List { span: item.span, items: vec![*item] };
        if endpoints(&alone).is_subset(&blocks) {
            let fix = Fix::remove(Certainty::SameMeaning, item.span);
            let fix = Some(fix).filter(|_| !endpoints(allowed).is_subset(&blocks));
            report(&item.value, item.span, "blocked_network", blocked, fix, sink);
        }
    }
}

fn files(process: &GuardProcess, sink: &mut Sink) {
    let (Some(allowed), Some(blocked)) = (&process.allowed_files, &process.blocked_files) else { return };
    let blocks: PathSet = blocked.items.iter().map(|item| &item.value).collect();
    let all: PathSet = allowed.items.iter().map(|item| &item.value).collect();
    for item in &allowed.items {
        let alone: PathSet = [&item.value].into_iter().collect();
        if alone.is_subset(&blocks) {
            let fix = Fix::remove(Certainty::SameMeaning, item.span);
            // A list in which nothing is left would mean something else.
            let fix = Some(fix).filter(|_| !all.is_subset(&blocks));
            report(&item.value, item.span, "blocked_files", blocked, fix, sink);
        }
    }
}

fn report<T>(
    entry: &impl std::fmt::Display,
    span: telovix_diagnostic::source::Span,
    field: &str,
    blocked: &List<T>,
    fix: Option<Fix>,
    sink: &mut Sink,
) {
    let message =
        format!("`{entry}` has no effect: all of it is blocked by `{field}`, which takes precedence");
    let found = Diagnostic::new(&LINT.code, span, message)
        .related(blocked.span, "the block list")
        .help("remove or narrow the blocked entry, or remove this one");
    sink.report(match fix {
        Some(fix) => found.fix_by(fix),
        None => found,
    });
}
