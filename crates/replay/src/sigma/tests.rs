//! Rules are read again as YAML and evaluated by an interpreter of Sigma's words, and compared with the detection.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{Document, EventKind, GuardianPolicy, Match, Observed, read};
use telovix_policy::judge::Field;
use telovix_policy::value::Cidr;
use telovix_syntax::{Node, parse};

use super::rules;

fn detection(document: &Value) -> GuardianPolicy {
    let sources = SourceSet::single("detections.yaml", &document.to_string());
    let mut sink = Sink::default();
    let documents = read(&sources, &mut sink).documents;
    match documents.into_iter().next() {
        Some(Document::GuardianPolicy(detection)) => detection,
        other => panic!("{document} gives {other:?}: {:?}", sink.into_sorted()),
    }
}

/// Evaluates a rule on an event: fields by their Sigma names, and the category of the event.
fn holds(text: &str, category: &str, fields: &BTreeMap<&str, String>) -> bool {
    let sources = SourceSet::single("rule.yaml", text);
    let mut sink = Sink::default();
    let mut answer = None;
    for (id, source) in sources.iter() {
        parse(id, source, &mut sink, |tree, _| answer = Some(of_rule(&tree.root, category, fields)));
    }
    let findings = sink.into_sorted();
    assert!(findings.is_empty(), "{text}\n{findings:?}");
    answer.expect("one document")
}

fn of_rule(rule: &Node<'_>, category: &str, fields: &BTreeMap<&str, String>) -> bool {
    let rule = rule.as_mapping().unwrap();
    let text = |name: &str| rule.get(name).and_then(|node| node.text()).map(str::to_owned);
    for needed in ["title", "id", "status", "description", "level"] {
        assert!(text(needed).is_some_and(|text| !text.is_empty()), "{needed}");
    }
    assert!(
        ["informational", "low", "medium", "high", "critical"].contains(&text("level").unwrap().as_str())
    );
    let source = rule.get("logsource").unwrap().as_mapping().unwrap();
    if source.get("category").is_some_and(|wanted| wanted.text() != Some(category)) {
        return false;
    }
    let detection = rule.get("detection").unwrap().as_mapping().unwrap();
    let part = |name: &str| all(detection.get(name).unwrap(), fields);
    let condition = detection.get("condition").unwrap().text().unwrap();
    condition.split(" and ").all(|term| match term.split(' ').collect::<Vec<_>>().as_slice() {
        ["1", "of", pattern] => {
            let start = pattern.strip_suffix('*').unwrap();
            let mut names = detection.entries.iter().filter(|entry| entry.key.value.starts_with(start));
            names.any(|entry| all(&entry.value, fields))
        }
        ["not", name] => !part(name),
        [name] => part(name),
        other => panic!("{other:?}"),
    })
}

/// Every entry of a map must hold; of a list, one value.
fn all(part: &Node<'_>, fields: &BTreeMap<&str, String>) -> bool {
    part.as_mapping().unwrap().entries.iter().all(|entry| {
        let mut words = entry.key.value.split('|');
        let value = fields.get(words.next().unwrap());
        let words: Vec<_> = words.collect();
        let wanted: Vec<&str> = match entry.value.as_sequence() {
            Some(items) => items.iter().map(|item| item.text().unwrap()).collect(),
            None => vec![entry.value.text().unwrap()],
        };
        value.is_some_and(|value| wanted.iter().any(|wanted| compare(value, &words, wanted)))
    })
}

fn compare(value: &str, words: &[&str], wanted: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().unwrap();
    match words {
        ["contains", "cased"] => value.contains(&plain(wanted)),
        ["cased"] => value == plain(wanted),
        ["cidr"] => Cidr::parse(wanted).unwrap().contains(value.parse::<IpAddr>().unwrap()),
        ["gte"] => number(value) >= number(wanted),
        ["lte"] => number(value) <= number(wanted),
        [] if wanted == "*" => true,
        [] => number(value) == number(wanted),
        other => panic!("{other:?}"),
    }
}

/// Returns the text of a value that has no wildcard.
fn plain(value: &str) -> String {
    let mut text = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '*' | '?' => panic!("{value} has a wildcard"),
            letter => text.push(letter),
        }
    }
    text
}

const PARTS: [&str; 9] = ["/sh", "sh", "SH", "a*b", "?", r"c\d", "\"q\"", ": x", "é"];

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PARTS[..]), 1..4).prop_map(|parts| format!("/{}", parts.concat()))
}

fn document() -> impl Strategy<Value = Value> {
    let part = || prop::option::weighted(0.4, select(&PARTS[..]));
    let kinds =
        [None, None, Some("process_exec"), Some("process_exit"), Some("network_connect"), Some("file_open")];
    (
        select(kinds.to_vec()),
        part(),
        part(),
        prop::option::weighted(0.3, 0_u32..3),
        prop::option::weighted(0.3, select(&["443", "8000-8100", "443, 8000-8002"][..])),
        prop::option::weighted(0.3, select(&["10.0.0.0/8", "2001:db8::/32"][..])),
        prop::collection::vec(select(&PARTS[..]), 0..3),
        prop::option::weighted(0.2, select(&["s-1", "s-2"][..])),
    )
        .prop_map(|(kind, process, parent, uid, port, block, exceptions, sensor)| {
            let mut document = json!({
                "kind": "GuardianPolicy", "name": "a \"name\": of it", "match_event_kind": kind,
                "match_process_pattern": process, "match_parent_pattern": parent, "match_uid": uid,
                "match_dst_port": port, "match_dst_ip_prefix": block, "sensor_id": sensor,
                "exceptions": exceptions, "compliance_tags": ["NIS2 21(a)", "cis-4.1"],
            });
            let fields = document.as_object_mut().unwrap();
            fields.retain(|_, value| !value.is_null() && value != &json!([]));
            document
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_rule_matches_what_its_detection_matches(
        document in document(),
        kind in select(&["process_exec", "process_exit", "network_connect", "file_open"][..]),
        process in path(),
        parent in path(),
        uid in 0_u32..3,
        port in select(&[0_u16, 443, 8_001, 8_100, 8_101][..]),
        address in select(&["10.1.2.3", "11.0.0.1", "2001:db8::1"][..]),
        sensor in select(&["s-1", "s-2"][..]),
    ) {
        let detection = detection(&document);
        let connects = kind == "network_connect";
        let observed = Observed {
            kind: EventKind::Is(kind), process: Some(&process), process_field: Field::Binary,
            parent: Some(&parent), parent_field: Field::Parent, is_orphan: false, uid: Some(uid), connects,
            address: connects.then(|| address.parse().unwrap()), port: connects.then_some(port),
            sensor: Some(sensor), group: None,
        };
        let mut fields = BTreeMap::from([
            ("Image", process.clone()), ("ParentImage", parent.clone()), ("uid", uid.to_string()),
            ("event_kind", kind.to_owned()), ("sensor_id", sensor.to_owned()),
        ]);
        if connects {
            fields.insert("DestinationIp", address.to_owned());
            fields.insert("DestinationPort", port.to_string());
        }
        let category = match kind {
            "process_exec" => "process_creation",
            "process_exit" => "process_termination",
            "network_connect" => "network_connection",
            _ => "none",
        };
        let sources = SourceSet::single("detections.yaml", &document.to_string());
        let text = rules([&detection], &sources);
        prop_assert_eq!(holds(&text, category, &fields), detection.matches(&observed) == Match::Yes, "{}", text);
    }
}

#[test]
fn ids_stay_and_tags_have_the_format_of_sigma() {
    let document = json!({"kind": "GuardianPolicy", "name": "x", "compliance_tags": ["NIS2 21(a)"]});
    let sources = SourceSet::single("detections.yaml", &document.to_string());
    let text = rules([&detection(&document)], &sources);
    assert!(
        text.contains("\n  - compliance.nis2-21-a-\n") && text.contains("    - \"NIS2 21(a)\"\n"),
        "{text}"
    );
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12]);
    assert_eq!(&id[14..15], "8");
    assert!(["8", "9", "a", "b"].contains(&&id[19..20]));
    assert_eq!(super::id("x", "a.yaml:1"), super::id("x", "a.yaml:900"));
    assert_ne!(super::id("x", "a.yaml:1"), super::id("x", "b.yaml:1"));
}
