//! The sources of a run -> the same with the fixes of their findings, and the findings that remain.

use std::collections::BTreeMap;

use telovix_compiler::Options;
use telovix_compiler::repair::{BadFix, Repaired, repair};
use telovix_diagnostic::{Certainty, Severity};

use crate::repository::Compilation;
use crate::sources::Input;

/// What fixing does to the sources of a run.
#[derive(Debug)]
pub struct Repair {
    /// The sources after it, and what remains.
    pub compilation: Compilation,
    /// How many findings of each code were fixed.
    pub fixed: BTreeMap<&'static str, usize>,
    /// The sources that change, by name.
    pub rewritten: Vec<Rewritten>,
}

/// A source before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The name: its path relative to the root.
    pub name: String,
    /// The text that was read.
    pub before: String,
    /// The text with its fixes.
    pub after: String,
}

impl Repair {
    /// Applies the fixes that are at least as certain as `least`. Nothing is written.
    ///
    /// # Errors
    /// When a fix does what it must not.
    pub fn of(
        mut input: Input,
        options: &Options,
        deny_warnings: bool,
        least: Certainty,
    ) -> Result<Self, BadFix> {
        let sources = std::mem::take(&mut input.sources);
        let before: Vec<(String, String)> =
            sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().to_owned())).collect();
        let Repaired { sources, fixed, outcome } = repair(sources, options, least)?;
        let changed = before.into_iter().zip(sources.iter()).filter(|((_, old), (_, new))| old != new.text());
        let rewritten = changed
            .map(|((name, before), (_, source))| Rewritten { name, before, after: source.text().to_owned() })
            .collect();
        input.sources = sources;
        let mut findings = input.into_findings_at(&options.levels, outcome.diagnostics);
        for found in &mut findings.diagnostics {
            if deny_warnings && found.severity == Severity::Warning {
                found.severity = Severity::Error;
            }
        }
        let compilation = Compilation {
            findings,
            artifacts: None,
            policy: outcome.policy,
            tracing_policies: outcome.tracing_policies,
        };
        Ok(Self { compilation, fixed, rewritten })
    }
}
