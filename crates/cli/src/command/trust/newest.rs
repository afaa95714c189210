//! The newest version of a trust root -> the file, the audit log, and how far it is from being trusted.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use telovix_trust::Timestamp;
use telovix_trust::audit::Action;
use telovix_trust::root::Chain;
use telovix_workspace::shown;

use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, Streams};
use crate::signing::{AuditArguments, Deed, HOST_TRUST_ROOT, root_failure};

/// The newest version after a change.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The trust root file.
    file: String,
    /// The newest version of the trust root.
    root_version: u64,
    /// Whether it has every signature it needs.
    trusted: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Writes the trust root, with a line in the audit log before and after where one was named or the host's own is changed.
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
    let deed = Deed::new(log, Action::TrustChanged, subject).with(Some(chain.pin().sha256), None, None);
    let deed = deed.begin(streams)?;
    match write() {
        Ok(()) => deed.done(),
        Err(failure) => Err(deed.failed(failure)),
    }
}

/// Says how far the newest version is from being trusted.
pub(super) fn tell(
    path: &Path,
    chain: &Chain,
    now: Timestamp,
    format: Format,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let refusal = chain.current(now).err();
    let document = Document {
        version: VERSION,
        file: shown(path),
        root_version: chain.newest().version(),
        trusted: refusal.is_none(),
        problem: refusal.map(|refusal| refusal.to_string()),
    };
    if format == Format::Json {
        json::print(&document, &mut streams.data)?;
        return Ok(());
    }
    let Document { file, root_version, problem, .. } = &document;
    match problem {
        None => writeln!(streams.data, "`{file}`: version {root_version} is signed and counts")?,
        Some(problem) => {
            writeln!(streams.data, "`{file}`: version {root_version} does not count yet")?;
            writeln!(streams.talk, "{problem}; another holder runs `telovix trust sign`")?;
        }
    }
    Ok(())
}
