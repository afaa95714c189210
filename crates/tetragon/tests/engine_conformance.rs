//! The offline validator, compared with the verdicts of Tetragon itself.
//!
//! Each file of `tests/tracing_policy/engine` is a small policy whose first line says what Tetragon main of
//! August 2026 (commit 4fbfe2d74) made of it: its own schema loader and selector encoder, run offline with
//! large programs, kernel 5.11 or later, no Kubernetes. `tests/tracing_policy/engine.verdicts` has what we
//! report.

use std::collections::BTreeSet;
use std::path::PathBuf;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink, Treatment};
use telovix_syntax as syntax;
use telovix_tetragon as tracing_policy;
use telovix_tetragon::Context;

fn folder() -> PathBuf {
    telovix_snapshot::root().join("tests/tracing_policy")
}

/// Returns every finding about the first document, which is the only one that Tetragon reads.
fn judge(name: &str, text: &str) -> Vec<Diagnostic> {
    let sources = SourceSet::single(name, text);
    let mut sink = Sink::default();
    for (id, source) in sources.iter() {
        let mut policies = Vec::new();
        syntax::parse_sharing(id, source, &mut sink, |tree, sink| {
            policies.extend(tracing_policy::read(&tree.root, sink));
        });
        for policy in policies {
            tracing_policy::validate(&policy, &Context::default(), &mut sink);
        }
    }
    sink.into_sorted()
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
#[allow(clippy::print_stdout, reason = "the test prints the agreement")]
fn verdicts_agree_with_tetragon() {
    let (mut agreed, mut wrong) = (0, Vec::new());
    for (name, text) in cases() {
        let rejected = text.starts_with("# Tetragon: rejects");
        assert!(rejected || text.starts_with("# Tetragon: accepts"), "{name} has no verdict");
        let findings = judge(&name, &text);
        let rejections = findings.iter().filter(|finding| finding.tetragon == Treatment::Rejects);
        let codes: Vec<_> = rejections.map(|finding| finding.code.id).collect();
        if rejected == codes.is_empty() {
            let verb = if rejected { "rejects" } else { "accepts" };
            wrong.push(format!("{name}: Tetragon {verb} it, our rejections are {codes:?}"));
        } else {
            agreed += 1;
        }
    }
    println!("{agreed} of {} verdicts agree with Tetragon", agreed + wrong.len());
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn findings_are_as_expected() {
    let mut verdicts = String::new();
    for (name, text) in cases() {
        let findings = judge(&name, &text);
        let lines: BTreeSet<_> = findings
            .iter()
            .map(|found| format!("{} {} ({})", found.severity.name(), found.code.id, found.tetragon.name()))
            .collect();
        let lines: Vec<_> = lines.into_iter().collect();
        let lines = if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") };
        verdicts.push_str(&format!("{name}: {lines}\n"));
    }
    telovix_snapshot::assert_file(&folder().join("engine.verdicts"), &verdicts);
}
