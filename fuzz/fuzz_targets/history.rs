//! Any bytes -> a history: no panic, and the same answer by both ways of reading.
#![no_main]

use std::io::Write;
use std::num::NonZeroUsize;

use libfuzzer_sys::fuzz_target;
use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_replay::{Impact, Judge, Options, Question, Reading, Source, scan};

const POLICY: &str = "\
kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: enforce
allowed_spawns: [/usr/bin/]
allowed_files: [/var/lib/amf/]
allowed_dst_ports: [443]
---
kind: EnforcementRule
rule_id: er-1
name: tmp
template: block-execve-tmp
";

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let history = [Source::File(file.path().to_owned())];
    let sources = SourceSet::single("policy.yaml", POLICY);
    let policy = analyse(&sources, &CompilerOptions::on(Date::parse("2026-12-01").unwrap())).policy;
    let question = Question { now: Judge::new(&policy.confinements, &sources), before: None };
    let ask = |reading| {
        let options = Options { threads: NonZeroUsize::new(1), reading, ..Options::default() };
        let (tally, amount) = scan(&history, &question, options);
        Impact::new(&tally, &amount, &question)
    };
    assert_eq!(ask(Reading::Fast), ask(Reading::Reference));
});
