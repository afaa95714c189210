//! Policy repositories -> the policies of Tetragon, file by file.
//!
//! A case is a folder of `tests/emit` with documents under `input` and what they compile to under `output`;
//! findings are in `output/findings`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use telovix_compiler::emit;
use telovix_compiler::emit::tracing_policy::Options;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Example, Severity, Sink};
use telovix_document as document;
use telovix_document::lower;
use telovix_platform::Kernel;
use telovix_policy::value::Date;
use telovix_snapshot::{assert_folder, files, root};
use telovix_syntax as syntax;
use telovix_tetragon as tracing_policy;
use telovix_tetragon::{Context, read, validate};

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/emit")).expect("the cases are part of the repository");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    cases.sort();
    cases
}

fn compile(inputs: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    compile_with(inputs, &Options::default())
}

fn compile_with(
    inputs: impl IntoIterator<Item = (String, String)>,
    options: &Options,
) -> BTreeMap<String, String> {
    let sources = SourceSet::new(inputs);
    let mut sink = Sink::default();
    let as_of = Date::new(2026, 11, 21).expect("a date");
    let documents = document::read(&sources, &mut sink).documents;
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut sink);
    let mut outputs = BTreeMap::new();
    let mut collect = |path: &str, bytes: &[u8]| {
        outputs.insert(path.to_owned(), String::from_utf8(bytes.to_vec()).expect("YAML is UTF-8"));
        ControlFlow::Continue(())
    };
    emit::tracing_policy::emit(&policy, &sources, options, &mut emit::Outbox::new(&mut collect), &mut sink);
    let findings = sink.into_sorted().into_iter().filter(|finding| finding.severity > Severity::Note);
    let findings: Vec<String> = findings
        .map(|finding| {
            let place = finding.span.map(|span| sources.locate(span)).unwrap_or_default();
            format!("{place}: {} {}: {}\n", finding.severity.name(), finding.code.id, finding.message)
        })
        .collect();
    if !findings.is_empty() {
        outputs.insert("findings".to_owned(), findings.concat());
    }
    outputs
}

#[test]
fn documents_compile_to_the_expected_policies() {
    for case in cases() {
        assert_folder(&case.join("output"), &compile(files(&case.join("input"))));
    }
}

#[test]
fn what_is_written_reads_back_without_a_finding() {
    for case in cases() {
        for (path, text) in compile(files(&case.join("input"))) {
            if !path.ends_with(".yaml") || text.lines().all(|line| line.starts_with('#')) {
                continue;
            }
            let sources = SourceSet::single(&path, &text);
            let mut sink = Sink::default();
            let mut count = 0;
            for (id, source) in sources.iter() {
                syntax::parse(id, source, &mut sink, |tree, sink| {
                    count += 1;
                    if let Some(policy) = read(&tree.root, sink) {
                        validate(&policy, &Context::default(), sink);
                    }
                });
            }
            assert_eq!(count, 1, "{path} holds one policy");
            let findings = sink.into_sorted();
            let objections = findings.iter().filter(|finding| finding.severity > Severity::Warning);
            assert_eq!(objections.count(), 0, "{path}: {findings:?}");
        }
    }
}

#[test]
fn order_of_arrival_does_not_matter() {
    for case in cases() {
        let inputs: Vec<_> = files(&case.join("input")).into_iter().collect();
        let reversed: Vec<_> = inputs.iter().cloned().rev().collect();
        assert_eq!(compile(inputs), compile(reversed), "{}", case.display());
    }
}

#[test]
fn every_code_of_the_engine_keeps_the_word_of_its_examples() {
    let tables = [tracing_policy::REJECTIONS, tracing_policy::OBJECTIONS, emit::tracing_policy::CODES];
    let text = |example: Example| match example {
        Example::Text(text) => Some(text.to_owned()),
        Example::Made(_, make) => Some(make()),
        Example::Situation(_) => None,
    };
    let mut broken = Vec::new();
    for code in tables.into_iter().flatten() {
        for (example, expected) in [(code.fires, true), (code.silent, false)] {
            let Some(text) = text(example) else { continue };
            let found = compile([("example.yaml".to_owned(), text.clone())]);
            let findings = found.get("findings").cloned().unwrap_or_default();
            if findings.contains(&format!(" {}: ", code.id)) != expected {
                broken.push(format!("`{}`, expected {expected}:\n{text}\n{findings}", code.id));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

fn case(name: &str) -> BTreeMap<String, String> {
    files(&root().join("tests/emit").join(name).join("input"))
}

#[test]
fn each_denial_also_kills_with_deny_with_kill() {
    let options = Options { deny_with_kill: true, ..Options::default() };
    let kills = |text: &str| text.matches("action: \"Sigkill\"").count();
    let denials = |text: &str| text.matches("action: \"Override\"").count();
    let path = "guardian-profile-gp_0123456789ab-enforce.yaml";
    let (plain, with_kill) = (compile(case("profile")), compile_with(case("profile"), &options));
    let (plain, with_kill) = (plain.get(path).expect("a file"), with_kill.get(path).expect("a file"));
    assert_eq!((kills(plain), denials(plain)), (0, 5));
    assert_eq!((kills(with_kill), denials(with_kill)), (5, 5));
}

#[test]
fn the_state_of_a_pack_is_in_the_text_only_when_it_is_asked_for() {
    let options = Options { pack_state: emit::PackStateForm::PolicyMode, ..Options::default() };
    let path = "o-du-core-guard/0.1.0/telovix-rule-block-execve-tmp-staging.yaml";
    let held: BTreeMap<_, _> = case("pack")
        .into_iter()
        .map(|(name, text)| (name, text.replace("state: enforced", "state: observe")))
        .collect();
    let text = |outputs: BTreeMap<String, String>| outputs.get(path).expect("a file").clone();
    assert_eq!(text(compile(case("pack"))), text(compile(held.clone())));
    let mode = |mode: &str| format!("name: \"policy-mode\"\n      value: \"{mode}\"");
    assert!(text(compile_with(case("pack"), &options)).contains(&mode("enforce")));
    assert!(text(compile_with(held, &options)).contains(&mode("monitor")));
}

#[test]
fn memory_files_are_killed_after_the_fact_only_where_no_hook_sees_them() {
    let names = |kernels: &[Kernel]| {
        let options = Options { kernels: kernels.to_vec(), ..Options::default() };
        let outputs = compile_with(case("templates"), &options);
        let names = outputs.into_keys().filter(|name| name.contains("memfd"));
        names.map(|name| name.ends_with(".syscalls.yaml")).collect::<Vec<_>>()
    };
    assert_eq!(names(&[Kernel::V7_2]), [false]);
    assert_eq!(names(&[Kernel::V6_1]), [true]);
    assert_eq!(names(&Kernel::ALL), [true, false]);
}
