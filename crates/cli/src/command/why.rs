//! Events, one per line -> the verdict on each, and the policy line that decided.

mod code;
mod event;
mod image;
pub(super) mod remedy;
mod target;
pub(super) mod text;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use telovix_compare::Outside;
use telovix_compiler::analyse;
use telovix_document::Document;
use telovix_document::lower::Policy;
use telovix_policy::judge::{Event, Index, VerdictReport};
use telovix_workspace::Repository;

use super::{Run, inspect};
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_target::{Named, TargetParser, choose};
use crate::output::{Format, FormatArgument, Report, Streams};
use event::{Events, Refused};
use remedy::{Clinic, Remedy};
use target::{TargetReport, Targets, there};

pub(crate) use code::CODES;

/// Show the effect on events, and which policy line decides it.
///
/// Events are JSON objects, one per line, in the format of `schemas/event.json`. Blank lines are skipped; a line may
/// have up to 1 MiB. A missing field means unknown, not empty: if the effect depends on its value, the verdict is
/// `unknown` and names the field. Custom rules and TracingPolicies are judged as Tetragon does; where one enforces and
/// depends on what no event says, such as a process id, the verdict is `unknown` as well and names that.
///
/// An event may also be a line of Tetragon's export, or a denial as `telovix events` prints it. A denial names no
/// executable; that of the profile that denied it is used.
///
/// For one event on the command line, and with `--edit`, the smallest edit that allows it is shown as well: an entry for
/// exactly this value, an exception of a rule for this process, or a removed entry of a block list; then what else that allows.
///
/// With `--target`, or where `telovix.yaml` has `targets`, the effect is the one on these targets, and the weakest of them if
/// they differ. What each of them does instead is listed with the reason, such as a system call that Tetragon cannot deny.
/// Without either, the effect is the one that is written.
///
/// Matching detections are listed in addition to the verdict: the Console acts on them after the event.
///
/// The exit code is 0 if every verdict is known, 1 if one is unknown, and 2 if a line is not an event. With
/// `--format json`, each input line gives one output line: a verdict, or an object with `error`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix why events.ndjson --policy examples/
  telovix why '{\"operation\": \"exec\", \"binary\": \"/opt/amf/bin/amf\", \"path\": \"/bin/sh\"}'
  telovix why \"$(telovix events | grep -m1 deny)\" --policy profiles/ --history /var/log/tetragon/
  telovix why events.ndjson --target tetragon-6.12
  telovix why events.ndjson --image compiled-policies/policy.image
  telovix why --format json < events.ndjson | jq -r .effect | sort | uniq -c
  telovix why --format json < events.ndjson | jq 'select(.effect == \"unknown\") | .depends_on'")]
pub(crate) struct Arguments {
    /// A file of events, one per line, or one event in braces; `-` is standard input, which is the default.
    #[arg(value_name = "EVENT")]
    events: Option<PathBuf>,
    /// Files and folders of policies. Default: the current repository. An event or a file of events (`.ndjson`,
    /// `.jsonl`, `-`) may follow them.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    policy: Vec<PathBuf>,
    /// Tell what these targets do: a name, or the path of a target file; several are separated by commas or given one by
    /// one. Replaces the targets of `telovix.yaml`.
    #[arg(long = "target", value_name = "TARGET", value_delimiter = ',', value_parser = TargetParser, conflicts_with = "image")]
    targets: Vec<Named>,
    /// Evaluate the events with this compiled image instead of policies.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "as_of"])]
    image: Option<PathBuf>,
    /// Also show the smallest edit of the policies that allows each event they stop, what else it allows, and with
    /// `--history` what it would have changed. This is the default for one event in braces.
    #[arg(long, conflicts_with = "image")]
    edit: bool,
    /// A file, a folder or a pattern of events, as for `telovix impact`: how many of them the edit lets happen. May be
    /// given several times.
    #[arg(long, value_name = "HISTORY", conflicts_with = "image")]
    history: Vec<PathBuf>,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    format: FormatArgument,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let (events, policies) = self.sides();
        let mut events = Events::open(events)?;
        if let Some(file) = &self.image {
            let image = inspect::open(file)?;
            let confinements =
                image::confinements(&image).map_err(|problem| inspect::invalid(file, &problem))?;
            let judge = image::Judge::new(&image, &confinements);
            return self.answer(&mut events, streams, |event| Told::of(judge.verdict(event)));
        }
        let repository = Repository::find(policies)?;
        let input = repository.read(&repository.output());
        let mut options = repository.options(self.day.asked(), self.day.of_findings()?);
        if !self.targets.is_empty() {
            choose(&self.targets, &mut options)?;
        }
        let has_targets = !self.targets.is_empty() || repository.names_targets();
        let analysis = analyse(&input.sources, &options);
        let report = Report::of(input, analysis.diagnostics);
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        let index = Index::new(&analysis.policy.confinements);
        let outside = Outside::new(&analysis.policy, &report.sources);
        let parents = options.engine.parents();
        let confined = there(&analysis.policy, if has_targets { &options.targets } else { &[] }, parents);
        let targets = Targets::new(&analysis.policy, &report.sources, &outside, parents, &confined);
        let clinic = Clinic::new(&report.sources, &analysis.policy, &options, &self.history)?;
        let edits = self.edit || !self.history.is_empty() || events.is_argument();
        self.answer(&mut events, streams, |event| {
            name_the_binary(event, &analysis.policy);
            let judged = index.judge(event);
            let mut verdict = judged.report(event, &report.sources);
            outside.complete(event, &mut verdict);
            let on_targets = targets.complete(event, judged.decision.as_ref(), &mut verdict);
            let edit = if edits { clinic.remedy(event) } else { None };
            Told { verdict, targets: on_targets, edit }
        })
    }
}

impl Arguments {
    /// Separates the events from the policies: `--policy` takes all following arguments, including a final event.
    fn sides(&self) -> (&Path, &[PathBuf]) {
        match (&self.events, self.policy.split_last()) {
            (Some(events), _) => (events, &self.policy),
            (None, Some((last, policies))) if !policies.is_empty() && event::is_argument(last) => {
                (last, policies)
            }
            (None, _) => (Path::new("-"), &self.policy),
        }
    }

    /// Evaluates the events line by line.
    fn answer(
        &self,
        events: &mut Events,
        streams: &mut Streams,
        told: impl Fn(&mut Event) -> Told,
    ) -> Result<Exit, Failure> {
        let mut exit = Exit::Clean;
        let mut refused = 0;
        let mut findings = Vec::new();
        while let Some(event) = events.next() {
            let event = event.map(|mut event| (told(&mut event), event));
            match (&event, self.format.chosen) {
                (Ok((told, event)), Format::Text) => {
                    text::write(event, &told.verdict, &mut streams.data)?;
                    text::write_targets(&told.targets, &mut streams.data)?;
                    if let Some(remedy) = &told.edit {
                        text::write_remedy(event, remedy, &mut streams.data)?;
                    }
                }
                (Ok((told, _)), Format::Json) => {
                    let Told { verdict, targets, edit } = told;
                    print(&Line::Verdict { verdict, targets, edit: edit.as_ref() }, streams)?;
                }
                (Err(error), Format::Text) if findings.len() < MOST_TOLD => {
                    findings.push(events.diagnostic(error));
                }
                (Err(_), Format::Text) => {}
                (Err(error), Format::Json) => print(&Line::Refused { error }, streams)?,
            }
            match event {
                Ok((told, _)) if told.verdict.is_unknown() => exit = Exit::Findings,
                Ok(_) => {}
                Err(_) => refused += 1,
            }
            if streams.data.is_closed() {
                break;
            }
        }
        if refused == 0 {
            return Ok(exit);
        }
        if refused > findings.len() {
            let more = if findings.is_empty() { "" } else { "more " };
            findings.push(events.diagnostic_of_many(refused - findings.len(), more));
        }
        Err(Failure::because(Exit::CannotRun, Report::without_sources(findings)).told_as_text())
    }
}

/// What there is to say about an event.
struct Told {
    verdict: VerdictReport,
    targets: Vec<TargetReport>,
    edit: Option<Remedy>,
}

impl Told {
    fn of(verdict: VerdictReport) -> Self {
        Self { verdict, targets: Vec::new(), edit: None }
    }
}

/// The most invalid lines that are reported individually.
const MOST_TOLD: usize = 100;

/// One line of JSON output.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum Line<'run> {
    /// The verdict on an event.
    Verdict {
        #[serde(flatten)]
        verdict: &'run VerdictReport,
        /// What each target does, where targets are given or configured. The verdict is that of the weakest.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        targets: &'run [TargetReport],
        /// The smallest edits that allow it, if they were asked for and policies stop it.
        #[serde(skip_serializing_if = "Option::is_none")]
        edit: Option<&'run Remedy>,
    },
    /// An input line that is not an event.
    Refused {
        /// What is wrong with it.
        error: &'run Refused,
    },
}

/// Sets the executable of a denial that names none: the kernel does not report it, and the profile that denied it has it.
fn name_the_binary(event: &mut Event, policy: &Policy) {
    if event.binary.is_some() {
        return;
    }
    let Some(name) = event.other.get("rule").and_then(|rule| rule.get("document")).and_then(Value::as_str)
    else {
        return;
    };
    let profile = policy.documents.iter().find_map(|document| match &document.document {
        Document::GuardianProfile(profile) if profile.name.value == name => Some(profile),
        _ => None,
    });
    event.binary = profile.map(|profile| profile.target_binary.value.as_str().to_owned());
}

fn print(line: &Line<'_>, streams: &mut Streams) -> Result<(), Failure> {
    serde_json::to_writer(&mut streams.data, line).map_err(io::Error::from)?;
    Ok(writeln!(streams.data)?)
}
