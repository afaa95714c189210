//! A document -> its name, id and mode in the manifest.

use std::borrow::Cow;

use telovix_diagnostic::source::Spanned;

use super::PolicyDocument;
use crate::{Document, Exception, GuardianPolicy, ProfileMode};

/// A document that confines, or that Tetragon gets unchanged, as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'policy> {
    /// The word after `kind:`.
    pub kind: &'static str,
    /// The id; the name where a document has no id.
    pub id: Cow<'policy, str>,
    /// The readable name.
    pub name: Cow<'policy, str>,
    /// The mode, the template of a rule, or `disabled`.
    pub mode: Option<&'static str>,
    /// The status that a linked rApp gets from the mode of a profile.
    pub rapp_status: Option<&'static str>,
}

impl PolicyDocument {
    /// Returns the identity of the document in the manifest; none for packs, detections and invariants.
    #[must_use]
    pub fn identity(&self) -> Option<Identity<'_>> {
        Some(match &self.document {
            Document::GuardianProfile(profile) => Identity {
                kind: "GuardianProfile",
                id: profile.profile_id.value.to_string().into(),
                name: text(&profile.name),
                mode: Some(profile.mode.value.name()),
                rapp_status: Some(rapp_status(profile.mode.value)),
            },
            Document::EnforcementRule(rule) => Identity {
                kind: "EnforcementRule",
                id: text(rule.rule_id.as_ref().unwrap_or(&rule.name)),
                name: text(&rule.name),
                mode: Some(if rule.enabled { rule.template.value.id() } else { "disabled" }),
                rapp_status: None,
            },
            Document::RuntimeGuard(guard) => {
                let names: Vec<&str> =
                    guard.processes.iter().map(|process| process.name.value.as_str()).collect();
                Identity {
                    kind: "RuntimeGuard",
                    id: names.join(",").into(),
                    name: names.join(", ").into(),
                    mode: Some(guard.mode.value.name()),
                    rapp_status: None,
                }
            }
            Document::TracingPolicy(policy) => Identity {
                kind: "TracingPolicy",
                id: text(&policy.name),
                name: text(&policy.name),
                mode: None,
                rapp_status: None,
            },
            Document::GuardianPolicy(_) | Document::PolicyPack(_) | Document::Invariant(_) => return None,
        })
    }

    /// Returns the exceptions of the document.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        match &self.document {
            Document::GuardianProfile(profile) => &profile.exceptions,
            Document::EnforcementRule(rule) => &rule.exceptions,
            _ => &[],
        }
    }

    /// Returns the document if it is a detection. It confines nothing, and the manifest contains it unchanged.
    #[must_use]
    pub fn detection(&self) -> Option<&GuardianPolicy> {
        match &self.document {
            Document::GuardianPolicy(policy) => Some(policy),
            _ => None,
        }
    }
}

fn rapp_status(mode: ProfileMode) -> &'static str {
    match mode {
        ProfileMode::Observe => "observing",
        ProfileMode::Audit => "profiled",
        ProfileMode::Enforce => "enforced",
    }
}

fn text(text: &Spanned<String>) -> Cow<'_, str> {
    text.value.as_str().into()
}
