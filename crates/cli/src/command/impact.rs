//! A history of events and policies -> the events that the policies would have affected, and the limits of the answer.

pub(crate) mod code;
mod html;
mod markdown;
mod outside;
pub(crate) mod policy;
pub(crate) mod reading;
mod text;
pub(crate) mod words;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use telovix_clickhouse::Table;
use telovix_diagnostic::{Diagnostic, Severity};
use telovix_replay::{Impact, Judge, Options, Question, Reading, find, scan, sql};

pub(crate) use code::CODES;

use super::Run;
use crate::day::Day;
use crate::events_table::{EventsTable, unanswered};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, json, text as findings};
use crate::progress::Progress;
use outside::TracingPolicies;
use policy::{Policy, Stage};

/// Report which events of a history policies would have denied, killed or recorded: how many, which binaries, when, by
/// which line.
///
/// A history is a Tetragon export (NDJSON), the output of `telovix events` or of `strace -f -ttt -y`: files, including rotated and compressed
/// ones (gzip and Zstandard, recognised by content), folders, patterns in quotes, or standard input. It is read as a
/// stream, on every processor, in bounded memory. With `--source` it is a table of events in ClickHouse, also of a cluster: the
/// server groups events by what the policies tell apart, and one event of each group is judged here. The answer is the same.
///
/// An event is affected when it violates a policy: it would have been denied, its process killed, or it would have been
/// recorded. A missing field is unknown; an event whose verdict depends on missing fields is counted separately. Custom
/// rules and TracingPolicies count where they deny or kill, as Tetragon would; with `--source` they are not evaluated,
/// and those that may act on events of the table are reported.
///
/// The exit code is 0 when no event is affected, 1 when some are or may be, and 2 when the history has no event that the
/// policies cover, or could not be read to its end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix impact /var/log/tetragon/ --policy profiles/
  telovix impact 'tetragon*.log.gz' --enforced          # as if every profile and pack were enforced
  telovix impact tetragon.log --base deployed/ --policy profiles/ --format markdown
  telovix impact tetragon.log --format html > impact.html
  telovix impact --source clickhouse://reader@ch.example/security --since 2026-11-20 --policy profiles/
  kubectl logs -n kube-system ds/tetragon -c export-stdout | telovix impact -")]
pub(crate) struct Arguments {
    /// Files, folders and patterns of events; standard input when absent or `-`.
    #[arg(value_name = "HISTORY", conflicts_with = "source")]
    history: Vec<PathBuf>,
    /// A file or a folder of policies; may be given several times. Default: the current repository.
    #[arg(long, value_name = "PATH")]
    policy: Vec<PathBuf>,
    /// Policies to compare with, such as those that are deployed; may be given several times.
    #[arg(long, value_name = "PATH")]
    base: Vec<PathBuf>,
    /// Judge as if every profile had `mode: enforce` and every pack were enforced.
    #[arg(long)]
    enforced: bool,
    /// End with 2 and print no answer when a line cannot be read.
    #[arg(long)]
    strict: bool,
    /// The sensor that recorded the history, for policies with the scope of one sensor.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// The group of that sensor.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// The number of threads. Default: one for each processor. The answer does not depend on it.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    /// Use the slow reader that the fast one is checked against.
    #[arg(long, hide = true)]
    reference: bool,
    #[command(flatten)]
    table: EventsTable,
    /// Print the queries that `--source` runs first, as text that can be run by hand, and ask no server. Sets that travel
    /// next to a query are in its text.
    #[arg(long, conflicts_with = "history")]
    print_sql: bool,
    #[command(flatten)]
    day: Day,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: ImpactFormat,
}

/// The output formats of `impact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ImpactFormat {
    /// Text for the terminal.
    #[default]
    Text,
    /// One JSON document with a `version` and a published schema.
    Json,
    /// Markdown for a pull request comment.
    Markdown,
    /// A self-contained HTML page.
    Html,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == ImpactFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let stage = if self.enforced { Stage::Enforced } else { Stage::AsWritten };
        let now = Policy::read(&self.policy, &self.day, stage)?;
        let base = match self.base.as_slice() {
            [] => None,
            paths => Some(Policy::read(paths, &self.day, stage)?),
        };
        let question = Question {
            now: Judge::new(&now.lowered.confinements, &now.sources),
            before: base.as_ref().map(|base| Judge::new(&base.lowered.confinements, &base.sources)),
        };
        if self.print_sql {
            return self.print(&question, streams);
        }
        let mut not_evaluated = Vec::new();
        let (impact, told) = match self.table.open()? {
            Some((table, told)) => {
                let impact = self.ask(&table, &question)?;
                not_evaluated.extend(code::not_evaluated(&impact, &now, ""));
                if let Some(base) = &base {
                    not_evaluated.extend(code::not_evaluated(&impact, base, " of the base"));
                }
                (impact, told)
            }
            None => {
                let outside = TracingPolicies::new(&now);
                let outside_before = base.as_ref().map(TracingPolicies::new);
                let before = question.before.map(|judge| match &outside_before {
                    Some(outside) => judge.and(outside),
                    None => judge,
                });
                let question = Question { now: question.now.and(&outside), before };
                (self.read(&question)?, Vec::new())
            }
        };
        let mut findings = code::findings(&impact, &now, self.strict);
        findings.extend(told);
        let unknown = !not_evaluated.is_empty();
        findings.extend(not_evaluated);
        let fatal = |found: &Diagnostic| found.severity == Severity::Error;
        if self.strict && impact.history.malformed > 0 {
            findings.retain(fatal);
            return Err(Failure::because(Exit::CannotRun, Report::without_sources(findings)));
        }
        self.write(&impact, streams)?;
        if findings.iter().any(fatal) {
            return Err(Failure::because(Exit::CannotRun, Report::without_sources(findings)).told_as_text());
        }
        findings::write(&Report::without_sources(findings), Amount::ALL, &mut streams.talk)?;
        Ok(if impact.is_affected() || unknown { Exit::Findings } else { Exit::Clean })
    }
}

impl Arguments {
    /// Reads files.
    fn read(&self, question: &Question<'_>) -> Result<Impact, Failure> {
        let standard_input = [PathBuf::from("-")];
        let history = if self.history.is_empty() { &standard_input[..] } else { &self.history };
        let sources = find(history).map_err(|errors| code::unreadable(&errors))?;
        let reading = reading::Progress::start(&sources);
        let tell = |bytes| reading.tell(bytes);
        let reading = if self.reference { Reading::Reference } else { Reading::Fast };
        let options = Options { threads: self.threads, reading, progress: Some(&tell), ..self.options() };
        let (tally, amount) = scan(&sources, question, options);
        Ok(Impact::new(&tally, &amount, question))
    }

    /// Asks a table.
    fn ask(&self, table: &Table, question: &Question<'_>) -> Result<Impact, Failure> {
        let progress = Progress::start("asking ClickHouse");
        let read = sql::impact(table, table.name(), self.table.window(), question, self.options());
        drop(progress);
        let (tally, amount) = read.map_err(|error| unanswered(&error))?;
        let mut impact = Impact::new(&tally, &amount, question);
        impact.history.files = vec![table.address().to_string()];
        Ok(impact)
    }

    /// Prints the queries.
    fn print(&self, question: &Question<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
        let statements = sql::statements(self.table.table()?, self.table.window(), question);
        for (at, (about, statement)) in statements.iter().enumerate() {
            let break_before = if at > 0 { "\n" } else { "" };
            writeln!(streams.data, "{break_before}-- {about}\n{};", statement.text)?;
        }
        Ok(Exit::Clean)
    }

    fn options(&self) -> Options<'_> {
        Options { sensor: self.sensor.as_deref(), group: self.group.as_deref(), ..Options::default() }
    }

    fn write(&self, impact: &Impact, streams: &mut Streams) -> Result<(), Failure> {
        let out = &mut streams.data;
        match self.format {
            ImpactFormat::Text => text::write(impact, out)?,
            ImpactFormat::Json => json::print(impact, out)?,
            ImpactFormat::Markdown => markdown::write(impact, out)?,
            ImpactFormat::Html => html::write(impact, out)?,
        }
        Ok(())
    }
}
