//! All documents of a run -> an error for each two that answer to one name.

use std::collections::BTreeMap;

use super::Document;
use super::codes::DUPLICATE_DOCUMENT;
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::Span;
use crate::syntax::quote;

/// Reports documents that share an id or a name, with both places.
pub(super) fn check(documents: &[Document], sink: &mut Sink) {
    let mut taken: BTreeMap<(&str, String), Span> = BTreeMap::new();
    for document in documents {
        for (what, identity, span) in identities(document) {
            let Some(first) = taken.get(&(what, identity.clone())) else {
                taken.insert((what, identity), span);
                continue;
            };
            let message = format!("the {what} {} is taken", quote(&identity));
            let diagnostic = Diagnostic::new(&DUPLICATE_DOCUMENT, span, message)
                .related(*first, "first used here")
                .help(format!("give one of the two another {what}, or remove it"));
            sink.report(diagnostic);
            // One report a document: an equal name mostly comes with an equal id.
            break;
        }
    }
}

/// What a document is found by: in file names, in events, in the engine.
fn identities(document: &Document) -> Vec<(&'static str, String, Span)> {
    let text =
        |what: &'static str, value: &crate::source::Spanned<String>| (what, value.value.clone(), value.span);
    match document {
        Document::GuardianProfile(profile) => {
            let id = profile.profile_id.value.as_str().to_owned();
            vec![("profile id", id, profile.profile_id.span), text("profile name", &profile.name)]
        }
        Document::EnforcementRule(rule) => {
            let id = rule.rule_id.iter().map(|id| text("rule id", id));
            let policy = rule.policy.iter().map(|policy| text("policy name", &policy.name));
            id.chain([text("rule name", &rule.name)]).chain(policy).collect()
        }
        // Guards have no name; two files may guard one process.
        Document::RuntimeGuard(_) => Vec::new(),
        Document::GuardianPolicy(policy) => vec![text("guardian policy name", &policy.name)],
        Document::PolicyPack(pack) => {
            let folder = format!("{}/{}", pack.pack_id.value, pack.version.value);
            vec![("pack", folder, pack.pack_id.span)]
        }
        Document::TracingPolicy(policy) => vec![text("policy name", &policy.name)],
    }
}
