//! A stream of events and policies -> violations as they come, actions on request, and statistics at the end.

mod code;
mod counted;
mod kill;
mod metrics;
mod record;
mod text;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use telovix_diagnostic::Severity;
use telovix_replay::detect::{
    Detector, Event, Follow, Options, Output, Parts, Rules, Statistics, prometheus, run,
};
use telovix_replay::{find, sigma, sql};

pub(crate) use code::CODES;
pub(crate) use record::Line;

use super::Run;
use super::impact::code as of_history;
use super::impact::policy::{Policy, Stage};
use crate::day::Day;
use crate::events_table::EventsTable;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, text as findings};
use kill::Killer;
use metrics::Metrics;

/// Report events of a stream that violate policies or match detections, as they come, and act on request.
///
/// A stream is a Tetragon export (NDJSON), the output of `telovix events`, rows of the Console's event history, or a mix:
/// files, folders, patterns in quotes, or standard input. Every violation names severity, action, compliance tags and
/// the line of the policy that decided. Statistics by process and type follow at the end.
///
/// Detections (GuardianPolicy) and runtime guards are evaluated, and so are profiles and rules as their modes say. What
/// the policy prescribes is told, not done: only `kill_process` can be done, with `--act`. Events whose missing fields
/// decide are counted, and told with `--possible`.
///
/// With `--source`, detections are counted in a table of events in ClickHouse, where the events are.
///
/// The exit code is 0 without a violation, 1 with one or with a difference to the candidate, and 2 when the stream could
/// not be read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kubectl logs -f -n kube-system ds/tetragon -c export-stdout | telovix detect - --format json
  telovix detect /var/log/tetragon/tetragon.log --follow --policy detections/ --act
  telovix detect 'tetragon*.log.gz' --policy guard.yaml --format json | jq -r 'select(.severity == \"CRITICAL\") | .source'
  telovix detect tetragon.log --policy deployed/ --shadow candidate/    # what the candidate would change
  telovix detect --policy detections/ --print-sigma > sigma.yaml
  telovix detect --policy detections/ --print-sql | clickhouse-client
  telovix detect --source clickhouse://reader@ch.example/security --since 2026-11-20 --policy detections/
  telovix detect tetragon.log --follow --metrics /var/lib/node_exporter/telovix.prom")]
pub(crate) struct Arguments {
    /// Files, folders and patterns of events; standard input when absent or `-`.
    #[arg(value_name = "STREAM", conflicts_with = "source")]
    stream: Vec<PathBuf>,
    /// A file or a folder of policies; may be given several times. The repository around the current folder when
    /// absent.
    #[arg(long, value_name = "PATH")]
    policy: Vec<PathBuf>,
    /// A candidate policy, judged next to the other on the same events: report every difference, and count them by rule.
    /// The candidate never acts.
    #[arg(long, value_name = "PATH")]
    shadow: Vec<PathBuf>,
    /// Judge as if every profile had `mode: enforce` and every pack were enforced; also the candidate.
    #[arg(long)]
    enforced: bool,
    /// Read on as files grow, and when they are truncated or replaced, until interrupted.
    #[arg(long, short)]
    follow: bool,
    /// Kill the process where a detection says `kill_process`: on this host, the same process and no other with its id,
    /// and an event of the last five minutes. Every signal, and every refusal, is reported.
    #[arg(long)]
    act: bool,
    /// The name of this host in events, for `--act`; the kernel's host name when absent.
    #[arg(long, value_name = "NAME", requires = "act")]
    host: Option<String>,
    /// Close an investigation after this many seconds without a match.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    window: u32,
    /// Report events that may be a violation, depending on missing fields, as well.
    #[arg(long)]
    possible: bool,
    /// End with 2 at the first line that cannot be read.
    #[arg(long)]
    strict: bool,
    /// Write the statistics to a file in the text format of Prometheus, every 15 seconds and at the end.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Print the detections as Sigma rules, one YAML document each, and read no stream.
    #[arg(long, conflicts_with_all = ["stream", "shadow", "follow", "act", "metrics"])]
    print_sigma: bool,
    /// Print a ClickHouse query that counts the matches of each detection in a table of events, and read no stream.
    #[arg(long, conflicts_with_all = ["stream", "shadow", "follow", "act", "metrics", "print_sigma"])]
    print_sql: bool,
    /// The table of the query.
    #[arg(long, value_name = "NAME", default_value = "telovix_events", requires = "print_sql", value_parser = table)]
    table: String,
    #[command(flatten)]
    events: EventsTable,
    /// The sensor of events that name none, for policies with the scope of one sensor.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// The group of that sensor.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    #[command(flatten)]
    day: Day,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    format: DetectFormat,
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum DetectFormat {
    /// For people: one line for each violation, then the statistics.
    #[default]
    Text,
    /// For programs: one JSON object on each line, with a `version` and a published schema; the last one has the
    /// statistics.
    Json,
    /// Only the statistics, in the text format of Prometheus.
    Prometheus,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == DetectFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let stage = if self.enforced { Stage::Enforced } else { Stage::AsWritten };
        let live = Policy::read(&self.policy, &self.day, stage)?;
        let candidate = match self.shadow.as_slice() {
            [] => None,
            paths => Some(Policy::read(paths, &self.day, stage)?),
        };
        let parts = Parts::new(&live.lowered);
        let candidate_parts = candidate.as_ref().map(|candidate| Parts::new(&candidate.lowered));
        let rules = Rules::new(&live.lowered, &parts, &live.sources);
        let candidate = candidate.as_ref().zip(candidate_parts.as_ref());
        let candidate =
            candidate.map(|(candidate, parts)| Rules::new(&candidate.lowered, parts, &candidate.sources));
        if self.print_sigma || self.print_sql {
            return self.print(&rules, &live, streams);
        }
        if let Some((table, told)) = self.events.open()? {
            findings::write(&Report::without_sources(told), Amount::ALL, &mut streams.talk)?;
            return self.count(&table, &rules, &live, streams);
        }
        if rules.is_empty() && candidate.is_none() {
            return Err(Failure::new(Exit::CannotRun, &code::NOTHING_TO_DETECT, code::NOTHING)
                .help("add a GuardianPolicy or a runtime guard, or name one with `--policy`"));
        }
        let standard_input = [PathBuf::from("-")];
        let stream = if self.stream.is_empty() { &standard_input[..] } else { &self.stream };
        let sources = find(stream).map_err(|errors| of_history::unreadable(&errors))?;
        findings::write(
            &Report::without_sources(code::before(&rules, &live)),
            Amount::ALL,
            &mut streams.talk,
        )?;
        let options = Options {
            sensor: self.sensor.as_deref(),
            group: self.group.as_deref(),
            window: self.window,
            possible: self.possible,
            strict: self.strict,
        };
        let mut detector = Detector::new(&rules, candidate.as_ref(), options);
        let mut killer = if self.act { Some(Killer::new(self.host.clone())?) } else { None };
        let mut metrics = self.metrics.as_deref().map(Metrics::new);
        let stop = interrupted()?;
        let follow = if self.follow { Follow::Growing } else { Follow::No };
        run(&sources, follow, &stop, &mut detector, |event, detector| {
            match event {
                Event::Found(output) => self.found(output, killer.as_mut(), streams)?,
                Event::Quiet => {
                    streams.data.flush_now()?;
                    if let Some(metrics) = &mut metrics {
                        metrics.refresh(|| detector.statistics())?;
                    }
                }
            }
            if streams.data.is_closed() {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            Ok::<(), Failure>(())
        })?;
        let statistics = detector.statistics();
        if let Some(metrics) = &mut metrics {
            metrics.write(&statistics)?;
        }
        self.end(&statistics, streams)
    }
}

impl Arguments {
    /// Prints the detections in another language.
    fn print(&self, rules: &Rules<'_>, policy: &Policy, streams: &mut Streams) -> Result<Exit, Failure> {
        let (detections, sources) = (rules.detections(), &policy.sources);
        let text = if self.print_sigma {
            Some(sigma::rules(detections, sources)).filter(|text| !text.is_empty())
        } else {
            sql::query(detections, sources, &self.table, (None, None))
        };
        let Some(text) = text else {
            let message = "the policies have no detection to write";
            return Err(Failure::new(Exit::CannotRun, &code::NOTHING_TO_DETECT, message)
                .help("name a GuardianPolicy with `--policy`"));
        };
        if self.print_sql {
            let table = sql::create(&self.table);
            table.lines().try_for_each(|line| writeln!(streams.data, "-- {line}"))?;
        }
        write!(streams.data, "{text}")?;
        findings::write(&Report::without_sources(code::not_written(policy)), Amount::ALL, &mut streams.talk)?;
        Ok(Exit::Clean)
    }

    /// Tells something that was found, and acts on it.
    fn found(
        &self,
        output: &Output,
        killer: Option<&mut Killer>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        self.tell(&Line::found(output), streams)?;
        if let (Output::Violation(violation), Some(killer)) = (output, killer)
            && violation.kills()
        {
            let outcome = killer.kill(violation);
            self.tell(&Line::action(&outcome), streams)?;
        }
        Ok(())
    }

    fn tell(&self, line: &Line<'_>, streams: &mut Streams) -> Result<(), Failure> {
        match self.format {
            DetectFormat::Text => text::write(line, &mut streams.data)?,
            DetectFormat::Json => record::write(line, &mut streams.data)?,
            DetectFormat::Prometheus => {}
        }
        Ok(())
    }

    /// Tells the statistics and what is wrong with the stream.
    fn end(&self, statistics: &Statistics, streams: &mut Streams) -> Result<Exit, Failure> {
        let told = code::after(statistics, self.strict);
        let fatal = told.iter().any(|finding| finding.severity == Severity::Error);
        if self.strict && statistics.malformed > 0 {
            return Err(Failure::because(Exit::CannotRun, Report::without_sources(told)).told_as_text());
        }
        match self.format {
            DetectFormat::Prometheus => prometheus(statistics, &mut streams.data)?,
            DetectFormat::Text | DetectFormat::Json => self.tell(&Line::statistics(statistics), streams)?,
        }
        if fatal {
            return Err(Failure::because(Exit::CannotRun, Report::without_sources(told)).told_as_text());
        }
        findings::write(&Report::without_sources(told), Amount::ALL, &mut streams.talk)?;
        let differs = statistics.shadow.as_ref().is_some_and(|differences| !differences.is_empty());
        Ok(if statistics.violations > 0 || differs { Exit::Findings } else { Exit::Clean })
    }
}

/// Accepts the name of a table, also of another database.
fn table(name: &str) -> Result<String, String> {
    let word = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let parts: Vec<_> = name.split('.').collect();
    if parts.len() <= 2 && parts.iter().all(|part| word(part)) {
        Ok(name.to_owned())
    } else {
        Err("expected NAME or DATABASE.NAME of letters, digits and `_`".to_owned())
    }
}

/// Returns a flag that Ctrl-C and termination signals set, so that the statistics are told before the end.
fn interrupted() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
