//! The OSCAL form has the required fields of the standard, and concludes nothing from documents.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use telovix_compliance::evidence::{Given, Pack, collect};
use telovix_compliance::oscal::results;
use telovix_compliance::run;
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::{Options, lower};
use telovix_policy::value::Date;

const AT: &str = "2026-12-01T10:00:00Z";
const DOCUMENTS: &str = "\
kind: EnforcementRule
name: no modules
template: block-kmod-load
compliance_tags: [T1547.006, 'attack:T1547.006', '4.1 of ours']
---
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: telovix-custom-x
  annotations:
    telovix.io/compliance-tags: attack:T1611, nis2
spec:
  kprobes: []
";

fn pack(runs: &str) -> Pack {
    let sources = SourceSet::new([("a.yaml".to_owned(), DOCUMENTS.to_owned())]);
    let mut sink = Sink::default();
    let read = telovix_document::read(&sources, &mut sink);
    let policy = lower(read.documents, &sources, Options { as_of: Date::FIRST }, &mut sink);
    let runs = run::read(runs).expect("the test's own runs");
    collect(&policy, &sources, &Given { runs, ..Given::default() })
}

fn run_of(control: &str, passed: bool) -> String {
    json!({"scenario": "s", "controls": [control], "steps": [], "expected": "e", "observed": "o\n", "passed": passed, "at": AT})
        .to_string()
}

fn check(document: &Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("oscal-subset.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(document).map(|error| error.to_string()).collect()
}

#[test]
fn every_pack_is_valid() {
    let runs = [run_of("T1611", true), run_of("attack:T1547.006", false)].join("\n");
    for runs in ["", &runs] {
        let document = results(&pack(runs), AT, "0.1.0", None);
        assert_eq!(check(&document), Vec::<String>::new());
    }
    let nothing = Pack { records: Vec::new(), signatures: Vec::new(), without_control: Vec::new() };
    assert_eq!(check(&results(&nothing, AT, "0.1.0", Some("plan.json"))), Vec::<String>::new());
}

#[test]
fn the_schema_refuses_a_document_without_a_required_field() {
    let mut document = results(&pack(""), AT, "0.1.0", None);
    document["assessment-results"]["results"][0].as_object_mut().expect("an object").remove("start");
    assert!(!check(&document).is_empty());
}

#[test]
fn forms_of_one_control_are_one_record() {
    let controls: Vec<String> = pack("").records.into_iter().map(|record| record.control).collect();
    assert_eq!(controls, ["4.1 of ours", "attack:T1547.006", "attack:T1611", "nis2"]);
}

#[test]
fn only_runs_make_findings() {
    let findings = |runs: &str| {
        let document = results(&pack(runs), AT, "0.1.0", None);
        document["assessment-results"]["results"][0]["findings"].as_array().cloned().unwrap_or_default()
    };
    assert!(findings("").is_empty());
    let runs = [run_of("T1611", true), run_of("T1611", false)].join("\n");
    let found = findings(&runs);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["target"]["status"]["state"], "not-satisfied", "one failed run is enough");
}

#[test]
fn findings_refer_to_observations_that_exist() {
    let document = results(&pack(&run_of("T1611", true)), AT, "0.1.0", None);
    let result = &document["assessment-results"]["results"][0];
    let ids: BTreeSet<_> =
        result["observations"].as_array().expect("a list").iter().map(|one| one["uuid"].as_str()).collect();
    assert!(ids.contains(&result["findings"][0]["related-observations"][0]["observation-uuid"].as_str()));
}

#[test]
fn a_file_of_runs_is_read_as_a_whole() {
    let bad =
        run::read(&format!("\n{}\n{{\"scenario\": \"x\"}}\n", run_of("T1611", true))).expect_err("line 3");
    assert_eq!(bad.line, 3);
}
