//! Sources -> findings, and artifacts when no finding is an error: the whole data flow in one call.

use std::ops::ControlFlow;

use telovix_compare as compare;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_document as document;
use telovix_document::lower::{self, Policy};
use telovix_document::{Documents, FoundPolicy};
use telovix_lint as check;
use telovix_platform::Target;
use telovix_policy::value::Date;
use telovix_policy::value::Scope;
use telovix_proof::Account;
use telovix_tetragon::KernelSymbols;

use crate::assessment as target;
use crate::catalogue::catalogue;
use crate::emit::{self, Artifact, EngineOptions, Outbox, Receiver};
use crate::read_back::{Proof, ReadBack};
use crate::suppression;
use crate::verdict::{self, PolicyVerdict};

/// The options of a compile.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the artifacts must run on.
    pub targets: Vec<Target>,
    /// The level of each code whose default was changed.
    pub levels: Levels,
    /// The day to compile for: exceptions that expired before it are left out. Without a day every exception is kept,
    /// so that the same sources give the same bytes on every day.
    pub as_of: Option<Date>,
    /// The day of the run, for findings only: an exception that is kept although it has expired is an error.
    /// [`Self::as_of`] when absent.
    pub today: Option<Date>,
    /// Compile for one sensor: documents scoped to other sensors or to groups are left out.
    pub sensor: Option<String>,
    /// Compile for the sensors of one group: documents scoped to other groups or to sensors are left out.
    pub group: Option<String>,
    /// How Tetragon runs, and how its policies are written.
    pub engine: EngineOptions,
    /// How much of what is made is read back and compared with the policy.
    pub proof: Proof,
    /// What the kernels of the Tetragon targets have; the builds that were measured when empty.
    pub symbols: Vec<KernelSymbols>,
}

impl Options {
    /// Returns the default options on a day: every target, the whole fleet, default levels.
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
            proof: Proof::default(),
            symbols: Vec::new(),
        }
    }

    /// Returns the day that the expiry of exceptions is compared with when lowering.
    fn lowered_as_of(&self) -> Date {
        self.as_of.unwrap_or(Date::FIRST)
    }

    /// Returns the day that the expiry of exceptions is compared with for findings.
    fn day_of_findings(&self) -> Date {
        self.today.or(self.as_of).unwrap_or(Date::FIRST)
    }

    /// Returns whether documents of `scope` are compiled. Without a sensor or a group all are.
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

/// The result of a compile: findings and artifacts.
#[derive(Debug)]
pub struct Outcome {
    /// All findings, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// Every artifact including the manifest, by path; none when a finding is an error, or when the receiver stopped
    /// early.
    pub artifacts: Option<Vec<Artifact>>,
    /// The meaning of the documents without an error.
    pub policy: Policy,
    /// Whether Tetragon accepts each TracingPolicy, by place.
    pub tracing_policies: Vec<PolicyVerdict>,
    /// What was read back and compared with the policy.
    pub proof: Account,
}

/// The findings and the meaning of sources. For judging and comparing, which write no artifacts.
#[derive(Debug)]
pub struct Analysis {
    /// All findings of reading and lowering, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// The meaning of the documents without an error.
    pub policy: Policy,
}

/// Compiles sources for the targets and drops the bytes of the artifacts: paths, sizes and digests are kept.
#[must_use]
pub fn compile(sources: &SourceSet, options: &Options) -> Outcome {
    compile_to(sources, options, &mut |_, _| ControlFlow::Continue(()))
}

/// Compiles sources for the targets and passes each artifact to `receiver` as soon as it is made.
///
/// The receiver gets no artifact when the sources have an error that is found before emission starts.
#[must_use]
pub fn compile_to(sources: &SourceSet, options: &Options, receiver: Receiver<'_>) -> Outcome {
    let mut sink = Sink::new(options.levels.clone());
    let (policy, found) = understand(sources, options, &mut sink);
    compare::check_invariants(&policy, sources, &mut sink);
    check::check(&policy, options.day_of_findings(), &mut sink);
    let assessed = target::Options { targets: options.targets.clone(), engine_denial: options.engine.denial };
    let assessment = target::assess(&policy, &assessed, &mut sink);
    let discard: Receiver<'_> = &mut |_, _| ControlFlow::Continue(());
    let mut read_back = ReadBack::of(&policy, options.proof);
    let mut keep = |artifact: &Artifact, bytes: &[u8]| read_back.offer(artifact, bytes);
    let mut outbox = Outbox::new(if sink.has_errors() { discard } else { receiver }).kept_by(&mut keep);
    emit::emit(&policy, &assessment, (options.engine, &options.symbols), sources, &mut outbox, &mut sink);
    suppression::report_stale(sources, &mut sink);
    let artifacts = outbox.into_artifacts().filter(|_| !sink.has_errors());
    let built_for = (options.targets.as_slice(), options.engine);
    let proof =
        artifacts.as_ref().map(|made| read_back.prove((&policy, sources), made, built_for, &mut sink));
    let artifacts = artifacts.filter(|_| !sink.has_errors());
    let diagnostics = resolved(sink.into_sorted(), sources);
    let tracing_policies = verdict::verdicts(&found, &diagnostics, sources);
    Outcome { diagnostics, artifacts, policy, tracing_policies, proof: proof.unwrap_or_default() }
}

/// Reads and lowers sources, without assessing targets or emitting artifacts.
#[must_use]
pub fn analyse(sources: &SourceSet, options: &Options) -> Analysis {
    let mut sink = Sink::new(options.levels.clone());
    let (policy, _) = understand(sources, options, &mut sink);
    Analysis { diagnostics: resolved(sink.into_sorted(), sources), policy }
}

/// Turns edits of entries into replacements; a fix that the layout of its document does not permit is left out.
fn resolved(mut diagnostics: Vec<Diagnostic>, sources: &SourceSet) -> Vec<Diagnostic> {
    for finding in &mut diagnostics {
        finding.fix = finding.fix.take().and_then(|fix| fix.resolve(sources));
    }
    diagnostics
}

fn understand(sources: &SourceSet, options: &Options, sink: &mut Sink) -> (Policy, Vec<FoundPolicy>) {
    let read = document::read(sources, sink);
    suppression::apply(&read.comments, &read.documents, sources, catalogue, sink);
    let Documents { mut documents, tracing_policies, .. } = read;
    documents.retain(|document| options.includes(&document.scope()));
    let policy = lower::lower(documents, sources, lower::Options { as_of: options.lowered_as_of() }, sink);
    lower::report_outlived(&policy, options.lowered_as_of(), options.day_of_findings(), sink);
    (policy, tracing_policies)
}
