//! Compares the offline validator with the verdicts of Tetragon itself.
//!
//! Each file of `tests/tracing_policy/engine` is a small policy whose first line records the verdict of Tetragon
//! main of August 2026 (commit 4fbfe2d74): its own schema loader and selector encoder, run offline with
//! large programs, kernel 5.11 or later, no Kubernetes. Where it says so, the verdict was read from Tetragon's
//! source instead. `tests/tracing_policy/engine.verdicts` records our
//! findings (`BLESS=1` writes it).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tracing_policy")
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
        let rejected = text.starts_with("# The engine: rejects");
        assert!(rejected || text.starts_with("# The engine: accepts"), "{name} has no verdict");
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
fn findings_stay_as_they_were_blessed() {
    let mut verdicts = String::new();
    for (name, text) in cases() {
        let codes = judge(&name, &text);
        let codes: Vec<_> =
            codes.iter().map(|(code, severity)| format!("{} {code}", severity.name())).collect();
        let codes = if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") };
        verdicts.push_str(&format!("{name}: {codes}\n"));
    }
    let path = folder().join("engine.verdicts");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &verdicts).expect("the folder is writable");
    }
    let blessed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(blessed, verdicts, "run again with BLESS=1 if this is meant");
}
