//! A file and two changed versions of it -> one file with both changes, or conflicts where their meanings conflict.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use telovix_compare::{Contradiction, Merged, Refusal, Versions, merge};
use telovix_diagnostic::{Code, Diagnostic, Severity};
use telovix_workspace::{Input, read_file, shown};

use super::Run;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Report, Streams};

/// Merge two changes of a policy file by meaning.
///
/// Lists are merged by entry, fields and documents by name; the text of OURS is kept except for what THEIRS changed.
/// The result is then compared with both changes: if it would allow an event that neither side allows, or undo a
/// change of one side, the parts that both sides changed become a conflict, and an example event shows why.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix merge base.yaml ours.yaml theirs.yaml > merged.yaml

In `git merge`, `rebase` and `cherry-pick`, once per repository:
  git config merge.telovix.driver 'telovix merge --driver %O %A %B --path %P --marker-size %L' && echo '*.yaml merge=telovix' >> .gitattributes")]
pub(crate) struct Arguments {
    /// The common ancestor of both versions.
    base: PathBuf,
    /// Our version.
    ours: PathBuf,
    /// Their version.
    theirs: PathBuf,
    /// Write the result to OURS, and merge files that are not policies line by line, as git does by default.
    #[arg(long)]
    driver: bool,
    /// The file name to show in messages.
    #[arg(long, value_name = "NAME")]
    path: Option<String>,
    /// The length of conflict markers.
    #[arg(long, value_name = "CHARACTERS", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..))]
    marker_size: u8,
    #[command(flatten)]
    day: Day,
}

/// The codes of this verb.
pub(crate) const CODES: &[&Code] = &[&MERGE_CONFLICT, &MERGED_AS_TEXT, &NOT_MERGED];

impl Run for Arguments {
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let as_of = self.day.as_of();
        let name = self.path.clone().unwrap_or_else(|| shown(&self.ours));
        let [base, ours, theirs] = [&self.base, &self.ours, &self.theirs].map(|path| read(path));
        let (base, ours, theirs) = (base?, ours?, theirs?);
        let text = [&base, &ours, &theirs].map(|bytes| std::str::from_utf8(bytes).ok());
        let [Some(base), Some(ours), Some(theirs)] = text else {
            return self.unread(streams, Report::without_sources(vec![not_text(&name)]));
        };
        let marker = usize::from(self.marker_size);
        let merged = match merge(Versions { base, ours, theirs }, &name, marker, as_of) {
            Ok(merged) => merged,
            // A file that is no policy is merged as git does, without a word.
            Err(_) if self.driver && [base, ours, theirs].iter().all(|text| !is_policy(text)) => {
                return self.unread(streams, Report::default());
            }
            Err(refusal) => return self.unread(streams, report(*refusal)),
        };
        if self.driver {
            fs::write(&self.ours, &merged.text).map_err(|error| failed(&self.ours, &error))?;
        } else {
            streams.data.write_all(merged.text.as_bytes())?;
        }
        if merged.conflicts.is_empty() {
            return Ok(Exit::Clean);
        }
        Err(conflicts(&merged, &name))
    }
}

impl Arguments {
    /// Handles a version that is not a valid policy: an error, or a line merge when run as git's merge driver.
    fn unread(&self, streams: &mut Streams, mut report: Report) -> Result<Exit, Failure> {
        if !self.driver {
            return Err(Failure::because(Exit::CannotRun, report));
        }
        let size = format!("--marker-size={}", self.marker_size);
        let merged = Command::new("git")
            .args(["merge-file", &size, "-L", "ours", "-L", "base", "-L", "theirs"])
            .args([&self.ours, &self.base, &self.theirs])
            .status();
        let ended = merged.ok().and_then(|status| status.code());
        let exit = match ended {
            Some(0) => Exit::Clean,
            // The number of conflicts.
            Some(1..=127) => Exit::Findings,
            _ => return Err(Failure::because(Exit::CannotRun, report)),
        };
        if report.diagnostics.is_empty() {
            return Ok(exit);
        }
        let name = self.path.clone().unwrap_or_else(|| shown(&self.ours));
        let message =
            format!("one version of `{name}` could not be parsed as a policy; fell back to a line merge");
        report.diagnostics.iter_mut().for_each(|found| found.severity = Severity::Note);
        report.diagnostics.push(Diagnostic::new(&MERGED_AS_TEXT, None, message));
        Failure::because(exit, report).tell(streams, Format::Text);
        Ok(exit)
    }
}

fn is_policy(text: &str) -> bool {
    let input = Input::of_folder(vec![("file.yaml".to_owned(), text.as_bytes().to_vec())], None);
    input.sources.iter().count() > 0
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_file(path).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::CannotRun, &NOT_MERGED, format!("`{}`: {error}", shown(path)))
}

fn not_text(name: &str) -> Diagnostic {
    Diagnostic::new(&NOT_MERGED, None, format!("one version of `{name}` is not UTF-8 text"))
}

/// Returns the findings about a version, labelled with which one it is.
fn report(refusal: Refusal) -> Report {
    let Refusal { version, sources, diagnostics } = refusal;
    Report { sources, shown_below: format!("{}: ", version.name()), diagnostics, ..Report::default() }
}

fn conflicts(merged: &Merged, name: &str) -> Failure {
    let each = merged.conflicts.iter().map(|what| {
        let what = what.replace('`', "");
        Diagnostic::new(&MERGE_CONFLICT, None, format!("`{name}`: both sides changed `{what}`"))
    });
    let mut found: Vec<Diagnostic> = each.collect();
    if let (Some(told), Some(last)) = (&merged.contradiction, found.last_mut()) {
        let Contradiction { event, effects: [base, ours, theirs, merged] } = told;
        last.help.push(format!(
            "the entries can be merged but their meanings conflict: `{event}` is `{base}` in base, `{ours}` in ours, \
             `{theirs}` in theirs, and would be `{merged}` in the merge"
        ));
    }
    Failure::because(Exit::Findings, Report::without_sources(found)).told_as_text()
}

static MERGE_CONFLICT: Code = Code::page(include_str!("merge/merge-conflict.md"));

static MERGED_AS_TEXT: Code = Code::page(include_str!("merge/merged-as-text.md"));

static NOT_MERGED: Code = Code::page(include_str!("merge/not-merged.md"));
