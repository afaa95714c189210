//! The operands of `diff` -> two parsed policy sets.

use std::path::{Path, PathBuf};

use telovix_compare::{Reading, Side, read_both};
use telovix_compiler::{Analysis, Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::Confinement;
use telovix_policy::value::Date;
use telovix_workspace::{Input, Repository};

use super::code::UNKNOWN_SIDE;
use super::{compiled, git};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Report;

/// Two sides, not yet read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operands {
    before: Operand,
    after: Operand,
}

/// One side as given on the command line.
#[derive(Debug, PartialEq, Eq)]
enum Operand {
    /// A file, a folder, or standard input.
    Path(PathBuf),
    /// The whole repository around the current folder.
    Here,
    /// A revision: all of it, or what is at and below a path.
    Revision(String, Option<String>),
    /// The part of a revision that is in the current policy repository.
    RevisionHere(String),
}

impl Operands {
    /// Distinguishes paths from revisions. An existing path is never taken for a revision.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        match words {
            [before, after] => Ok(Self { before: Operand::parse(before)?, after: Operand::parse(after)? }),
            [range] => {
                if let Some((before, after)) = range.split_once("..").filter(|_| !Path::new(range).exists()) {
                    let head = |text: &str| if text.is_empty() { "HEAD" } else { text }.to_owned();
                    let (before, after) = (head(before), head(after.trim_start_matches('.')));
                    return Ok(Self { before: Operand::parse(&before)?, after: Operand::parse(&after)? });
                }
                Ok(match Operand::parse(range)? {
                    Operand::Revision(revision, None) => {
                        Self { before: Operand::RevisionHere(revision), after: Operand::Here }
                    }
                    Operand::Revision(revision, Some(path)) => {
                        let after = Operand::Path(git::in_work_tree(&path)?);
                        Self { before: Operand::Revision(revision, Some(path)), after }
                    }
                    before => Self { before, after: Operand::Here },
                })
            }
            _ => Err(Failure::new(
                Exit::CannotRun,
                &UNKNOWN_SIDE,
                "expected two sides, or one argument that names both",
            )
            .help("`telovix diff OLD NEW`, or `telovix diff REV..REV`")),
        }
    }

    /// Returns what a page calls the sides.
    pub(super) fn names(&self) -> [String; 2] {
        [self.before.name(), self.after.name()]
    }

    /// Reads both sides.
    ///
    /// # Errors
    /// When one of them cannot be read or has an error; then nothing is compared.
    pub(crate) fn load(&self, as_of: Date) -> Result<(Loaded, Loaded), Failure> {
        let (before, after) = std::thread::scope(|scope| {
            let before = scope.spawn(|| self.before.content());
            let after = self.after.content();
            // Propagate a panic of the thread.
            (before.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), after)
        });
        Loaded::both(before?, after?, as_of)
    }
}

impl Operand {
    /// Returns what a page calls the side: a revision with its commit and the date of that.
    fn name(&self) -> String {
        let commit =
            |revision: &str| git::commit(revision).map(|commit| format!(" ({commit})")).unwrap_or_default();
        match self {
            Self::Path(path) if path.as_os_str() == "-" => "standard input".to_owned(),
            Self::Path(path) => path.display().to_string(),
            Self::Here => "the files of the work tree".to_owned(),
            Self::Revision(revision, Some(path)) => format!("{revision}:{path}{}", commit(revision)),
            Self::Revision(revision, None) | Self::RevisionHere(revision) => {
                format!("{revision}{}", commit(revision))
            }
        }
    }

    fn parse(word: &str) -> Result<Self, Failure> {
        if word == "-" || Path::new(word).exists() {
            return Ok(Self::Path(PathBuf::from(word)));
        }
        if git::is_revision(word) {
            return Ok(Self::Revision(word.to_owned(), None));
        }
        if let Some((revision, path)) =
            word.split_once(':').filter(|(revision, _)| git::is_revision(revision))
        {
            return Ok(Self::Revision(revision.to_owned(), Some(path.to_owned())));
        }
        let message = format!("`{word}` is neither a file or folder nor a git revision");
        let failure = Failure::new(Exit::CannotRun, &UNKNOWN_SIDE, message);
        Err(failure.help("a side is a path, `-`, REV or REV:PATH; `REV..REV` names two"))
    }

    fn content(&self) -> Result<Content, Failure> {
        match self {
            Self::Path(path) => match compiled::image_of(path)? {
                Some(image) => Ok(Content::Compiled(compiled::read(&image)?)),
                None => written(std::slice::from_ref(path)),
            },
            Self::Here => written(&[]),
            Self::RevisionHere(revision) => {
                let repository = Repository::find(&[])?;
                Ok(Content::Written(repository.read_files(git::read_folder(revision, repository.root())?)))
            }
            Self::Revision(revision, path) => {
                let files = git::read(revision, path.as_deref())?;
                let is_file = matches!(files.as_slice(), [(name, _)] if path.as_ref().is_some_and(|path| name.ends_with(path.trim_start_matches("./"))));
                Ok(Content::Written(if is_file {
                    Input::of_bytes(files)
                } else {
                    Input::of_folder(files, None)
                }))
            }
        }
    }
}

/// Reads paths, or the current repository, like every other verb.
fn written(paths: &[PathBuf]) -> Result<Content, Failure> {
    let repository = Repository::find(paths)?;
    Ok(Content::Written(repository.read(&repository.output())))
}

/// The content of a side, not yet analysed.
#[derive(Debug)]
pub(super) enum Content {
    /// Policies.
    Written(Input),
    /// The confinements of an image.
    Compiled(Vec<Confinement>),
}

/// One side, analysed.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// Policies.
    Written {
        /// Their source texts.
        sources: SourceSet,
        /// Their meaning.
        reading: Reading,
    },
    /// The confinements of an image.
    Compiled(Vec<Confinement>),
}

impl Loaded {
    /// Analyses two sides as far as the comparison needs.
    ///
    /// # Errors
    /// With all errors of a side.
    pub(super) fn both(before: Content, after: Content, as_of: Date) -> Result<(Self, Self), Failure> {
        match (before, after) {
            (Content::Written(before), Content::Written(after)) => {
                let (old, new) = read_both(&before.sources, &after.sources, as_of);
                Ok((Self::of(before, old)?, Self::of(after, new)?))
            }
            (before, after) => Ok((Self::alone(before, as_of)?, Self::alone(after, as_of)?)),
        }
    }

    /// Reads one side, given as a path, REV or REV:PATH.
    ///
    /// # Errors
    /// When it cannot be read, or has an error.
    pub(crate) fn named(word: &str, as_of: Date) -> Result<Self, Failure> {
        Self::alone(Operand::parse(word)?.content()?, as_of)
    }

    /// Reads the repository around the current folder.
    ///
    /// # Errors
    /// When it cannot be read, or has an error.
    pub(crate) fn here(as_of: Date) -> Result<Self, Failure> {
        Self::alone(Operand::Here.content()?, as_of)
    }

    fn alone(content: Content, as_of: Date) -> Result<Self, Failure> {
        let input = match content {
            Content::Compiled(confinements) => return Ok(Self::Compiled(confinements)),
            Content::Written(input) => input,
        };
        let Analysis { diagnostics, policy } = analyse(&input.sources, &Options::on(as_of));
        Self::of(input, Reading { diagnostics, policy })
    }

    fn of(input: Input, mut reading: Reading) -> Result<Self, Failure> {
        let report = Report::of(input, std::mem::take(&mut reading.diagnostics));
        if report.summary().errors > 0 {
            return Err(Failure::because(Exit::CannotRun, report.errors_only()));
        }
        Ok(Self::Written { sources: report.sources, reading })
    }

    /// Returns the side for the comparison.
    pub(crate) fn side(&self) -> Side<'_> {
        match self {
            Self::Written { sources, reading } => Side::of_reading(reading, sources),
            Self::Compiled(confinements) => Side::of_confinements(confinements),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operand, Operands};

    #[test]
    fn a_path_that_exists_is_a_path() {
        let words = [".".to_owned(), "-".to_owned()];
        let paths = |text: &str| Operand::Path(text.into());
        assert_eq!(Operands::parse(&words).ok(), Some(Operands { before: paths("."), after: paths("-") }));
    }

    #[test]
    fn what_is_neither_path_nor_revision_is_refused() {
        let words = ["no-such-side".to_owned(), ".".to_owned()];
        assert_eq!(Operands::parse(&words).map_err(|failure| failure.codes()), Err(vec!["unknown-side"]));
    }
}
