//! Documents -> their entries in the manifest.

use std::borrow::Cow;
use std::collections::BTreeMap;

use telovix_diagnostic::source::{SourceSet, Spanned};
use telovix_document::lower::PolicyDocument;
use telovix_document::{Document, Exception, GuardianPolicy, ProfileMode};

use super::model::{DetectionEntry, DocumentEntry, ExceptionEntry};
use super::scope_entry;

/// What differs between the kinds.
struct Identity<'a> {
    kind: &'static str,
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    mode: Option<&'static str>,
}

/// Returns the entry of a document. Packs and detections have lists of their own.
pub(super) fn entry<'a>(placed: &'a PolicyDocument, sources: &SourceSet) -> Option<DocumentEntry<'a>> {
    let Identity { kind, id, name, mode } = identity(&placed.document)?;
    let (rapp_status, exceptions) = match &placed.document {
        Document::GuardianProfile(profile) => {
            (Some(rapp_status(profile.mode.value).into()), profile.exceptions.as_slice())
        }
        Document::EnforcementRule(rule) => (None, rule.exceptions.as_slice()),
        _ => (None, [].as_slice()),
    };
    let waivers = placed.waivers().iter();
    Some(DocumentEntry {
        kind: kind.into(),
        id,
        name,
        mode: mode.map(Cow::from),
        rapp_status,
        scope: scope_entry(placed.scope()),
        pack: placed.folder().map(Cow::from),
        source: sources.locate(placed.document.span()).into(),
        waived: waivers.map(|waiver| (text(&waiver.name), text(&waiver.reason))).collect(),
        exceptions: exceptions.iter().map(|exception| exception_entry(exception, sources)).collect(),
    })
}

/// Returns the entry of a detection rule.
pub(super) fn detection<'a>(placed: &'a PolicyDocument, sources: &SourceSet) -> Option<DetectionEntry<'a>> {
    let Document::GuardianPolicy(policy) = &placed.document else { return None };
    let texts = |texts: &'a [Spanned<String>]| texts.iter().map(text).collect();
    Some(DetectionEntry {
        name: text(&policy.name),
        profile: policy.profile.as_ref().map(text),
        scope: scope_entry(placed.scope()),
        matches: matches(policy),
        action: policy.action.name().into(),
        severity: policy.severity.name().into(),
        exceptions: texts(&policy.exceptions),
        compliance_tags: texts(&policy.compliance_tags),
        source: sources.locate(policy.span).into(),
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

fn identity(document: &Document) -> Option<Identity<'_>> {
    Some(match document {
        Document::GuardianProfile(profile) => Identity {
            kind: "GuardianProfile",
            id: profile.profile_id.value.to_string().into(),
            name: text(&profile.name),
            mode: Some(profile.mode.value.name()),
        },
        Document::EnforcementRule(rule) => Identity {
            kind: "EnforcementRule",
            id: text(rule.rule_id.as_ref().unwrap_or(&rule.name)),
            name: text(&rule.name),
            mode: Some(if rule.enabled { rule.template.value.id() } else { "disabled" }),
        },
        Document::RuntimeGuard(guard) => {
            let names: Vec<&str> =
                guard.processes.iter().map(|process| process.name.value.as_str()).collect();
            Identity {
                kind: "RuntimeGuard",
                id: names.join(",").into(),
                name: names.join(", ").into(),
                mode: Some(guard.mode.value.name()),
            }
        }
        Document::TracingPolicy(policy) => {
            Identity { kind: "TracingPolicy", id: text(&policy.name), name: text(&policy.name), mode: None }
        }
        Document::GuardianPolicy(_) | Document::PolicyPack(_) | Document::Invariant(_) => return None,
    })
}

fn exception_entry<'a>(exception: &'a Exception, sources: &SourceSet) -> ExceptionEntry<'a> {
    ExceptionEntry {
        process: exception.process.as_ref().map(|pattern| pattern.value.to_string().into()),
        parent: exception.parent.as_ref().map(|pattern| pattern.value.to_string().into()),
        reason: text(&exception.reason),
        owner: exception.owner.as_ref().map(text),
        expiry: exception.expiry.as_ref().map(|expiry| expiry.value.to_string().into()),
        source: sources.locate(exception.span).into(),
    }
}

fn matches(policy: &GuardianPolicy) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let ports = policy.match_dst_port.as_ref().map(|list| {
        let ports: Vec<String> = list.items.iter().map(|range| range.value.to_string()).collect();
        ports.join(",").into()
    });
    let fields = [
        ("match_event_kind", policy.match_event_kind.as_ref().map(text)),
        ("match_process_pattern", policy.match_process_pattern.as_ref().map(text)),
        ("match_parent_pattern", policy.match_parent_pattern.as_ref().map(text)),
        ("match_uid", policy.match_uid.as_ref().map(|uid| uid.value.to_string().into())),
        ("match_dst_port", ports),
        (
            "match_dst_ip_prefix",
            policy.match_dst_ip_prefix.as_ref().map(|cidr| cidr.value.to_string().into()),
        ),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect()
}

fn text(text: &Spanned<String>) -> Cow<'_, str> {
    text.value.as_str().into()
}
