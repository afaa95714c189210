//! Why a file or folder cannot be read as policies, each reason with its code.

use std::io;

use telovix_diagnostic::{Code, Diagnostic};

use super::code;
use crate::bounded::LARGEST_FILE;
use crate::path::{CONFIGURATION, TRUST_ROOT};

/// Why something cannot be read. A run reports all of its problems.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A file or folder cannot be opened or read.
    #[error("cannot read `{path}`: {}", reason(error))]
    Unreadable {
        /// The path, as it is shown.
        path: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A pipe, socket or device has the name of a policy file.
    #[error("`{0}` is neither a file nor a folder")]
    NotAFile(String),
    /// A file holds zero bytes.
    #[error("`{0}` is binary, expected YAML or JSON text")]
    Binary(String),
    /// A file starts with a UTF-16 byte order mark.
    #[error("`{0}` is UTF-16, expected UTF-8")]
    Utf16(String),
    /// A file is not UTF-8.
    #[error("`{path}` is not UTF-8: byte 0x{byte:02x} on line {line}")]
    NotUtf8 {
        /// The path, as it is shown.
        path: String,
        /// The first invalid byte.
        byte: u8,
        /// Its line, from 1.
        line: usize,
    },
    /// A file or stream has more than [`LARGEST_FILE`] bytes.
    #[error("`{0}` is larger than {LARGEST_FILE} bytes")]
    TooLarge(String),
    /// A symbolic link points to one of its parent folders.
    #[error("`{0}` is a link to one of its parent folders")]
    Circle(String),
    /// Folders are nested too deeply.
    #[error("`{0}` is nested more than {most} folders deep", most = super::folder::DEEPEST)]
    TooDeep(String),
    /// Documents are in a place that is not read.
    #[error("{}", told_of_skipped(.reason, .path, .documents))]
    SkippedDocuments {
        /// Why the place is not read.
        reason: Skipped,
        /// The file or folder that is skipped, as it is shown.
        path: String,
        /// The documents in it, as they are shown; at least one.
        documents: Vec<String>,
    },
    /// No policy file was found.
    #[error("{}", told_of_nothing(.below, *.others, *.excluded))]
    Nothing {
        /// The folders, as they are shown.
        below: String,
        /// How many files are no policies.
        others: usize,
        /// How many files and folders the settings leave out.
        excluded: usize,
    },
    /// Files with the name of a policy are of other kinds.
    #[error("{} and not read: {}", plural(.0.len(), "file is no policy", "files are no policies"), named(.0))]
    OtherFiles(Vec<String>),
    /// Files are templates of policies.
    #[error(
        "{} not read, because templates are not rendered here: {}",
        plural(.0.len(), "template of a policy is", "templates of policies are"),
        named(.0)
    )]
    Templates(Vec<String>),
    /// A pattern of the settings matches no file.
    #[error("the pattern {} in `{CONFIGURATION}` matches nothing", telovix_syntax::quote(.0))]
    UnmatchedPattern(String),
}

/// Why a file or folder is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// Its name starts with a full stop.
    Hidden,
    /// It is the output folder.
    Output,
    /// It is the output folder of another compile.
    Compiled,
    /// It has the name of the settings.
    Settings,
    /// It is, or has the name of, the trust root.
    TrustRoot,
}

impl Problem {
    pub(super) fn unreadable(path: String, error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge {
            Self::TooLarge(path)
        } else {
            Self::Unreadable { path, error }
        }
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Unreadable { .. } => &code::UNREADABLE_FILE,
            Self::NotAFile(_) => &code::NOT_A_FILE,
            Self::Binary(_) => &code::BINARY_FILE,
            Self::Utf16(_) | Self::NotUtf8 { .. } => &code::NOT_UTF8,
            Self::TooLarge(_) => &code::FILE_TOO_LARGE,
            Self::Circle(_) => &code::FOLDER_CIRCLE,
            Self::TooDeep(_) => &code::FOLDER_TOO_DEEP,
            Self::SkippedDocuments { .. } => &code::SKIPPED_DOCUMENT,
            Self::Nothing { .. } => &code::NOTHING_TO_READ,
            Self::OtherFiles(_) => &code::OTHER_FILES,
            Self::Templates(_) => &code::TEMPLATE_NOT_RENDERED,
            Self::UnmatchedPattern(_) => &code::UNMATCHED_PATTERN,
        }
    }

    /// Returns the files and folders, as they are shown, without which there would be no such error.
    #[must_use]
    pub fn in_the_way(&self) -> Vec<&str> {
        match self {
            Self::Unreadable { path, .. } | Self::NotUtf8 { path, .. } => vec![path],
            Self::NotAFile(path)
            | Self::Binary(path)
            | Self::Utf16(path)
            | Self::TooLarge(path)
            | Self::Circle(path)
            | Self::TooDeep(path) => vec![path],
            Self::SkippedDocuments {
                reason: Skipped::Hidden | Skipped::Output | Skipped::Compiled,
                path,
                ..
            } => {
                vec![path]
            }
            Self::SkippedDocuments { documents, .. } => documents.iter().map(String::as_str).collect(),
            Self::Nothing { .. } | Self::OtherFiles(_) | Self::Templates(_) | Self::UnmatchedPattern(_) => {
                Vec::new()
            }
        }
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unreadable { .. } | Self::NotAFile(_) => return None,
            Self::Binary(_) => "remove it from the folders to read",
            Self::Utf16(_) | Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::TooLarge(_) => "split it into several files",
            Self::Circle(_) => "remove the link, or name the folders to read on the command line",
            Self::TooDeep(_) => "name the folders to read on the command line",
            Self::SkippedDocuments { reason: Skipped::Output, .. } => {
                "move them to another folder, or set another output folder: `output` in `telovix.yaml`, or `-o`"
            }
            Self::SkippedDocuments { reason: Skipped::Compiled, .. } => "move them to another folder",
            Self::SkippedDocuments { reason: Skipped::Hidden, .. } => {
                "rename it without the leading `.`, or move it out of the folders that are read"
            }
            Self::SkippedDocuments { .. } => "rename the file",
            Self::Nothing { others: 0, .. } => {
                "folders are searched for `*.yaml`, `*.yml` and `*.json`, without hidden ones"
            }
            Self::Nothing { .. } => {
                "a policy has a `kind`, such as `kind: GuardianProfile`; name a file to read it as a policy"
            }
            Self::OtherFiles(_) => {
                "name a file to read it as a policy; `exclude` in `telovix.yaml` leaves it out"
            }
            Self::Templates(_) => "render them first, as in `helm template . | telovix lint -`",
            Self::UnmatchedPattern(_) => {
                "correct or remove it; patterns are relative to the root of the repository"
            }
        })
    }
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        let found = Self::new(problem.code(), None, problem.to_string());
        match problem.help() {
            Some(help) => found.help(help),
            None => found,
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

fn told_of_nothing(below: &str, others: usize, excluded: usize) -> String {
    let mut told = format!("no policy file below {below}");
    if others > 0 {
        told.push_str(&format!(": {} of another kind", plural(others, "file is", "files are")));
    }
    if excluded > 0 {
        told.push_str(&format!(
            ", and `{CONFIGURATION}` leaves out {}",
            plural(excluded, "entry", "entries")
        ));
    }
    told
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns the first of the names, and how many more there are.
fn named(files: &[String]) -> String {
    let named: Vec<_> = files.iter().take(NAMED).map(|file| format!("`{file}`")).collect();
    let more = files.len() - named.len();
    named.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The most documents that a message names.
const NAMED: usize = 3;

fn told_of_skipped(reason: &Skipped, path: &str, documents: &[String]) -> String {
    let place = match reason {
        Skipped::Hidden => format!("`{path}` is hidden and not read"),
        Skipped::Output => format!("`{path}` is the output folder and not read"),
        Skipped::Compiled => format!("`{path}` was written by `telovix compile` and is not read"),
        Skipped::Settings => {
            format!(
                "`{path}` has the name of the settings file, `{CONFIGURATION}`, and is not read as a policy"
            )
        }
        Skipped::TrustRoot => {
            format!("`{path}` is taken for the trust root (`{TRUST_ROOT}`) and not read as a policy")
        }
    };
    match documents {
        [only] if only == path => format!("{place}, but contains a policy document"),
        _ => format!("{place}, but contains policy documents: {}", named(documents)),
    }
}
