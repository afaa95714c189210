//! The query of detections in a real ClickHouse server, compared with the detections.
//!
//! The server is `clickhouse-server` on PATH, or the program that `TELOVIX_CLICKHOUSE_SERVER` names. It listens on
//! loopback only, and ends with the test.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{Document, EventKind, GuardianPolicy, Match, Observed, read};
use telovix_policy::judge::Field;
use telovix_policy::value::address_number;
use telovix_replay::sql;

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TELOVIX_CLICKHOUSE_SERVER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("clickhouse-server"))
        .find(|program| program.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Server {
    fn start(program: &Path, folder: &Path) -> Self {
        let (port, native) = (free_port(), free_port());
        fs::write(
            folder.join("users.xml"),
            "<yandex><profiles><default/></profiles><users><default><password></password><networks><ip>127.0.0.1</ip>\
             </networks><profile>default</profile><quota>default</quota></default></users><quotas><default/></quotas></yandex>",
        )
        .unwrap();
        let at = folder.display();
        fs::write(
            folder.join("config.xml"),
            format!(
                "<yandex><logger><level>warning</level><console>true</console></logger><http_port>{port}</http_port>\
                 <tcp_port>{native}</tcp_port><listen_host>127.0.0.1</listen_host><path>{at}/data/</path>\
                 <tmp_path>{at}/tmp/</tmp_path><format_schema_path>{at}/format/</format_schema_path>\
                 <users_config>{at}/users.xml</users_config><default_profile>default</default_profile>\
                 <default_database>default</default_database><mark_cache_size>67108864</mark_cache_size>\
                 <timezone>UTC</timezone></yandex>"
            ),
        )
        .unwrap();
        let child = Command::new(program)
            .arg(format!("--config-file={at}/config.xml"))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    /// Runs one statement and returns what it prints.
    fn run(&self, statement: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        let length = statement.len();
        write!(stream, "POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{statement}")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"),
            "{statement}\n{answer}"
        );
        body.to_owned()
    }
}

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
            "(NULL, NULL, {}, {}, {}, {}, {address}, {}, {}, NULL)",
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

#[test]
fn a_server_counts_what_the_detections_match() {
    let Some(program) = program() else {
        println!("skipped: no clickhouse-server on PATH, and TELOVIX_CLICKHOUSE_SERVER is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["data", "tmp", "format"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let server = Server::start(&program, folder.path());
    println!("ClickHouse {}", server.run("SELECT version()").trim());
    server.run(sql::TABLE);
    let rows = rows();
    for part in rows.chunks(500) {
        let values: Vec<_> = part.iter().map(Row::values).collect();
        server.run(&format!("INSERT INTO telovix_events VALUES {}", values.join(", ")));
    }
    let (detections, sources) = detections();
    let query = sql::query(&detections, &sources, "telovix_events").unwrap();
    let answer =
        server.run(&format!("SELECT detection, matches, possible FROM ({query}) ORDER BY detection"));
    let mut expected = String::new();
    for detection in &detections {
        let of = |wanted: fn(Match) -> bool| {
            rows.iter().filter(|row| wanted(detection.matches(&row.observed()))).count()
        };
        let (matches, possible) =
            (of(|found| found == Match::Yes), of(|found| matches!(found, Match::Maybe(_))));
        let name = detection.name.value.replace('\'', "\\'");
        writeln!(expected, "{name}\t{matches}\t{possible}").unwrap();
    }
    assert_eq!(answer, expected);
    assert!(expected.lines().filter(|line| !line.ends_with("\t0")).count() > 5, "{expected}");
}
