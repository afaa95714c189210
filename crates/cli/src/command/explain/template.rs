//! A built-in template, or the targets -> their page: what is stopped, way by way and target by target.

use std::io::{self, Write};

use telovix_compiler::target::{Backend, Kernel, Target};
use telovix_compiler::template::{ALL, BuiltIn, Evidence, Status, Way};

/// Returns the built-in template of that id.
pub(crate) fn find(id: &str) -> Option<&'static BuiltIn> {
    ALL.into_iter().find(|built_in| built_in.template.id() == id)
}

/// Prints the page of a template as Markdown.
pub(crate) fn page(built_in: &BuiltIn, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", built_in.template.id())?;
    writeln!(out, "Stops: {}. Effect: {}.\n", built_in.title, built_in.effect.name())?;
    writeln!(out, "{}\n", built_in.explanation.trim())?;
    write!(out, "| way into the operation |")?;
    Target::ALL.iter().try_for_each(|target| write!(out, " {target} |"))?;
    writeln!(out, "\n|---|{}", "---|".repeat(Target::ALL.len()))?;
    for way in built_in.ways {
        write!(out, "| {} |", way.name)?;
        Target::ALL.iter().try_for_each(|target| write!(out, " {} |", word(way.on(*target))))?;
        writeln!(out)?;
    }
    writeln!(out)?;
    for way in built_in.ways {
        details(way, out)?;
    }
    Ok(())
}

/// Prints the targets that have a name.
pub(crate) fn targets(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| target | enforced by | kernel | facts from |\n|---|---|---|---|")?;
    for target in Target::ALL {
        let by = match target.backend {
            Backend::Native => "the native runtime, from the image",
            Backend::Engine => "the engine, from TracingPolicy YAML",
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
        Status::Absent(_) => "not there",
    }
}

/// Prints where each backend stops a way, or why not; once where all kernels answer alike.
fn details(way: &Way, out: &mut dyn Write) -> io::Result<()> {
    for backend in [Backend::Native, Backend::Engine] {
        let answers = Kernel::ALL.map(|kernel| way.on(Target { backend, kernel }));
        let known = match way.evidence(backend) {
            Evidence::Measured => "measured",
            Evidence::Read => "read in source",
        };
        if answers.iter().all(|answer| *answer == answers[0]) {
            writeln!(out, "- {}, {}: {} ({known})", way.name, backend.name(), sentence(answers[0]))?;
            continue;
        }
        for (kernel, answer) in Kernel::ALL.into_iter().zip(answers) {
            let target = Target { backend, kernel };
            writeln!(out, "- {}, {target}: {} ({known})", way.name, sentence(answer))?;
        }
    }
    Ok(())
}

fn sentence(status: Status) -> String {
    match status {
        Status::Covered(hook) => format!("stopped at `{hook}`"),
        Status::Killed(hook) => format!("killed at `{hook}`, after the fact"),
        Status::Open(reason) => format!("open: {reason}"),
        Status::Absent(reason) => format!("not there: {reason}"),
    }
}
