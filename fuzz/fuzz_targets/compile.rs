//! Any text -> findings and artifacts: no panic, and the same ones twice.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use telovix_compiler::{Options, compile_to};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;

fuzz_target!(|text: &str| {
    let options = Options::on(Date::new(2026, 11, 21).expect("a day of the calendar"));
    let sources = SourceSet::single("case.yaml", text);
    let made = || {
        let mut artifacts = Vec::new();
        let outcome = compile_to(&sources, &options, &mut |path, bytes| {
            artifacts.push((path.to_owned(), bytes.to_vec()));
            ControlFlow::Continue(())
        });
        (outcome.diagnostics.len(), artifacts)
    };
    assert_eq!(made(), made());
});
