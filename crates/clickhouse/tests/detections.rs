//! The query of detections in real ClickHouse servers, compared with the detections.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

mod servers;

use std::fmt::Write as _;
use std::net::IpAddr;

use serde_json::json;
use telovix_clickhouse::{Credentials, Loader, Table};
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{Document, EventKind, GuardianPolicy, Match, Observed, read};
use telovix_policy::judge::Field;
use telovix_policy::value::address_number;
use telovix_replay::sql;

/// A row of the table; what is absent is `NULL`.
#[derive(Clone, Default)]
struct Row {
    kind: Option<&'static str>,
    process: Option<&'static str>,
    parent: Option<&'static str>,
    uid: Option<u32>,
    address: Option<IpAddr>,
    port: Option<u16>,
    sensor: Option<&'static str>,
}

impl Row {
    fn observed(&self) -> Observed<'_> {
        Observed {
            kind: self.kind.map_or(EventKind::Other, EventKind::Is),
            process: self.process,
            process_field: Field::Binary,
            parent: self.parent,
            parent_field: Field::Parent,
            is_orphan: false,
            uid: self.uid,
            connects: self.kind.is_some_and(|kind| kind.starts_with("network_")),
            address: self.address,
            port: self.port,
            sensor: self.sensor,
            group: None,
        }
    }

    fn values(&self) -> String {
        let text = |value: Option<&str>| {
            value.map_or("NULL".to_owned(), |value| {
                format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
            })
        };
        let number = |value: Option<u64>| value.map_or("NULL".to_owned(), |value| value.to_string());
        let address = self
            .address
            .map_or("NULL".to_owned(), |address| format!("unhex('{:032x}')", address_number(address)));
        format!(
            "({}, {}, {}, {}, {address}, {}, {})",
            text(self.kind),
            text(self.process),
            text(self.parent),
            number(self.uid.map(u64::from)),
            number(self.port.map(u64::from)),
            text(self.sensor)
        )
    }
}

/// Every combination is too many: a fixed sequence of choices.
fn rows() -> Vec<Row> {
    let kinds =
        [None, Some("process_exec"), Some("network_connect"), Some("network_accept"), Some("file_open")];
    let paths = [None, Some("/bin/sh"), Some("/opt/a%_b/SH"), Some("/it's\\x"), Some("/usr/bin/é")];
    let addresses =
        ["10.1.2.3", "11.0.0.1", "2001:db8::1", "::1", "203.0.113.255"].map(|text| text.parse().unwrap());
    let mut state = 7_u64;
    let mut pick = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % end
    };
    let row = |_| Row {
        kind: kinds[pick(5)],
        process: paths[pick(5)],
        parent: paths[pick(5)],
        uid: [None, Some(0), Some(1_000)][pick(3)],
        address: (pick(4) > 0).then(|| addresses[pick(5)]),
        port: [None, Some(0), Some(443), Some(8_050), Some(65_535)][pick(5)],
        sensor: [None, Some("s-1"), Some("s-2")][pick(3)],
    };
    (0..3_000).map(row).collect()
}

const DETECTIONS: &[&str] = &[
    r#"{}"#,
    r#"{"match_event_kind": "process_exec"}"#,
    r#"{"match_event_kind": "file_open", "match_uid": 0}"#,
    r#"{"match_process_pattern": "sh"}"#,
    r#"{"match_process_pattern": "%_", "match_parent_pattern": "SH"}"#,
    r#"{"match_process_pattern": "it's\\"}"#,
    r#"{"match_parent_pattern": "é", "exceptions": ["sh", "SH"]}"#,
    r#"{"match_dst_port": "443, 8000-8100"}"#,
    r#"{"match_dst_ip_prefix": "10.0.0.0/8"}"#,
    r#"{"match_dst_ip_prefix": "::/0", "match_event_kind": "network_connect"}"#,
    r#"{"match_dst_ip_prefix": "2001:db8::/32", "match_dst_port": "0-65535"}"#,
    r#"{"match_uid": 1000, "sensor_id": "s-1"}"#,
    r#"{"target_group_id": "edge", "match_process_pattern": "/bin/"}"#,
    r#"{"exceptions": ["/bin/sh"]}"#,
];

fn detections() -> (Vec<GuardianPolicy>, SourceSet) {
    let documents: Vec<_> = (0..)
        .zip(DETECTIONS)
        .map(|(number, fields)| {
            let mut document: serde_json::Map<_, _> = serde_json::from_str(fields).unwrap();
            document.insert("kind".into(), json!("GuardianPolicy"));
            document.insert("name".into(), json!(format!("it's {number:02}")));
            serde_json::Value::Object(document).to_string()
        })
        .collect();
    let sources = SourceSet::single("detections.yaml", &documents.join("\n---\n"));
    let mut sink = Sink::default();
    let read = read(&sources, &mut sink).documents;
    let detections: Vec<_> = read
        .into_iter()
        .map(|document| match document {
            Document::GuardianPolicy(detection) => detection,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(detections.len(), DETECTIONS.len(), "{:?}", sink.into_sorted());
    (detections, sources)
}

/// Compares what a server counts with what the detections say of each row.
fn count(server: &servers::Running, database: &str) {
    let address = format!("clickhouse://127.0.0.1:{}/{database}", server.http);
    Loader::new(address.parse().unwrap(), Credentials::default(), 60).create().unwrap();
    let rows = rows();
    for part in rows.chunks(500) {
        let values: Vec<_> = part.iter().map(Row::values).collect();
        servers::run(
            server,
            &format!(
                "INSERT INTO telovix_events (event_kind, process_executable, parent_executable, uid, dst_address, \
                 dst_port, sensor_id) VALUES {}",
                values.join(", ")
            ),
        );
    }
    let (detections, sources) = detections();
    let table = Table::open(address.parse().unwrap(), Credentials::default(), 60).unwrap();
    let mut found = sql::detections(&table, table.name(), (None, None), &detections, &sources).unwrap();
    found.sort_by(|left, right| left.detection.cmp(&right.detection));
    let (mut told, mut expected) = (String::new(), String::new());
    for (detection, found) in detections.iter().zip(&found) {
        let of = |wanted: fn(Match) -> bool| {
            rows.iter().filter(|row| wanted(detection.matches(&row.observed()))).count()
        };
        let (matches, possible) =
            (of(|found| found == Match::Yes), of(|found| matches!(found, Match::Maybe(_))));
        writeln!(told, "{} {} {}", found.detection, found.matches, found.possible).unwrap();
        writeln!(expected, "{} {matches} {possible}", detection.name.value).unwrap();
        assert_eq!((&found.first_seen, &found.last_seen), (&None, &None), "no row has a time");
    }
    assert_eq!(told, expected);
    assert!(expected.lines().filter(|line| !line.ends_with(" 0")).count() > 5, "{expected}");
}

#[test]
fn a_server_counts_what_the_detections_match() {
    let Some(cluster) = servers::Cluster::start() else { return };
    count(&cluster.shards[0], "default");
}

#[test]
fn the_newest_dialect_counts_what_the_detections_match() {
    let Some(chdb) = servers::chdb() else { return };
    count(&chdb, "tests");
}
