//! What was found in an event -> a violation, in the words of the document that it violates.
//!
//! `timestamp`, `process_name`, `pid`, `type`, `detail`, `severity`, `action` and `policy_mode` have the names and values
//! of the product's runtime guard; a detection has the severity and action of its document.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use telovix_document::lower::violation_severity;
use telovix_document::{DetectionAction, GuardMode};
use telovix_policy::confine::{Dimension, Listing, ViolationSeverity};

use super::identity::Process;
use super::judging::{By, Found};
use super::reading::Happened;
use super::rules::Rules;
use crate::judge::{Judgement, RuleWords};
use crate::vocabulary::{Confinement, Effect, Event, Field, Operation};

/// The name of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct PolicyName {
    /// `RuntimeGuard`, `GuardianPolicy`, `GuardianProfile` or `EnforcementRule`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its readable name.
    pub name: String,
}

/// An event that violates a document, or that a detection matches.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Violation {
    /// The time of the event.
    pub timestamp: Option<String>,
    /// The base name of the executable; of a guard, the name that the guard uses.
    pub process_name: Option<String>,
    /// The process id.
    pub pid: Option<u32>,
    /// `syscall`, `file`, `network`, `exec`, `exit`, or the operation.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened.
    pub detail: String,
    /// `MEDIUM`, `HIGH` or `CRITICAL`; of a detection `info`, `warning` or `critical`.
    pub severity: String,
    /// What the document prescribes. Of a guard: `logged`, `alerted` or `blocked`; of a detection `flag`, `alert`,
    /// `kill_process` or `create_investigation`; of others `observed`, `logged`, `killed` or `blocked`. It does not say
    /// that it was done.
    pub action: &'static str,
    /// The mode of the guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_mode: Option<&'static str>,
    /// The document.
    pub policy: PolicyName,
    /// The part of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<String>,
    /// The line that decided: `guards/nginx.yaml:12`.
    pub source: String,
    /// The entry of the list, if one decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The controls that the detection gives evidence for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compliance_tags: Vec<String>,
    /// The channels of the guard that are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// The investigation that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub investigation: Option<String>,
    /// Whether the event may be a violation, depending on the missing fields in `depends_on`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_possible: bool,
    /// The missing fields that decide; none where the kind that the Console assigns to the event decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<&'static str>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The process.
    pub process: Process,
    /// The event in the format that `telovix why` reads; absent where the kind of the event is no operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// File and line of the event.
    pub found: String,
}

impl Violation {
    /// Returns whether the document prescribes to kill the process, and the event is certainly a match.
    #[must_use]
    pub fn kills(&self) -> bool {
        !self.is_possible && self.action == DetectionAction::KillProcess.name()
    }

    /// Returns whether the document prescribes an investigation.
    pub(super) fn investigates(&self) -> bool {
        !self.is_possible && self.action == DetectionAction::CreateInvestigation.name()
    }
}

/// Says what was found. Returns nothing only for a rule that is not of these rules.
pub(super) fn violation(
    rules: &Rules<'_>,
    happened: &Happened<'_>,
    found: &Found,
    process: &Process,
    place: String,
) -> Option<Violation> {
    let deed = happened.deeds.get(found.deed).and_then(Option::as_ref);
    let event = deed.map(super::reading::Deed::event);
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let executable = process.binary.as_deref().or_else(|| deed.and_then(super::reading::Deed::binary));
    let violation = Violation {
        timestamp: happened.time.clone(),
        process_name: executable.map(base),
        pid: process.pid,
        kind: kind(event.as_ref()).to_owned(),
        detail: String::new(),
        severity: String::new(),
        action: "",
        policy_mode: None,
        policy: PolicyName { kind: String::new(), id: String::new(), name: String::new() },
        dimension: None,
        source: String::new(),
        member: None,
        compliance_tags: Vec::new(),
        channels: Vec::new(),
        investigation: None,
        is_possible: !found.is_certain(),
        depends_on: found.depends_on().iter().map(Field::name).collect(),
        host: happened.host.clone(),
        pod: happened.pod.clone(),
        process: process.clone(),
        event: event.as_ref().map(Event::to_json),
        found: place,
    };
    match found.by {
        By::Guard(judgement) => of_guard(rules, &judgement, event.as_ref()?, violation),
        By::Other(judgement) => of_other(rules, &judgement, event.as_ref()?, violation),
        By::Detection(number, _) => of_detection(rules, number, happened, event.as_ref(), violation),
    }
}

fn of_guard(
    rules: &Rules<'_>,
    judgement: &Judgement,
    event: &Event,
    violation: Violation,
) -> Option<Violation> {
    let rule = judgement.rule?;
    let (_, confinement) = rules.guards.confinement(rule)?;
    let guard = rules.guard(rule)?;
    let words = rules.guards.describe(rule)?;
    let severity = severity_of_guard(confinement, event);
    let critical = (severity == ViolationSeverity::Critical).then_some(&guard.alerts.on_critical);
    let channels = guard.alerts.on_violation.iter().chain(critical.into_iter().flatten());
    let mut channels: Vec<_> = channels.map(|channel| channel.value.clone()).collect();
    channels.sort();
    channels.dedup();
    Some(Violation {
        process_name: Some(words.id.clone()),
        detail: detail_of_guard(confinement, &words, event),
        severity: severity.name().to_uppercase(),
        action: Rules::reaction(guard.mode.value),
        policy_mode: Some(guard.mode.value.name()),
        channels: if guard.mode.value == GuardMode::Audit { Vec::new() } else { channels },
        ..named(words, violation)
    })
}

fn of_other(
    rules: &Rules<'_>,
    judgement: &Judgement,
    event: &Event,
    violation: Violation,
) -> Option<Violation> {
    let rule = judgement.rule?;
    let (_, confinement) = rules.others.confinement(rule)?;
    let severity = match event.syscall {
        Some(syscall) if confinement.dimension == Dimension::Syscalls => {
            ViolationSeverity::of_syscall(syscall)
        }
        _ => violation_severity(rules.document(rule)?, confinement),
    };
    Some(Violation {
        detail: event.to_string(),
        severity: severity.name().to_uppercase(),
        action: match judgement.effect {
            Effect::Allow | Effect::Observe => "observed",
            Effect::Log => "logged",
            Effect::Kill => "killed",
            Effect::Deny => "blocked",
        },
        ..named(rules.others.describe(rule)?, violation)
    })
}

fn of_detection(
    rules: &Rules<'_>,
    number: usize,
    happened: &Happened<'_>,
    event: Option<&Event>,
    violation: Violation,
) -> Option<Violation> {
    let detection = rules.detections.get(number)?;
    let observed = happened.observed(None, None);
    let told = || {
        let observed = observed.as_ref()?;
        let kind = match observed.kind {
            telovix_document::EventKind::Is(kind) => kind,
            telovix_document::EventKind::Other => "an operation that is not known",
        };
        Some((kind, format!("{}: {kind}", observed.process.unwrap_or("an unknown binary"))))
    };
    let (kind, detail) = match event {
        Some(event) => (violation.kind.clone(), event.to_string()),
        None => told().map(|(kind, detail)| (kind.trim_start_matches("process_").to_owned(), detail))?,
    };
    let name = detection.name.value.clone();
    Some(Violation {
        kind,
        detail,
        severity: detection.severity.name().to_owned(),
        action: detection.action.name(),
        policy: PolicyName { kind: "GuardianPolicy".to_owned(), id: name.clone(), name },
        source: rules.sources.locate(detection.span),
        compliance_tags: detection.compliance_tags.iter().map(|tag| tag.value.clone()).collect(),
        ..violation
    })
}

fn named(words: RuleWords, violation: Violation) -> Violation {
    Violation {
        policy: PolicyName { kind: words.kind, id: words.id, name: words.name },
        dimension: Some(words.dimension),
        source: words.source,
        member: words.member,
        ..violation
    }
}

/// Returns the type of a violation, in the words of the runtime guard where it has one.
fn kind(event: Option<&Event>) -> &'static str {
    match event.map(|event| event.operation) {
        None => "other",
        Some(Operation::Open) => "file",
        Some(Operation::Connect) => "network",
        Some(operation) => operation.name(),
    }
}

/// The severity that the runtime guard gives a violation.
fn severity_of_guard(confinement: &Confinement, event: &Event) -> ViolationSeverity {
    match (confinement.dimension, confinement.listing) {
        (Dimension::Syscalls, _) => {
            event.syscall.map_or(ViolationSeverity::Medium, ViolationSeverity::of_syscall)
        }
        (Dimension::Network, _) => ViolationSeverity::Critical,
        (Dimension::Files, Listing::Allows) => ViolationSeverity::Medium,
        _ => ViolationSeverity::High,
    }
}

/// Says what happened as the runtime guard does.
fn detail_of_guard(confinement: &Confinement, words: &RuleWords, event: &Event) -> String {
    let path = event.path.as_deref().unwrap_or(match event.anonymous {
        Some(true) => "anonymous memory",
        _ => "an unknown path",
    });
    let pattern = words.member.as_ref().map(|member| format!(" (pattern: {member})")).unwrap_or_default();
    let destination = match (event.address, event.port) {
        (Some(address), Some(port)) => SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, Some(port)) => format!("port {port}"),
        (None, None) => "an unknown destination".to_owned(),
    };
    match (confinement.dimension, confinement.listing) {
        (Dimension::Syscalls, _) => format!(
            "blocked syscall: {}",
            event.syscall.map_or("an unknown call", telovix_policy::value::Syscall::name)
        ),
        (Dimension::Files, Listing::Blocks) => format!("blocked file access: {path}{pattern}"),
        (Dimension::Files, _) => format!("unauthorized file access: {path}"),
        (Dimension::Network, Listing::Blocks) => format!("network access denied: {destination}{pattern}"),
        (Dimension::Network, _) if confinement.members.is_empty() => {
            format!("network access denied (no network allowed): {destination}")
        }
        (Dimension::Network, _) => format!("network access denied (not allowed): {destination}"),
        (Dimension::Spawns, _) => format!("unauthorized execution: {path}"),
        _ => event.to_string(),
    }
}
