//! Paths of policies -> their confinements, as written or as if everything were enforced.

use std::collections::BTreeMap;
use std::path::PathBuf;

use telovix_compare::Outside;
use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{self as document, Document, ProfileMode, lower};
use telovix_policy::confine::{Gate, Operation};
use telovix_policy::judge::Event;
use telovix_policy::value::Date;
use telovix_workspace::Repository;

use crate::day::Day;
use crate::failure::Failure;
use crate::output::Report;

/// Whether modes and states are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum Stage {
    /// As their modes and states say.
    AsWritten,
    /// As if every profile and every pack were enforced.
    Enforced,
}

/// The policies of one side.
#[derive(Debug)]
pub(in crate::command) struct Policy {
    pub(in crate::command) lowered: lower::Policy,
    pub(in crate::command) sources: SourceSet,
    /// The number of profiles that only observe, so no event is affected by them.
    pub(in crate::command) observing: usize,
    /// Custom rules and TracingPolicies that enforce.
    pub(in crate::command) not_evaluated: Vec<NotEvaluated>,
}

/// A document that enforces and whose selectors are not evaluated: its effect on an event is unknown.
#[derive(Debug)]
pub(in crate::command) struct NotEvaluated {
    pub(in crate::command) name: String,
    /// File and line.
    pub(in crate::command) source: String,
    /// The operations that its hooks can see.
    pub(in crate::command) operations: Vec<Operation>,
}

impl Policy {
    /// Reads the same policies as `why`.
    ///
    /// # Errors
    /// When one of them has an error.
    pub(in crate::command) fn read(paths: &[PathBuf], day: &Day, stage: Stage) -> Result<Self, Failure> {
        let repository = Repository::find(paths)?;
        let input = repository.read(&repository.output());
        let options = repository.options(day.asked(), day.of_findings()?);
        let mut sink = Sink::new(options.levels.clone());
        let mut documents = document::read(&input.sources, &mut sink).documents;
        let mut observing = 0;
        for document in &mut documents {
            if let Document::GuardianProfile(profile) = document
                && profile.mode.value == ProfileMode::Observe
            {
                observing += usize::from(stage == Stage::AsWritten);
            }
            if let (Document::GuardianProfile(profile), Stage::Enforced) = (document, stage) {
                profile.mode.value = ProfileMode::Enforce;
            }
        }
        let as_of = options.as_of.unwrap_or(Date::FIRST);
        let today = options.today.unwrap_or(as_of);
        let mut policy = lower::lower(documents, &input.sources, lower::Options { as_of }, &mut sink);
        lower::report_outlived(&policy, as_of, today, &mut sink);
        if stage == Stage::Enforced {
            policy.confinements.iter_mut().for_each(|confinement| confinement.gate = Gate::Active);
            policy.documents.iter_mut().for_each(|placed| placed.gate = Gate::Active);
        }
        let not_evaluated = not_evaluated(&Outside::new(&policy, &input.sources));
        let report = Report::of(input, sink.into_sorted());
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        Ok(Self { lowered: policy, sources: report.sources, observing, not_evaluated })
    }
}

/// Returns the documents that may act on some operation, by file and line.
fn not_evaluated(outside: &Outside<'_>) -> Vec<NotEvaluated> {
    let mut documents: BTreeMap<String, NotEvaluated> = BTreeMap::new();
    for operation in Operation::ALL {
        for found in outside.not_evaluated_on(&Event::new(operation)) {
            let document = documents.entry(found.source.clone()).or_insert_with(|| NotEvaluated {
                name: found.document.name,
                source: found.source,
                operations: Vec::new(),
            });
            document.operations.push(operation);
        }
    }
    documents.into_values().collect()
}
