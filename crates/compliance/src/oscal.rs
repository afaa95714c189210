//! A pack of evidence -> OSCAL assessment results, version 1.2.1.
//!
//! Required fields and forms are those of NIST's JSON schema of that version. A finding is only made of recorded runs:
//! `satisfied` when all passed, `not-satisfied` when one failed. A control without a run has no finding. All ids are
//! version 5 UUIDs of what they name, so the same evidence has the same ids.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::evidence::{NONE, Outcome, Pack, Record};
use crate::run::Run;

const VERSION: &str = "1.2.1";
/// The name space of the ids.
const NAME_SPACE: &str = "https://telovix.io/ns/evidence";

/// Returns the document. `at` is a time of RFC 3339 with a zone, `tool` the version of this program, `plan` the address of
/// an assessment plan.
#[must_use]
pub fn results(pack: &Pack, at: &str, tool: &str, plan: Option<&str>) -> Value {
    let whole = json!(pack).to_string();
    let no_plan = id("plan", NONE);
    let observations: Vec<Value> = pack.records.iter().flat_map(|record| observations(record, at)).collect();
    let signatures = pack.signatures.iter().map(|signature| {
        observation(
            &format!("signature {}", signature.bundle),
            &signature.says,
            "EXAMINE",
            at,
            &signature.bundle,
        )
    });
    let observations: Vec<Value> = observations.into_iter().chain(signatures).collect();
    let findings: Vec<Value> = pack.records.iter().filter_map(finding).collect();
    let controls: Vec<Value> =
        pack.records.iter().map(|record| json!({"control-id": token(&record.control)})).collect();
    let selection =
        if controls.is_empty() { json!({"include-all": {}}) } else { json!({"include-controls": controls}) };
    let mut result = json!({
        "uuid": id("result", &whole),
        "title": "Evidence of policies",
        "description": "What policies, exceptions, events and recorded runs show for each control that they name.",
        "start": at,
        "reviewed-controls": {"control-selections": [selection]},
    });
    // Empty lists are not allowed.
    for (key, list) in [("observations", observations), ("findings", findings)] {
        if !list.is_empty() {
            result[key] = Value::Array(list);
        }
    }
    let mut document = json!({
        "uuid": id("results", &whole),
        "metadata": {
            "title": "Evidence of policies",
            "last-modified": at,
            "version": tool,
            "oscal-version": VERSION,
        },
        "import-ap": {"href": plan.map_or_else(|| format!("#{no_plan}"), str::to_owned)},
        "results": [result],
    });
    if plan.is_none() {
        let resource = json!({"uuid": no_plan, "title": "Assessment plan", "description": "No assessment plan was given."});
        document["back-matter"] = json!({"resources": [resource]});
    }
    json!({"assessment-results": document})
}

fn id(kind: &str, name: &str) -> String {
    let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, NAME_SPACE.as_bytes());
    Uuid::new_v5(&space, format!("{kind}\n{name}").as_bytes()).to_string()
}

/// A tag as an OSCAL token: letters, digits, `.`, `-` and `_`, and no digit first.
fn token(tag: &str) -> String {
    let kept =
        |letter: char| if letter.is_ascii_alphanumeric() || "-._".contains(letter) { letter } else { '_' };
    let token: String = tag.chars().map(kept).collect();
    if token.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        token
    } else {
        format!("_{token}")
    }
}

/// One line, as titles have to be; never empty.
fn line(text: &str) -> String {
    let line = text.replace(char::is_control, " ");
    if line.trim().is_empty() { NONE.to_owned() } else { line }
}

fn observation(name: &str, description: &str, method: &str, at: &str, href: &str) -> Value {
    json!({
        "uuid": id("observation", &format!("{name}\n{description}")),
        "title": line(name),
        "description": description,
        "methods": [method],
        "collected": at,
        "relevant-evidence": [{"href": href, "description": description}],
    })
}

fn observations(record: &Record, at: &str) -> Vec<Value> {
    let name = |what: &str| format!("{} {what}", record.control);
    let documents = record
        .documents
        .iter()
        .map(|document| observation(&name("policy"), &document.what, "EXAMINE", at, &document.source));
    let exceptions = record
        .exceptions
        .iter()
        .map(|exception| observation(&name("exception"), &exception.what, "EXAMINE", at, &exception.source));
    let denials = record.denials.iter().flatten().map(|denials| {
        let says = format!("{}: {} events of the history", denials.effect, denials.events);
        observation(&name("events of the history that a rule denies"), &says, "EXAMINE", at, &denials.source)
    });
    let runs =
        record.runs.iter().map(|run| observation(&name("run"), &run_words(run), "TEST", at, &run.scenario));
    documents.chain(exceptions).chain(denials).chain(runs).collect()
}

fn run_words(run: &Run) -> String {
    let passed = if run.passed { "passed" } else { "failed" };
    format!("{} at {}: {passed}: expected {}; observed {}", run.scenario, run.at, run.expected, run.observed)
}

/// Returns the finding of the runs of a control; none without a run.
fn finding(record: &Record) -> Option<Value> {
    let (state, reason) = match record.result {
        Outcome::Passed => ("satisfied", "pass"),
        Outcome::Failed => ("not-satisfied", "fail"),
        Outcome::NoEvidence => return None,
    };
    let description: Vec<String> = record.runs.iter().map(run_words).collect();
    let related: Vec<Value> = record
        .runs
        .iter()
        .map(|run| {
            let name = format!("{} run\n{}", record.control, run_words(run));
            json!({"observation-uuid": id("observation", &name)})
        })
        .collect();
    Some(json!({
        "uuid": id("finding", &format!("{}\n{}", record.control, description.join("\n"))),
        "title": line(&record.control),
        "description": description.join("; "),
        "target": {
            "type": "objective-id",
            "target-id": token(&record.control),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": related,
    }))
}
