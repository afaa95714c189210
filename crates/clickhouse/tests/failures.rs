//! Servers that are down, slow, refuse, or break off: an error that says which, never a smaller number.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

mod servers;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use telovix_clickhouse::{Credentials, Error, Loader, Table};
use telovix_replay::sql::{Server as _, Statement};

const PASSWORD: &str = "s3cret";

fn open(address: &str, password: Option<&str>, seconds: u64) -> Result<Table, Error> {
    Table::open(address.parse().unwrap(), Credentials::new(password.map(str::to_owned)), seconds)
}

fn count(table: &Table) -> Result<String, Error> {
    let text = format!("SELECT count() FROM {}", table.name());
    let answer = table.ask(&Statement { text, sets: Vec::new() })?;
    Ok(answer[0][0].clone().unwrap())
}

/// Starts a cluster with 2,000 rows in each of its two shards.
fn cluster() -> Option<servers::Cluster> {
    let cluster = servers::Cluster::start()?;
    for shard in &cluster.shards {
        let address = format!("clickhouse://127.0.0.1:{}/default.part", shard.http);
        Loader::new(address.parse().unwrap(), Credentials::default(), 60).create().unwrap();
        servers::run(shard, "INSERT INTO part (operation) SELECT 'exec' FROM numbers(2000)");
    }
    servers::run(
        &cluster.shards[0],
        "CREATE TABLE telovix_events AS part ENGINE = Distributed(two, default, part, rand())",
    );
    Some(cluster)
}

#[test]
fn a_shard_that_is_killed_or_slow_is_named_and_never_left_out() {
    let Some(cluster) = cluster() else { return };
    let [first, second] = &cluster.shards;
    let address = format!("clickhouse://reader@127.0.0.1:{}/default", first.http);
    let shard = format!("127.0.0.1:{}", second.native);
    let table = open(&address, Some(PASSWORD), 20).unwrap();
    assert_eq!(count(&table).unwrap(), "4000");

    // Slow: it has the connection and does not answer.
    second.signal("STOP");
    let hasty = open(&address, Some(PASSWORD), 2).unwrap();
    let error = count(&hasty).unwrap_err();
    let Error::Slow { seconds: 2, shards, .. } = &error else { panic!("{error}") };
    assert_eq!(*shards, [format!("shard 2 ({shard})")]);
    assert!(error.to_string().contains("does not answer"), "{error}");

    // Killed in the middle of a query.
    let killed = thread::scope(|scope| {
        let asked = scope.spawn(|| count(&table));
        thread::sleep(Duration::from_secs(1));
        second.signal("KILL");
        asked.join().unwrap()
    });
    let error = killed.unwrap_err();
    assert!(matches!(&error, Error::Shard { .. }) && error.to_string().contains(&shard), "{error:?}");

    // Down.
    let error = count(&table).unwrap_err();
    let Error::Shard { shards, .. } = &error else { panic!("{error}") };
    assert_eq!(*shards, [format!("shard {shard}")]);

    // Settings that would leave it out are seen before anything is asked.
    let partial = format!("clickhouse://partial@127.0.0.1:{}/default", first.http);
    let error = open(&partial, None, 20).unwrap_err();
    let Error::Partial { settings, .. } = &error else { panic!("{error}") };
    assert_eq!(*settings, ["skip_unavailable_shards = 1"]);
}

#[test]
fn users_tables_and_columns_that_are_not_there_are_refused() {
    let Some(cluster) = cluster() else { return };
    let first = &cluster.shards[0];
    let place = format!("127.0.0.1:{}", first.http);
    let error = open(&format!("clickhouse://reader@{place}/default"), Some("wr0ng"), 20).unwrap_err();
    assert!(matches!(error, Error::Refused { code: Some(193), .. }), "{error}");
    assert!(!error.to_string().contains("wr0ng") && !format!("{error:?}").contains("wr0ng"), "{error}");
    let error = open(&format!("clickhouse://reader@{place}/default.none"), Some(PASSWORD), 20).unwrap_err();
    assert!(matches!(error, Error::Refused { code: Some(60), .. }), "{error}");
    servers::run(
        first,
        "CREATE TABLE other (operation String, path UInt8) ENGINE = MergeTree ORDER BY tuple()",
    );
    let error = open(&format!("clickhouse://reader@{place}/default.other"), Some(PASSWORD), 20).unwrap_err();
    let Error::Columns { problems, .. } = &error else { panic!("{error}") };
    assert_eq!(problems.len(), telovix_replay::sql::COLUMNS.len() - 1);
    assert!(problems.contains(&"column `path` has the type UInt8, expected Nullable(String)".to_owned()));
    // A user who may only read cannot load.
    let reader = format!("clickhouse://reader@{place}/default.part").parse().unwrap();
    let error =
        Loader::new(reader, Credentials::new(Some(PASSWORD.to_owned())), 20).insert(b"x\n").unwrap_err();
    assert!(matches!(error, Error::Refused { code: Some(164), .. }), "{error}");
}

/// Answers every request with these bytes.
fn fake(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _read = stream.read(&mut [0; 1 << 16]);
            let _written = stream.write_all(answer.as_bytes());
        }
    });
    format!("clickhouse://{place}/default")
}

#[test]
fn answers_that_break_off_are_no_answers() {
    for (answer, kind) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"meta\":[],\"data\":[[\"a\"]", "unreachable"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"met\r\n", "unreachable"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"meta\":[],\"data\":[[\"a\",\"b\"]", "cut"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[],\"rows\":5}", "cut"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "cut"),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[[\"a\",\"b\"],\nCode: 241, e.displayText() = DB::Exception: Memory limit",
            "refused",
        ),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[[\"a\"]],\"rows\":1,\"exception\":\"Code: 159. DB::Exception: timeout on 10.0.0.2:9000\"}",
            "shard",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "refused"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", "refused"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "unreachable"),
        ("", "unreachable"),
    ] {
        let error = open(&fake(answer), None, 5).unwrap_err();
        let found = match error {
            Error::Unreachable { .. } => "unreachable",
            Error::Cut { .. } => "cut",
            Error::Refused { .. } => "refused",
            Error::Shard { .. } => "shard",
            _ => "another",
        };
        assert_eq!(found, kind, "{answer:?}: {error}");
    }
}

#[test]
fn nothing_that_listens_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    // It accepts, and says nothing.
    let error = open(&format!("clickhouse://{place}/default"), None, 1).unwrap_err();
    assert!(matches!(error, Error::Slow { seconds: 1, .. }), "{error}");
    drop(listener);
    let error = open(&format!("clickhouse://{place}/default"), None, 1).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
