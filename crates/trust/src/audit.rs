//! Turns what happened into lines of an append-only log, each bound to all lines before it.
//!
//! Every line is one JSON object that holds the SHA-256 of the line before. Beside the log, `{log}.head`
//! holds the number of entries and the digest of the last line, so that cutting lines off its end shows as well.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::encoding::Digest;
use crate::replace::replace_whole;
use crate::timestamp::Timestamp;

const MAX_LINE_BYTES: u64 = 64 << 10;

/// What was done, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A signature was made.
    Signed,
    /// A bundle or policy was verified.
    Verified,
    /// The host remembered a bundle's epoch, so that nothing older counts.
    Accepted,
    /// A bundle was put into the kernel.
    Applied,
    /// An applied bundle was confirmed.
    Confirmed,
    /// A bundle was taken back in favour of the one before.
    RolledBack,
    /// Everything was taken out of the kernel.
    Removed,
    /// The trust root was changed or replaced.
    TrustChanged,
    /// Verification was skipped on purpose.
    VerificationSkipped,
    /// The log itself was continued behind a line that a crash had left unfinished.
    LogRecovered,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is about to be done; a later line says how it ended, unless the machine went down in between.
    Begun,
    /// It was done.
    Success,
    /// It was refused or failed; the detail says why.
    Failure,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The number of the user whose process it was.
    pub uid: u32,
    /// The name of that user, where the machine knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who became that user with `sudo`, as its environment says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
}

impl fmt::Display for Actor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(person) = &self.sudo_user {
            write!(out, "{person} as ")?;
        }
        match &self.user {
            Some(user) => out.write_str(user),
            None => write!(out, "uid {}", self.uid),
        }
    }
}

/// What is recorded about one action. The log adds number, chain and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When.
    pub created_at: Timestamp,
    /// What.
    pub action_type: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to, such as a bundle's path.
    pub subject: String,
    /// The digest of the manifest or file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The epoch of the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The number of the policy in the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// The digest of the policy in the kernel, as `telovix status` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The reason of a refusal, or anything else a reader should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The number of the line, from 1.
    pub sequence: u64,
    /// The digest of the line before; of nothing, for the first one.
    pub previous: Digest,
    /// What happened.
    pub record: Record,
}

impl Entry {
    /// Returns the digest of this line, which the next one holds.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_line())
    }

    fn to_line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers have a JSON form")
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Action::Signed => "signed",
            Action::Verified => "verified",
            Action::Accepted => "accepted",
            Action::Applied => "applied",
            Action::Confirmed => "confirmed",
            Action::RolledBack => "rolled back",
            Action::Removed => "removed",
            Action::TrustChanged => "changed trust",
            Action::VerificationSkipped => "skipped verification of",
            Action::LogRecovered => "recovered",
        })
    }
}

/// The end of the log, as far as it was completely written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    sequence: u64,
    sha256: Digest,
}

/// Why a log was not read or continued.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The log or its head.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line was changed, removed, inserted or cut off.
    #[error("line {line} of `{path}` does not continue the log: {detail}", path = path.display())]
    Broken {
        /// The log.
        path: PathBuf,
        /// The first line that does not fit.
        line: u64,
        /// In what way.
        detail: String,
    },
}

/// What appending did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The line of the record.
    pub entry: Entry,
    /// How many bytes of an unfinished line lay at the end. They were never reported as written; a line of their own
    /// in the log tells that they were cut off.
    pub cut_off: Option<u64>,
}

/// Appends a record and syncs it to disk before returning.
///
/// A line that a crash left unfinished is cut off, and the log tells so in an entry before the record's.
///
/// # Errors
/// When the log cannot be written, or its last line is not the one its head knows; the log is then as it was.
pub fn append(path: &Path, record: &Record) -> Result<Appended, AuditError> {
    let at = |source| AuditError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let mut log = options.create(true).read(true).append(true).mode(0o640).open(path).map_err(at)?;
    log.lock().map_err(at)?;
    let head = read_head(path)?;
    let Tail { last, torn } = read_tail(&mut log).map_err(at)?;
    let end = last.map(|line| Head { sequence: sequence_of(&line), sha256: Digest::of(&line) });
    // The head is written after the line, so a crash in between leaves it exactly one behind.
    let continues = match (head, end) {
        (None, None) => true,
        (None, Some(end)) => end.sequence == 1,
        (Some(head), Some(end)) => head == end || head.sequence + 1 == end.sequence,
        (Some(_), None) => false,
    };
    if !continues {
        let line = head.map_or(1, |head| head.sequence);
        let detail =
            "its end is not where it was left; check it with `telovix trust log --verify`".to_owned();
        return Err(AuditError::Broken { path: path.to_owned(), line, detail });
    }
    // It catches up before the next line: a second crash in the same place would leave it two behind.
    if let Some(end) = end.filter(|_| head != end) {
        write_head(path, end)?;
    }
    let mut writer = Writer { path, log, end };
    let Some(torn) = torn else {
        return Ok(Appended { entry: writer.put(record.clone())?, cut_off: None });
    };
    writer.log.set_len(torn.start).map_err(at)?;
    writer.put(Record {
        action_type: Action::LogRecovered,
        outcome: Outcome::Success,
        subject: path.display().to_string(),
        sha256: Some(torn.sha256),
        epoch: None,
        generation: None,
        policy: None,
        detail: format!(
            "a line was never finished, and its {} bytes with this digest were cut off",
            torn.length
        ),
        ..record.clone()
    })?;
    Ok(Appended { entry: writer.put(record.clone())?, cut_off: Some(torn.length) })
}

/// A locked log, and the line that the next one continues.
struct Writer<'a> {
    path: &'a Path,
    log: File,
    end: Option<Head>,
}

impl Writer<'_> {
    fn put(&mut self, record: Record) -> Result<Entry, AuditError> {
        let at = |source| AuditError::File { path: self.path.to_owned(), source };
        let previous = self.end.map_or_else(|| Digest::of(b""), |end| end.sha256);
        let sequence = self.end.map_or(1, |end| end.sequence + 1);
        let entry = Entry { sequence, previous, record };
        let mut line = entry.to_line();
        if line.len() as u64 >= MAX_LINE_BYTES {
            let too_long = io::Error::new(ErrorKind::InvalidInput, "the entry is longer than a line may be");
            return Err(at(too_long));
        }
        let head = Head { sequence, sha256: Digest::of(&line) };
        line.push(b'\n');
        self.log.write_all(&line).and_then(|()| self.log.sync_all()).map_err(at)?;
        write_head(self.path, head)?;
        self.end = Some(head);
        Ok(entry)
    }
}

/// Reads the log from its first line, checking that each continues the one before, up to its head.
///
/// # Errors
/// [`AuditError::Broken`] with the first line that does not fit.
pub fn verify(path: &Path) -> Result<Vec<Entry>, AuditError> {
    let at = |source| AuditError::File { path: path.to_owned(), source };
    let broken = |line: u64, detail: &str| AuditError::Broken {
        path: path.to_owned(),
        line,
        detail: detail.to_owned(),
    };
    let mut reader = BufReader::new(File::open(path).map_err(at)?);
    let head = read_head(path)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut previous = Digest::of(b"");
    let mut head_seen = head.is_none();
    loop {
        let number = entries.len() as u64 + 1;
        let mut line = Vec::new();
        reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(at)?;
        if line.is_empty() {
            break;
        }
        if line.pop() != Some(b'\n') {
            return Err(broken(number, "it is cut short"));
        }
        let entry: Entry = serde_json::from_slice(&line).map_err(|_| broken(number, "it is not an entry"))?;
        if entry.sequence != number {
            return Err(broken(number, "it has another number"));
        }
        if entry.previous != previous {
            return Err(broken(number, "the line before it was changed"));
        }
        previous = Digest::of(&line);
        if head.is_some_and(|head| head.sequence == number) {
            if head.is_some_and(|head| head.sha256 != previous) {
                return Err(broken(number, "it was changed"));
            }
            head_seen = true;
        }
        entries.push(entry);
    }
    let count = entries.len() as u64;
    if !head_seen {
        return Err(broken(count + 1, "lines were cut off after it was written"));
    }
    if count > head.map_or(0, |head| head.sequence) + 1 {
        return Err(broken(count, "it was added by something else"));
    }
    Ok(entries)
}

/// The end of a log as it lies on the disk.
struct Tail {
    /// The last complete line, without its line feed.
    last: Option<Vec<u8>>,
    torn: Option<Torn>,
}

/// Bytes behind the last line feed.
struct Torn {
    start: u64,
    length: u64,
    sha256: Digest,
}

fn read_tail(log: &mut File) -> io::Result<Tail> {
    let length = log.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(2 * MAX_LINE_BYTES);
    log.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let rest = bytes.split_off(complete);
    if complete == 0 && start > 0 {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "its end is one line that is longer than a line may be",
        ));
    }
    let torn = (!rest.is_empty()).then(|| Torn {
        start: start + complete as u64,
        length: rest.len() as u64,
        sha256: Digest::of(&rest),
    });
    bytes.pop();
    let begin = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = bytes.split_off(begin);
    Ok(Tail { last: (!line.is_empty()).then_some(line), torn })
}

/// A last line that is no entry counts as number 0, which continues nothing.
fn sequence_of(line: &[u8]) -> u64 {
    serde_json::from_slice::<Entry>(line).map_or(0, |entry| entry.sequence)
}

fn head_path(path: &Path) -> PathBuf {
    let mut head = path.as_os_str().to_owned();
    head.push(".head");
    PathBuf::from(head)
}

fn read_head(path: &Path) -> Result<Option<Head>, AuditError> {
    let head = head_path(path);
    let bytes = match fs::read(&head) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|source| AuditError::File { path: head.clone(), source })?,
    };
    let parsed = serde_json::from_slice(&bytes).map_err(|_| AuditError::Broken {
        path: head,
        line: 1,
        detail: "it is damaged".to_owned(),
    })?;
    Ok(Some(parsed))
}

fn write_head(path: &Path, head: Head) -> Result<(), AuditError> {
    let head_path = head_path(path);
    let json = serde_json::to_string(&head).expect("numbers and strings have a JSON form") + "\n";
    replace_whole(&head_path, json.as_bytes(), 0o640)
        .map_err(|source| AuditError::File { path: head_path, source })
}
