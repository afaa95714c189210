//! A built-in template, or the targets -> their page: what is stopped, for each method on each target.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use telovix_document::template::{ALL, BuiltIn};
use telovix_platform::{Backend, Kernel, Target};
use telovix_platform::{Bypass, Evidence, Status};

use crate::output::json::VERSION;

/// Returns the built-in template of that id.
pub(crate) fn find(id: &str) -> Option<&'static BuiltIn> {
    ALL.iter().copied().find(|built_in| built_in.template.id() == id)
}

/// Prints the page of a template as Markdown.
pub(crate) fn page(built_in: &BuiltIn, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", built_in.template.id())?;
    writeln!(out, "Stops: {}. Effect: {}.\n", built_in.title, built_in.effect.name())?;
    writeln!(out, "{}\n", built_in.explanation.trim())?;
    write!(out, "| method |")?;
    Target::ALL.iter().try_for_each(|target| write!(out, " {target} |"))?;
    writeln!(out, "\n|---|{}", "---|".repeat(Target::ALL.len()))?;
    for bypass in built_in.bypasses {
        write!(out, "| {} |", bypass.name)?;
        Target::ALL.iter().try_for_each(|target| write!(out, " {} |", word(bypass.on(*target))))?;
        writeln!(out)?;
    }
    writeln!(out)?;
    for bypass in built_in.bypasses {
        details(bypass, out)?;
    }
    Ok(())
}

/// The page of a template.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TemplatePage {
    /// The version of this JSON format.
    version: u32,
    template: &'static str,
    /// The operation it stops.
    title: &'static str,
    /// The effect on the operation where a method is covered.
    effect: &'static str,
    explanation: &'static str,
    /// Every known method for the operation.
    #[serde(rename = "ways")]
    bypasses: Vec<BypassEntry>,
}

/// A method for the operation.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BypassEntry {
    name: &'static str,
    /// The result on each target.
    targets: BTreeMap<String, Answer>,
}

/// The result of a method on a target.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    /// `stopped`, `killed`, `open` or `absent`.
    status: &'static str,
    /// The hook that covers it, or the reason why none does.
    by: &'static str,
    /// The evidence for it: `measured` or `read in source`.
    evidence: &'static str,
}

/// The named targets.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TargetList {
    /// The version of this JSON format.
    version: u32,
    targets: Vec<TargetEntry>,
}

/// One target.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TargetEntry {
    name: String,
    /// `native` or `tetragon`.
    backend: &'static str,
    kernel: &'static str,
    /// Where the facts about it come from.
    source: String,
}

/// Returns the page of a template as a JSON document.
pub(crate) fn document(built_in: &'static BuiltIn) -> TemplatePage {
    let bypasses = built_in.bypasses.iter().map(|bypass| BypassEntry {
        name: bypass.name,
        targets: Target::ALL.into_iter().map(|target| (target.to_string(), answer(bypass, target))).collect(),
    });
    TemplatePage {
        version: VERSION,
        template: built_in.template.id(),
        title: built_in.title,
        effect: built_in.effect.name(),
        explanation: built_in.explanation.trim(),
        bypasses: bypasses.collect(),
    }
}

fn answer(bypass: &Bypass, target: Target) -> Answer {
    let (status, by) = match bypass.on(target) {
        Status::Covered(hook) => ("stopped", hook),
        Status::Killed(hook) => ("killed", hook),
        Status::Open(reason) => ("open", reason),
        Status::Absent(reason) => ("absent", reason),
    };
    Answer { status, by, evidence: bypass.evidence(target).name() }
}

/// Returns the targets as a JSON document.
pub(crate) fn target_list() -> TargetList {
    let targets = Target::ALL.into_iter().map(|target| TargetEntry {
        name: target.to_string(),
        backend: target.backend.name(),
        kernel: target.kernel.name(),
        source: target.source(),
    });
    TargetList { version: VERSION, targets: targets.collect() }
}

/// Prints the named targets.
pub(crate) fn targets(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| target | enforced by | kernel | facts from |\n|---|---|---|---|")?;
    for target in Target::ALL {
        let by = match target.backend {
            Backend::Native => "the native runtime, from the image",
            Backend::Engine => "Tetragon, from TracingPolicy YAML",
        };
        writeln!(out, "| {target} | {by} | {} | {} |", target.kernel.name(), target.source())?;
    }
    Ok(())
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Covered(_) => "stopped",
        Status::Killed(_) => "killed after the fact",
        Status::Open(_) => "**open**",
        Status::Absent(_) => "not present",
    }
}

/// Prints where each backend stops a method, or why not; one line if it is the same on all kernels.
fn details(bypass: &Bypass, out: &mut dyn Write) -> io::Result<()> {
    for backend in [Backend::Native, Backend::Engine] {
        let answers = Kernel::ALL.map(|kernel| bypass.on(Target { backend, kernel }));
        let known = known(bypass, backend);
        if answers.iter().all(|answer| *answer == answers[0]) {
            writeln!(out, "- {}, {}: {} ({known})", bypass.name, backend.name(), sentence(answers[0]))?;
            continue;
        }
        for (kernel, answer) in Kernel::ALL.into_iter().zip(answers) {
            let target = Target { backend, kernel };
            let known = bypass.evidence(target).name();
            writeln!(out, "- {}, {target}: {} ({known})", bypass.name, sentence(answer))?;
        }
    }
    Ok(())
}

/// Returns the evidence for the results of a backend.
fn known(bypass: &Bypass, backend: Backend) -> String {
    let is_measured =
        |kernel: &Kernel| bypass.evidence(Target { backend, kernel: *kernel }) == Evidence::Measured;
    let measured: Vec<&str> =
        Kernel::ALL.iter().filter(|kernel| is_measured(kernel)).map(|kernel| kernel.name()).collect();
    match measured.len() {
        0 => Evidence::Read.name().to_owned(),
        3 => Evidence::Measured.name().to_owned(),
        _ => format!(
            "{} on {}, else {}",
            Evidence::Measured.name(),
            measured.join(", "),
            Evidence::Read.name()
        ),
    }
}

fn sentence(status: Status) -> String {
    match status {
        Status::Covered(hook) => format!("stopped at `{hook}`"),
        Status::Killed(hook) => format!("killed at `{hook}`, after the fact"),
        Status::Open(reason) => format!("open: {reason}"),
        Status::Absent(reason) => format!("not present: {reason}"),
    }
}
