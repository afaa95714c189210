//! Events, one a line -> the verdict on each, and the line of the policy that decided.

mod code;
mod event;
mod image;
mod text;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_compiler::analyse;
use telovix_policy::judge::{Event, Index, VerdictReport};

pub(crate) use code::CODES;

use super::{Run, inspect};
use crate::compilation::Repository;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Report, Streams};
use event::Events;

/// Tell what happens to events, and which line of which policy decides.
///
/// Events are JSON objects, one a line, in the shape of `schemas/event.json`. What an event leaves out is unknown,
/// and a verdict that depends on it says so.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix why events.ndjson --policy examples/
  telovix why '{\"operation\": \"exec\", \"binary\": \"/opt/amf/bin/amf\", \"path\": \"/bin/sh\"}'
  telovix why events.ndjson --image compiled-policies/policy.image
  telovix why --format json < events.ndjson | jq -r .effect | sort | uniq -c")]
pub(crate) struct Arguments {
    /// A file of events, one a line, or one event in braces; standard input when absent or `-`.
    #[arg(value_name = "EVENT")]
    events: Option<PathBuf>,
    /// Files and folders of policies; the repository around the current folder when absent. An event or a file of
    /// events (`.ndjson`, `.jsonl`, `-`) may stand behind them.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    policy: Vec<PathBuf>,
    /// A compiled image to decide the events from, instead of policies.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "as_of"])]
    image: Option<PathBuf>,
    #[command(flatten)]
    day: Day,
    /// The form of the answer: `json` is one line per event.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let (events, policies) = self.sides();
        let mut events = Events::open(events)?;
        if let Some(file) = &self.image {
            let image = inspect::open(file)?;
            let judge = image::Judge::new(&image);
            return self.answer(&mut events, streams, |event| judge.verdict(event));
        }
        let repository = Repository::find(policies)?;
        let input = repository.read(&repository.output());
        let analysis = analyse(&input.sources, &repository.options(&self.day)?);
        let report = input.into_report(analysis.diagnostics);
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        let index = Index::new(&analysis.policy.confinements);
        self.answer(&mut events, streams, |event| Ok(index.judge(event).report(event, &report.sources)))
    }
}

impl Arguments {
    /// Tells the events from the policies: `--policy` takes all that follows it, and so an event that stands last.
    fn sides(&self) -> (&Path, &[PathBuf]) {
        match (&self.events, self.policy.split_last()) {
            (Some(events), _) => (events, &self.policy),
            (None, Some((last, policies))) if !policies.is_empty() && event::is_argument(last) => (last, policies),
            (None, _) => (Path::new("-"), &self.policy),
        }
    }

    /// Answers every event as it comes; what is no event is told at the end.
    fn answer(
        &self,
        events: &mut Events,
        streams: &mut Streams,
        verdict: impl Fn(&Event) -> Result<VerdictReport, String>,
    ) -> Result<Exit, Failure> {
        let mut refused = Vec::new();
        while let Some(event) = events.next() {
            let answered = event.and_then(|event| match verdict(&event) {
                Ok(told) => Ok((event, told)),
                Err(problem) => Err(events.refuse(&problem)),
            });
            match (answered, self.format) {
                (Ok((event, told)), Format::Text) => text::write(&event, &told, &mut streams.data)?,
                (Ok((_, told)), Format::Json) => {
                    serde_json::to_writer(&mut streams.data, &told).map_err(io::Error::from)?;
                    writeln!(streams.data)?;
                }
                (Err(problem), _) => refused.push(*problem),
            }
            if streams.data.is_closed() {
                break;
            }
        }
        if refused.is_empty() {
            return Ok(Exit::Clean);
        }
        Err(Failure::because(Exit::CannotRun, Report::without_sources(refused)).told_as_text())
    }
}
