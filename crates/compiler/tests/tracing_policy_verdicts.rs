//! The verdicts of whole compiles, compared with those of Tetragon: each file of `tests/tracing_policy/engine` says in its
//! first line what Tetragon makes of it. Each of `tests/tracing_policy/cases` has our findings next to it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use telovix_compiler::verdict::Verdict;
use telovix_compiler::{Options, compile};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_tetragon::Dialect;

fn cases() -> Vec<(String, String)> {
    let folder: PathBuf = telovix_snapshot::root().join("tests/tracing_policy/engine");
    let entries = std::fs::read_dir(folder).expect("the cases are part of the repository");
    let mut cases: Vec<_> = entries
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
fn compiles_agree_with_tetragon() {
    let options = Options::on(Date::new(2026, 12, 1).expect("a day of the calendar"));
    let (mut agreed, mut wrong) = (0, Vec::new());
    for (name, text) in cases() {
        let outcome = compile(&SourceSet::single(&name, &text), &options);
        let verdict = outcome.tracing_policies.first().map(|policy| policy.verdict);
        let expected =
            if text.starts_with("# Tetragon: rejects") { Verdict::Reject } else { Verdict::Accept };
        if verdict == Some(expected) {
            agreed += 1;
        } else {
            let codes: Vec<_> = outcome.diagnostics.iter().map(|finding| finding.code.id).collect();
            wrong.push(format!("{name}: expected {expected:?}, found {verdict:?} with {codes:?}"));
        }
    }
    println!("{agreed} of {} verdicts agree with Tetragon", agreed + wrong.len());
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Renders the verdict on each policy, and the findings with what Tetragon does about them.
#[test]
fn cases_are_judged_as_expected() {
    telovix_snapshot::assert_cases("tracing_policy/cases", 30, |files| {
        let mut options = Options::on(Date::new(2026, 12, 1).expect("a day of the calendar"));
        options.targets.retain(|target| target.name() == "tetragon-6.12");
        assert_eq!(options.targets.len(), 1);
        let sources = SourceSet::new(files);
        let outcome = compile(&sources, &options);
        let mut text = String::new();
        for policy in &outcome.tracing_policies {
            let name = policy.name.as_deref().unwrap_or("a policy without a name");
            text.push_str(&format!("tetragon: {} {name}\n", policy.verdict.name()));
        }
        for finding in &outcome.diagnostics {
            text.push_str(&format!("\n{}: {}", finding.tetragon.name(), finding.plain(&sources)));
        }
        text
    });
}

#[test]
fn rules_of_the_console_are_a_dialect() {
    let text = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: mine}\nspec: {}\n";
    let rule = "kind: EnforcementRule\nname: mine\ntemplate: custom\npolicy:\n  apiVersion: cilium.io/v1alpha1\n  \
                kind: TracingPolicy\n  metadata: {name: mine}\n  spec: {}\n";
    let is_reported = |text: &str, dialect| {
        let mut options = Options::on(Date::new(2026, 12, 1).expect("a day of the calendar"));
        options.engine.dialect = dialect;
        let outcome = compile(&SourceSet::single("mine.yaml", text), &options);
        outcome.diagnostics.iter().any(|finding| finding.code.id == "engine-custom-name")
    };
    assert!(!is_reported(text, Dialect::Tetragon));
    assert!(is_reported(text, Dialect::Console));
    assert!(is_reported(rule, Dialect::Tetragon));
}

/// Hostile documents end in a finding, soon. The time is far above what they take, for slow machines.
#[test]
fn hostile_policies_are_judged_soon() {
    let head = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: hostile}\nspec:\n";
    let hook = "  kprobes:\n  - call: sys_dup\n    args: [{index: 0, type: int}]\n    selectors:\n";
    let expression = |text: String| {
        format!("{head}{hook}    - matchArgs: [{{operator: CelExpr, values: [\"{text}\"]}}]\n")
    };
    let filters = "{index: 0, operator: Equal, values: [\"1\"]},".repeat(10_000);
    let mut bomb = format!("{head}  lists:\n  - &a {{name: x, values: [{}]}}\n", "y,".repeat(100));
    for (before, after) in ('a'..'n').zip('b'..) {
        bomb.push_str(&format!("  - &{after} [{}]\n", format!("*{before},").repeat(20)));
    }
    let nested = format!("{head}  lists: {}x{}\n", "&a [".repeat(60), "]".repeat(60));
    let cases = [
        expression("1+".repeat(500_000)),
        expression("(".repeat(30_000)),
        expression(format!("{}true", "true && ".repeat(7_000))),
        format!("{head}{hook}{}", "    - {}\n".repeat(10_000)),
        format!("{head}{hook}{}", format!("    - matchArgs: [{filters}]\n").repeat(5)),
        format!(
            "{head}{hook}    - matchArgs: [{{index: 0, operator: InMap, values: [{}]}}]\n",
            "x,".repeat(100_000)
        ),
        format!(
            "{head}  kprobes: [{{call: sys_dup, args: [{}]}}]\n",
            "{index: 9, type: int},".repeat(10_000)
        ),
        format!(
            "{head}  lists: [{{name: l, type: syscalls, values: [{}]}}]\n  kprobes: [{{call: \"list:l\"}}]\n",
            "sys_no,".repeat(100_000)
        ),
        bomb,
        nested,
    ];
    let options = Options::on(Date::new(2026, 12, 1).expect("a day of the calendar"));
    for text in cases {
        let start = Instant::now();
        let outcome = compile(&SourceSet::single("hostile.yaml", &text), &options);
        let shown: String = text.chars().skip(head.len()).take(120).collect();
        assert!(!outcome.diagnostics.is_empty(), "{shown}");
        assert!(outcome.diagnostics.len() < 20_000, "{} findings: {shown}", outcome.diagnostics.len());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}: {shown}", start.elapsed());
    }
}
