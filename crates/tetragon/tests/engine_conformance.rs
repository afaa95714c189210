//! The offline validator, compared with the verdicts of Tetragon itself.
//!
//! Each file of `tests/tracing_policy/engine` is a small policy whose first line says what Tetragon main of
//! August 2026 (commit 4fbfe2d74) made of it: its own schema loader and selector encoder, run offline with
//! large programs, kernel 5.11 or later, no Kubernetes. `tests/tracing_policy/engine.verdicts` has what we
//! report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Severity, Sink};
use telovix_syntax as syntax;
use telovix_tetragon as tracing_policy;
use telovix_tetragon::{Context, OBJECTIONS};

/// Policies whose recorded verdict ends before the handler that rejects them: the case, our code, and the rule.
const REFUSED_LATER: &[(&str, &str, &str)] = &[
    ("args-seven", "engine-argument", "pkg/sensors/tracing/generickprobe.go: at most 5 arguments"),
    ("arg-type-null", "engine-argument", "generickprobe.go: a kprobe argument needs a type"),
    (
        "act-err-pos",
        "engine-action",
        "generickprobe.go: override works on system calls and security_ hooks only",
    ),
    ("returnArgAction-any", "engine-argument", "generickprobe.go: unknown action on the returned value"),
    ("syscall64-InMap", "engine-argument", "generickprobe.go: syscall64 is a type of tracepoints"),
];

fn folder() -> PathBuf {
    telovix_snapshot::root().join("tests/tracing_policy")
}

/// Returns each reported code with its severity.
fn judge(name: &str, text: &str) -> BTreeMap<&'static str, Severity> {
    let sources = SourceSet::single(name, text);
    let mut sink = Sink::default();
    for (id, source) in sources.iter() {
        let mut policies = Vec::new();
        syntax::parse(id, source, &mut sink, |tree, sink| {
            policies.extend(tracing_policy::read(&tree.root, sink));
        });
        for policy in policies {
            tracing_policy::validate(&policy, &Context::default(), &mut sink);
        }
    }
    let found = sink.into_sorted().into_iter();
    found.map(|diagnostic| (diagnostic.code.id, diagnostic.severity)).collect()
}

fn cases() -> Vec<(String, String)> {
    let mut cases: Vec<_> = std::fs::read_dir(folder().join("engine"))
        .expect("the cases are part of the repository")
        .map(|entry| {
            let path = entry.expect("a readable entry").path();
            let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn what_the_engine_rejects_is_an_error_and_what_it_accepts_is_at_most_objected_to() {
    let mut wrong = Vec::new();
    for (name, text) in cases() {
        let rejected = text.starts_with("# Tetragon: rejects");
        assert!(rejected || text.starts_with("# Tetragon: accepts"), "{name} has no verdict");
        let codes = judge(&name, &text);
        let errors = codes.iter().filter(|(_, severity)| **severity == Severity::Error);
        let errors: Vec<_> = errors.map(|(code, _)| *code).collect();
        let later = REFUSED_LATER.iter().find(|(case, ..)| *case == name).map(|(_, code, _)| *code);
        let is_allowed =
            |code: &str| OBJECTIONS.iter().any(|objection| objection.id == code) || later == Some(code);
        let is_refused = !errors.is_empty() || codes.contains_key("no-document");
        let agrees = if rejected { is_refused } else { errors.iter().all(|code| is_allowed(code)) };
        if !agrees {
            let verb = if rejected { "rejects" } else { "accepts" };
            wrong.push(format!("{name}: Tetragon {verb} it, our errors are {errors:?}"));
        }
        if let Some(later) = later {
            assert!(errors.contains(&later), "{name} is listed for {later} and has {errors:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_are_as_expected() {
    let mut verdicts = String::new();
    for (name, text) in cases() {
        let codes = judge(&name, &text);
        let codes: Vec<_> =
            codes.iter().map(|(code, severity)| format!("{} {code}", severity.name())).collect();
        let codes = if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") };
        verdicts.push_str(&format!("{name}: {codes}\n"));
    }
    telovix_snapshot::assert_file(&folder().join("engine.verdicts"), &verdicts);
}
