//! Any text -> findings and artifacts: no panic, and the same ones twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telovix_compiler::diagnostic::Levels;
use telovix_compiler::document::value::Date;
use telovix_compiler::emit::EngineOptions;
use telovix_compiler::source::SourceSet;
use telovix_compiler::target::Target;
use telovix_compiler::{Options, compile};

fuzz_target!(|text: &str| {
    let options = Options {
        targets: Target::ALL.to_vec(),
        levels: Levels::default(),
        as_of: Date::new(2026, 11, 21).expect("a day of the calendar"),
        sensor: None,
        group: None,
        engine: EngineOptions::default(),
    };
    let sources = SourceSet::single("case.yaml", text);
    let first = compile(&sources, &options);
    let second = compile(&sources, &options);
    assert_eq!(first.diagnostics.len(), second.diagnostics.len());
    assert_eq!(first.artifacts, second.artifacts);
});
