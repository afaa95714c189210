//! The audit log notices every change: a line edited, removed, inserted, moved or cut off.

use std::fs;
use std::path::PathBuf;

use telovix_trust::Timestamp;
use telovix_trust::audit::{self, Action, Actor, Appended, AuditError, Outcome, Record};

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

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.path).expect("text").lines().map(str::to_owned).collect()
    }

    fn put(&self, lines: &[String]) {
        fs::write(&self.path, lines.join("\n") + "\n").expect("written");
    }

    fn broken_at(&self) -> u64 {
        match audit::verify(&self.path) {
            Err(AuditError::Broken { line, .. }) => line,
            other => panic!("expected a broken log, got {other:?}"),
        }
    }
}

#[test]
fn a_log_that_was_only_appended_to_is_whole() {
    let log = Log::with(5);
    let entries = audit::verify(&log.path).expect("a whole log");
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
    let whole = fs::read(&log.path).expect("bytes");
    let torn = b"{\"sequence\":3,\"prev";
    fs::write(&log.path, [&whole[..], torn].concat()).expect("written");
    assert_eq!(log.broken_at(), 3, "until the next append, the check tells it");
    let appended = log.append(3).expect("appended");
    assert_eq!(appended.cut_off, Some(torn.len() as u64), "the append tells it");
    assert_eq!(appended.entry.sequence, 4);
    let entries = audit::verify(&log.path).expect("whole");
    let recovered = &entries[2].record;
    assert_eq!(recovered.action_type, Action::LogRecovered, "the log tells it for good");
    assert_eq!(recovered.sha256, Some(telovix_trust::Digest::of(torn)));
    assert!(recovered.detail.contains(&format!("{} bytes", torn.len())), "{}", recovered.detail);
    assert_eq!(log.append(4).expect("appended").cut_off, None);
    assert_eq!(audit::verify(&log.path).expect("whole").len(), 5);
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
fn a_crash_between_the_line_and_the_head_is_no_break() {
    let log = Log::with(2);
    let head = log.path.with_extension("ndjson.head");
    let behind = fs::read(&head).expect("a head");
    log.append(3).expect("appended");
    fs::write(&head, behind).expect("written");
    assert_eq!(audit::verify(&log.path).expect("whole").len(), 3);
    log.append(4).expect("appended");
    assert_eq!(audit::verify(&log.path).expect("whole").len(), 4);
}

#[test]
fn crashes_in_a_row_between_the_line_and_the_head_are_no_break() {
    let log = Log::with(2);
    let head = log.path.with_extension("ndjson.head");
    for epoch in 3..=5 {
        // An entry that is too long is refused right where its line would be written: this is what the head holds then.
        assert!(log.append_with(epoch, "x".repeat(1 << 16)).is_err());
        let held = fs::read(&head).expect("a head");
        log.append(epoch).expect("appended");
        fs::write(&head, held).expect("written");
        assert_eq!(audit::verify(&log.path).expect("whole").len() as u64, epoch);
    }
    log.append(6).expect("appended");
    assert_eq!(audit::verify(&log.path).expect("whole").len(), 6);
}
