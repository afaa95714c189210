//! Documents -> their entries in the manifest.

use std::borrow::Cow;
use std::collections::BTreeMap;

use telovix_diagnostic::source::{SourceSet, Spanned};
use telovix_document::lower::{Identity, PolicyDocument};
use telovix_document::{Exception, GuardianPolicy};

use super::model::{DetectionEntry, DocumentEntry, ExceptionEntry};
use super::scope_entry;

/// Returns the entry of a document; none for packs and detections, which have separate lists.
pub(super) fn entry<'a>(placed: &'a PolicyDocument, sources: &SourceSet) -> Option<DocumentEntry<'a>> {
    let Identity { kind, id, name, mode, rapp_status } = placed.identity()?;
    let exceptions = placed.exceptions().iter();
    let waivers = placed.waivers().iter();
    Some(DocumentEntry {
        kind: kind.into(),
        id,
        name,
        mode: mode.map(Cow::from),
        rapp_status: rapp_status.map(Cow::from),
        scope: scope_entry(placed.scope()),
        pack: placed.folder().map(Cow::from),
        source: sources.locate(placed.span()).into(),
        waived: waivers.map(|waiver| (text(&waiver.name), text(&waiver.reason))).collect(),
        exceptions: exceptions.map(|exception| exception_entry(exception, sources)).collect(),
    })
}

/// Returns the entry of a detection rule.
pub(super) fn detection<'a>(placed: &'a PolicyDocument, sources: &SourceSet) -> Option<DetectionEntry<'a>> {
    let policy = placed.detection()?;
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
