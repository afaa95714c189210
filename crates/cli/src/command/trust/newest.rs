//! The newest version of a trust root -> the file, the audit log, and whether it is trusted.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use telovix_trust::audit::Action;
use telovix_trust::root::Chain;
use telovix_trust::{Refusal, Timestamp};
use telovix_workspace::shown;

use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, HOST_TRUST_ROOT, LoggedAction, root_failure};

/// The newest version of a trust root.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The trust root file.
    pub(super) file: String,
    /// The version of the trust root.
    pub(super) root_version: u64,
    /// Whether it has every required signature and has not expired.
    trusted: bool,
    /// Why it is not trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

impl Document {
    /// Describes the newest version, which is refused for the given reason, if any.
    pub(super) fn of(path: &Path, chain: &Chain, refusal: Option<&Refusal>) -> Self {
        Self {
            version: VERSION,
            file: shown(path),
            root_version: chain.newest().version(),
            trusted: refusal.is_none(),
            problem: refusal.map(ToString::to_string),
        }
    }
}

/// Writes the trust root. Logs it before and after, if an audit log was named or the host's own trust root is changed.
pub(super) fn write(
    path: &Path,
    chain: &Chain,
    audit: &AuditArguments,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let write = || chain.write(path).map_err(|error| root_failure(path, error));
    let of_host = || (path == Path::new(HOST_TRUST_ROOT)).then(|| audit.of_host());
    let Some(log) = audit.named().or_else(of_host) else { return write() };
    let subject = format!("{} version {}", shown(path), chain.newest().version());
    let action =
        LoggedAction::new(log, Action::TrustChanged, subject).with(Some(chain.pin().sha256), None, None);
    let action = action.begin(streams)?;
    match write() {
        Ok(()) => action.done(),
        Err(failure) => Err(action.failed(failure)),
    }
}

/// Prints whether the newest version is trusted.
pub(super) fn tell(
    path: &Path,
    chain: &Chain,
    now: Timestamp,
    format: Format,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let document = Document::of(path, chain, chain.current(now).err().as_ref());
    if format == Format::Json {
        json::print(&document, &mut streams.data)?;
        return Ok(());
    }
    let Document { file, root_version, problem, .. } = &document;
    match problem {
        None => writeln!(streams.data, "`{file}`: version {root_version} is trusted")?,
        Some(problem) => {
            writeln!(streams.data, "`{file}`: version {root_version} is not trusted yet")?;
            writeln!(streams.talk, "{problem}; another key holder must run `telovix trust sign`")?;
        }
    }
    Ok(())
}
