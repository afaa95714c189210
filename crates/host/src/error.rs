//! Why a host did not do what it was asked, each reason with its stable code and what to do next.

use std::io;
use std::path::PathBuf;

use telovix_bpf_programs::image::ImageError;
use telovix_bpf_runtime::RuntimeError;
use telovix_diagnostic::Code;
use telovix_trust::audit::AuditError;
use telovix_trust::bundle::VerifyError;
use telovix_trust::{HostStateError, RecordError, Refusal};

use crate::code;

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle was examined and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The trust root is not the one that this host follows.
    #[error("{refusal}")]
    RootNotFollowed {
        /// In what way.
        #[source]
        refusal: Box<Refusal>,
        /// The file of the trust root.
        file: PathBuf,
        /// The host's memory.
        memory: PathBuf,
    },
    /// The bundle could not be examined.
    #[error("cannot use `{}`: {source}", .path.display())]
    NotVerified {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bundle was verified, and has nothing to load.
    #[error("the bundle `{}` holds no `policy.image`", .bundle.display())]
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
    /// The image is not one that a compile wrote.
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
    /// It was done, and the log could not be written any more.
    #[error(transparent)]
    DoneNotLogged(AuditError),
    /// How the policy came to be trusted could not be written down, so nothing was switched.
    #[error("cannot remember in `{}` how the policy was verified: {source}", .folder.display())]
    Provenance {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The kernel or the runtime refused.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The policy is in force, and what nobody needs any more could not be cleared away.
    #[error(
        "generation {generation} is in force, but programs that it does not need are still attached: {source}"
    )]
    NotTidied {
        /// The generation in force.
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

    /// Returns what a person does next, where there is something to say.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => Some(refusal.help()),
            Self::RootNotFollowed { file, memory, .. } => Some(format!(
                "the trust root `{}` was compared with what the host remembers in `{}`",
                file.display(),
                memory.display()
            )),
            Self::NoImage { .. } => Some("compile for a native target, which writes the image".to_owned()),
            Self::Image { source, .. } => Some(source.help().to_owned()),
            Self::Log(AuditError::File { .. }) => Some(
                "nothing is changed that cannot be written down; `--audit-log` names another place"
                    .to_owned(),
            ),
            Self::Log(AuditError::Broken { .. }) => Some(
                "`telovix trust log --begin-new` keeps it as evidence and begins a new log that names it"
                    .to_owned(),
            ),
            Self::Log(AuditError::Unfinished { .. }) => {
                Some("the next command that writes to the log cuts it off and records that".to_owned())
            }
            Self::DoneNotLogged(_) => Some("it was done; only the line that says so is missing".to_owned()),
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
