//! Policy files -> `enforcement_policies`, the format of a heartbeat, each with its signature.

use std::io::Write;
use std::path::PathBuf;

use telovix_trust::Signer;
use telovix_trust::policy::{self, Delivery, EnforcementPolicy, PolicyName};
use telovix_workspace::shown;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;
use crate::signing::{NOT_SIGNED, cannot};

/// Signs the named files, and all policies below the named folders, and prints them.
///
/// # Errors
/// When one of them cannot be read or signed, or a sensor would refuse the whole.
pub(super) fn print(
    paths: &[PathBuf],
    name: Option<&PolicyName>,
    signer: &dyn Signer,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| cannot(&NOT_SIGNED, error);
    let mut delivery = Delivery { enforcement_policies: Vec::new(), other: serde_json::Map::new() };
    for path in &below(paths)? {
        let own = || PolicyName::of_file(path);
        let name = name.cloned().map_or_else(own, Ok).map_err(|error| failed(&error))?;
        let content = policy::read_policy(path).map_err(|error| failed(&error))?;
        let content = String::from_utf8(content).map_err(|error| failed(&error))?;
        let policy = EnforcementPolicy::sign(&name, content, true, signer).map_err(|error| failed(&error))?;
        delivery.enforcement_policies.push(policy);
    }
    // Parsing it again refuses what a sensor would refuse, such as a duplicate name.
    Delivery::read(delivery.to_json().as_bytes()).map_err(|error| failed(&error))?;
    write!(streams.data, "{}", delivery.to_json())?;
    Ok(())
}

/// Returns the named files, and all policies below the named folders.
fn below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let found = policy::policies_below(path).map_err(|error| {
            Failure::new(Exit::CannotRun, &NOT_SIGNED, format!("cannot list `{}`: {error}", shown(path)))
        })?;
        if found.is_empty() {
            let message = format!("no policy in `{}`", shown(path));
            return Err(Failure::new(Exit::CannotRun, &NOT_SIGNED, message));
        }
        files.extend(found);
    }
    Ok(files)
}
