//! Policies -> a folder of artifacts, or the findings that prevent one.

mod proof;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_compiler::Proof;
use telovix_compiler::assessment::OPEN_WAY;
use telovix_compiler::emit::ArtifactKind;
use telovix_workspace::baseline::Accepts;
use telovix_workspace::{OutputFolder, Replaced, shown};

use proof::Proven;

use super::Run;
use crate::compilation::{Compiled, Selection};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, Finding, VERSION, findings};
use crate::output::text::{self, counted, plural};
use crate::output::{Amount, Format, FormatArgument, Streams, Summary};
use crate::progress::Progress;

/// Compile policies to TracingPolicy YAML, one packed map image and a manifest.
///
/// The output folder is replaced as a whole. A compile that fails leaves it unchanged. An error fails it even when
/// `telovix-baseline.yaml` accepts it for `lint`: no artifact would mean what its source says.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix compile                       # the repository around the current folder
  telovix compile examples/ -o compiled-policies
  telovix compile --target tetragon-6.12 --sensor sensor-site-0117
  telovix compile --as-of 2027-01-01 --deny-warnings
  telovix compile --prove               # what was tried, and what no event can tell")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// The output folder, which is replaced. Default: `output` in `telovix.yaml`, else `compiled-policies`.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Read every artifact back and judge every case that the policies distinguish: by the policies, by the TracingPolicies
    /// and by the image. Without it, a few cases of a few documents are tried, and the image is read back as a whole.
    #[arg(long)]
    prove: bool,
    #[command(flatten)]
    format: FormatArgument,
    #[command(flatten)]
    amount: Amount,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let progress = Progress::start("reading");
        let repository = self.selection.repository()?;
        let output = self.output.clone().unwrap_or_else(|| repository.output());
        let folder = OutputFolder::check(&output, repository.place())?;
        let mut successor = folder.successor();
        let proof = if self.prove { Proof::Whole } else { Proof::Sample };
        let mut receive = |path: &str, bytes: &[u8]| {
            progress.step(format!("writing `{path}`"));
            successor.write(path, bytes)
        };
        let compilation = self.selection.compile(
            &repository,
            folder.path(),
            (Accepts::Warnings, proof),
            &progress,
            &mut receive,
        )?;
        let artifacts = compilation.artifacts.as_ref();
        let paths = artifacts.map(|all| all.iter().map(|artifact| artifact.path.as_str()));
        let replaced = successor.take_over(paths)?;
        drop(progress);
        let told = Told {
            compilation: &compilation,
            amount: self.amount,
            output: &output,
            replaced: replaced.as_ref(),
            proof,
        };
        match self.format.chosen {
            Format::Text => told.as_text(streams)?,
            Format::Json => json::print(&told.document(), &mut streams.data)?,
        }
        Ok(compilation.report.exit_of_errors())
    }
}

/// What a compile reports.
struct Told<'run> {
    amount: Amount,
    compilation: &'run Compiled,
    output: &'run Path,
    replaced: Option<&'run Replaced>,
    proof: Proof,
}

/// The result of a compile.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The output folder, when it was written.
    output: Option<String>,
    /// The artifacts that were written, by path.
    artifacts: Vec<Written>,
    /// Artifacts of the previous compile that this one no longer produces.
    removed: Vec<String>,
    /// Signatures that were removed because the signed file changed.
    dropped_signatures: Vec<String>,
    /// What was read back of the artifacts and compared with the policies.
    proof: Proven,
    /// The findings about the policies.
    diagnostics: Vec<Finding>,
    /// The number of findings of each severity.
    summary: Summary,
}

/// One artifact.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Written {
    /// The path below the output folder.
    path: String,
    /// `tracing_policy`, `image` or `manifest`.
    kind: &'static str,
    /// Its size in bytes.
    bytes: usize,
}

impl Told<'_> {
    fn document(&self) -> Document {
        let report = &self.compilation.report;
        let artifacts = self.compilation.artifacts.iter().flatten().map(|artifact| Written {
            path: artifact.path.clone(),
            kind: artifact.kind.name(),
            bytes: artifact.bytes,
        });
        Document {
            version: VERSION,
            output: self.replaced.map(|_| shown(self.output)),
            artifacts: artifacts.collect(),
            removed: self.replaced.map_or_else(Vec::new, |replaced| replaced.stale.clone()),
            dropped_signatures: self.replaced.map_or_else(Vec::new, |replaced| replaced.signatures.clone()),
            proof: Proven::of(&self.compilation.proof),
            diagnostics: findings(report),
            summary: report.summary(),
        }
    }

    fn as_text(&self, streams: &mut Streams) -> io::Result<()> {
        let report = &self.compilation.report;
        text::write_findings(report, self.amount, &mut streams.talk)?;
        let summary = report.summary();
        if summary != Summary::default() && !self.amount.is_quiet() {
            writeln!(streams.talk, "{}; run `telovix lint` for all findings", counted(summary))?;
        }
        if !self.amount.is_quiet() {
            text::write_accepted(report, &mut streams.talk)?;
        }
        let (Some(artifacts), Some(replaced)) = (&self.compilation.artifacts, self.replaced) else {
            return writeln!(streams.talk, "no files written; `{}` is unchanged", shown(self.output));
        };
        if self.amount.is_quiet() {
            return Ok(());
        }
        let out = &mut streams.data;
        let of = |kind| artifacts.iter().filter(move |artifact| artifact.kind == kind);
        let sources = report.sources.iter().count();
        let policies = of(ArtifactKind::TracingPolicy).count();
        let image = of(ArtifactKind::Image).next().map(|image| plural(image.bytes, "byte"));
        let parts = [
            (policies > 0).then(|| plural(policies, "TracingPolicy file")),
            image.map(|size| format!("an image of {size}")),
            Some("the manifest".to_owned()),
        ];
        writeln!(
            out,
            "compiled {} to {} in `{}`: {}",
            plural(sources, "file"),
            plural(artifacts.len(), "artifact"),
            shown(self.output),
            listed(&parts.into_iter().flatten().collect::<Vec<_>>()),
        )?;
        let open = report.diagnostics.iter().filter(|found| *found.code == OPEN_WAY).count();
        if open > 0 {
            writeln!(out, "{} on the selected targets (see `evasions` in manifest.json)", remaining(open))?;
        }
        if self.proof == Proof::Whole {
            proof::write(&self.compilation.proof, out)?;
        }
        if !replaced.stale.is_empty() {
            let count = plural(replaced.stale.len(), "artifact");
            writeln!(out, "removed {count} of the previous compile: {}", replaced.stale.join(", "))?;
        }
        for signature in &replaced.signatures {
            writeln!(streams.talk, "removed `{signature}`: the signed file changed; sign it again")?;
        }
        Ok(())
    }
}

/// Joins parts: `a`, `a and b`, `a, b, and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}

fn remaining(bypasses: usize) -> String {
    match bypasses {
        1 => "1 known bypass remains".to_owned(),
        count => format!("{count} known bypasses remain"),
    }
}
