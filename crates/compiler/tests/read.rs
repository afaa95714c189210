//! Files of `tests/read/` -> what reading them has to say, held against the `.expected` beside each.
//!
//! `BLESS=1` rewrites the expectations.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use telovix_compiler::diagnostic::{Levels, Sink};
use telovix_compiler::document::{self, Document};
use telovix_compiler::source::SourceSet;

#[test]
fn reading_says_what_is_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/read");
    let cases = cases(&folder);
    assert!(cases.len() > 50, "the cases are gone: {} left in {}", cases.len(), folder.display());
    let mut wrong = Vec::new();
    for case in cases {
        let text = fs::read_to_string(&case).expect("a case is UTF-8 text");
        let said = read(case.file_name().and_then(|name| name.to_str()).unwrap_or("case"), &text);
        let beside = case.with_extension("expected");
        if env::var_os("BLESS").is_some() {
            fs::write(&beside, said).expect("the folder is writable");
        } else if fs::read_to_string(&beside).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "BLESS=1 accepts what was said:\n\n{}", wrong.join("\n"));
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder of cases exists");
    let mut cases: Vec<_> = files.filter_map(|file| file.ok().map(|file| file.path())).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "json"));
    cases.sort();
    cases
}

/// Returns the documents that could be used, one a line, then every finding.
fn read(name: &str, text: &str) -> String {
    let sources = SourceSet::single(name, text);
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(&sources, &mut sink).documents;
    let mut said = String::new();
    for document in &documents {
        let _ = writeln!(said, "read {}", summary(document));
    }
    for diagnostic in sink.into_sorted() {
        said.push_str(&diagnostic.plain(&sources));
    }
    said
}

fn summary(document: &Document) -> String {
    match document {
        Document::GuardianProfile(profile) => {
            format!(
                "profile {} {} {}",
                profile.profile_id.value,
                profile.name.value,
                profile.mode.value.name()
            )
        }
        Document::EnforcementRule(rule) => format!("rule {} {}", rule.template.value.id(), rule.name.value),
        Document::RuntimeGuard(guard) => {
            let names: Vec<_> = guard.processes.iter().map(|process| process.name.value.as_str()).collect();
            format!("guard {} {}", guard.mode.value.name(), names.join(" "))
        }
        Document::GuardianPolicy(policy) => {
            format!("detection {} {} {}", policy.name.value, policy.action.name(), policy.severity.name())
        }
        Document::PolicyPack(pack) => {
            format!("pack {}/{} {}", pack.pack_id.value, pack.version.value, pack.state.value.name())
        }
        Document::TracingPolicy(policy) => format!("policy {}", policy.name.value),
    }
}
