//! A table answers as a scan of the same events does: any confinements of the small universe, any events of it with any
//! fields missing, and exports of Tetragon.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skips")]

mod servers;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::{Value, json};
use telovix_clickhouse::{Credentials, Loader, Table};
use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::arbitrary::{actions, confinements, forget, join, processes};
use telovix_policy::confine::{Access, Confinement};
use telovix_policy::judge::{Event, Field};
use telovix_policy::value::Date;
use telovix_replay::synthetic::{Export, Spacing};
use telovix_replay::{Amount, Impact, Judge, Options, Question, Tally, find, observe, scan, sql};

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Events of the universe with missing fields, times, hosts, and names that no pattern has.
fn universe(seed: u64, count: usize) -> String {
    let mut numbers = Numbers(seed);
    let (processes, actions) = (processes(), actions());
    let odd = ["/a/b\t", "/a\\", "/d/é", "/d/a'x", "/a/b/c", "/", "/d/\u{1}"];
    let mut text = String::new();
    for number in 0..count {
        let mut event =
            join(&processes[numbers.below(processes.len())], &actions[numbers.below(actions.len())]);
        let forgotten: Vec<Field> = Field::ALL.into_iter().filter(|_| numbers.below(6) == 0).collect();
        event = forget(&event, &forgotten);
        if event.path.is_some() && numbers.below(6) == 0 {
            event.path = Some(odd[numbers.below(odd.len())].to_owned());
        }
        if event.access.is_some() && numbers.below(3) == 0 {
            let of = [Access::Rename, Access::Delete, Access::Create][numbers.below(3)];
            event.access = Some([of, Access::Read].into_iter().collect());
        }
        if numbers.below(5) > 0 {
            let (hour, second) = (numbers.below(24), numbers.below(60));
            event.time = Some(format!("2026-11-{:02}T{hour:02}:59:{second:02}.5Z", 1 + number % 3));
        }
        let mut fields = event.to_json();
        if numbers.below(4) > 0 {
            fields["node_name"] = json!(["n1", "n2", ""][numbers.below(3)]);
            fields["pod"] = json!("core/amf-0");
        }
        if numbers.below(4) == 0 {
            fields["effect"] = json!("deny");
            fields["rule"] = json!({"document": "rule 1"});
            fields["process_started"] = json!("2026-11-01T00:58:30Z");
        }
        writeln!(text, "{fields}").unwrap();
    }
    text
}

fn exports() -> String {
    let mut text = String::new();
    for (seed, spacing) in [(1, Spacing::None), (2, Spacing::Comma)] {
        let mut export = Export::new(seed, 1_500, spacing);
        (0..1_500).for_each(|_| export.write(&mut text));
    }
    // A call that is two operations, lost events, and a time that the type of the column does not have.
    text.push_str(concat!(
        r#"{"process_kprobe":{"process":{"binary":"/a"},"function_name":"__x64_sys_setns"},"time":"2026-11-01T00:00:00Z"}"#, "\n",
        r#"{"rate_limit_info":{"number_of_dropped_process_events":"17"},"time":"2026-11-01T00:00:00Z"}"#, "\n",
        r#"{"process_exit":{"process":{"binary":"/a"}},"node_name":"n1"}"#, "\n",
    ));
    text
}

/// What does not depend on where the events are.
fn comparable(tally: &Tally, amount: &Amount, question: &Question<'_>) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("samples");
                fields.values_mut().for_each(clean);
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            _ => {}
        }
    }
    let mut impact = serde_json::to_value(Impact::new(tally, amount, question)).unwrap();
    impact["history"]["files"] = json!(null);
    impact["history"]["bytes"] = json!(null);
    clean(&mut impact);
    impact
}

struct History {
    files: Vec<PathBuf>,
    _folder: tempfile::TempDir,
}

fn history() -> History {
    let folder = tempfile::tempdir().unwrap();
    let files = [("universe.ndjson", universe(3, 6_000)), ("tetragon.log", exports())].map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    });
    History { files: files.to_vec(), _folder: folder }
}

fn load(history: &History, address: &str) {
    let loader = Loader::new(address.parse().unwrap(), Credentials::default(), 60);
    let sources = find(&history.files).unwrap();
    let loaded = sql::load(&sources, Options::default(), |rows| loader.insert(rows)).unwrap();
    assert_eq!(loaded.rows, 6_000 + 3_003);
    assert_eq!(loaded.history.malformed, 0, "{:?}", loaded.history.problems);
}

/// Draws policies of the universe, the same in every run.
fn policies(count: usize) -> Vec<(Vec<Confinement>, Vec<Confinement>)> {
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let draw = (confinements(), confinements());
    (0..count).map(|_| draw.new_tree(&mut runner).unwrap().current()).collect()
}

fn ask(table: &Table, history: &History, question: &Question<'_>, options: Options<'_>) -> (Value, Value) {
    let (tally, amount) = scan(&find(&history.files).unwrap(), question, options);
    let expected = comparable(&tally, &amount, question);
    let (tally, amount) = sql::impact(table, table.name(), (None, None), question, options).unwrap();
    (comparable(&tally, &amount, question), expected)
}

fn agree(table: &Table, history: &History, cases: usize) {
    let sources = SourceSet::single("policy.yaml", "");
    let mut affected = 0;
    for (number, (now, base)) in policies(cases).iter().enumerate() {
        let question = Question {
            now: Judge::new(now, &sources),
            before: (number % 2 == 0).then(|| Judge::new(base, &sources)),
        };
        let options = Options { sensor: (number % 3 == 0).then_some("s1"), ..Options::default() };
        let (found, expected) = ask(table, history, &question, options);
        assert_eq!(found, expected, "case {number}: {now:#?}\n{base:#?}");
        affected += usize::from(expected["total_events"] != 0 && expected["possible_events"] != 0);
    }
    assert!(affected * 3 > cases, "{affected} of {cases}");
    documents(table, history);
    learned(table, history);
}

const DOCUMENTS: &str = "\
kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: enforce
allowed_spawns: [/usr/bin/logger, /bin/cat]
allowed_files: [/var/lib/amf/, /usr/lib/]
allowed_dst_ports: [443, 38412]
allowed_dst_cidrs: [10.20.0.0/14, '2001:db8::/33']
allowed_capabilities: [CHOWN]
children: inherit
---
kind: EnforcementRule
rule_id: er-1
name: tmp
template: block-execve-tmp
---
processes:
  nginx:
    blocked_files: [/etc/shadow, /var/]
    blocked_network: ['10.0.0.0/8:443', '0.0.0.0/0:1-1023']
mode: enforce
";

/// Profiles, rules and guards.
fn documents(table: &Table, history: &History) {
    let sources = SourceSet::single("now.yaml", DOCUMENTS);
    let analysis = analyse(&sources, &CompilerOptions::on(Date::parse("2026-12-01").unwrap()));
    assert!(analysis.policy.confinements.len() > 5, "{:?}", analysis.diagnostics);
    let question = Question { now: Judge::new(&analysis.policy.confinements, &sources), before: None };
    let (found, expected) = ask(table, history, &question, Options::default());
    assert!(expected["total_events"].as_u64() > Some(50), "{expected}");
    assert_eq!(found, expected);
}

/// What learning reads.
fn learned(table: &Table, history: &History) {
    let mut expected = observe::observe(&find(&history.files).unwrap(), Options::default()).unwrap();
    let mut found = sql::observe(table, table.name(), (None, None)).unwrap();
    assert!(expected.actors.len() > 10);
    expected.history = found.history.clone();
    found.kinds = expected.kinds;
    assert_eq!(found, expected);
}

#[test]
fn two_shards_answer_as_a_scan_does() {
    let Some(cluster) = servers::Cluster::start() else { return };
    let history = history();
    let [first, second] = &cluster.shards;
    for shard in [first, second] {
        let address = format!("clickhouse://127.0.0.1:{}/default.part", shard.http);
        Loader::new(address.parse().unwrap(), Credentials::default(), 60).create().unwrap();
    }
    servers::run(
        first,
        "CREATE TABLE telovix_events AS part ENGINE = Distributed(two, default, part, rand())",
    );
    load(&history, &format!("clickhouse://127.0.0.1:{}/default", first.http));
    servers::settle(first, 9_003);
    let address = format!("clickhouse://reader@127.0.0.1:{}/default", first.http);
    let table = Table::open(address.parse().unwrap(), Credentials::new(Some("s3cret".into())), 60).unwrap();
    agree(&table, &history, 16);
}

#[test]
fn the_newest_dialect_answers_as_a_scan_does() {
    let Some(chdb) = servers::chdb() else { return };
    let history = history();
    let address = format!("clickhouse://127.0.0.1:{}/tests", chdb.http);
    Loader::new(address.parse().unwrap(), Credentials::default(), 60).create().unwrap();
    load(&history, &address);
    let table = Table::open(address.parse().unwrap(), Credentials::default(), 60).unwrap();
    agree(&table, &history, 6);
}

#[test]
fn the_universe_has_events_with_every_field_missing() {
    let text = universe(3, 2_000);
    let events: Vec<Event> = text.lines().map(|line| Event::parse(line).unwrap()).collect();
    assert!(events.iter().any(|event| event.path.as_deref() == Some("/a/b\t")));
    assert!(events.iter().any(|event| event.binary.is_none() && event.ancestors.is_none()));
}
