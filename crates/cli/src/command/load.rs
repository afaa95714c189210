//! A history -> rows in a table of events, or as text.

use std::convert::Infallible;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use telovix_clickhouse::{Address, Error, Loader};
use telovix_diagnostic::Severity;
use telovix_replay::sql::{COLUMNS, Loaded, create, load};
use telovix_replay::{History, Options, Source, find};

use super::Run;
use super::impact::code as history;
use super::impact::reading::Progress;
use super::impact::words::lines;
use crate::events_table::{Access, Given, failed, in_clear};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, json, text as findings};

/// Load a history into a table of events in ClickHouse, where `--source` of `impact`, `generate`, `readiness` and `detect`
/// asks about it.
///
/// Each event becomes one row, in the columns that `--print-table` explains. What an event does not say is `NULL`. The user
/// needs INSERT, and with `--create` CREATE TABLE; those who ask need SELECT only.
///
/// Loading the same history again inserts its events again.
///
/// The exit code is 0 when every line was loaded, and 2 when the server refused, a file was not read to its end, or with
/// `--strict` a line cannot be read. Rows of an earlier piece stay in the table then: the message says how many.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix load /var/log/tetragon/ --into clickhouse://writer@ch.example/security --create
  kubectl logs -n kube-system ds/tetragon -c export-stdout | telovix load - --into clickhouse://writer@localhost
  telovix load --print-table security.telovix_events        # for a cluster: the table of each shard
  telovix load tetragon.log --print | clickhouse-client -q 'INSERT INTO telovix_events FORMAT TabSeparated'")]
pub(crate) struct Arguments {
    /// Files, folders and patterns of events, as for `telovix impact`; standard input when absent or `-`.
    #[arg(value_name = "HISTORY")]
    history: Vec<PathBuf>,
    /// The table: `clickhouse://USER@HOST:8123/DATABASE.TABLE`.
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["print", "print_table"])]
    into: Option<Given>,
    /// Create the table first.
    #[arg(long, requires = "into")]
    create: bool,
    /// Print the rows in the format `TabSeparated`, and ask no server.
    #[arg(long, conflicts_with = "into")]
    print: bool,
    /// Print the statement that creates the table, with the meaning of each column, and read no history.
    #[arg(long, value_name = "TABLE", num_args = 0..=1, default_missing_value = "telovix_events",
        conflicts_with_all = ["into", "print", "history"])]
    print_table: Option<String>,
    /// End with 2 when a line cannot be read.
    #[arg(long)]
    strict: bool,
    /// The number of threads. Default: one for each processor.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    access: Access,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    format: LoadFormat,
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum LoadFormat {
    /// Text for the terminal.
    #[default]
    Text,
    /// One JSON document with a `version` and a published schema.
    Json,
}

/// The JSON form.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document<'run> {
    /// The version of this format.
    version: u32,
    /// The table.
    table: String,
    /// Rows that were inserted.
    rows: u64,
    /// What was read, and what could not be.
    history: &'run History,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == LoadFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        if let Some(table) = &self.print_table {
            for column in COLUMNS {
                writeln!(streams.data, "-- {}: {}", column.name, column.meaning)?;
            }
            writeln!(streams.data, "{};", create(table))?;
            return Ok(Exit::Clean);
        }
        let standard_input = [PathBuf::from("-")];
        let paths = if self.history.is_empty() { &standard_input[..] } else { &self.history };
        let sources = find(paths).map_err(|errors| history::unreadable(&errors))?;
        match &self.into {
            Some(given) => self.insert(given.address()?, &sources, streams),
            None => self.print(&sources, streams),
        }
    }
}

impl Arguments {
    fn insert(&self, address: &Address, sources: &[Source], streams: &mut Streams) -> Result<Exit, Failure> {
        let credentials = self.access.credentials()?;
        let mut found: Vec<_> = in_clear(address, &credentials).into_iter().collect();
        let loader = Loader::new(address.clone(), credentials, self.access.seconds());
        if self.create {
            loader.create().map_err(|error| failed(&error))?;
        }
        let mut inserted: u64 = 0;
        let loaded = {
            let progress = Progress::start(sources);
            let tell = |bytes| progress.tell(bytes);
            let options = Options { threads: self.threads, progress: Some(&tell), ..Options::default() };
            load(sources, options, |rows| {
                loader.insert(rows)?;
                inserted += rows.iter().filter(|byte| **byte == b'\n').count() as u64;
                Ok::<(), Error>(())
            })
        };
        let loaded = loaded.map_err(|error| {
            failed(&error)
                .help(format!("{inserted} rows were inserted before, and stay in `{}`", address.table()))
        })?;
        match self.format {
            LoadFormat::Text => {
                let read = lines(loaded.history.lines);
                writeln!(streams.data, "loaded {} rows of {read} into {address}", loaded.rows)?;
            }
            LoadFormat::Json => {
                let (table, history) = (address.to_string(), &loaded.history);
                json::print(
                    &Document { version: json::VERSION, table, rows: loaded.rows, history },
                    &mut streams.data,
                )?;
            }
        }
        found.extend(history::of_reading(&loaded.history, self.strict));
        end(found, streams)
    }

    fn print(&self, sources: &[Source], streams: &mut Streams) -> Result<Exit, Failure> {
        let mut rows = Vec::new();
        let options = Options { threads: NonZeroUsize::new(1), ..Options::default() };
        let Ok(loaded): Result<Loaded, Infallible> = load(sources, options, |piece| {
            rows.extend_from_slice(piece);
            Ok(())
        });
        streams.data.write_all(&rows)?;
        end(history::of_reading(&loaded.history, self.strict), streams)
    }
}

/// Reports what could not be read.
fn end(found: Vec<telovix_diagnostic::Diagnostic>, streams: &mut Streams) -> Result<Exit, Failure> {
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(Failure::because(Exit::CannotRun, Report::without_sources(found)).told_as_text());
    }
    findings::write(&Report::without_sources(found), Amount::ALL, &mut streams.talk)?;
    Ok(Exit::Clean)
}
