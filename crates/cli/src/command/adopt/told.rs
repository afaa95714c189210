//! A plan -> what is told about it.

use std::io::{self, Write};

use serde::Serialize;
use telovix_exchange::Effect;
use telovix_workspace::{BASELINE, CONFIGURATION};

use super::plan::Plan;
use crate::output::Streams;
use crate::output::json::VERSION;
use crate::output::text::plural;

/// What `adopt` wrote, or would write.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Whether nothing was written.
    dry_run: bool,
    /// The files that are read as policies.
    policies: usize,
    /// The findings in the baseline.
    findings: usize,
    /// The converted copies.
    copies: Vec<Copied>,
    /// What is left out because it cannot be read.
    left_out: Vec<Unread>,
    /// The files for editors, git and CI that were missing.
    pub(super) hooks: Vec<String>,
}

/// A converted copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Copied {
    /// The original.
    from: String,
    /// The copy.
    to: String,
    /// What differs.
    changes: Vec<Changed>,
}

/// A difference between a copy and its original.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Changed {
    /// The line of the original; 0 for what was added.
    line: u32,
    /// What is there.
    what: String,
    /// What was done with it, and why.
    why: String,
    /// `same`, `stricter`, `weaker`, or `kept` when it could only have become weaker.
    effect: &'static str,
}

/// A file or folder that is left out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unread {
    path: String,
    reason: String,
}

impl Document {
    /// Describes a plan.
    pub(super) fn new(plan: &Plan, dry_run: bool) -> Self {
        let copies = plan.copies.iter().map(|copy| Copied {
            from: copy.from.clone(),
            to: copy.to.clone(),
            changes: copy
                .changes
                .iter()
                .map(|change| Changed {
                    line: change.line,
                    what: change.what.clone(),
                    why: change.why.clone(),
                    effect: change.effect.name(),
                })
                .collect(),
        });
        let left_out =
            plan.left_out.iter().map(|left| Unread { path: left.path.clone(), reason: left.reason.clone() });
        Self {
            version: VERSION,
            dry_run,
            policies: plan.policies,
            findings: plan.baseline.count(),
            copies: copies.collect(),
            left_out: left_out.collect(),
            hooks: Vec::new(),
        }
    }

    /// Prints the written files, then what differs.
    pub(super) fn write(&self, plan: &Plan, streams: &mut Streams) -> io::Result<()> {
        let out = &mut streams.data;
        writeln!(out, "{CONFIGURATION}")?;
        if self.findings > 0 {
            writeln!(out, "{BASELINE} ({})", plural(self.findings, "finding"))?;
        }
        for copy in &plan.copies {
            writeln!(out, "{} (from {})", copy.to, copy.from)?;
        }
        for path in &self.hooks {
            writeln!(out, "{path}")?;
        }
        let talk = &mut streams.talk;
        for copy in &plan.copies {
            for change in copy.changes.iter().filter(|change| change.effect != Effect::Same) {
                writeln!(talk, "{}:{}: {} {}", copy.from, change.line, change.what, change.why)?;
            }
        }
        for Unread { path, reason } in &self.left_out {
            writeln!(talk, "left out `{path}`: {reason}")?;
        }
        if self.dry_run {
            return writeln!(talk, "nothing was written: `--dry-run`");
        }
        writeln!(talk, "{} read; only new findings fail from now on", plural(self.policies, "policy file"))?;
        writeln!(talk, "next: `telovix lint`, then commit these files")
    }
}
