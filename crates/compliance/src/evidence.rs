//! Policies, their exceptions, denials, signatures and runs -> one record for each control that a document names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_document::Exception;
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_policy::value::{Date, Scope};

use crate::run::Run;
use crate::vocabulary::{Control, Meaning, meaning};

/// What is written where nothing was given.
pub const NONE: &str = "no evidence";

/// The input besides the policy.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The day that exceptions are compared with; with [`Date::FIRST`] all are in force.
    pub as_of: Option<Date>,
    /// Recorded runs.
    pub runs: Vec<Run>,
    /// What the rules of documents decided in a history; absent when none was given.
    pub denials: Option<Vec<Denials>>,
    /// Results of the verification of signed bundles.
    pub signatures: Vec<Signature>,
}

/// What one rule decided in a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Denials {
    /// Kind and id of its document.
    #[serde(skip)]
    pub document: (String, String),
    /// File and line of the rule.
    pub source: String,
    /// `deny` or `kill`.
    pub effect: String,
    /// Events it decided.
    pub events: u64,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// The last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
}

/// The result of the verification of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signature {
    /// The bundle.
    pub bundle: String,
    /// Whether the trust root accepts it.
    pub accepted: bool,
    /// Signers, epoch and scope, or the reason of the refusal.
    pub says: String,
}

/// The evidence of a set of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pack {
    /// The records, by tag.
    pub records: Vec<Record>,
    /// Signed bundles.
    pub signatures: Vec<Signature>,
    /// Documents that enforce and name no control.
    pub without_control: Vec<Evidence>,
}

/// What there is for one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Record {
    /// Its tag, as written.
    pub control: String,
    /// Its title; absent when no vocabulary has the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// The standard, its version, and where the title is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// The techniques of ATT&CK that the same documents name.
    pub threats: Vec<String>,
    /// What has to hold, of the runs and of the scopes of the documents.
    pub preconditions: Vec<String>,
    /// The documents that name the control.
    pub documents: Vec<Evidence>,
    /// Exceptions in force in these documents.
    pub exceptions: Vec<Evidence>,
    /// What their rules decided in the history; absent when none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denials: Option<Vec<Denials>>,
    /// Recorded runs: steps, expected and observed result.
    pub runs: Vec<Run>,
    /// `passed`, `failed` or `no evidence`, of the runs alone.
    pub result: Outcome,
}

/// The result of the runs of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Outcome {
    /// There are runs, and all passed.
    #[serde(rename = "passed")]
    Passed,
    /// A run failed.
    #[serde(rename = "failed")]
    Failed,
    /// There is no run.
    #[serde(rename = "no evidence")]
    NoEvidence,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What it is.
    pub what: String,
    /// File and line.
    pub source: String,
}

impl Outcome {
    /// Returns the word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NoEvidence => NONE,
        }
    }
}

/// Collects the evidence.
#[must_use]
pub fn collect(policy: &Policy, sources: &SourceSet, given: &Given) -> Pack {
    let mut named: BTreeMap<String, Vec<&PolicyDocument>> = BTreeMap::new();
    let mut without_control = Vec::new();
    for placed in &policy.documents {
        let tags = placed.document.compliance_tags();
        for tag in tags {
            let documents = named.entry(canonical(&tag.value)).or_default();
            if !documents.iter().any(|listed| std::ptr::eq(*listed, placed)) {
                documents.push(placed);
            }
        }
        if tags.is_empty() && placed.identity().is_some() {
            without_control.push(document(placed, sources));
        }
    }
    for tag in given.runs.iter().flat_map(|run| &run.controls) {
        named.entry(canonical(tag)).or_default();
    }
    let records = named.into_iter().map(|(tag, documents)| record(tag, &documents, sources, given));
    Pack { records: records.collect(), signatures: given.signatures.clone(), without_control }
}

/// One name for each control, whatever form its tags have.
fn canonical(tag: &str) -> String {
    control(tag).map_or_else(|| tag.to_owned(), |control| control.tag())
}

fn control(tag: &str) -> Option<Control> {
    match meaning(tag) {
        Meaning::Control(control) => Some(control),
        Meaning::Unknown { .. } | Meaning::Other => None,
    }
}

fn record(tag: String, documents: &[&PolicyDocument], sources: &SourceSet, given: &Given) -> Record {
    let runs: Vec<Run> = given
        .runs
        .iter()
        .filter(|run| run.controls.iter().any(|named| canonical(named) == tag))
        .cloned()
        .collect();
    let result = match runs.as_slice() {
        [] => Outcome::NoEvidence,
        runs if runs.iter().all(|run| run.passed) => Outcome::Passed,
        _ => Outcome::Failed,
    };
    let scopes =
        documents.iter().map(|placed| format!("{} is active on {}", title(placed), hosts(&placed.scope())));
    let mut preconditions: Vec<String> =
        runs.iter().flat_map(|run| run.preconditions.iter().cloned()).collect();
    preconditions.extend(scopes);
    let mut threats: Vec<String> = documents
        .iter()
        .flat_map(|placed| placed.document.compliance_tags())
        .filter_map(|tag| control(&tag.value).filter(Control::is_threat))
        .map(|threat| format!("{} {}", threat.id, threat.title))
        .collect();
    threats.sort();
    threats.dedup();
    let exceptions = documents.iter().flat_map(|placed| {
        let in_force = placed.exceptions().iter().filter(|exception| is_in_force(exception, given.as_of));
        in_force.map(|exception| evidence_of(exception, placed, sources))
    });
    let named = control(&tag);
    Record {
        requirement: named.map(|control| control.title.to_owned()),
        standard: named.map(|Control { vocabulary, .. }| {
            format!("{} {}; {}", vocabulary.name, vocabulary.version, vocabulary.source)
        }),
        exceptions: exceptions.collect(),
        documents: documents.iter().map(|placed| document(placed, sources)).collect(),
        denials: given.denials.as_ref().map(|all| {
            let mine = all.iter().filter(|denials| documents.iter().any(|placed| decided(placed, denials)));
            mine.cloned().collect()
        }),
        control: tag,
        threats,
        preconditions,
        runs,
        result,
    }
}

fn decided(placed: &PolicyDocument, denials: &Denials) -> bool {
    placed
        .identity()
        .is_some_and(|identity| denials.document == (identity.kind.to_owned(), identity.id.to_string()))
}

fn is_in_force(exception: &Exception, as_of: Option<Date>) -> bool {
    match (&exception.expiry, as_of) {
        (Some(last), Some(day)) => last.value >= day,
        _ => true,
    }
}

fn evidence_of(exception: &Exception, placed: &PolicyDocument, sources: &SourceSet) -> Evidence {
    let process = exception.process.as_ref().map(|pattern| format!("`{}`", pattern.value));
    let parent = exception.parent.as_ref().map(|pattern| format!("children of `{}`", pattern.value));
    let who: Vec<String> = process.into_iter().chain(parent).collect();
    let owner = exception.owner.as_ref().map_or("no owner", |owner| owner.value.as_str());
    let end = exception.expiry.as_ref().map_or("no end".to_owned(), |last| format!("until {}", last.value));
    let what = format!(
        "{}: {} are exempt: {} ({owner}, {end})",
        title(placed),
        who.join(" as "),
        exception.reason.value
    );
    Evidence { what, source: sources.locate(exception.span) }
}

fn document(placed: &PolicyDocument, sources: &SourceSet) -> Evidence {
    let mode = placed.identity().and_then(|identity| identity.mode);
    let what = mode.map_or_else(|| title(placed), |mode| format!("{}, {mode}", title(placed)));
    Evidence { what, source: sources.locate(placed.span()) }
}

fn title(placed: &PolicyDocument) -> String {
    match (placed.identity(), placed.detection()) {
        (Some(identity), _) => format!("{} `{}`", identity.kind, identity.name),
        (None, Some(detection)) => format!("GuardianPolicy `{}`", detection.name.value),
        (None, None) => "document".to_owned(),
    }
}

fn hosts(scope: &Scope) -> String {
    match scope {
        Scope::Fleet => "every host".to_owned(),
        Scope::Group(name) => format!("the hosts of the group `{name}`"),
        Scope::Sensor(id) => format!("the host of the sensor `{id}`"),
    }
}
