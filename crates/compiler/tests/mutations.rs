//! Damaged policies -> findings, never a panic, the same in every run; formatting twice changes nothing.
//!
//! `TELOVIX_FUZZ_CASES` sets how many are tried (`cargo xtask fuzz` tries many); `TELOVIX_FUZZ_SEED` repeats a run
//! that failed.

mod readers;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use telovix_compiler::{Options, Outcome, compile_to};
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_document as document;
use telovix_document::field_order;
use telovix_policy::value::Date;
use telovix_syntax::format::format;

/// Cases of an ordinary run: a few seconds without optimisation.
const CASES: u64 = 400;

/// What is put into texts: the words that readers, lowering and backends look for, and what they must not trip over.
const WORDS: &[&str] = &[
    "---\n",
    "kind: GuardianProfile\n",
    "kind: EnforcementRule\n",
    "processes:\n",
    "template: custom\n",
    "mode: audit\n",
    "mode: enforce\n",
    "children: inherit\n",
    "allowed_files: []\n",
    "allowed_dst_cidrs: [::/0]\n",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\\",
    "%YAML 1.1\n",
    "~",
    "null",
    "on",
    "0777",
    "1:30",
    "-1",
    "70000",
    "65535-0",
    "99999999999999999999",
    "10.0.0.1/8",
    "::ffff:1.2.3.4/96",
    "/",
    "/../",
    "//",
    "/a*",
    "/*/b",
    "*",
    "\u{0}",
    "\u{1b}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "CAP_SYS_ADMIN",
    "ptrace",
    "2026-02-30",
    "gp_0123456789ab",
    "telovix-lsm-baseline",
    "operator: CelExpr",
    "arg0 == int32(1) && !(arg1 + 1u)",
    "operator: NotDAddr",
    "operator: Postfix",
    "resolve: mm.owner[1].",
    "macros: [m]",
    "syscall: false",
    "{{{{{{{{{{{{{{{{",
    "[[[[[[[[[[[[[[[[[[[[[[[[",
];

#[test]
fn broken_policies_give_findings_and_no_panic() {
    let corpus = corpus();
    let cases = number("TELOVIX_FUZZ_CASES").unwrap_or(CASES);
    let first = number("TELOVIX_FUZZ_SEED").unwrap_or(0x7e10_f1c5);
    for seed in first..first + cases {
        let text = Mutation { state: seed }.mutate(&corpus);
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&text)));
        assert!(
            outcome.is_ok(),
            "TELOVIX_FUZZ_SEED={seed} TELOVIX_FUZZ_CASES=1 repeats this; the text was:\n{text}"
        );
    }
}

/// Reads alone, formats and compiles twice; what is said must be the same, and point into the text.
/// Compiles, and keeps what was made by path.
fn made(sources: &SourceSet, options: &Options) -> (Outcome, BTreeMap<String, Vec<u8>>) {
    let mut artifacts = BTreeMap::new();
    let outcome = compile_to(sources, options, &mut |path, bytes| {
        artifacts.insert(path.to_owned(), bytes.to_vec());
        ControlFlow::Continue(())
    });
    (outcome, artifacts)
}

fn check(text: &str) {
    let sources = SourceSet::single("mutated.yaml", text);
    readers::expect_agreement(&sources);
    document::read(&sources, &mut Sink::new(Levels::default()));
    if let Ok(formatted) = format(text, field_order) {
        assert_eq!(
            format(&formatted, field_order).as_deref(),
            Ok(formatted.as_str()),
            "its form is not at rest"
        );
    }
    let options = Options::on(Date::new(2026, 11, 20).expect("the calendar has the day"));
    let (first, artifacts) = made(&sources, &options);
    let (second, same) = made(&sources, &options);
    assert_eq!(said(&first.diagnostics), said(&second.diagnostics));
    assert_eq!(artifacts, same);
    for diagnostic in &first.diagnostics {
        let related = diagnostic.related.iter().map(|label| label.span);
        let fix = diagnostic.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for Span { start, end, .. } in diagnostic.span.into_iter().chain(related).chain(fix) {
            let (start, end) = (start as usize, end as usize);
            assert!(text.get(start..end).is_some(), "`{}` points outside the text", diagnostic.code.id);
        }
        assert!(
            !diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'),
            "{}",
            diagnostic.message
        );
    }
}

fn said(diagnostics: &[Diagnostic]) -> Vec<(&str, &str, Option<Span>)> {
    let told = |found: &Diagnostic| (found.code.id, found.span);
    diagnostics.iter().map(|found| (told(found).0, found.message.as_str(), told(found).1)).collect()
}

/// The example policies, and the inputs of the reader's tests.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["examples", "tests/read", "tests/tracing_policy/cases"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let texts: Vec<_> = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let small: Vec<_> = texts.into_iter().filter(|text| text.len() < 20_000).collect();
    assert!(small.len() > 10, "the corpus is missing");
    small
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A small generator (xorshift64*), so that a seed is all it takes to repeat a case.
struct Mutation {
    state: u64,
}

impl Mutation {
    fn mutate(&mut self, corpus: &[String]) -> String {
        // Neighbouring seeds should not give neighbouring cases.
        self.state = (self.state ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1;
        let mut text = self.pick(corpus).clone().into_bytes();
        for _ in 0..=self.below(6) {
            self.change(&mut text, corpus);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn change(&mut self, text: &mut Vec<u8>, corpus: &[String]) {
        let (start, end) = self.range(text.len());
        match self.below(7) {
            0 => drop(text.drain(start..end)),
            1 => {
                let copy = text[start..end].to_vec();
                let at = self.below(text.len() + 1);
                text.splice(at..at, copy);
            }
            2 => {
                let word = self.pick(WORDS).as_bytes().to_vec();
                text.splice(start..start, word);
            }
            3 => {
                let word = self.pick(WORDS).as_bytes().to_vec();
                text.splice(start..end, word);
            }
            4 if !text.is_empty() => {
                let at = self.below(text.len());
                text[at] ^= 1 << self.below(8);
            }
            5 => {
                let other = self.pick(corpus).as_bytes();
                let (from, to) = self.range(other.len());
                text.splice(start..end, other[from..to].to_vec());
            }
            _ => {
                let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
                if lines.len() > 1 {
                    let (left, right) = (self.below(lines.len()), self.below(lines.len()));
                    lines.swap(left, right);
                    *text = lines.concat();
                }
            }
        }
    }

    /// Returns a short range most of the time.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { length - start } else { (length - start).min(40) };
        (start, start + self.below(longest + 1))
    }

    fn pick<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        &list[self.below(list.len())]
    }

    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let random = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(random).unwrap_or(0) % bound.max(1)
    }
}
