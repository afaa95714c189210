//! Files of `tests/read/` -> the documents and findings that reading gives, compared with the `.expected` next to each.

use std::fmt::Write as _;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_document as document;
use telovix_document::Document;

#[test]
fn reading_reports_what_is_expected() {
    telovix_snapshot::assert_cases("read", 50, |files| read(&SourceSet::new(files)));
}

/// Returns the documents that could be used, one a line, then every finding.
fn read(sources: &SourceSet) -> String {
    let mut sink = Sink::new(Levels::default());
    let documents = document::read(sources, &mut sink).documents;
    let mut said = String::new();
    for document in &documents {
        let _ = writeln!(said, "read {}", summary(document));
    }
    for diagnostic in sink.into_sorted() {
        said.push_str(&diagnostic.plain(sources));
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
        Document::Invariant(invariant) => format!("invariant {}", invariant.name.value),
        Document::TracingPolicy(policy) => format!("policy {}", policy.name.value),
    }
}
