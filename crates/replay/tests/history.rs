//! Histories in files and pipes: the same answer however they are read, divided and compressed.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use telovix_compiler::{Options as CompilerOptions, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;
use telovix_replay::synthetic::{Export, Spacing};
use telovix_replay::{Amount, Impact, Judge, Options, Problem, Question, Reading, find, scan};

const POLICY: &str = "\
kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: enforce
allowed_spawns: [/usr/bin/logger, /bin/cat]
allowed_files: [/var/lib/amf/, /usr/lib/]
allowed_dst_ports: [443, 38412]
allowed_dst_cidrs: [10.20.0.0/14]
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
    blocked_files: [/etc/shadow]
    allowed_network: ['10.0.0.0/8:443']
mode: enforce
";

const BASE: &str = "\
kind: GuardianProfile
name: amf
target_binary: /opt/amf/bin/amf
mode: audit
allowed_spawns: [/usr/bin/]
allowed_files: [/var/lib/amf/]
---
kind: GuardianProfile
name: smf
target_binary: /opt/smf/bin/smf
mode: enforce
allowed_files: [/var/lib/smf/]
";

/// Returns what the policies would have done with some files.
fn ask(paths: &[PathBuf], options: Options<'_>) -> (Impact, Amount, Vec<(Problem, u64)>) {
    let (now, before) = (SourceSet::single("now.yaml", POLICY), SourceSet::single("base.yaml", BASE));
    let day = CompilerOptions::on(Date::parse("2026-12-01").unwrap());
    let (policy, base) = (analyse(&now, &day).policy, analyse(&before, &day).policy);
    assert!(!policy.confinements.is_empty() && !base.confinements.is_empty());
    let question = Question {
        now: Judge::new(&policy.confinements, &now),
        before: Some(Judge::new(&base.confinements, &before)),
    };
    let (tally, amount) = scan(&find(paths).unwrap(), &question, options);
    (Impact::new(&tally, &amount, &question), amount, tally.problems())
}

fn fast(threads: usize) -> Options<'static> {
    Options { threads: NonZeroUsize::new(threads), ..Options::default() }
}

fn reference() -> Options<'static> {
    Options { reading: Reading::Reference, ..fast(1) }
}

fn export(seed: u64, events: u64, spacing: Spacing) -> String {
    let mut export = Export::new(seed, events, spacing);
    let mut text = String::new();
    (0..events).for_each(|_| export.write(&mut text));
    text
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Removes the fields that depend on how the bytes are stored.
fn of_events(mut impact: Impact) -> Impact {
    impact.history.files.clear();
    impact.history.bytes = 0;
    impact
}

#[test]
fn the_answer_does_not_depend_on_threads_pieces_or_the_way_of_reading() {
    let folder = tempfile::tempdir().unwrap();
    // More than one piece each.
    let files: Vec<PathBuf> = [(1, Spacing::None), (2, Spacing::Comma), (3, Spacing::None)]
        .map(|(seed, spacing)| {
            write(folder.path(), &format!("{seed}.log"), export(seed, 1_500, spacing).as_bytes())
        })
        .to_vec();
    let (expected, amount, problems) = ask(&files, reference());
    assert!(
        expected.total_events > 50 && expected.possible_events > 10 && problems.is_empty(),
        "{expected:?}"
    );
    let delta = expected.delta.as_ref().unwrap();
    assert!(
        delta.newly_affected > 10 && delta.no_longer_affected > 1 && delta.changed_effect > 1,
        "{delta:?}"
    );
    assert_eq!((expected.scanned_events, amount.files.len()), (4_500, 3));
    for threads in [1, 2, 5] {
        assert_eq!(ask(&files, fast(threads)).0, expected, "{threads} threads");
    }
}

#[test]
fn both_spacings_and_every_compression_give_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let text = export(7, 2_000, Spacing::None);
    let bytes = text.as_bytes();
    let half = text[..text.len() / 2].rfind('\n').unwrap() + 1;
    let two = |compress: fn(&[u8]) -> Vec<u8>| [compress(&bytes[..half]), compress(&bytes[half..])].concat();
    let empty_frame = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstandard(bytes)].concat();
    let same = [
        ("plain", bytes.to_vec()),
        ("spaced", export(7, 2_000, Spacing::Comma).into_bytes()),
        ("crlf", text.replace('\n', "\r\n").into_bytes()),
        ("gzip.txt", gzip(bytes)),
        ("members", two(gzip)),
        ("zstd.gz", zstandard(bytes)),
        ("frames", two(zstandard)),
        ("passed over", empty_frame),
        (
            "container.log",
            text.lines()
                .map(|line| format!("2026-11-20T10:00:00.5Z stdout F {line}\n"))
                .collect::<String>()
                .into_bytes(),
        ),
    ];
    let mut expected = None;
    for (name, bytes) in same {
        let mut impact = of_events(ask(&[write(folder.path(), "history", &bytes)], fast(2)).0);
        impact.history.lines = 0;
        assert!(impact.history.incomplete.is_empty(), "{name}");
        let expected = expected.get_or_insert_with(|| impact.clone());
        assert_eq!(&impact, expected, "{name}");
    }
}

#[test]
fn what_is_cut_or_damaged_is_told_and_never_fatal() {
    let folder = tempfile::tempdir().unwrap();
    let text = export(5, 400, Spacing::None);
    let damaged = |compressed: Vec<u8>| {
        let mut damaged = compressed;
        let middle = damaged.len() / 2;
        damaged[middle..middle + 40].fill(0xff);
        damaged
    };
    let cut = |compressed: Vec<u8>| compressed[..compressed.len() - 9].to_vec();
    for bytes in [
        cut(gzip(text.as_bytes())),
        cut(zstandard(text.as_bytes())),
        damaged(gzip(text.as_bytes())),
        vec![0x1f, 0x8b],
        vec![0x28, 0xb5, 0x2f, 0xfd],
    ] {
        let (impact, amount, _) = ask(&[write(folder.path(), "history", &bytes)], fast(2));
        assert_eq!(amount.broken.len(), 1);
        assert!(impact.history.incomplete[0].lost);
    }
    let lines: Vec<&str> = text.lines().collect();
    let odd = [
        lines[0].as_bytes(),
        b"\n\n  \n",
        &lines[1].as_bytes()[..300],
        b"\n\xff\xfe\n\0\0\0\0\n[1]\n{\"operation\":\"fly\"}\n{\"operation\":\"exec\",\"binary\":\"/opt/amf/bin/amf\",\"path\":\"/bin/sh\"}\n",
        &vec![b'x'; 9 << 20],
        b"\n",
        &lines[2].as_bytes()[..300],
    ]
    .concat();
    let history = [write(folder.path(), "odd", &odd)];
    let (impact, _, problems) = ask(&history, fast(2));
    assert_eq!(problems, Problem::ALL.map(|problem| (problem, 1)));
    assert_eq!((impact.scanned_events, impact.history.telovix_events, impact.history.lines), (2, 1, 11));
    let places: Vec<_> =
        impact.history.problems.iter().map(|of| of.first[0].found.rsplit(':').next().unwrap()).collect();
    assert_eq!(places, ["10", "5", "6", "4", "11", "7", "8"]);
    assert_eq!(ask(&history, reference()).0, impact);
}

#[test]
fn no_data_is_not_zero() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, ..) = ask(&[write(folder.path(), "empty", b"")], fast(2));
    assert!(!empty.has_data && empty.confidence.upper_bound.is_none() && !empty.is_affected());
    let other = r#"{"operation":"exec","binary":"/opt/amf/bin/amf","path":"/usr/bin/logger"}"#;
    let (allowed, ..) = ask(&[write(folder.path(), "allowed", other.as_bytes())], fast(2));
    assert!(allowed.has_data && !allowed.is_affected());
    let bound = allowed.confidence.upper_bound.unwrap();
    assert_eq!((bound.events, bound.rate), (1, 1.0));
    assert!(allowed.confidence.unseen_operations.contains(&"open".to_owned()));
}

#[test]
fn a_file_that_grows_is_read_up_to_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "history", export(5, 3_000, Spacing::None).as_bytes());
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let more = std::sync::Mutex::new(Some(export(6, 10, Spacing::None)));
    let grow = |_| {
        if let Some(more) = more.lock().unwrap().take() {
            (&file).write_all(more.as_bytes()).unwrap();
        }
    };
    let (impact, amount, _) = ask(&[path], Options { progress: Some(&grow), ..fast(1) });
    assert_eq!((impact.scanned_events, amount.changed.len(), amount.broken.len()), (3_000, 1, 0));
    assert!(!impact.history.incomplete[0].lost);
    file.flush().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn broken_histories_are_read_alike(
        seed in any::<u64>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = export(seed, 60, Spacing::None).into_bytes();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let history = [write(folder.path(), "history", &bytes)];
        prop_assert_eq!(ask(&history, fast(2)).0, ask(&history, reference()).0);
    }
}
