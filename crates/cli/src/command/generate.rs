//! A history of events -> profiles that allow what it shows.

mod code;
mod revise;
mod text;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use telovix_diagnostic::Severity;
use telovix_learn::{Admit, Evaluation, LearnedReport, Settings, Updated, evaluate, evaluate_on, learn};
use telovix_policy::value::AbsolutePath;
use telovix_replay::observe::{Observations, observe};
use telovix_replay::{History, Options, Source, find, sql};

pub(crate) use code::CODES;

use super::Run;
use super::impact::code as history;
use super::impact::reading;
use super::impact::words::lines;
use crate::day::Day;
use crate::events_table::{EventsTable, unanswered};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, json, text as findings};
use crate::progress::Progress;

/// Learn profiles from a history of events: the programs, files, ports, addresses and capabilities that binaries used.
///
/// Reads the same histories as `impact`. Prints one profile for each binary, in mode `observe`, with the events, the
/// times and the reason of each entry as a comment. Names that change, such as dates, and folders and networks in which
/// new names appear all the time become prefixes; everything else stays exact. What an entry allows beyond what was seen
/// is counted in its comment.
///
/// Sensitive files, folders that many programs share and capabilities nearly equivalent to root are never allowed
/// silently: they are listed at the top of the profile, and `--admit` allows them. The answer does not depend on the
/// clock: the window ends with the last event of the history.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix generate /var/log/tetragon/ --binary /opt/amf/bin/amf > amf.yaml
  telovix generate 'tetragon*.log.gz' --window 72h
  telovix generate tetragon.log --holdout                # learn from all but the last day, and try it on that
  telovix generate --update amf.yaml tetragon.log > new.yaml && mv new.yaml amf.yaml
  telovix events > events.ndjson; telovix generate --update amf.yaml events.ndjson
  telovix generate --update amf.yaml --from-denials legitimate.ndjson
  telovix generate --source clickhouse://reader@ch.example/security --since 2026-11-20 --binary /opt/amf/bin/amf
  telovix generate tetragon.log --admit /etc/shadow --admit CAP_SYS_PTRACE")]
pub(crate) struct Arguments {
    /// Files, folders and patterns of events; standard input when absent or `-`.
    #[arg(value_name = "HISTORY", conflicts_with = "source")]
    history: Vec<PathBuf>,
    #[command(flatten)]
    table: EventsTable,
    /// How much of the history is learned from, counted back from its last event in whole hours: `24h`, `7d`.
    #[arg(long, value_name = "TIME", value_parser = hours, default_value = "24h")]
    window: u32,
    /// The binary to learn a profile of; may be given several times. Every binary of the history when absent.
    #[arg(long, value_name = "PATH", value_parser = binary)]
    binary: Vec<String>,
    /// Allow this although it is sensitive or wide: a path, a path with `/` or `*` at its end, or a capability. May be
    /// given several times.
    #[arg(long, value_name = "VALUE")]
    admit: Vec<Admit>,
    /// The most entries of a profile.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(10..=10_000))]
    max_entries: u16,
    /// Seconds between the first and the last event of a binary below which nothing is learned about it.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    least_history: u32,
    /// Add to the profiles in this file what their binaries did and they do not allow, also what they denied, and print
    /// the file. Everything else in it stays. The difference in meaning goes to standard error.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["binary", "holdout", "against"])]
    update: Option<PathBuf>,
    /// With `--update`: denials that were found legitimate, as `telovix events` prints them. Allows exactly these values,
    /// sensitive ones too. May be given several times.
    #[arg(long, value_name = "HISTORY", requires = "update", conflicts_with_all = ["history", "source"])]
    from_denials: Vec<PathBuf>,
    /// Hold out the last day: learn from the window before it, and report what the profiles would have denied on it.
    #[arg(long)]
    holdout: bool,
    /// Report what the profiles would have denied in another history: a file, a folder or a pattern. May be given
    /// several times.
    #[arg(long, value_name = "HISTORY", conflicts_with = "holdout")]
    against: Vec<PathBuf>,
    #[command(flatten)]
    day: Day,
    /// End with 2 and learn nothing when a line cannot be read.
    #[arg(long)]
    strict: bool,
    /// The number of threads; one for each processor when absent. The answer does not depend on it.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    format: GenerateFormat,
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum GenerateFormat {
    /// Profiles, or a summary of the evaluation.
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
    /// The profiles that were learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    learned: Option<LearnedReport>,
    /// With `--update`: the file after it, and what was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<&'run Updated>,
    /// With `--holdout` and `--against`: how the profiles would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<&'run Evaluation>,
    /// What was read.
    history: &'run History,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == GenerateFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let standard_input = [PathBuf::from("-")];
        let paths = match (self.from_denials.is_empty(), self.history.is_empty()) {
            (false, _) => &self.from_denials,
            (true, false) => &self.history,
            (true, true) => &standard_input[..],
        };
        let observations = match self.table.open()? {
            Some((table, told)) => {
                findings::write(&Report::without_sources(told), Amount::ALL, &mut streams.talk)?;
                let progress = Progress::start("asking ClickHouse");
                let observed = sql::observe(&table, table.name(), self.table.window());
                drop(progress);
                observed.map_err(|error| unanswered(&error))?
            }
            None => self.observe(&find(paths).map_err(|errors| history::unreadable(&errors))?)?,
        };
        if let Some(file) = &self.update {
            return self.revise(file, &observations, streams);
        }
        let wanted = |path: &str| self.wanted(path);
        if self.holdout {
            let evaluation = evaluate(&observations, &self.settings(), &wanted);
            let evaluation = evaluation.ok_or_else(|| code::no_day_before(&observations))?;
            return self.show(&evaluation, &observations, streams);
        }
        if self.against.is_empty() {
            return self.learn(&observations, streams);
        }
        let sources = find(&self.against).map_err(|errors| history::unreadable(&errors))?;
        let trial = self.observe(&sources)?;
        let evaluation = evaluate_on(&observations, &trial, &self.settings(), &wanted);
        self.show(&evaluation, &observations, streams)
    }
}

impl Arguments {
    fn observe(&self, sources: &[Source]) -> Result<Observations, Failure> {
        let progress = reading::Progress::start(sources);
        let tell = |bytes| progress.tell(bytes);
        let options = Options { threads: self.threads, progress: Some(&tell), ..Options::default() };
        let observations = observe(sources, options).map_err(code::too_varied)?;
        // A profile from a part of a history looks like one from the whole.
        let errors: Vec<_> = history::of_reading(&observations.history, self.strict)
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .map(code::of_a_part)
            .collect();
        if errors.is_empty() {
            return Ok(observations);
        }
        Err(Failure::because(Exit::CannotRun, Report::without_sources(errors)))
    }

    fn settings(&self) -> Settings {
        Settings {
            hours: self.window,
            least_seconds: i64::from(self.least_history),
            most_entries: usize::from(self.max_entries),
            admitted: self.admit.clone(),
            denied: self.update.is_some(),
            exact: false,
        }
    }

    fn wanted(&self, path: &str) -> bool {
        self.binary.is_empty() || self.binary.iter().any(|binary| binary == path)
    }

    fn learn(&self, observations: &Observations, streams: &mut Streams) -> Result<Exit, Failure> {
        let learned = learn(observations, &self.settings(), &|path| self.wanted(path));
        if learned.profiles.is_empty() {
            return Err(code::nothing_learned(observations, &learned, self.least_history));
        }
        let mut found = history::of_reading(&observations.history, self.strict);
        match self.format {
            GenerateFormat::Text => {
                let skipped = observations.history.malformed;
                if skipped > 0 {
                    writeln!(streams.data, "# {} of the history could not be read.", lines(skipped))?;
                }
                let mut out = String::new();
                for (at, (profile, name)) in learned.named().enumerate() {
                    out.push_str(if at > 0 { "---\n" } else { "" });
                    telovix_learn::write(profile, name, &learned.window, &mut out);
                }
                streams.data.write_all(out.as_bytes())?;
            }
            GenerateFormat::Json => {
                let history = &observations.history;
                let document = Document {
                    version: json::VERSION,
                    learned: Some(learned.report()),
                    update: None,
                    evaluation: None,
                    history,
                };
                json::print(&document, &mut streams.data)?;
            }
        }
        found.extend(code::findings(&learned, self.least_history));
        findings::write(&Report::without_sources(found), Amount::ALL, &mut streams.talk)?;
        Ok(Exit::Clean)
    }

    fn show(
        &self,
        evaluation: &Evaluation,
        observations: &Observations,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        match self.format {
            GenerateFormat::Text => text::evaluation(evaluation, &mut streams.data)?,
            GenerateFormat::Json => {
                let (evaluation, history) = (Some(evaluation), &observations.history);
                let document =
                    Document { version: json::VERSION, learned: None, update: None, evaluation, history };
                json::print(&document, &mut streams.data)?;
            }
        }
        let found = history::of_reading(&observations.history, self.strict);
        findings::write(&Report::without_sources(found), Amount::ALL, &mut streams.talk)?;
        let wrong = evaluation.false_positives > 0 || evaluation.sensitive_allowed > 0;
        Ok(if wrong { Exit::Findings } else { Exit::Clean })
    }
}

/// Reads `24h` or `3d`.
fn hours(text: &str) -> Result<u32, String> {
    let expected = || "expected hours or days, such as `24h` or `3d`".to_owned();
    let (digits, unit) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 24),
        (None, None) => return Err(expected()),
    };
    let hours =
        digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(expected)?;
    if (1..=8_760).contains(&hours) {
        Ok(hours)
    } else {
        Err("expected between 1 hour and 365 days".to_owned())
    }
}

fn binary(text: &str) -> Result<String, String> {
    let path = AbsolutePath::parse(text)
        .map_err(|error| format!("a binary is an absolute path, and this {error}"))?;
    Ok(path.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn windows_have_units() {
        assert_eq!(["1h", "24h", "3d", "365d"].map(hours), [Ok(1), Ok(24), Ok(72), Ok(8_760)]);
        for wrong in ["", "24", "h", "0h", "-1h", "366d", "1w", "99999999999h"] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }
}
