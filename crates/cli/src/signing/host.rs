//! An error of a host -> the failure that the command ends with.

use telovix_host::HostError;
use telovix_trust::audit::AuditError;

use super::exit;
use crate::exit::Exit;
use crate::failure::Failure;

/// Returns the failure for an error of a host, with the exit code of the reason.
pub(crate) fn host_failure(error: &HostError) -> Failure {
    let exit = match error {
        HostError::Refused(refusal) => exit(refusal),
        HostError::RootNotFollowed { refusal, .. } => exit(refusal),
        HostError::Runtime(error) | HostError::NotTidied { source: error, .. } if error.is_refusal() => {
            Exit::KernelRefused
        }
        HostError::Log(AuditError::Broken { .. } | AuditError::Unfinished { .. })
        | HostError::DoneNotLogged(AuditError::Broken { .. } | AuditError::Unfinished { .. }) => {
            Exit::Findings
        }
        HostError::NotVerified { .. }
        | HostError::NoImage { .. }
        | HostError::ImageNotRead { .. }
        | HostError::Image { .. }
        | HostError::State(_)
        | HostError::Log(AuditError::File { .. })
        | HostError::DoneNotLogged(AuditError::File { .. })
        | HostError::Provenance { .. }
        | HostError::Runtime(_)
        | HostError::NotTidied { .. } => Exit::CannotRun,
    };
    let failure = Failure::new(exit, error.code(), error.to_string());
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}
