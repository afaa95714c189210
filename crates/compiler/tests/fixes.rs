//! Every fix -> the text it writes, the finding it removes, and the meaning it keeps.
//!
//! `tests/fix/CODE.yaml` or `CODE.WHAT.yaml` is a document with the finding, `….fixed.yaml` the same with the fixes of that
//! code. `SNAPSHOTS=overwrite` writes the latter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use telovix_compare::{Direction, Side, compare};
use telovix_compiler::catalogue::catalogue;
use telovix_compiler::repair::repair;
use telovix_compiler::{Options, Outcome, compile};
use telovix_diagnostic::fix::apply::apply;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Certainty, Diagnostic, Example};
use telovix_policy::value::Date;
use telovix_snapshot::assert_file;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fix")
}

fn options() -> Options {
    Options::on(Date::new(2026, 11, 21).expect("a day of the calendar"))
}

/// The inputs, with the code each one is about.
fn cases() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder()).expect("the folder of cases");
    let mut cases: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            (!name.contains(".fixed.")).then(|| (name.split('.').next().unwrap_or_default().to_owned(), path))
        })
        .collect();
    cases.sort();
    cases
}

fn of<'outcome>(outcome: &'outcome Outcome, code: &str) -> Vec<&'outcome Diagnostic> {
    outcome.diagnostics.iter().filter(|found| found.code.id == code).collect()
}

fn name_of(path: &Path) -> String {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    format!("case.{extension}")
}

#[test]
fn each_fix_removes_its_finding() {
    let mut wrong = Vec::new();
    for (code, path) in cases() {
        let text = fs::read_to_string(&path).expect("a case");
        let options = options();
        let before = SourceSet::single(&name_of(&path), &text);
        let first = compile(&before, &options);
        let findings = of(&first, &code);
        let certainties: BTreeSet<_> =
            findings.iter().filter_map(|found| found.fix.as_ref()).map(|fix| fix.certainty).collect();
        let (mut sources, mut outcome) =
            (SourceSet::single(&name_of(&path), &text), compile(&before, &options));
        for _ in 0..8 {
            let applied = apply(&sources, of(&outcome, &code));
            if applied.fixed.is_empty() {
                break;
            }
            let fixed = applied.sources(&sources);
            outcome = compile(&fixed, &options);
            sources = fixed;
        }
        let fixed: String = sources.iter().map(|(_, source)| source.text()).collect();
        let shown = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if certainties.is_empty() {
            let found: Vec<_> = first.diagnostics.iter().map(|found| found.code.id).collect();
            wrong.push(format!("{shown}: `{code}` has no fix; found {found:?}"));
            continue;
        }
        if !of(&outcome, &code).is_empty() {
            wrong.push(format!("{shown}: `{code}` is still there after its fix:\n{fixed}"));
        }
        let (old, new) =
            (Side::of_policy(&first.policy, &before), Side::of_policy(&outcome.policy, &sources));
        let direction = compare(&old, &new).direction;
        if certainties == BTreeSet::from([Certainty::SameMeaning]) && direction != Direction::Equal {
            wrong.push(format!("{shown}: the fix changes the meaning:\n{fixed}"));
        }
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        assert_file(&path.with_extension(format!("fixed.{extension}")), &fixed);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_code_with_a_fix_has_a_case_and_says_so() {
    let cased: BTreeSet<String> = cases().into_iter().map(|(code, _)| code).collect();
    let mut certainties: BTreeMap<&str, BTreeSet<Certainty>> = BTreeMap::new();
    for code in catalogue() {
        let Example::Text(text) = code.fires else { continue };
        let sources = SourceSet::single("example.yaml", text);
        for found in compile(&sources, &options()).diagnostics {
            if let Some(fix) = &found.fix {
                certainties.entry(found.code.id).or_default().insert(fix.certainty);
            }
        }
    }
    for (code, path) in cases() {
        let sources = SourceSet::single(&name_of(&path), &fs::read_to_string(&path).expect("a case"));
        for found in of(&compile(&sources, &options()), &code) {
            if let Some(fix) = &found.fix {
                certainties.entry(found.code.id).or_default().insert(fix.certainty);
            }
        }
    }
    let mut wrong = Vec::new();
    for (id, certainties) in &certainties {
        if !cased.contains(*id) {
            wrong.push(format!("`{id}` has a fix and no case in tests/fix"));
        }
        let code = catalogue().into_iter().find(|code| code.id == *id).expect("a code of the catalogue");
        for certainty in certainties {
            let flag = if *certainty == Certainty::Guess { "`--unsafe-fixes`" } else { "`--fix`" };
            if !code.explanation.contains(flag) {
                wrong.push(format!("the page of `{id}` does not say what {flag} does"));
            }
        }
    }
    assert!(certainties.len() >= 35, "{} codes have a fix", certainties.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn certain_fixes_are_applied_until_none_is_left() {
    for (code, path) in cases() {
        let text = fs::read_to_string(&path).expect("a case");
        let options = options();
        for least in [Certainty::Guess, Certainty::Meant, Certainty::SameMeaning] {
            let sources = SourceSet::single(&name_of(&path), &text);
            let repaired = repair(sources, &options, least).unwrap_or_else(|bad| panic!("{code}: {bad}"));
            let again =
                repaired.sources.iter().map(|(_, source)| source.text().to_owned()).collect::<String>();
            let sources = SourceSet::single(&name_of(&path), &again);
            let twice = repair(sources, &options, least).unwrap_or_else(|bad| panic!("{code}: {bad}"));
            assert_eq!(twice.fixed, BTreeMap::new(), "{code} with {least:?}: {again}");
        }
    }
}

fn example_texts() -> Vec<&'static str> {
    let text = |code: &&'static telovix_diagnostic::Code| match code.fires {
        Example::Text(text) => Some(text),
        _ => None,
    };
    catalogue().iter().filter_map(text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any examples in one file, with any line endings: fixing ends, keeps the syntax and the meaning where it must, and
    /// keeps every line ending.
    #[test]
    fn fixing_any_documents_is_safe(picks in prop::collection::vec(0usize..1000, 1..4), crlf in any::<bool>()) {
        let texts = example_texts();
        let joined: Vec<&str> = picks.iter().map(|pick| texts[pick % texts.len()].trim_end()).collect();
        let mut text = joined.join("\n---\n") + "\n";
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        for least in [Certainty::Meant, Certainty::Guess] {
            let sources = SourceSet::single("case.yaml", &text);
            let repaired = repair(sources, &options(), least).map_err(|bad| TestCaseError::fail(bad.to_string()))?;
            let fixed: String = repaired.sources.iter().map(|(_, source)| source.text()).collect();
            if crlf && !text.replace("\r\n", "").contains('\n') {
                prop_assert!(!fixed.replace("\r\n", "").contains('\n'), "{}", fixed);
            }
        }
    }
}
