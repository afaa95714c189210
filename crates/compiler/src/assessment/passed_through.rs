//! TracingPolicies that are passed through -> findings about native targets, which do not evaluate them.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::Document;
use telovix_document::lower::{CustomPolicy, Policy, PolicyDocument};
use telovix_platform::{Backend, Target};

use super::codes::{TRACING_POLICY_NOT_NATIVE, TRACING_POLICY_UNWATCHED};
use super::described::passed_through;
use super::list;
use super::waiver::waiver;

/// Reports every TracingPolicy that native targets do not evaluate.
pub(super) fn report(policy: &Policy, targets: &[Target], sink: &mut Sink) {
    let native: Vec<Target> =
        targets.iter().copied().filter(|target| target.backend == Backend::Native).collect();
    if native.is_empty() {
        return;
    }
    for CustomPolicy { placed: document, policy: custom, .. } in policy.custom_policies() {
        let what = passed_through(document);
        let Some(action) = enforcing(document) else {
            let message = format!("{what} only reports, and is not evaluated on {}", list(&native));
            sink.report(Diagnostic::new(&TRACING_POLICY_UNWATCHED, custom.name.span, message));
            continue;
        };
        if waiver(document.waivers(), &TRACING_POLICY_NOT_NATIVE).is_some() {
            continue;
        }
        let message = format!("{what} is not enforced on {}", list(&native));
        sink.report(
            Diagnostic::new(&TRACING_POLICY_NOT_NATIVE, action, message)
                .label("enforced by Tetragon only; the image for native targets does not contain it")
                .help(match &document.document {
                    Document::TracingPolicy(_) => {
                        "accept it with the annotation `telovix.io/waive-tracing-policy-not-native: …`, whose value is the reason"
                    }
                    _ => "accept it with `waive: [{name: tracing-policy-not-native, reason: …}]`",
                })
                .help("or compile for Tetragon targets only, or write a profile or a built-in template"),
        );
    }
}

/// Returns the first enforcing action of a passed-through document, if it is enabled and has one.
pub(super) fn enforcing(document: &PolicyDocument) -> Option<Span> {
    let custom = document.custom_policy().filter(|custom| custom.enabled)?;
    Some(custom.policy.actions.enforcing?.span)
}
