//! A detection -> a rule of a review.

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::{DetectionAction, GuardianPolicy};
use telovix_policy::value::Scope;

use super::confinement::hosts;
use super::{Draft, Field, Rule, listed};
use crate::action::{Action, Harm};
use crate::risk::{Level, Risk};
use crate::threat::Threats;

/// Returns the rule.
pub(crate) fn rule(detection: &GuardianPolicy, scope: &Scope, sources: &SourceSet) -> Rule {
    let fields = fields(detection, sources);
    let subject = match &detection.match_process_pattern {
        Some(pattern) => format!("processes whose executable contains `{}`", pattern.value),
        None => "every process".to_owned(),
    };
    Draft {
        document: format!("GuardianPolicy {}", detection.name.value),
        source: sources.locate(detection.span),
        hook: match &detection.match_event_kind {
            Some(kind) => format!("events of kind `{}`", kind.value),
            None => "events of every kind".to_owned(),
        },
        threats: threats(detection),
        action: action(detection.action, &subject, &hosts(scope)),
        risk: risk(detection, fields.len()),
        fields,
        span: detection.span,
        operations: Vec::new(),
        subject,
    }
    .finish()
}

fn threats(detection: &GuardianPolicy) -> Threats {
    let mut threats = Threats::default();
    detection.compliance_tags.iter().for_each(|tag| threats.written(&tag.value, "compliance_tags"));
    if let Some(description) = &detection.description {
        threats.written(&description.value, "description");
    }
    if threats.is_empty()
        && let Some(pattern) = &detection.match_process_pattern
    {
        threats.path(&pattern.value);
    }
    threats
}

fn action(action: DetectionAction, subject: &str, hosts: &str) -> Action {
    match action {
        DetectionAction::Flag => Action::reports("flag the event"),
        DetectionAction::Alert => Action::reports("send an alert"),
        DetectionAction::CreateInvestigation => Action::reports("open or link an investigation"),
        DetectionAction::KillProcess => Action::stops(
            "kill the process, after the event",
            Harm::Killed.to(subject, hosts),
            "set `action: alert`, and run `telovix detect` without `--act`; a killed process does not come back by itself"
                .to_owned(),
        ),
    }
}

fn risk(detection: &GuardianPolicy, conditions: usize) -> Risk {
    let cost = match detection.action {
        DetectionAction::KillProcess => "a legitimate match ends a process",
        _ => "a legitimate match costs an alert",
    };
    let mut risk = match conditions {
        0 => Risk::new(Level::High, "it has no condition: every event matches"),
        1 => Risk::new(Level::Medium, "it has a single condition"),
        _ => Risk::new(Level::Low, format!("{conditions} conditions must hold together")),
    };
    if detection.match_process_pattern.is_some() || detection.match_parent_pattern.is_some() {
        risk = risk.and(Level::Medium, "a pattern is compared with any part of the path");
    }
    risk.reasons.push(cost.to_owned());
    risk
}

fn fields(detection: &GuardianPolicy, sources: &SourceSet) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut field = |name: &str, value: String, why: &str, span: Span| {
        fields.push(Field {
            field: name.to_owned(),
            value,
            why: why.to_owned(),
            source: sources.locate(span),
        });
    };
    if let Some(kind) = &detection.match_event_kind {
        field("match_event_kind", kind.value.clone(), "only events of this kind, exactly", kind.span);
    }
    if let Some(part) = &detection.match_process_pattern {
        field("match_process_pattern", part.value.clone(), "the executable must contain it", part.span);
    }
    if let Some(part) = &detection.match_parent_pattern {
        field(
            "match_parent_pattern",
            part.value.clone(),
            "the parent's executable must contain it",
            part.span,
        );
    }
    if let Some(uid) = &detection.match_uid {
        field("match_uid", uid.value.to_string(), "only this user", uid.span);
    }
    if let Some(ports) = &detection.match_dst_port {
        let value = listed(ports.items.iter().map(|port| port.value));
        field("match_dst_port", value, "only these destination ports", ports.span);
    }
    if let Some(block) = &detection.match_dst_ip_prefix {
        field("match_dst_ip_prefix", block.value.to_string(), "only destinations in this block", block.span);
    }
    if let Some(first) = detection.exceptions.first() {
        let value = listed(detection.exceptions.iter().map(|part| &part.value));
        field("exceptions", value, "executables that contain one of them are exempt", first.span);
    }
    fields
}
