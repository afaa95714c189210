//! Why a host did not do what was requested, each reason with its code and what to do next.

use std::io;
use std::path::PathBuf;

use telovix_bpf_programs::image::ImageError;
use telovix_bpf_runtime::RuntimeError;
use telovix_diagnostic::Code;
use telovix_trust::audit::AuditError;
use telovix_trust::bundle::VerifyError;
use telovix_trust::{HostStateError, RecordError, Refusal};

use crate::code;

/// Why a host did not do what was requested.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle was checked and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The trust root is not the one that this host follows.
    #[error("{refusal}")]
    RootNotFollowed {
        /// How it differs.
        #[source]
        refusal: Box<Refusal>,
        /// The file of the trust root.
        file: PathBuf,
        /// The host's state file.
        memory: PathBuf,
    },
    /// The bundle could not be checked.
    #[error("cannot use `{}`: {source}", .path.display())]
    NotVerified {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bundle was verified, but has nothing to load.
    #[error("the bundle `{}` has no `policy.image`", .bundle.display())]
    NoImage {
        /// The bundle.
        bundle: PathBuf,
    },
    /// The image of an unverified bundle could not be read.
    #[error("cannot read the image `{}`: {source}", .path.display())]
    ImageNotRead {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The image is not one that `telovix compile` wrote.
    #[error("`{}`: {source}", .path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ImageError,
    },
    /// The memory of accepted epochs could not be read or written.
    #[error(transparent)]
    State(#[from] HostStateError),
    /// The audit log is broken or cannot be written, so nothing was done.
    #[error(transparent)]
    Log(#[from] AuditError),
    /// It was done, but the log could not be written.
    #[error(transparent)]
    DoneNotLogged(AuditError),
    /// The record of how the policy was verified could not be written, so nothing was switched.
    #[error("cannot record in `{}` how the policy was verified: {source}", .folder.display())]
    Provenance {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The kernel or the runtime refused.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The policy is active, but programs that it does not need could not be removed.
    #[error(
        "generation {generation} is active, but programs that it does not need are still attached: {source}"
    )]
    NotTidied {
        /// The active generation.
        generation: u32,
        /// What went wrong.
        source: RuntimeError,
    },
}

impl HostError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::RootNotFollowed { refusal, .. } => refusal.code(),
            Self::NotVerified { .. } => &telovix_trust::code::NOT_VERIFIED,
            Self::NoImage { .. } | Self::ImageNotRead { .. } => &code::NO_IMAGE,
            Self::Image { .. } => &code::IMAGE_REFUSED,
            Self::State(error) => error.code(),
            Self::Log(error) | Self::DoneNotLogged(error) => error.code(),
            Self::Provenance { .. } => &telovix_bpf_runtime::code::RUNTIME_FILE,
            Self::Runtime(error) | Self::NotTidied { source: error, .. } => error.code(),
        }
    }

    /// Returns what a person does next, if anything.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => Some(refusal.help()),
            Self::RootNotFollowed { file, memory, .. } => Some(format!(
                "the trust root `{}` was checked against the version that the host recorded in `{}`",
                file.display(),
                memory.display()
            )),
            Self::NoImage { .. } => Some("compile for a native target, which writes the image".to_owned()),
            Self::Image { source, .. } => Some(source.help().to_owned()),
            Self::Log(AuditError::File { .. }) => Some(
                "changes that cannot be logged are not made; use another file with `--audit-log`".to_owned(),
            ),
            Self::Log(AuditError::Broken { .. }) => Some(
                "`telovix trust log --begin-new` keeps it as evidence and begins a new log with its digest"
                    .to_owned(),
            ),
            Self::Log(AuditError::Unfinished { .. }) => {
                Some("the next command that writes to the log removes it and records that".to_owned())
            }
            Self::DoneNotLogged(_) => {
                Some("the operation succeeded; only its line in the log is missing".to_owned())
            }
            Self::Runtime(error) => Some(error.help().to_owned()),
            Self::NotTidied { .. } => Some("apply the bundle again".to_owned()),
            Self::NotVerified { .. }
            | Self::ImageNotRead { .. }
            | Self::State(_)
            | Self::Provenance { .. } => None,
        }
    }
}

impl From<VerifyError> for HostError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused(refusal) => Self::Refused(refusal),
            VerifyError::File { path, source } => Self::NotVerified { path, source },
        }
    }
}

impl From<RecordError> for HostError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Refused(refusal) => Self::Refused(refusal),
            RecordError::State(error) => Self::State(error),
        }
    }
}
