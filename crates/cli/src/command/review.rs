//! Policies, or a change of them -> the review that somebody signs.

mod change;
mod html;
mod markdown;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use telovix_compiler::emit::Receiver;
use telovix_replay::{Impact, Judge, Options, Question, Reading, find, scan};
use telovix_review::{Review, review};
use telovix_workspace::{Compilation, Repository};

use super::Run;
use super::impact::code as history_code;
use super::impact::policy::{Policy, Stage};
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Report, Streams, json};
use change::Change;

/// Write the review of policies, or of a change: hook, threat, action and false-positive risk of each rule, and the way
/// to enforcement.
///
/// All of it is derived from the documents, and from the events of `--history`. What cannot be known from them is
/// marked "not known". The corrected files contain the fixes that are certain; the others need a decision. A technique
/// of MITRE ATT&CK is the one that needs the operation: a match is no proof of an attack.
///
/// The exit code is 1 if the checks found an error or a warning, and 2 if a file cannot be read or parsed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix review policies/ > review.md
  telovix review --base main                       # what changed first
  telovix review --format html > review.html       # prints well, no scripts
  telovix review --history /var/log/tetragon/      # with the events each rule would have affected
  telovix review --format json | jq '.rules[] | select(.action.acts)'")]
pub(crate) struct Arguments {
    /// Files and folders to review; `-` is standard input. Default: the current repository.
    paths: Vec<PathBuf>,
    /// A revision of the git repository: documents that changed since are reviewed first.
    #[arg(long, value_name = "REV", conflicts_with = "paths")]
    base: Option<String>,
    /// Files, folders and patterns of events, as for `telovix impact`: count what each rule would have affected if it
    /// were enforced. May be given several times.
    #[arg(long, value_name = "HISTORY")]
    history: Vec<PathBuf>,
    #[command(flatten)]
    day: Day,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: ReviewFormat,
}

/// The output formats of `review`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ReviewFormat {
    /// Markdown.
    #[default]
    Markdown,
    /// One JSON document with a `version` and a published schema.
    Json,
    /// A self-contained HTML page.
    Html,
}

/// A review, and the change that it is about.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    #[serde(flatten)]
    review: Review,
    /// The change; absent without `--base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == ReviewFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let change = self.base.as_deref().map(|base| Change::since(base, self.day.as_of())).transpose()?;
        let repository = Repository::find(&self.paths)?;
        let options = repository.options(self.day.asked(), self.day.of_findings()?);
        let input = repository.read(&repository.output());
        let discard: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
        let Compilation { findings, policy, .. } = Compilation::of(input, &options, discard);
        let report: Report = findings.into();
        if report.exit_of_errors() == Exit::CannotRun {
            return Err(Failure::because(Exit::CannotRun, report.errors_only()));
        }
        let history = self.impact()?;
        let changed: BTreeSet<&str> = change.iter().flat_map(Change::sources).collect();
        let is_first = |span| changed.contains(report.sources.locate(span).as_str());
        let review = review(&policy, &report.sources, &report.diagnostics, history.as_ref(), &is_first);
        let document = Document { review, change };
        let out = &mut streams.data;
        match self.format {
            ReviewFormat::Markdown => markdown::write(&document, out)?,
            ReviewFormat::Json => json::print(&document, out)?,
            ReviewFormat::Html => html::write(&document, out)?,
        }
        Ok(report.exit_of_findings())
    }
}

impl Arguments {
    /// Replays the history as if everything were enforced; nothing without one.
    fn impact(&self) -> Result<Option<Impact>, Failure> {
        if self.history.is_empty() {
            return Ok(None);
        }
        let policy = Policy::read(&self.paths, &self.day, Stage::Enforced)?;
        let sources = find(&self.history).map_err(|errors| history_code::unreadable(&errors))?;
        let now = Judge::new(&policy.lowered.confinements, &policy.sources);
        let question = Question { now, before: None };
        let options =
            Options { threads: None, reading: Reading::Fast, sensor: None, group: None, progress: None };
        let (tally, amount) = scan(&sources, &question, options);
        Ok(Some(Impact::new(&tally, &amount, &question)))
    }
}

impl Document {
    /// Returns one sentence about the whole.
    fn sentence(&self) -> String {
        let rules = &self.review.rules;
        let acting = rules.iter().filter(|rule| rule.action.acts).count();
        let risky =
            rules.iter().filter(|rule| rule.false_positives.level == telovix_review::Level::High).count();
        let plural = crate::output::text::plural;
        format!(
            "{}: {acting} of them stop something, and {risky} are likely to fire on legitimate work. {}, {}",
            plural(rules.len(), "rule"),
            plural(self.review.findings.len(), "finding"),
            plural(self.review.corrections.len(), "corrected file"),
        )
    }
}
