//! Commands that ask a cluster, compared with the same commands on the files it was loaded from.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

#[path = "../../clickhouse/tests/servers/mod.rs"]
mod servers;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PASSWORD: &str = "s3cret";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telovix"));
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cli/impact");
    command.args(arguments).current_dir(examples).env("http_proxy", "http://127.0.0.1:1");
    command
}

fn telovix(arguments: &[&str]) -> Output {
    command(arguments).env("TELOVIX_CLICKHOUSE_PASSWORD", PASSWORD).output().unwrap()
}

/// As the user `default`, who has none.
fn without_password(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the JSON of a command without what differs between files and a table.
fn json(arguments: &[&str]) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                ["history", "samples"].iter().for_each(|name| drop(fields.remove(*name)));
                fields.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            _ => {}
        }
    }
    let output = telovix(&[arguments, &["--format", "json"]].concat());
    let mut value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{}", text(&output.stderr)));
    clean(&mut value);
    value
}

fn code(output: &Output) -> Option<String> {
    let told = text(&output.stderr);
    Some(told.split_once('[')?.1.split_once(']')?.0.to_owned())
}

#[test]
fn commands_answer_the_same_about_files_and_a_cluster() {
    let Some(cluster) = servers::Cluster::start() else { return };
    let [first, second] = &cluster.shards;
    let create = text(&telovix(&["load", "--print-table", "part"]).stdout);
    let create: String = create.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    for shard in [first, second] {
        servers::run(shard, create.trim_end_matches(';'));
    }
    servers::run(
        first,
        "CREATE TABLE telovix_events AS part ENGINE = Distributed(two, default, part, rand())",
    );
    let place = format!("127.0.0.1:{}", first.http);
    let loaded =
        without_password(&["load", "tetragon.log", "--into", &format!("clickhouse://{place}/default")]);
    assert_eq!(loaded.status.code(), Some(0), "{}", text(&loaded.stderr));
    assert!(text(&loaded.stdout).starts_with("loaded 7 rows of 7 lines into clickhouse://"), "{loaded:?}");
    servers::settle(first, 7);

    // The same once more, into a table of its own, as JSON.
    let second_table = format!("clickhouse://{place}/default.again");
    let again =
        without_password(&["load", "tetragon.log", "--into", &second_table, "--create", "--format", "json"]);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/output/load.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let told: Value = serde_json::from_slice(&again.stdout).unwrap_or_else(|_| panic!("{again:?}"));
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&told), "{told}");
    assert_eq!(told["rows"], 7);

    let source = format!("clickhouse://reader@{place}/default");
    let impact = ["impact", "--policy", "amf.yaml", "--base", "deployed"];
    let of_files = json(&[&impact[..], &["tetragon.log"]].concat());
    assert_eq!(of_files["total_events"], 3);
    assert_eq!(json(&[&impact[..], &["--source", &source]].concat()), of_files);
    let readiness = ["readiness", "amf.yaml"];
    assert_eq!(
        json(&[&readiness[..], &["--source", &source]].concat()),
        json(&[&readiness[..], &["--history", "tetragon.log"]].concat())
    );
    let generate = ["generate", "--window", "72h", "--least-history", "0"];
    let learned = json(&[&generate[..], &["tetragon.log"]].concat());
    assert!(learned["learned"]["profiles"].as_array().is_some_and(|list| !list.is_empty()), "{learned}");
    assert_eq!(json(&[&generate[..], &["--source", &source]].concat()), learned);

    // A window of one hour.
    let hour = ["--since", "2026-11-20T10:00:00Z", "--until", "2026-11-20T11:00:00Z"];
    let part = json(&[&["impact", "--policy", "amf.yaml", "--source", &source][..], &hour].concat());
    assert_eq!((part["total_events"].as_u64(), part["scanned_events"].as_u64()), (Some(1), Some(3)));

    // The printed queries run by hand.
    let printed = text(&telovix(&[&impact[..], &["--print-sql"]].concat()).stdout);
    let queries: Vec<_> = printed.split(";\n").filter(|query| query.contains("SELECT")).collect();
    assert!(queries.len() > 5, "{printed}");
    for query in queries {
        let answer = servers::run(first, &query.replace("-- ", "-- \n-- "));
        assert!(!query.contains("-- all rows") || !answer.is_empty(), "{query}");
    }

    // Mistakes have codes, and no output has a password.
    for (arguments, expected) in [
        (vec!["impact", "--source", "clickhouse://reader:s3cret@h/default"], "invalid-table-address"),
        (vec!["impact", "--source", "https://h/default"], "invalid-table-address"),
        (vec!["impact", "--source", &source, "--password-file", "missing"], "unreadable-password"),
        (vec!["impact", "--source", &format!("clickhouse://nobody@{place}/default")], "no-answer"),
        (vec!["impact", "--source", &format!("{source}.part2")], "no-answer"),
        (vec!["load", "tetragon.log", "--into", &source], "no-answer"),
        (vec!["generate", "--source", "clickhouse://127.0.0.1:1/default"], "no-answer"),
    ] {
        let mut arguments = arguments;
        if arguments[0] == "impact" {
            arguments.extend(["--policy", "amf.yaml"]);
        }
        let output = telovix(&arguments);
        assert_eq!((output.status.code(), code(&output).as_deref()), (Some(2), Some(expected)), "{output:?}");
        let told = text(&[output.stdout, output.stderr].concat());
        assert!(!told.contains(PASSWORD), "{told}");
    }

    // A shard that is gone is named, and there is no answer.
    second.signal("KILL");
    let output = telovix(&["impact", "--policy", "amf.yaml", "--source", &source]);
    assert_eq!((output.status.code(), code(&output).as_deref()), (Some(2), Some("no-answer")));
    let told = text(&output.stderr);
    assert!(
        told.contains(&format!("shard 127.0.0.1:{}", second.native)) && output.stdout.is_empty(),
        "{told}"
    );
}
