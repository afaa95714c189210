//! Policies, events, signed bundles and recorded runs -> the evidence for each control that the policies name.

mod html;
mod markdown;

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use telovix_compiler::emit::Receiver;
use telovix_compliance::evidence::{Denials, Given, Pack, Signature, collect};
use telovix_compliance::{oscal, run};
use telovix_diagnostic::Code;
use telovix_replay::{Judge, Options, Question, Reading, find, scan};
use telovix_workspace::{Compilation, Repository, shown};

use crate::command::Run;
use crate::command::impact::code as history_code;
use crate::command::impact::policy::{Policy, Stage};
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Report, Streams, json};
use crate::signing::{BundleArguments, FindTrustRoot as _, VerifyTrust, read_named};

/// The evidence was not written.
static EVIDENCE_NOT_WRITTEN: Code = Code::page(include_str!("compliance/evidence-not-written.md"));

/// The codes of the verb.
pub(crate) const CODES: &[&Code] = &[&EVIDENCE_NOT_WRITTEN];

/// Write the evidence for each control that policies name in `compliance_tags`.
///
/// One record for each control: requirement, threats, preconditions, steps, expected result, and the evidence: documents,
/// exceptions in force, the events of a history that the rules deny, and recorded runs. What was not given is marked "no evidence". The report
/// decides nothing: only a recorded run passes or fails.
///
/// The JSON form is an OSCAL assessment-results document. With `--output`, all three forms are written to a folder, which
/// `telovix sign` signs and `telovix verify` verifies, as for a bundle.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix report compliance policies/ > evidence.md
  telovix report compliance --history /var/log/tetragon/ --bundle compiled-policies --format html > evidence.html
  telovix report compliance --run runs.jsonl --output evidence
  telovix sign evidence && telovix verify evidence

A line of a file of runs:
  {\"scenario\": \"load a module\", \"controls\": [\"attack:T1547.006\"], \"steps\": [\"insmod x.ko\"], \"expected\": \"EPERM\",
   \"observed\": \"EPERM\", \"passed\": true, \"at\": \"2026-11-20T10:00:00Z\"}      (on one line)")]
pub(crate) struct Arguments {
    /// Files and folders of policies; `-` is standard input. Default: the current repository.
    paths: Vec<PathBuf>,
    /// A file of recorded runs of scenarios, as JSON lines. May be given several times.
    #[arg(long = "run", value_name = "FILE")]
    runs: Vec<PathBuf>,
    /// Files, folders and patterns of events, as for `telovix impact`: count what each enforced rule denies
    /// of them, by replay: no proof that a kernel denied it. May be given several times.
    #[arg(long, value_name = "HISTORY")]
    history: Vec<PathBuf>,
    /// A signed folder of artifacts: verify it, and report the result. May be given several times.
    #[arg(long = "bundle", value_name = "FOLDER")]
    bundles: Vec<PathBuf>,
    /// The address of the assessment plan, for the JSON form.
    #[arg(long, value_name = "ADDRESS")]
    plan: Option<String>,
    /// Write `evidence.md`, `evidence.html` and `evidence.json` to this folder, which must be new or empty.
    #[arg(long, value_name = "FOLDER", conflicts_with = "format")]
    output: Option<PathBuf>,
    #[command(flatten)]
    trust: BundleArguments<VerifyTrust>,
    #[command(flatten)]
    day: Day,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: EvidenceFormat,
}

/// The output formats of `report compliance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum EvidenceFormat {
    /// Markdown.
    #[default]
    Markdown,
    /// OSCAL assessment results.
    Json,
    /// A self-contained HTML page.
    Html,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == EvidenceFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&self.paths)?;
        let options = repository.options(self.day.asked(), self.day.of_findings()?);
        let input = repository.read(&repository.output());
        let discard: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
        let Compilation { findings, policy, .. } = Compilation::of(input, &options, discard);
        let report: Report = findings.into();
        // A policy with an error has no artifact, so it is evidence for nothing.
        if report.exit_of_errors() != Exit::Clean {
            let exit = report.exit_of_errors();
            return Err(Failure::because(exit, report.errors_only()));
        }
        let given = Given {
            as_of: self.day.asked(),
            runs: self.read_runs()?,
            denials: self.denials()?,
            signatures: self.signatures()?,
        };
        let pack = collect(&policy, &report.sources, &given);
        match &self.output {
            Some(folder) => {
                self.write_all(&pack, folder)?;
                writeln!(
                    streams.data,
                    "wrote `evidence.md`, `evidence.html` and `evidence.json` to `{}`",
                    shown(folder)
                )?;
            }
            None => self.write(&pack, self.format, &mut streams.data)?,
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn write(
        &self,
        pack: &Pack,
        format: EvidenceFormat,
        out: &mut dyn std::io::Write,
    ) -> Result<(), Failure> {
        match format {
            EvidenceFormat::Markdown => markdown::write(pack, out)?,
            EvidenceFormat::Html => html::write(pack, out)?,
            EvidenceFormat::Json => {
                let at = self.trust.moment.timestamp().to_string();
                json::print(
                    &oscal::results(pack, &at, env!("CARGO_PKG_VERSION"), self.plan.as_deref()),
                    out,
                )?;
            }
        }
        Ok(())
    }

    fn write_all(&self, pack: &Pack, folder: &Path) -> Result<(), Failure> {
        let failed =
            |error: &std::io::Error| not_written(&format!("cannot write to `{}`: {error}", shown(folder)));
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        if fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_some() {
            return Err(not_written(&format!("`{}` is not empty", shown(folder))).help("name a new folder"));
        }
        let forms = [
            ("evidence.md", EvidenceFormat::Markdown),
            ("evidence.html", EvidenceFormat::Html),
            ("evidence.json", EvidenceFormat::Json),
        ];
        for (name, format) in forms {
            let mut bytes = Vec::new();
            self.write(pack, format, &mut bytes)?;
            fs::write(folder.join(name), bytes).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    fn read_runs(&self) -> Result<Vec<run::Run>, Failure> {
        let mut all = Vec::new();
        for path in &self.runs {
            let bytes = read_named(path, &EVIDENCE_NOT_WRITTEN)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| not_written(&format!("`{}` is not UTF-8", shown(path))))?;
            let runs = run::read(&text).map_err(|bad| {
                not_written(&format!("`{}:{}` is not a recorded run: {}", shown(path), bad.line, bad.problem))
                    .help("write one JSON object a line: see `telovix report compliance --help`")
            })?;
            all.extend(runs);
        }
        Ok(all)
    }

    /// Replays the history by what is enforced now; nothing without one.
    fn denials(&self) -> Result<Option<Vec<Denials>>, Failure> {
        if self.history.is_empty() {
            return Ok(None);
        }
        let policy = Policy::read(&self.paths, &self.day, Stage::AsWritten)?;
        let sources = find(&self.history).map_err(|errors| history_code::unreadable(&errors))?;
        let now = Judge::new(&policy.lowered.confinements, &policy.sources);
        let question = Question { now, before: None };
        let options =
            Options { threads: None, reading: Reading::Fast, sensor: None, group: None, progress: None };
        let (tally, amount) = scan(&sources, &question, options);
        let impact = telovix_replay::Impact::new(&tally, &amount, &question);
        let denied = impact.by_rule.into_iter().filter(|row| matches!(row.effect.as_str(), "deny" | "kill"));
        let rows = denied.map(|row| Denials {
            document: (row.kind, row.id),
            source: row.source,
            effect: row.effect,
            events: row.events,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
        });
        Ok(Some(rows.collect()))
    }

    fn signatures(&self) -> Result<Vec<Signature>, Failure> {
        let mut results = Vec::new();
        for path in &self.bundles {
            let root = self.trust.trust_root.find()?;
            let (accepted, says) = match self.trust.verify_by(&root, path) {
                Ok(accepted) => {
                    let approval = &accepted.bundle.approval;
                    let signers: Vec<String> =
                        accepted.bundle.signers.iter().map(ToString::to_string).collect();
                    let says = format!(
                        "signed by {}; epoch {} for {} until {}; manifest sha256 {}; trusted by {root}",
                        signers.join(", "),
                        approval.epoch,
                        approval.scope,
                        approval.expires_at,
                        approval.manifest
                    );
                    (true, says)
                }
                Err(failure) if failure.exit() == Exit::CannotRun => return Err(failure),
                Err(failure) => (
                    false,
                    failure.diagnostics().first().map_or_else(String::new, |told| {
                        format!("refused: {} ({})", told.message, told.code.id)
                    }),
                ),
            };
            results.push(Signature { bundle: shown(path).to_string(), accepted, says });
        }
        Ok(results)
    }
}

/// Says what a rule denies of the history. An event may have succeeded there: the rule is replayed.
fn denied(row: &Denials) -> String {
    let last = row.last_seen.as_deref().map_or_else(String::new, |last| format!(", the last at {last}"));
    let word = if row.events == 1 { "event" } else { "events" };
    format!("the rule `{}` decides {} on {} {word}{last}", row.source, row.effect, row.events)
}

fn not_written(message: &str) -> Failure {
    Failure::new(Exit::CannotRun, &EVIDENCE_NOT_WRITTEN, message.to_owned())
}
