//! Every code of the compiler -> its firing example is reported, its silent example is not.

use telovix_compiler::catalogue::catalogue;
use telovix_compiler::{Options, compile};
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Example};
use telovix_policy::value::Date;

#[test]
fn every_code_keeps_the_word_of_its_examples() {
    let mut broken = Vec::new();
    for code in catalogue() {
        let names = |diagnostic: &Diagnostic| diagnostic.code.id == code.id;
        if let Some((text, said)) = run(code.fires).filter(|(_, said)| !said.iter().any(names)) {
            broken.push(format!("`{}` is not reported on\n{text}\n{}", code.id, list(&said)));
        }
        if let Some((text, said)) = run(code.silent).filter(|(_, said)| said.iter().any(names)) {
            broken.push(format!("`{}` is reported on\n{text}\nwith {}", code.id, list(&said)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[test]
fn every_code_explains_itself() {
    for code in catalogue() {
        let is_kebab =
            code.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(is_kebab, "`{}` is not kebab-case", code.id);
        let starts_with_a_name = ["YAML", "Tetragon", "LSM"].iter().any(|name| code.title.starts_with(name));
        let is_lower_case = code.title.starts_with(|first: char| !first.is_uppercase());
        assert!(is_lower_case || starts_with_a_name, "{}", code.title);
        assert!(!code.title.ends_with('.'), "the title of `{}` ends with a full stop", code.id);
        assert!(code.explanation.len() > 60, "the explanation of `{}` is short", code.id);
        assert!(!code.explanation.contains("  "), "the explanation of `{}` has a gap in it", code.id);
    }
}

#[test]
fn every_code_has_a_name_of_its_own() {
    let codes = catalogue();
    let twice = codes.iter().zip(codes.iter().skip(1)).find(|(code, next)| code.id == next.id);
    assert!(twice.is_none(), "two codes have one name: {twice:?}");
}

#[test]
fn few_codes_have_only_a_situation() {
    let codes = catalogue();
    let situations = codes.iter().filter(|code| matches!(code.fires, Example::Situation(_))).count();
    assert!(
        situations * 10 <= codes.len(),
        "{situations} of {} codes are not shown by an example",
        codes.len()
    );
}

/// Compiles an example that is a text and returns its findings.
fn run(example: Example) -> Option<(String, Vec<Diagnostic>)> {
    let text = match example {
        Example::Text(text) => text.to_owned(),
        Example::Made(_, make) => make(),
        Example::Situation(_) => return None,
    };
    let options = Options::on(Date::new(2026, 11, 21).expect("a day of the calendar"));
    let sources = SourceSet::single("example.yaml", &text);
    let mut said = compile(&sources, &options).diagnostics;
    let any_day = Options { as_of: None, today: options.as_of, ..options };
    said.extend(compile(&sources, &any_day).diagnostics);
    Some((text.chars().take(2_000).collect(), said))
}

fn list(said: &[Diagnostic]) -> String {
    let ids: Vec<_> = said.iter().map(|diagnostic| diagnostic.code.id).collect();
    if ids.is_empty() { "nothing is".to_owned() } else { format!("{} are", ids.join(", ")) }
}
