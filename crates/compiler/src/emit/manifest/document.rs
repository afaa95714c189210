//! Documents -> their entries in the manifest.

use std::collections::BTreeMap;

use super::model::{DetectionEntry, DocumentEntry, ExceptionEntry};
use super::scope_entry;
use crate::document::{Document, Exception, GuardianPolicy, ProfileMode};
use crate::lower::PolicyDocument;
use crate::source::{SourceSet, Spanned};

/// What differs between the kinds.
struct Identity {
    kind: &'static str,
    id: String,
    name: String,
    mode: Option<&'static str>,
}

/// Returns the entry of a document. Packs and detections have lists of their own.
pub(super) fn entry(placed: &PolicyDocument, sources: &SourceSet) -> Option<DocumentEntry> {
    let Identity { kind, id, name, mode } = identity(&placed.document)?;
    let (rapp_status, exceptions) = match &placed.document {
        Document::GuardianProfile(profile) => {
            (Some(rapp_status(profile.mode.value).to_owned()), profile.exceptions.as_slice())
        }
        Document::EnforcementRule(rule) => (None, rule.exceptions.as_slice()),
        _ => (None, [].as_slice()),
    };
    let waivers = placed.waivers().iter();
    Some(DocumentEntry {
        kind: kind.to_owned(),
        id,
        name,
        mode: mode.map(str::to_owned),
        rapp_status,
        scope: scope_entry(&placed.scope()),
        pack: placed.pack.as_ref().map(ToString::to_string),
        source: sources.locate(placed.document.span()),
        waived: waivers.map(|waiver| (waiver.name.value.clone(), waiver.reason.value.clone())).collect(),
        exceptions: exceptions.iter().map(|exception| exception_entry(exception, sources)).collect(),
    })
}

/// Returns the entry of a detection rule.
pub(super) fn detection(placed: &PolicyDocument, sources: &SourceSet) -> Option<DetectionEntry> {
    let Document::GuardianPolicy(policy) = &placed.document else { return None };
    let texts = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
    Some(DetectionEntry {
        name: policy.name.value.clone(),
        profile: policy.profile.as_ref().map(|profile| profile.value.clone()),
        scope: scope_entry(&placed.scope()),
        matches: matches(policy),
        action: policy.action.name().to_owned(),
        severity: policy.severity.name().to_owned(),
        exceptions: texts(&policy.exceptions),
        compliance_tags: texts(&policy.compliance_tags),
        source: sources.locate(policy.span),
    })
}

/// Returns the status that a linked rApp takes on with a profile's mode.
fn rapp_status(mode: ProfileMode) -> &'static str {
    match mode {
        ProfileMode::Observe => "observing",
        ProfileMode::Audit => "profiled",
        ProfileMode::Enforce => "enforced",
    }
}

fn identity(document: &Document) -> Option<Identity> {
    Some(match document {
        Document::GuardianProfile(profile) => Identity {
            kind: "GuardianProfile",
            id: profile.profile_id.value.to_string(),
            name: profile.name.value.clone(),
            mode: Some(profile.mode.value.name()),
        },
        Document::EnforcementRule(rule) => Identity {
            kind: "EnforcementRule",
            id: rule.rule_id.as_ref().map_or_else(|| rule.name.value.clone(), |id| id.value.clone()),
            name: rule.name.value.clone(),
            mode: Some(if rule.enabled { rule.template.value.id() } else { "disabled" }),
        },
        Document::RuntimeGuard(guard) => {
            let names: Vec<&str> =
                guard.processes.iter().map(|process| process.name.value.as_str()).collect();
            Identity {
                kind: "RuntimeGuard",
                id: names.join(","),
                name: names.join(", "),
                mode: Some(guard.mode.value.name()),
            }
        }
        Document::TracingPolicy(policy) => Identity {
            kind: "TracingPolicy",
            id: policy.name.value.clone(),
            name: policy.name.value.clone(),
            mode: None,
        },
        Document::GuardianPolicy(_) | Document::PolicyPack(_) | Document::Invariant(_) => return None,
    })
}

fn exception_entry(exception: &Exception, sources: &SourceSet) -> ExceptionEntry {
    ExceptionEntry {
        process: exception.process.as_ref().map(|pattern| pattern.value.to_string()),
        parent: exception.parent.as_ref().map(|pattern| pattern.value.to_string()),
        reason: exception.reason.value.clone(),
        owner: exception.owner.as_ref().map(|owner| owner.value.clone()),
        expiry: exception.expiry.as_ref().map(|expiry| expiry.value.to_string()),
        source: sources.locate(exception.span),
    }
}

fn matches(policy: &GuardianPolicy) -> BTreeMap<String, String> {
    let text = |field: &Option<Spanned<String>>| field.as_ref().map(|field| field.value.clone());
    let ports = policy.match_dst_port.as_ref().map(|list| {
        let ports: Vec<String> = list.items.iter().map(|range| range.value.to_string()).collect();
        ports.join(",")
    });
    let fields = [
        ("match_event_kind", text(&policy.match_event_kind)),
        ("match_process_pattern", text(&policy.match_process_pattern)),
        ("match_parent_pattern", text(&policy.match_parent_pattern)),
        ("match_uid", policy.match_uid.as_ref().map(|uid| uid.value.to_string())),
        ("match_dst_port", ports),
        ("match_dst_ip_prefix", policy.match_dst_ip_prefix.as_ref().map(|cidr| cidr.value.to_string())),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
