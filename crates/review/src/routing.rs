//! Rules -> how their events reach a SIEM: the fields of a high-fidelity signal in ECS, OCSF and CEF, and Sigma rules.
//!
//! Sources: Elastic Common Schema 8 (field reference), OCSF 1.1 (classes of the category System Activity, and Detection
//! Finding), ArcSight Common Event Format, version 25 of its implementation standard.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_document::{Document, GuardianPolicy};
use telovix_policy::confine::Operation;
use telovix_replay::sigma;

use crate::rule::Rule;

/// How events reach a SIEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Routing {
    /// The fields that make a signal, by the names they have in each schema.
    pub fields: Vec<Mapping>,
    /// The OCSF class of the events of each operation.
    pub ocsf_classes: Vec<Class>,
    /// What makes a match worth waking somebody.
    pub high_fidelity: Vec<String>,
    /// One Sigma rule for each detection, in YAML.
    pub sigma: String,
    /// What the documents do not say.
    pub not_known: Vec<String>,
}

/// The names of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mapping {
    /// Its name in the output of `telovix detect --format json`.
    pub telovix: &'static str,
    /// Elastic Common Schema.
    pub ecs: &'static str,
    /// Open Cybersecurity Schema Framework.
    pub ocsf: &'static str,
    /// Common Event Format.
    pub cef: &'static str,
    /// Why the signal needs it.
    pub why: &'static str,
}

/// The OCSF class of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Class {
    /// The operation.
    pub operation: &'static str,
    /// `class_uid`.
    pub class_uid: u32,
    /// Its name.
    pub class: &'static str,
}

const fn mapping(
    telovix: &'static str,
    ecs: &'static str,
    ocsf: &'static str,
    cef: &'static str,
    why: &'static str,
) -> Mapping {
    Mapping { telovix, ecs, ocsf, cef, why }
}

const ALWAYS: &[Mapping] = &[
    mapping("timestamp", "@timestamp", "time", "rt", "order, and the time between event and alert"),
    mapping("host", "host.name", "device.hostname", "dvchost", "where to look"),
    mapping(
        "process.binary",
        "process.executable",
        "actor.process.file.path",
        "sproc",
        "the path decides whether the rule matches",
    ),
    mapping("pid", "process.pid", "actor.process.pid", "spid", "which process, while it lives"),
    mapping(
        "process.parent",
        "process.parent.executable",
        "actor.process.parent_process.file.path",
        "cs1 (cs1Label=parent)",
        "tells an attack from an administrator",
    ),
    mapping("policy.name", "rule.name", "finding_info.title", "Name (header)", "what matched"),
    mapping(
        "policy.id",
        "rule.id",
        "finding_info.uid",
        "Device Event Class ID (header)",
        "groups the alerts of one rule",
    ),
    mapping(
        "source",
        "rule.uuid or labels.source",
        "unmapped.source",
        "cs2 (cs2Label=source)",
        "file and line that decided",
    ),
    mapping("severity", "event.severity", "severity_id", "Severity (header)", "priority"),
    mapping("action", "event.action", "disposition", "act", "whether it was stopped, or only seen"),
    mapping(
        "compliance_tags",
        "threat.technique.id",
        "attacks[].technique.uid",
        "cs3 (cs3Label=technique)",
        "which technique, for the analyst",
    ),
    mapping(
        "pod",
        "orchestrator.resource.name",
        "container.name",
        "cs4 (cs4Label=pod)",
        "which workload, in Kubernetes",
    ),
];

const FILE: Mapping = mapping("event.path", "file.path", "file.path", "filePath", "which file or program");
const ADDRESS: Mapping =
    mapping("event.address", "destination.ip", "dst_endpoint.ip", "dst", "where it went");
const PORT: Mapping = mapping("event.port", "destination.port", "dst_endpoint.port", "dpt", "which service");

/// Returns the routing of rules.
pub(crate) fn of(rules: &[Rule], policy: &Policy, sources: &SourceSet) -> Routing {
    let operations: BTreeSet<_> = rules.iter().flat_map(|rule| rule.operations.iter().copied()).collect();
    let detections = || -> Vec<&GuardianPolicy> {
        let detections = policy.documents.iter().filter_map(|placed| match &placed.document {
            Document::GuardianPolicy(detection) => Some(detection),
            _ => None,
        });
        detections.collect()
    };
    let mut fields = ALWAYS.to_vec();
    if operations.iter().any(|operation| matches!(operation, Operation::Exec | Operation::Open)) {
        fields.push(FILE);
    }
    if operations.contains(&Operation::Connect) {
        fields.extend([ADDRESS, PORT]);
    }
    Routing {
        fields,
        ocsf_classes: operations.iter().map(|operation| class(*operation)).collect(),
        high_fidelity: rules.iter().map(signal).collect(),
        sigma: sigma::rules(detections(), sources),
        not_known: vec![
            "not known: the transport to the SIEM and its retention; the documents do not name them"
                .to_owned(),
            "not known: who is on call for which severity".to_owned(),
        ],
    }
}

fn class(operation: Operation) -> Class {
    let (class_uid, class) = match operation {
        Operation::Exec | Operation::Ptrace => (1007, "Process Activity"),
        Operation::Open | Operation::SetId => (1001, "File System Activity"),
        Operation::Connect => (4001, "Network Activity"),
        Operation::ModuleLoad => (1002, "Kernel Extension Activity"),
        _ => (1003, "Kernel Activity"),
    };
    Class { operation: operation.name(), class_uid, class }
}

/// Returns what makes a match of a rule a signal.
fn signal(rule: &Rule) -> String {
    let fields: Vec<_> = rule.fields.iter().map(|field| format!("`{}`", field.field)).collect();
    let fields = if fields.is_empty() { "the hook alone".to_owned() } else { fields.join(", ") };
    let weight = match (rule.action.acts, rule.false_positives.level) {
        (true, _) => "every match is an alert: something was stopped",
        (false, crate::risk::Level::Low) => "every match is worth a look",
        (false, _) => "count matches, and alert on the first one of each executable and host",
    };
    format!("rule {}: {weight}; selected by {fields}", rule.number)
}
