//! The `require` of an invariant and a document -> the required fields that the document lacks.

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::{Document, Exception, Invariant, Requirement};

use super::code::REQUIREMENT_MISSED;
use crate::piece::{Origin, Piece};

/// Reports each required field that a document lacks. A requirement that does not apply to its kind is skipped.
pub(super) fn check(invariant: &Invariant, piece: &Piece<'_>, sink: &mut Sink) {
    let Origin::Document(_, placed) = piece.origin else { return };
    for Spanned { value: requirement, span } in &invariant.require {
        for (place, problem) in misses(&placed.document, placed.name_span(), *requirement) {
            let message = format!("{problem}, required by the invariant `{}`", invariant.name.value);
            let diagnostic = Diagnostic::new(&REQUIREMENT_MISSED, place, message);
            sink.report(diagnostic.related(*span, "required here").help(invariant.reason.value.clone()));
        }
    }
}

fn misses(document: &Document, name: Span, requirement: Requirement) -> Vec<(Span, String)> {
    let (exceptions, description): (&[Exception], _) = match document {
        Document::GuardianProfile(profile) => (&profile.exceptions, &profile.description),
        Document::EnforcementRule(rule) => (&rule.exceptions, &rule.description),
        _ => return Vec::new(),
    };
    let of_exceptions = |has: fn(&Exception) -> bool, what: &str| {
        let lacking = exceptions.iter().filter(|exception| !has(exception));
        lacking.map(|exception| (exception.span, format!("this exception has no `{what}`"))).collect()
    };
    let of_document = |has: bool, what: &str| {
        if has { Vec::new() } else { vec![(name, format!("this document has no `{what}`"))] }
    };
    let profile = match document {
        Document::GuardianProfile(profile) => Some(profile),
        _ => None,
    };
    match (requirement, profile) {
        (Requirement::ExceptionOwner, _) => of_exceptions(|exception| exception.owner.is_some(), "owner"),
        (Requirement::ExceptionExpiry, _) => of_exceptions(|exception| exception.expiry.is_some(), "expiry"),
        (Requirement::Description, _) => of_document(description.is_some(), "description"),
        (_, None) => Vec::new(),
        (Requirement::Role, Some(profile)) => of_document(profile.target_nf_role.is_some(), "target_nf_role"),
        (Requirement::Spawns, Some(profile)) => {
            of_document(profile.allowed_spawns.is_some(), "allowed_spawns")
        }
        (Requirement::Files, Some(profile)) => of_document(profile.allowed_files.is_some(), "allowed_files"),
        (Requirement::Network, Some(profile)) => {
            let confined = profile.allowed_dst_ports.is_some() || profile.allowed_dst_cidrs.is_some();
            of_document(confined, "allowed_dst_cidrs")
        }
        (Requirement::Capabilities, Some(profile)) => {
            of_document(profile.allowed_capabilities.is_some(), "allowed_capabilities")
        }
    }
}
