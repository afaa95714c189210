//! A switch between what is loaded already -> the same frame for each: root only, written down before and after.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use telovix_bpf_runtime::{Places, RuntimeError};
use telovix_trust::audit::Action;

use super::{PlaceArguments, Provenance, refused, require_root};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, Deed};

/// The flags of the verbs that load nothing.
#[derive(Debug, Args)]
pub(crate) struct TurnArguments {
    #[command(flatten)]
    places: PlaceArguments,
    #[command(flatten)]
    audit: AuditArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What is enforced now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Turn {
    /// The version of this shape.
    version: u32,
    /// The number of the active generation; 0 when nothing is enforced.
    generation: u32,
}

impl TurnArguments {
    /// Makes a generation stay or come back, and tells which one.
    ///
    /// # Errors
    /// When the user is not root, the log cannot be written, or the runtime refuses.
    pub(crate) fn turn(
        &self,
        action: Action,
        switch: impl FnOnce(&Places) -> Result<u32, RuntimeError>,
        say: impl FnOnce(u32) -> String,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let generation =
            self.carry_out(action, |places| switch(places).map(|number| (number, number)), streams)?;
        match self.format {
            Format::Json => json::print(&Turn { version: VERSION, generation }, &mut streams.data)?,
            Format::Text => writeln!(streams.data, "{}", say(generation))?,
        }
        Ok(Exit::Clean)
    }

    /// Does something to what is loaded. It yields an answer and the number of the generation that is active then.
    ///
    /// # Errors
    /// As [`TurnArguments::turn`].
    pub(crate) fn carry_out<T>(
        &self,
        action: Action,
        deed: impl FnOnce(&Places) -> Result<(T, u32), RuntimeError>,
        streams: &mut Streams,
    ) -> Result<T, Failure> {
        require_root()?;
        let places = self.places.places();
        record(self.audit.of_host(), action, &places, || deed(&places), streams)
    }
}

fn record<T>(
    log: PathBuf,
    action: Action,
    places: &Places,
    deed: impl FnOnce() -> Result<(T, u32), RuntimeError>,
    streams: &mut Streams,
) -> Result<T, Failure> {
    let line = Deed::new(log, action, "policy in force".to_owned());
    line.begin(streams)?;
    match deed() {
        Ok((answer, generation)) => {
            let policy = Provenance::read(places).policy(generation);
            line.done(Some(generation), policy, streams)?;
            Ok(answer)
        }
        Err(error) => Err(line.failed(refused(&error), streams)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::Path;

    use telovix_bpf_runtime::{Places, RuntimeError};
    use telovix_trust::Digest;
    use telovix_trust::audit::{self, Action, Outcome};

    use super::record;
    use crate::enforcement::{Provenance, Verification};
    use crate::exit::Exit;
    use crate::output::Streams;

    fn outcomes(log: &Path) -> Vec<(Action, Outcome, Option<u32>)> {
        let entries = audit::verify(log).unwrap();
        entries
            .iter()
            .map(|entry| (entry.record.action_type, entry.record.outcome, entry.record.generation))
            .collect()
    }

    #[test]
    fn what_was_done_stands_in_the_log_before_and_after() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { state: folder.path().to_owned(), ..Places::default() };
        let log = folder.path().join("audit.ndjson");
        let policy = Digest::of(b"policy");
        Provenance::begin(&places, &policy.to_string(), Verification::Verified).unwrap();
        Provenance::settle(&places, &policy.to_string(), Some(7)).unwrap();
        let deed = || {
            assert_eq!(outcomes(&log), [(Action::Confirmed, Outcome::Begun, None)]);
            Ok(("answer", 7))
        };
        let answer = record(log.clone(), Action::Confirmed, &places, deed, &mut Streams::open()).unwrap();
        assert_eq!(answer, "answer");
        assert_eq!(outcomes(&log)[1], (Action::Confirmed, Outcome::Success, Some(7)));
        assert_eq!(audit::verify(&log).unwrap()[1].record.policy, Some(policy));
    }

    #[test]
    fn what_was_refused_stands_there_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("audit.ndjson");
        let deed = || Err::<((), u32), _>(RuntimeError::NoPrevious);
        let failure = record(log.clone(), Action::RolledBack, &Places::default(), deed, &mut Streams::open())
            .unwrap_err();
        assert_eq!(failure.codes(), ["no-previous-generation"]);
        assert_eq!(outcomes(&log)[1], (Action::RolledBack, Outcome::Failure, None));
        assert!(audit::verify(&log).unwrap()[1].record.detail.starts_with("no-previous-generation: "));
    }

    #[test]
    fn nothing_is_done_that_cannot_be_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let done = Cell::new(false);
        let deed = || {
            done.set(true);
            Ok(((), 1))
        };
        let log = folder.path().join("missing/audit.ndjson");
        let failure =
            record(log, Action::Removed, &Places::default(), deed, &mut Streams::open()).unwrap_err();
        assert_eq!((failure.codes(), failure.exit()), (vec!["audit-log-not-written"], Exit::CannotRun));
        assert!(!done.get());
    }
}
