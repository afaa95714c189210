//! Policies, a history, a target and a host -> whether each pack and profile may go one step up its ladder.

mod code;
mod markdown;
mod sensor;
mod steps;
mod text;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use telovix_clickhouse::Table;
use telovix_platform::Target;
use telovix_replay::readiness::{Class, Condition, Weight, of_history};
use telovix_replay::{Impact, Judge, Options, Question, Source, find, scan, sql};
use telovix_workspace::{Repository, shown};

pub(crate) use code::CODES;

use super::Run;
use super::impact::code as of_history_files;
use crate::day::Day;
use crate::events_table::{EventsTable, unanswered};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Amount, Format, Report, Streams, json, text as findings};
use crate::signing::{BundleArguments, FindTrustRoot as _, VerifyTrust};
use steps::{Step, Steps};

/// Report whether a pack or a profile may go one step up: from observe to enforce_ready to enforced, or from observe to
/// audit to enforce.
///
/// Each pack, and each profile outside of packs, is judged in its next step: by the events of a history that would
/// deviate, by the time that these events cover, by what the targets of the repository cannot enforce as written, by
/// expired exceptions, and, where given, by the signatures of a bundle and the state of the sensor. The class
/// `CandidateForEnforceReady` means that nothing of what was checked speaks against the step; blocking and caution
/// conditions say what does, and what to do. What was not checked is listed.
///
/// The exit code is 0 when everything is a candidate or at the top of its ladder, 1 when a condition speaks against a
/// step, and 2 when something could not be read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix readiness profiles/amf.yaml --history /var/log/tetragon/
  telovix readiness --history 'tetragon*.log.gz' --target native-6.12 --bundle compiled-policies
  telovix readiness packs/ --source clickhouse://reader@ch.example/security --since 2026-11-20
  telovix readiness --history tetragon.log --sensor-state sensor.json --format markdown
  telovix readiness packs/ --history events.ndjson --format json | jq '.steps[] | select(.class != \"CandidateForEnforceReady\")'")]
pub(crate) struct Arguments {
    /// Files and folders of policies. Default: the current repository.
    policies: Vec<PathBuf>,
    /// Files, folders and patterns of events, as for `telovix impact`; may be given several times.
    #[arg(long, value_name = "HISTORY", required_unless_present = "source", conflicts_with = "source")]
    history: Vec<PathBuf>,
    #[command(flatten)]
    table: EventsTable,
    /// Hours that the events of a pack or profile have to cover. Default: `observation_window_hours` of the profile, else
    /// 24.
    #[arg(long, value_name = "NUMBER")]
    hours: Option<u32>,
    /// The target of the host; several are separated by commas. Replaces the targets of `telovix.yaml`.
    #[arg(long = "target", value_name = "TARGET", value_delimiter = ',', value_parser = target)]
    targets: Vec<Target>,
    /// A signed folder whose signatures have to be valid.
    #[arg(long, value_name = "FOLDER")]
    bundle: Option<PathBuf>,
    /// A JSON file with the state of the sensor as the Console reports it: `runtime_mode`, `trust_state`,
    /// `trust_health`, `health_state`, `enforcement_state`.
    #[arg(long, value_name = "FILE")]
    sensor_state: Option<PathBuf>,
    /// Accept a caution condition by its name, after looking at it; may be given several times. It stays in the answer.
    /// Blocking conditions cannot be accepted.
    #[arg(long, value_name = "CONDITION")]
    accept: Vec<String>,
    #[command(flatten)]
    trust: BundleArguments<VerifyTrust>,
    #[command(flatten)]
    day: Day,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    format: ReadinessFormat,
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ReadinessFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document with a `version` and a published schema.
    Json,
    /// A comment for a pull request.
    Markdown,
}

/// The answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Every pack, and every profile outside of packs.
    steps: Vec<Judged>,
    /// What was not checked, because it was not given.
    not_checked: Vec<String>,
    /// The targets whose weakenings were looked for.
    targets: Vec<String>,
}

/// Where events are.
#[derive(Clone, Copy)]
enum Events<'run> {
    Files(&'run [Source]),
    Table(&'run Table),
}

/// A pack or profile, and its next step.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Judged {
    #[serde(flatten)]
    step: Step,
    /// Whether it may take the step.
    class: Class,
    /// Events that it covers.
    covered_events: u64,
    /// Events that would deviate.
    deviations: u64,
    /// Seconds that the covered events span.
    window_seconds: Option<i64>,
    /// Seconds that are required.
    required_seconds: i64,
    /// What speaks against the step, blocking conditions first.
    conditions: Vec<Condition>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == ReadinessFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&self.policies)?;
        let steps = Steps::read(&repository, &self.day, &self.targets)?;
        let opened = self.table.open()?;
        let sources = match &opened {
            Some(_) => Vec::new(),
            None => find(&self.history).map_err(|errors| of_history_files::unreadable(&errors))?,
        };
        if sources.contains(&Source::StandardInput) && steps.all.len() > 1 {
            return Err(Failure::new(Exit::CannotRun, &code::READ_ONCE, code::ONCE)
                .help("write it to a file, or name one pack or profile"));
        }
        let of_host = self.of_host()?;
        let mut judged = Vec::new();
        for step in &steps.all {
            let events = opened.as_ref().map_or(Events::Files(&sources), |(table, _)| Events::Table(table));
            judged.push(self.judge(step, &steps, events, &of_host)?);
        }
        let mut not_checked = Vec::new();
        if self.bundle.is_none() {
            not_checked.push("signatures: name the signed folder with `--bundle`".to_owned());
        }
        if self.sensor_state.is_none() {
            not_checked
                .push("trust, health and runtime mode of the sensor: `--sensor-state FILE`".to_owned());
        }
        let targets = steps.targets.iter().map(ToString::to_string).collect();
        let document = Document { version: json::VERSION, steps: judged, not_checked, targets };
        let told = opened.map(|(_, told)| told).unwrap_or_default();
        findings::write(&Report::without_sources(told), Amount::ALL, &mut streams.talk)?;
        match self.format {
            ReadinessFormat::Text => text::write(&document, &mut streams.data)?,
            ReadinessFormat::Json => json::print(&document, &mut streams.data)?,
            ReadinessFormat::Markdown => markdown::write(&document, &mut streams.data)?,
        }
        let stopped = |judged: &Judged| matches!(judged.class, Class::Blocked | Class::NeedsReview);
        Ok(if document.steps.iter().any(stopped) { Exit::Findings } else { Exit::Clean })
    }
}

impl Arguments {
    /// Judges the next step of one pack or profile.
    fn judge(
        &self,
        step: &Step,
        steps: &Steps,
        events: Events<'_>,
        of_host: &[Condition],
    ) -> Result<Judged, Failure> {
        let required = i64::from(self.hours.or(step.hours).unwrap_or(24)) * 3_600;
        if step.to.is_none() {
            return Ok(Judged {
                step: step.clone(),
                class: Class::NoNextStep,
                covered_events: 0,
                deviations: 0,
                window_seconds: None,
                required_seconds: required,
                conditions: Vec::new(),
            });
        }
        let confinements = steps.confinements(step);
        let question = Question { now: Judge::new(&confinements, &steps.sources), before: None };
        let options = Options {
            sensor: self.trust.sensor.as_deref(),
            group: self.trust.groups.first().map(String::as_str),
            ..Options::default()
        };
        let (tally, amount) = match events {
            Events::Files(sources) => scan(sources, &question, options),
            Events::Table(table) => sql::impact(table, table.name(), self.table.window(), &question, options)
                .map_err(|error| unanswered(&error))?,
        };
        let impact = Impact::new(&tally, &amount, &question);
        let mut conditions = of_history(&impact, required);
        conditions.extend(steps.conditions(step));
        conditions.extend(of_host.iter().cloned());
        conditions.iter_mut().for_each(|condition| condition.accept(&self.accept));
        // Blocking ones first, each in the order in which they were found.
        conditions.sort_by_key(|condition| std::cmp::Reverse(condition.weight));
        Ok(Judged {
            class: Class::of(&conditions),
            covered_events: impact.covered_events,
            deviations: impact.total_events,
            window_seconds: impact.confidence.covered_window.as_ref().map(|window| window.seconds),
            required_seconds: required,
            conditions,
            step: step.clone(),
        })
    }

    /// Returns the conditions that the bundle and the sensor set.
    fn of_host(&self) -> Result<Vec<Condition>, Failure> {
        let mut conditions = match &self.sensor_state {
            Some(file) => sensor::conditions(file)?,
            None => Vec::new(),
        };
        let Some(bundle) = &self.bundle else { return Ok(conditions) };
        let root = self.trust.trust_root.find()?;
        if let Err(failure) = self.trust.verify_by(&root, bundle) {
            if failure.exit() == Exit::CannotRun {
                return Err(failure);
            }
            for found in failure.into_diagnostics() {
                let message =
                    format!("`{}` is refused: {} ({})", shown(bundle), found.message, found.code.id);
                let fix = found.help.first().cloned();
                let fix = fix.unwrap_or_else(|| format!("telovix explain {}", found.code.id));
                conditions.push(Condition::blocking("signature", message, fix));
            }
        }
        Ok(conditions)
    }
}

/// Returns the conditions of one weight.
fn of_weight(judged: &Judged, weight: Weight) -> Vec<&Condition> {
    judged.conditions.iter().filter(|condition| condition.weight == weight).collect()
}

fn target(name: &str) -> Result<Target, String> {
    Target::parse(name).ok_or_else(|| {
        let names = Target::ALL.map(Target::name);
        format!("the targets are {}", names.join(", "))
    })
}
