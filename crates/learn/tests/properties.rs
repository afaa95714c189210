//! What holds for every history: soundness, no sensitive path, the same bytes for any number of threads, and updates
//! that change nothing the second time.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_learn::{Learned, Settings, learn, sensitive, update, write};
use telovix_policy::confine::Effect;
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Date;
use telovix_replay::observe::{Observations, observe};
use telovix_replay::synthetic::world;
use telovix_replay::{Options, find};

const BINARY: &str = "/opt/app/bin/app";

fn observed(history: &str, threads: usize) -> Observations {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    fs::write(&path, history).unwrap();
    let options = Options { threads: NonZeroUsize::new(threads), ..Options::default() };
    let mut observations = observe(&find(&[path]).unwrap(), options).unwrap();
    observations.history.files.clear();
    observations
}

fn settings() -> Settings {
    Settings { least_seconds: 0, hours: 48, ..Settings::default() }
}

fn documents(learned: &Learned) -> String {
    let mut text = String::new();
    for (at, (profile, name)) in learned.named().enumerate() {
        text.push_str(if at > 0 { "---\n" } else { "" });
        write(profile, name, &learned.window, &mut text);
    }
    text
}

/// Names as programs make them: few and many different ones, changing parts, and sensitive files.
fn path() -> impl Strategy<Value = String> {
    let folder = prop::sample::select(vec![
        "/etc",
        "/etc/app",
        "/usr/lib/app",
        "/var/lib/app",
        "/var/lib/app/data",
        "/tmp",
        "/dev/shm",
        "/opt/app",
        "/home/al",
        "/root",
        "/proc",
        "/run/app",
        "/srv/app/a/b",
        "",
    ]);
    let name = prop_oneof![
        3 => prop::sample::select(vec!["a", "conf", "lib.so.6", "shadow", ".ssh/id_rsa", "1/environ", "state db", "cron.d/x"])
            .prop_map(str::to_owned),
        2 => "[a-z]{1,8}",
        1 => "[0-9a-f]{12,16}",
        1 => "seg-[0-9]{1,7}",
        1 => "app-2026-11-[0-2][0-9]\\.log",
        1 => "[0-9A-Za-z.é]{1,6}",
        1 => "[a-c]/[a-c]/[a-z]{1,3}",
    ];
    (folder, name).prop_map(|(folder, name)| format!("{folder}/{name}"))
}

fn event() -> impl Strategy<Value = (u32, String)> {
    let address = prop_oneof![
        (0..4_u8, any::<u8>()).prop_map(|(net, host)| format!("10.{net}.0.{host}")),
        any::<u32>().prop_map(|number| std::net::Ipv4Addr::from(number).to_string()),
        any::<u128>().prop_map(|number| std::net::Ipv6Addr::from(number).to_string()),
    ];
    let capability = prop::sample::select(vec!["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_NET_RAW"]);
    let port = prop_oneof![Just(443_u16), any::<u16>()];
    let fields = prop_oneof![
        5 => path().prop_map(|path| format!(r#""operation":"open","path":"{path}""#)),
        1 => path().prop_map(|path| format!(r#""operation":"exec","path":"{path}""#)),
        3 => (address, port)
            .prop_map(|(address, port)| format!(r#""operation":"connect","address":"{address}","port":{port}"#)),
        1 => capability.prop_map(|name| format!(r#""operation":"capability","capability":"{name}""#)),
    ];
    (0..86_400_u32, fields)
}

fn history(events: &[(u32, String)]) -> String {
    let line = |(second, fields): &(u32, String)| {
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        let time = format!("2026-11-20T{hour:02}:{minute:02}:{:02}Z", second % 60);
        format!(r#"{{{fields},"binary":"{BINARY}","time":"{time}"}}"#)
    };
    events.iter().map(|event| line(event) + "\n").collect()
}

/// Returns the events of a history that a profile, enforced, denies.
fn denied(profile: &str, history: &str) -> Vec<Event> {
    let sources = SourceSet::single("learned.yaml", &profile.replace("mode: observe", "mode: enforce"));
    let analysis = analyse(&sources, &CompilerOptions::on(Date::parse("2026-12-01").unwrap()));
    let errors: Vec<_> = analysis
        .diagnostics
        .iter()
        .filter(|found| found.severity == telovix_diagnostic::Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{profile}");
    let index = Index::new(&analysis.policy.confinements);
    let events = history.lines().filter_map(|line| Event::parse(line).ok());
    events.filter(|event| index.judge(event).effect > Effect::Allow).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_learned_is_allowed_and_nothing_sensitive_is(events in prop::collection::vec(event(), 1..120)) {
        let history = history(&events);
        let learned = learn(&observed(&history, 1), &settings(), &|_| true);
        let profile = &learned.profiles[0];
        prop_assert!(profile.entries() <= settings().most_entries);
        let review: Vec<&str> = profile.review.iter().map(|review| review.value.as_str()).collect();
        for event in denied(&documents(&learned), &history) {
            let value = event.path.clone().or(event.capability.map(|used| used.to_string()));
            let reviewed = value.is_some_and(|value| review.contains(&value.as_str())) || event.port == Some(0);
            prop_assert!(reviewed, "{event} is denied and was not listed for review\n{}", documents(&learned));
        }
        for entry in profile.files.iter().flatten() {
            // A program is a file, and nothing is below it.
            let stem = entry.value.stem();
            let ran = format!(r#""operation":"exec","path":"{stem}""#);
            if !events.iter().any(|(_, fields)| *fields == ran) {
                prop_assert_eq!(sensitive::of_pattern(&entry.value), None, "{}", entry.value);
            }
        }
        for entry in profile.files.iter().chain(&profile.spawns).flatten() {
            let stem = entry.value.stem();
            prop_assert_eq!(sensitive::of_path(stem), None, "{}", stem);
            prop_assert!(events.iter().any(|(_, fields)| {
                fields.split('"').any(|text| text.starts_with('/') && entry.value.contains(text))
            }), "{} was learned from nothing", entry.value);
        }
    }

    #[test]
    fn an_update_allows_the_rest_and_changes_nothing_the_second_time(
        first in prop::collection::vec(event(), 1..60),
        second in prop::collection::vec(event(), 1..60),
    ) {
        let before = documents(&learn(&observed(&history(&first), 1), &settings(), &|_| true));
        let more = observed(&history(&second), 1);
        let once = update("a.yaml", &before, &more, &settings()).unwrap();
        let twice = update("a.yaml", &once.text, &more, &settings()).unwrap();
        prop_assert_eq!(&twice.text, &once.text);
        prop_assert!(twice.added.is_empty());
        // Every line of the file is still there, in its order.
        let mut lines = once.text.lines();
        prop_assert!(before.lines().all(|line| lines.any(|other| other == line)), "{}\n{}", before, once.text);
        let review: Vec<&str> = once.review.iter().map(|review| review.value.as_str()).collect();
        for event in denied(&once.text, &history(&second)) {
            let value = event.path.clone().or(event.capability.map(|used| used.to_string()));
            let reviewed = value.is_some_and(|value| review.contains(&value.as_str())) || event.port == Some(0);
            prop_assert!(reviewed, "{event} is denied after the update\n{}", once.text);
        }
    }
}

/// `/opt/tool` could be a folder by its name, and an entry for a folder allows everything in it.
#[test]
fn a_program_is_a_file_whatever_its_name_is() {
    let line = |text: &str| format!("{text}\n");
    let open = r#"{"operation":"open","binary":"/opt/app/bin/app","path":"/opt/tool","access":["read"],"time":"2026-11-20T10:00:00Z"}"#;
    let exec =
        r#"{"operation":"exec","binary":"/usr/sbin/init","path":"/opt/tool","time":"2026-11-20T10:00:01Z"}"#;
    let files = |history: &str| {
        let learned = learn(&observed(history, 1), &settings(), &|binary| binary == BINARY);
        let profile = learned.profiles.into_iter().next().unwrap();
        let files = profile.files.iter().flatten().map(|entry| entry.value.to_string()).collect::<Vec<_>>();
        (files, profile.review.len())
    };
    assert_eq!(files(&line(open)), (vec![], 1));
    assert_eq!(files(&(line(open) + &line(exec))), (vec!["/opt/tool".to_owned()], 0));
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let history = world::days(3, 1);
    let expected = documents(&learn(&observed(&history, 1), &settings(), &|_| true));
    assert!(expected.len() > 10_000);
    for threads in [2, 5] {
        assert_eq!(documents(&learn(&observed(&history, threads), &settings(), &|_| true)), expected);
    }
}
