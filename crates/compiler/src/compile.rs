//! One call for the whole data flow: sources -> findings, and artifacts when no finding is an error.

use std::ops::ControlFlow;

use telovix_compare as compare;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_lint as check;
use telovix_platform::Target;
use telovix_policy::value::Date;
use telovix_policy::value::Scope;

use crate::assessment as target;
use crate::emit::{self, Artifact, EngineOptions, Outbox, Receiver};

/// What a compile needs to know beside the sources.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the artifacts must run on.
    pub targets: Vec<Target>,
    /// The level of each code that has one of its own.
    pub levels: Levels,
    /// The day that is compiled for: exceptions whose last day is before it are left out. Without one every exception
    /// holds, so that the same sources give the same bytes on every day.
    pub as_of: Option<Date>,
    /// The day of the run, for findings alone: an exception that holds although its last day is past is an error.
    /// [`Self::as_of`] when absent.
    pub today: Option<Date>,
    /// Compile for one sensor: what is scoped to another is left out.
    pub sensor: Option<String>,
    /// Compile for the sensors of one group: what is scoped to another is left out.
    pub group: Option<String>,
    /// How the engine is run, and how its documents are spelled.
    pub engine: EngineOptions,
}

impl Options {
    /// Returns options that take everything as it is written on a day: every target, the whole fleet, no level changed.
    #[must_use]
    pub fn on(as_of: Date) -> Self {
        Self {
            targets: Target::ALL.to_vec(),
            levels: Levels::default(),
            as_of: Some(as_of),
            today: None,
            sensor: None,
            group: None,
            engine: EngineOptions::default(),
        }
    }

    /// Returns the day that what is lowered is compared with.
    fn lowered_as_of(&self) -> Date {
        self.as_of.unwrap_or(Date::FIRST)
    }

    /// Returns the day that findings speak of.
    fn day_of_findings(&self) -> Date {
        self.today.or(self.as_of).unwrap_or(Date::FIRST)
    }

    /// Tells whether what holds in `scope` is compiled. Without a sensor or a group everything is.
    fn includes(&self, scope: &Scope) -> bool {
        if self.sensor.is_none() && self.group.is_none() {
            return true;
        }
        match scope {
            Scope::Fleet => true,
            Scope::Group(group) => self.group.as_ref() == Some(group),
            Scope::Sensor(sensor) => self.sensor.as_ref() == Some(sensor),
        }
    }
}

/// What a compile gives: everything there is to say, and what may be written.
#[derive(Debug)]
pub struct Outcome {
    /// All findings, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// Every artifact with the manifest, by path; absent when a finding is an error, or when the receiver did not
    /// take them all.
    pub artifacts: Option<Vec<Artifact>>,
    /// What the documents without an error mean.
    pub policy: Policy,
}

/// What sources mean, with what there is to say about them. For judging and comparing, which write nothing.
#[derive(Debug)]
pub struct Analysis {
    /// All findings of reading and lowering, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the documents without an error mean.
    pub policy: Policy,
}

/// Compiles sources for every target, and keeps the account of what was made, not the bytes.
#[must_use]
pub fn compile(sources: &SourceSet, options: &Options) -> Outcome {
    compile_to(sources, options, &mut |_, _| ControlFlow::Continue(()))
}

/// Compiles sources for every target, and hands each artifact to `receiver` when it is made.
///
/// Nothing is handed over when sources have an error that shows before anything is made of them.
#[must_use]
pub fn compile_to(sources: &SourceSet, options: &Options, receiver: Receiver<'_>) -> Outcome {
    let mut sink = Sink::new(options.levels.clone());
    let policy = understand(sources, options, &mut sink);
    compare::hold(&policy, sources, &mut sink);
    check::check(&policy, options.day_of_findings(), &mut sink);
    let assessed = target::Options { targets: options.targets.clone(), engine_denial: options.engine.denial };
    let assessment = target::assess(&policy, &assessed, &mut sink);
    let nobody: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
    let mut outbox = Outbox::new(if sink.has_errors() { nobody } else { receiver });
    emit::emit(&policy, &assessment, options.engine, sources, &mut outbox, &mut sink);
    let artifacts = outbox.into_artifacts().filter(|_| !sink.has_errors());
    Outcome { diagnostics: sink.into_sorted(), artifacts, policy }
}

/// Reads and lowers sources, and stops there.
#[must_use]
pub fn analyse(sources: &SourceSet, options: &Options) -> Analysis {
    let mut sink = Sink::new(options.levels.clone());
    let policy = understand(sources, options, &mut sink);
    Analysis { diagnostics: sink.into_sorted(), policy }
}

fn understand(sources: &SourceSet, options: &Options, sink: &mut Sink) -> Policy {
    let mut documents = document::read(sources, sink).documents;
    documents.retain(|document| options.includes(&document.scope()));
    let policy = lower::lower(documents, sources, lower::Options { as_of: options.lowered_as_of() }, sink);
    lower::report_outlived(&policy, options.lowered_as_of(), options.day_of_findings(), sink);
    policy
}
