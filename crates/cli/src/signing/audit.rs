//! What a verb is about to do, and how it ended -> lines of the audit log, by whom.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use telovix_diagnostic::Diagnostic;
use telovix_trust::audit::{self, Action, Actor, AuditError, Outcome, Record};
use telovix_trust::{Digest, Timestamp};

use super::{AUDIT_LOG_BROKEN, AUDIT_LOG_NOT_WRITTEN, AUDIT_LOG_TORN};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::output::{Report, Streams, text};

/// Where a host keeps its log: beside its memory of accepted epochs.
const HOST_LOG: &str = "/var/lib/telovix/audit.ndjson";
const LOG_NAME: &str = "audit.ndjson";

/// The flag that names an audit log to continue.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// Append what was done, and by whom, to this audit log; `telovix trust log` reads it.
    ///
    /// What changes a host (`apply`, `confirm`, `rollback`, `remove`, `verify --accept`, and `trust` on the host's own
    /// trust root) is always logged: when absent, to `audit.ndjson` beside the state file, in `/var/lib/telovix`.
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
}

impl AuditArguments {
    /// Returns the log, if one was named.
    pub(crate) fn named(&self) -> Option<PathBuf> {
        self.audit_log.clone()
    }

    /// Returns the log that was named, else the host's.
    pub(crate) fn of_host(&self) -> PathBuf {
        self.named().unwrap_or_else(|| PathBuf::from(HOST_LOG))
    }

    /// Returns the log that was named, else the one beside the host's state file.
    pub(crate) fn beside(&self, state: &Path) -> PathBuf {
        self.named().unwrap_or_else(|| state.with_file_name(LOG_NAME))
    }

    /// Appends a record, when a log was named.
    ///
    /// # Errors
    /// When the log cannot be written, or was tampered with.
    pub(crate) fn record(&self, record: &Record, streams: &mut Streams) -> Result<(), Failure> {
        self.audit_log.as_ref().map_or(Ok(()), |path| append(path, record, streams))
    }
}

/// Something that is in the log before it is done, and once more with how it ended.
#[derive(Debug)]
pub(crate) struct Deed {
    log: PathBuf,
    record: Record,
}

impl Deed {
    /// Says what is about to be done, by the user of this process, now. Nothing is written yet.
    pub(crate) fn new(log: PathBuf, action_type: Action, subject: String) -> Self {
        let record = Record {
            created_at: Timestamp::from_system_time(SystemTime::now()),
            action_type,
            outcome: Outcome::Begun,
            actor: actor(),
            subject,
            sha256: None,
            epoch: None,
            generation: None,
            policy: None,
            detail: String::new(),
        };
        Self { log, record }
    }

    /// Says which bundle it is done with.
    #[must_use]
    pub(crate) fn with(mut self, sha256: Option<Digest>, epoch: Option<u64>, policy: Option<Digest>) -> Self {
        (self.record.sha256, self.record.epoch, self.record.policy) = (sha256, epoch, policy);
        self
    }

    /// Writes it down. Only then may it be done.
    ///
    /// # Errors
    /// When the log cannot be written, or was tampered with.
    pub(crate) fn begin(&self, streams: &mut Streams) -> Result<(), Failure> {
        self.write(Outcome::Begun, streams)
    }

    /// Writes down, in one line and before anything else, that something was done on the way.
    ///
    /// # Errors
    /// As [`Deed::begin`].
    pub(crate) fn note(&self, action_type: Action, streams: &mut Streams) -> Result<(), Failure> {
        append(&self.log, &Record { action_type, outcome: Outcome::Success, ..self.record.clone() }, streams)
    }

    /// Writes down that it was done, as which generation of which policy.
    ///
    /// # Errors
    /// When it was done, and the log could not be written any more.
    pub(crate) fn done(
        mut self,
        generation: Option<u32>,
        policy: Option<Digest>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        self.record.generation = generation;
        self.record.policy = policy.or(self.record.policy);
        self.write(Outcome::Success, streams)
            .map_err(|failure| failure.help("it was done; only the line that says so is missing"))
    }

    /// Writes down why it was not done, and returns that.
    pub(crate) fn failed(mut self, failure: Failure, streams: &mut Streams) -> Failure {
        let told = failure.diagnostics().first();
        self.record.detail =
            told.map_or_else(String::new, |told| format!("{}: {}", told.code.id, told.message));
        // The failure itself is what the user has to know.
        let _logged = self.write(Outcome::Failure, streams);
        failure
    }

    fn write(&self, outcome: Outcome, streams: &mut Streams) -> Result<(), Failure> {
        let created_at = Timestamp::from_system_time(SystemTime::now());
        append(&self.log, &Record { outcome, created_at, ..self.record.clone() }, streams)
    }
}

fn append(path: &Path, record: &Record, streams: &mut Streams) -> Result<(), Failure> {
    if path == Path::new(HOST_LOG)
        && let Some(folder) = path.parent()
        && let Err(error) = fs::create_dir_all(folder)
    {
        let message = format!("cannot make `{}`: {error}", shown(folder));
        return Err(Failure::new(Exit::CannotRun, &AUDIT_LOG_NOT_WRITTEN, message));
    }
    match audit::append(path, record) {
        Ok(appended) => match appended.cut_off {
            Some(bytes) => warn_of_torn(path, bytes, streams),
            None => Ok(()),
        },
        Err(error @ AuditError::Broken { .. }) => {
            Err(Failure::new(Exit::Findings, &AUDIT_LOG_BROKEN, error.to_string())
                .help("keep it as evidence: move it and its `.head` away, and a new log begins"))
        }
        Err(error) => Err(Failure::new(Exit::CannotRun, &AUDIT_LOG_NOT_WRITTEN, error.to_string())
            .help("nothing is changed that cannot be written down; `--audit-log` names another place")),
    }
}

fn warn_of_torn(path: &Path, bytes: u64, streams: &mut Streams) -> Result<(), Failure> {
    let message =
        format!("the last line of `{}` was never finished; its {bytes} bytes were cut off", shown(path));
    let mut warning = Diagnostic::new(&AUDIT_LOG_TORN, None, message);
    warning.help.push("the log says so too, with their digest; look at what the machine did then".to_owned());
    text::write(&Report::without_sources(vec![warning]), &mut streams.talk)?;
    streams.talk.flush()?;
    Ok(())
}

/// Returns who runs this command.
pub(crate) fn actor() -> Actor {
    let uid = rustix::process::getuid().as_raw();
    let plain = |name: &String| !name.is_empty() && !name.chars().any(char::is_control);
    let sudo_user = (uid == 0).then(|| std::env::var("SUDO_USER").ok()).flatten().filter(plain);
    Actor { uid, user: name_of(uid).filter(plain), sudo_user }
}

/// Looks a user up where the machine lists its own. Users of a directory service have a number only.
fn name_of(uid: u32) -> Option<String> {
    let listed = fs::read_to_string("/etc/passwd").ok()?;
    let mut entries = listed.lines().map(|line| line.split(':'));
    entries.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
