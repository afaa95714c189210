//! Paths of policies -> what they mean, as written or as if all of it were enforced.

use std::path::PathBuf;

use telovix_compiler::confine::{Confinement, Gate};
use telovix_compiler::diagnostic::Sink;
use telovix_compiler::document::{self, Document, ProfileMode};
use telovix_compiler::lower;
use telovix_compiler::source::SourceSet;

use crate::compilation::Repository;
use crate::day::Day;
use crate::failure::Failure;

/// How far policies are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As their modes and states say.
    AsWritten,
    /// As if every profile and every pack were enforced.
    Enforced,
}

/// Policies, read.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) confinements: Vec<Confinement>,
    pub(super) sources: SourceSet,
    /// Profiles that only observe, and so name no event.
    pub(super) observing: usize,
}

impl Policy {
    /// Reads the policies that `why` would judge by.
    ///
    /// # Errors
    /// When one of them has a mistake.
    pub(super) fn read(paths: &[PathBuf], day: &Day, stage: Stage) -> Result<Self, Failure> {
        let repository = Repository::find(paths)?;
        let input = repository.read(&repository.output());
        let options = repository.options(day)?;
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
        let as_of = options.as_of;
        let mut policy = lower::lower(documents, &input.sources, lower::Options { as_of }, &mut sink);
        if stage == Stage::Enforced {
            policy.confinements.iter_mut().for_each(|confinement| confinement.gate = Gate::Active);
        }
        let report = input.into_report(sink.into_sorted());
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        Ok(Self { confinements: policy.confinements, sources: report.sources, observing })
    }
}
