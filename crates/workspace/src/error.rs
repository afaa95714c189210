//! Why a repository cannot be opened, or its output folder cannot be written.

mod code;

use std::io;

use telovix_diagnostic::Code;

use crate::findings::Findings;

pub(crate) use code::CODES;

/// Why a run on a repository stops. Problems of single files are findings instead; see [`Findings`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process has no current folder, or a path is empty.
    #[error("cannot determine the current folder: {0}")]
    NoCurrentFolder(#[source] io::Error),
    /// `telovix.yaml` cannot be read.
    #[error("cannot read `{path}`: {error}")]
    UnreadableSettings {
        /// The file, as it is shown.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// `telovix.yaml` is invalid; each error has its own code and location.
    #[error("`telovix.yaml` is invalid")]
    Settings(Box<Findings>),
    /// `telovix-baseline.yaml` is invalid; each error has its own code and location.
    #[error("`telovix-baseline.yaml` is invalid")]
    Baseline(Box<Findings>),
    /// The output folder is `-`.
    #[error("the output folder cannot be `-`: a compile writes several files")]
    OutputIsStandardOutput,
    /// The output folder is a file.
    #[error("the output folder `{0}` is a file")]
    OutputIsAFile(String),
    /// A parent of the output folder is a file.
    #[error("`{0}` cannot be a folder: one of its parents is a file")]
    OutputBelowAFile(String),
    /// The output folder is, or contains, a folder that is read.
    #[error("the output folder `{0}` contains the input")]
    OutputHoldsInput(String),
    /// A file that was not created by a compile has the name of an artifact.
    #[error("refusing to overwrite `{0}`: it was not created by `telovix compile`")]
    OutputInTheWay(String),
    /// The output folder cannot be written.
    #[error("cannot write the output folder `{folder}`: {error}")]
    OutputNotWritten {
        /// The folder, as it is shown.
        folder: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Signals cannot be caught, so an interrupted compile could leave its staging folder.
    #[error("cannot catch signals: {0}")]
    NoSignals(#[source] io::Error),
    /// A termination signal was received.
    #[error("interrupted by a signal")]
    Interrupted,
}

impl Error {
    /// Returns the code of the error; for invalid settings, the code of the first error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::NoCurrentFolder(_) => &code::NO_CURRENT_FOLDER,
            Self::UnreadableSettings { .. } => &code::UNREADABLE_CONFIGURATION,
            Self::Settings(findings) | Self::Baseline(findings) => {
                findings.diagnostics.first().map_or(&code::UNREADABLE_CONFIGURATION, |found| found.code)
            }
            Self::OutputIsStandardOutput => &code::OUTPUT_IS_STANDARD_OUTPUT,
            Self::OutputIsAFile(_) | Self::OutputBelowAFile(_) => &code::OUTPUT_IS_A_FILE,
            Self::OutputHoldsInput(_) => &code::OUTPUT_HOLDS_INPUT,
            Self::OutputInTheWay(_) => &code::OUTPUT_IN_THE_WAY,
            Self::OutputNotWritten { .. } | Self::NoSignals(_) => &code::OUTPUT_NOT_WRITTEN,
            Self::Interrupted => &code::INTERRUPTED,
        }
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoCurrentFolder(_) => Some("change to a folder that exists"),
            Self::OutputIsStandardOutput | Self::OutputHoldsInput(_) => {
                Some("use a separate folder, such as `-o compiled-policies`")
            }
            Self::OutputIsAFile(_) | Self::OutputBelowAFile(_) => Some("use another folder with `-o`"),
            Self::OutputInTheWay(_) => Some("move the file, or use another folder with `-o`"),
            Self::OutputNotWritten { error, .. } => match error.kind() {
                io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
                    Some("a mount point cannot be replaced; use a folder below it")
                }
                _ => Some("the folder is unchanged"),
            },
            Self::UnreadableSettings { .. }
            | Self::Settings(_)
            | Self::Baseline(_)
            | Self::NoSignals(_)
            | Self::Interrupted => None,
        }
    }
}
