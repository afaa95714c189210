//! What an invariant requires of documents themselves, held against one of them.

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::{Document, Exception, Invariant, Requirement};

use super::code::REQUIREMENT_MISSED;
use crate::piece::{Origin, Piece};

/// Reports each thing that a document must have and does not. A requirement that its kind cannot meet is
/// not held against it.
pub(super) fn hold(invariant: &Invariant, piece: &Piece<'_>, sink: &mut Sink) {
    let Origin::Document(_, placed) = piece.origin else { return };
    for Spanned { value: requirement, span } in &invariant.require {
        for (place, problem) in misses(&placed.document, placed.name_span(), *requirement) {
            let message = format!("{problem}, against the invariant `{}`", invariant.name.value);
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
