//! The fixes of a run -> written files, or a unified diff of what would be written.

use std::io::Write;

use clap::Args;
use telovix_diagnostic::Certainty;
use telovix_trust::policy::{drop_sidecar, sidecar_path};
use telovix_workspace::rewrite::{Refusal, rewrite};
use telovix_workspace::{Repair, Repository, shown};

use super::unified;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Streams;
use crate::output::text::plural;

/// The flags for fixes.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Fixing {
    /// Write the fixes that keep the meaning, and those that are certainly meant.
    #[arg(long)]
    fix: bool,
    /// Write the fixes that are guesses as well.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Print what would change as a unified diff, and write nothing; the exit code is 1 if anything would.
    #[arg(long, conflicts_with = "format")]
    diff: bool,
}

impl Fixing {
    /// Returns how certain a fix must be to be applied. `None` if nothing is to be fixed.
    pub(super) fn least(self) -> Option<Certainty> {
        match self {
            Self { unsafe_fixes: true, .. } => Some(Certainty::Guess),
            Self { fix: true, .. } | Self { diff: true, .. } => Some(Certainty::Meant),
            _ => None,
        }
    }

    /// Returns whether nothing is to be written.
    pub(super) fn only_shows(self) -> bool {
        self.diff
    }
}

/// Prints what would change.
pub(super) fn show(repair: &Repair, out: &mut dyn Write) -> Result<Exit, Failure> {
    let below = &repair.compilation.findings.shown_below;
    for file in &repair.rewritten {
        out.write_all(unified::diff(&format!("{below}{}", file.name), &file.before, &file.after).as_bytes())?;
    }
    Ok(if repair.rewritten.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Writes every changed file, and says on standard error what was fixed.
pub(super) fn write(repository: &Repository, repair: &Repair, streams: &mut Streams) -> Result<(), Failure> {
    let failed = |refusal: Refusal| {
        Failure::new(Exit::CannotRun, refusal.code(), refusal.to_string()).help(refusal.help())
    };
    let written = rewrite(repository.root(), &repair.rewritten).map_err(failed)?;
    let total: usize = repair.fixed.values().sum();
    if total == 0 {
        writeln!(streams.talk, "nothing to fix")?;
        return Ok(());
    }
    writeln!(streams.talk, "fixed {} in {}:", plural(total, "finding"), plural(written.len(), "file"))?;
    for (code, count) in &repair.fixed {
        writeln!(streams.talk, "{count:>5}  {code}")?;
    }
    for path in written {
        if drop_sidecar(&path)? {
            let signature = shown(&sidecar_path(&path));
            writeln!(streams.talk, "removed `{signature}`: the signed file changed; sign it again")?;
        }
    }
    Ok(())
}
