//! Why files are not changed.

use std::io;

use telovix_diagnostic::Code;

/// The codes of [`Refusal`].
pub const CODES: &[&Code] = &[&NOT_CHANGEABLE, &NOT_REWRITTEN];

static NOT_CHANGEABLE: Code = Code::page(include_str!("code/not-changeable.md"));
static NOT_REWRITTEN: Code = Code::page(include_str!("code/not-rewritten.md"));

/// Why no file was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Standard input has no file.
    #[error("standard input cannot be fixed: it has no file to write to")]
    StandardInput,
    /// The file is outside the root, possibly by a link.
    #[error("`{0}` is outside the repository")]
    OutsideRoot(String),
    /// A comment in the file says that a tool writes it.
    #[error("`{0}` says that it is generated")]
    Generated(String),
    /// The file is read-only.
    #[error("`{0}` is read-only")]
    ReadOnly(String),
    /// The file has several names, and replacing it would separate them.
    #[error("`{0}` has several names (hard links)")]
    SeveralNames(String),
    /// The file is no longer what was read.
    #[error("`{0}` has changed since it was read")]
    Changed(String),
    /// The file cannot be written.
    #[error("cannot write `{path}`: {error}")]
    NotWritten {
        /// The file, as it is shown.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Refusal {
    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Changed(_) | Self::NotWritten { .. } => &NOT_REWRITTEN,
            _ => &NOT_CHANGEABLE,
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::StandardInput => "use `--diff` to see the changes, or name the file",
            Self::OutsideRoot(_) => "run the command on that folder",
            Self::Generated(_) => {
                "fix what generates it, or leave the file out by `exclude` in `telovix.yaml`"
            }
            Self::ReadOnly(_) => "make it writable, or leave it out by naming the other files",
            Self::SeveralNames(_) => "copy the file to separate its names",
            Self::Changed(_) => "run the command again",
            Self::NotWritten { .. } => "no file was changed",
        }
    }
}
