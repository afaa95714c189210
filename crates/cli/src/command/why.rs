//! Events, one a line -> the verdict on each, and the line of the policy that decided.

mod code;
mod event;
mod text;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use telovix_compiler::analyse;
use telovix_compiler::judge::Index;

pub(crate) use code::CODES;

use super::Run;
use crate::compilation::{Day, Repository};
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
  telovix why --format json < events.ndjson | jq -r .effect | sort | uniq -c")]
pub(crate) struct Arguments {
    /// A file of events, one a line, or one event in braces; standard input when absent or `-`.
    #[arg(value_name = "EVENT", default_value = "-")]
    events: PathBuf,
    /// Files and folders of policies; the repository around the current folder when absent.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    policy: Vec<PathBuf>,
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
        let mut events = Events::open(&self.events)?;
        let repository = Repository::find(&self.policy)?;
        let input = repository.read(&repository.output());
        let analysis = analyse(&input.sources, &self.day.options(&repository)?);
        let report = input.into_report(analysis.diagnostics);
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        let index = Index::new(&analysis.policy.confinements);
        let mut refused = Vec::new();
        while let Some(event) = events.next() {
            match event {
                Ok(event) => {
                    let told = index.judge(&event).report(&event, &report.sources);
                    match self.format {
                        Format::Text => text::write(&event, &told, &mut streams.data)?,
                        Format::Json => {
                            serde_json::to_writer(&mut streams.data, &told).map_err(std::io::Error::from)?;
                            writeln!(streams.data)?;
                        }
                    }
                }
                Err(problem) => refused.push(*problem),
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
