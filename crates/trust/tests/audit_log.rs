//! The audit log notices every change: a line edited, removed, inserted, moved or cut off.

use std::fs;
use std::path::PathBuf;

use telovix_trust::audit::{self, Action, Actor, Appended, AuditError, Outcome, Record};
use telovix_trust::{Digest, Timestamp};

struct Log {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Log {
    fn with(entries: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = Log { path: folder.path().join("audit.ndjson"), _folder: folder };
        (1..=entries).for_each(|epoch| drop(log.append(epoch).expect("appended")));
        log
    }

    fn append(&self, epoch: u64) -> Result<Appended, AuditError> {
        self.append_with(epoch, String::new())
    }

    fn append_with(&self, epoch: u64, detail: String) -> Result<Appended, AuditError> {
        let record = Record {
            created_at: Timestamp::from_seconds(1_795_255_200),
            action_type: Action::Applied,
            outcome: Outcome::Success,
            actor: Actor { uid: 0, user: Some("root".to_owned()), sudo_user: Some("anna".to_owned()) },
            subject: "compiled-policies".to_owned(),
            sha256: None,
            epoch: Some(epoch),
            generation: None,
            policy: None,
            detail,
        };
        audit::append(&self.path, &record)
    }

    fn head_path(&self) -> PathBuf {
        self.path.with_extension("ndjson.head")
    }

    /// Makes the head say what it says while the line after `lines` of the log is being written.
    fn announce(&self, lines: usize, next: &str) {
        let lines = self.lines().into_iter().take(lines).collect::<Vec<_>>();
        let last = Digest::of(lines.last().map_or("", String::as_str).as_bytes());
        let (sequence, next) = (lines.len(), Digest::of(next.as_bytes()));
        let head = format!(r#"{{"sequence":{sequence},"sha256":"{last}","next":"{next}"}}"#);
        fs::write(self.head_path(), head + "\n").expect("written");
    }

    /// What another program would have to append to be taken for us: all but the head is right.
    fn forged_line(&self) -> String {
        let lines = self.lines();
        let last = lines.last().expect("a line");
        let mut entry: serde_json::Value = serde_json::from_str(last).expect("an entry");
        entry["sequence"] = (lines.len() + 1).into();
        entry["previous"] = Digest::of(last.as_bytes()).to_string().into();
        entry["record"]["subject"] = "forged".into();
        let forged: audit::Entry = serde_json::from_value(entry).expect("an entry");
        serde_json::to_string(&forged).expect("JSON")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).expect("bytes")
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.path).expect("text").lines().map(str::to_owned).collect()
    }

    fn put(&self, lines: &[String]) {
        fs::write(&self.path, lines.join("\n") + "\n").expect("written");
    }

    fn broken_at(&self) -> u64 {
        match audit::verify(&self.path) {
            Err(AuditError::Broken { line, .. } | AuditError::Unfinished { line, .. }) => line,
            other => panic!("expected a broken log, got {other:?}"),
        }
    }
}

#[test]
fn a_log_that_was_only_appended_to_is_whole() {
    let log = Log::with(5);
    let entries = audit::verify(&log.path).expect("a whole log").entries;
    let epochs: Vec<_> = entries.iter().filter_map(|entry| entry.record.epoch).collect();
    assert_eq!(epochs, [1, 2, 3, 4, 5]);
}

#[test]
fn every_change_of_a_line_is_noticed() {
    let log = Log::with(4);
    let good = log.lines();
    for line in 0..good.len() {
        for index in 0..good[line].len() {
            let mut bad: Vec<Vec<u8>> = good.iter().map(|line| line.as_bytes().to_vec()).collect();
            bad[line][index] ^= 1;
            fs::write(&log.path, bad.join(&b'\n').into_iter().chain(*b"\n").collect::<Vec<u8>>())
                .expect("written");
            let noticed = log.broken_at();
            assert!(noticed <= line as u64 + 2, "line {line} byte {index}: noticed at {noticed}");
        }
    }
}

#[test]
fn lines_removed_inserted_moved_and_cut_off_are_noticed() {
    let good = Log::with(4).lines();
    type Alteration = fn(&mut Vec<String>);
    let altered: [(&str, Alteration); 5] = [
        ("first removed", |lines| drop(lines.remove(0))),
        ("middle removed", |lines| drop(lines.remove(1))),
        ("last removed", |lines| drop(lines.pop())),
        ("one twice", |lines| lines.insert(1, lines[0].clone())),
        ("two swapped", |lines| lines.swap(1, 2)),
    ];
    for (what, alter) in altered {
        let log = Log::with(4);
        let mut lines = good.clone();
        alter(&mut lines);
        log.put(&lines);
        assert!(log.broken_at() <= 5, "{what}");
        let continued = log.append(5);
        assert!(
            continued.is_err() || log.broken_at() <= 5,
            "{what}: a broken log does not become whole again"
        );
    }
    let log = Log::with(4);
    fs::write(&log.path, "").expect("written");
    assert!(matches!(log.append(5), Err(AuditError::Broken { .. })), "an emptied log is not a new one");
}

#[test]
fn a_line_that_a_crash_left_unfinished_is_told_and_stays_told() {
    let log = Log::with(2);
    let torn = b"{\"sequence\":3,\"prev";
    log.announce(2, "the whole line");
    fs::write(&log.path, [&log.bytes()[..], torn].concat()).expect("written");
    assert_eq!(log.broken_at(), 3, "until the next append, the check reports it");
    let appended = log.append(3).expect("appended");
    assert_eq!(appended.cut_off, Some(torn.len() as u64), "the append reports it");
    assert_eq!(appended.entry.sequence, 4);
    let entries = audit::verify(&log.path).expect("whole").entries;
    let recovered = &entries[2].record;
    assert_eq!(recovered.action_type, Action::LogRecovered, "the log records it");
    assert_eq!(recovered.sha256, Some(Digest::of(torn)));
    assert!(recovered.detail.contains(&format!("{} bytes", torn.len())), "{}", recovered.detail);
    assert_eq!(log.append(4).expect("appended").cut_off, None);
    assert_eq!(audit::verify(&log.path).expect("whole").entries.len(), 5);
}

#[test]
fn a_line_that_was_announced_and_never_written_stays_told() {
    let log = Log::with(2);
    log.announce(2, "the line");
    let whole = audit::verify(&log.path).expect("whole");
    assert_eq!((whole.entries.len(), whole.announced), (2, Some(Digest::of(b"the line"))));
    assert_eq!(log.append(3).expect("appended").cut_off, Some(0));
    let whole = audit::verify(&log.path).expect("whole");
    assert_eq!((whole.entries.len(), whole.announced), (4, None));
    assert_eq!(whole.entries[2].record.sha256, Some(Digest::of(b"the line")));
}

/// Whatever is done to the log by something that does not write its head: it is noticed, and nothing is appended.
#[test]
fn everything_that_can_be_done_to_the_log_alone_is_noticed_and_stops_the_next_command() {
    let forged = |log: &Log| {
        let mut lines = log.lines();
        lines.push(log.forged_line());
        log.put(&lines);
    };
    type Attack<'a> = (&'a str, &'a dyn Fn(&Log));
    let attacks: [Attack<'_>; 8] = [
        ("one forged line at the end", &forged),
        ("two forged lines at the end", &|log| (0..2).for_each(|_| forged(log))),
        ("the last line with other text", &|log| {
            let mut lines = log.lines();
            let last = lines.pop().expect("a line");
            lines.push(last.replace("compiled-policies", "compiled_policies"));
            log.put(&lines);
        }),
        ("the last line cut off", &|log| log.put(&log.lines()[..2])),
        ("emptied", &|log| fs::write(&log.path, "").expect("written")),
        ("deleted", &|log| fs::remove_file(&log.path).expect("removed")),
        ("a line without an end", &|log| {
            fs::write(&log.path, [&log.bytes()[..], b"{\"sequence\":4"].concat()).expect("written");
        }),
        ("a change in the middle", &|log| {
            let mut lines = log.lines();
            lines[1] = lines[1].replace("compiled-policies", "compiled_policies");
            log.put(&lines);
        }),
    ];
    for (what, attack) in attacks {
        let log = Log::with(3);
        attack(&log);
        assert!(log.broken_at() <= 4, "{what}");
        let before = fs::read(&log.path).ok();
        let head = fs::read(log.head_path()).expect("a head");
        assert!(matches!(log.append(9), Err(AuditError::Broken { .. })), "{what}");
        assert_eq!(fs::read(&log.path).ok(), before, "{what}: nothing is appended");
        assert_eq!(fs::read(log.head_path()).expect("a head"), head, "{what}: nor does the head follow");
        audit::renew(&log.path, &Log::with(1).append(2).expect("a line").entry.record).expect("a new log");
        assert_eq!(audit::verify(&log.path).expect("whole").entries.len(), 1, "{what}");
    }
}

#[test]
fn a_log_without_its_head_is_broken_from_the_first_line_on() {
    for entries in 1..=3 {
        let log = Log::with(entries);
        fs::remove_file(log.head_path()).expect("removed");
        log.broken_at();
        assert!(matches!(log.append(9), Err(AuditError::Broken { .. })));
    }
}

#[test]
fn in_the_place_of_an_announced_line_no_other_is_taken() {
    let log = Log::with(3);
    let mut lines = log.lines();
    log.announce(3, "the announced line");
    lines.push(log.forged_line());
    log.put(&lines);
    assert_eq!(log.broken_at(), 4);
    assert!(matches!(log.append(5), Err(AuditError::Broken { .. })));
}

/// A process that can write both files can rewrite both. The head that was noted before shows it.
#[test]
fn a_log_rewritten_with_its_head_does_not_hold_the_head_that_was_noted() {
    let (log, other) = (Log::with(3), Log::with(2));
    let noted = audit::verify(&log.path).expect("whole").head().expect("lines");
    log.append(4).expect("appended");
    assert!(audit::verify(&log.path).expect("whole").holds(noted), "it still holds it when lines follow");
    fs::copy(&other.path, &log.path).expect("copied");
    fs::copy(other.head_path(), log.head_path()).expect("copied");
    assert!(!audit::verify(&log.path).expect("whole by itself").holds(noted));
}

#[test]
fn where_nothing_was_logged_the_log_is_empty() {
    let log = Log::with(0);
    assert_eq!(audit::verify(&log.path).expect("empty"), audit::Log::default());
    assert!(!log.path.exists());
}

#[test]
fn a_new_log_begins_with_the_digest_of_the_old_one() {
    for broken in [false, true] {
        let log = Log::with(3);
        if broken {
            log.put(&log.lines()[..2]);
        }
        let (old, entry) = (log.bytes(), log.append(4).map(|appended| appended.entry));
        let old = if entry.is_ok() { log.bytes() } else { old };
        let record = audit::verify(&Log::with(1).path).expect("whole").entries.remove(0).record;
        let renewed = audit::renew(&log.path, &record).expect("a new log");
        assert_eq!(fs::read(&renewed.kept).expect("kept"), old);
        let first = &audit::verify(&log.path).expect("whole").entries[0].record;
        assert_eq!((first.action_type, first.sha256), (Action::LogBegun, Some(Digest::of(&old))));
        assert_eq!(first.detail.contains("cut off"), broken, "{}", first.detail);
        assert_eq!(audit::verify(&renewed.kept).is_err(), broken, "its head is next to it");
        log.append(1).expect("appended");
    }
    assert!(audit::renew(&Log::with(0).path, &Log::with(1).append(2).expect("a line").entry.record).is_err());
}

#[test]
fn a_log_that_was_tampered_with_is_not_touched_even_where_its_last_line_is_torn() {
    let log = Log::with(3);
    let mut lines = log.lines();
    lines.pop();
    let tampered = lines.join("\n") + "\n{\"sequence\":3";
    fs::write(&log.path, &tampered).expect("written");
    assert!(matches!(log.append(4), Err(AuditError::Broken { .. })));
    assert_eq!(fs::read_to_string(&log.path).expect("text"), tampered);
}

#[test]
fn an_end_without_a_line_feed_for_longer_than_a_line_is_refused_and_not_cut() {
    let log = Log::with(2);
    let mut bytes = fs::read(&log.path).expect("bytes");
    bytes.resize(bytes.len() + (1 << 20), b'x');
    fs::write(&log.path, &bytes).expect("written");
    assert!(log.append(3).is_err());
    assert_eq!(fs::read(&log.path).expect("bytes").len(), bytes.len());
}

#[test]
fn crashes_in_a_row_between_the_line_and_the_head_are_no_break() {
    let log = Log::with(2);
    for epoch in 3..=5 {
        log.append(epoch).expect("appended");
        let lines = log.lines();
        log.announce(lines.len() - 1, lines.last().expect("a line"));
        assert_eq!(audit::verify(&log.path).expect("whole").entries.len() as u64, epoch);
    }
    log.append(6).expect("appended");
    assert_eq!(audit::verify(&log.path).expect("whole").entries.len(), 6);
}

#[test]
fn a_line_that_is_too_long_leaves_the_log_whole() {
    let log = Log::with(2);
    assert!(log.append_with(3, "x".repeat(1 << 16)).is_err());
    assert_eq!(audit::verify(&log.path).expect("whole").announced, None);
    log.append(3).expect("appended");
}
