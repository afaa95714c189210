//! Policies -> the next step of each pack and profile, and what speaks against it before any event is read.

use std::collections::BTreeSet;

use serde::Serialize;
use telovix_compiler::assessment::{self, assess};
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Severity, Sink};
use telovix_document::lower::{self, Pack, PackName, Policy, PolicyDocument};
use telovix_document::{self as document, Document, GuardianProfile, PackKind, PackState, ProfileMode};
use telovix_platform::Target;
use telovix_policy::confine::{Confinement, Gate};
use telovix_policy::value::Date;
use telovix_replay::readiness::Condition;
use telovix_workspace::Repository;

use super::code::NO_LADDER;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Report;

/// The next step of a pack or a profile.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Step {
    /// `PolicyPack` or `GuardianProfile`.
    pub(super) kind: &'static str,
    /// Id and version of a pack, the name of a profile.
    pub(super) name: String,
    /// File and line.
    pub(super) source: String,
    /// Where it is.
    pub(super) from: &'static str,
    /// Where it would be; absent at the top of the ladder.
    pub(super) to: Option<&'static str>,
    #[serde(skip)]
    pub(super) hours: Option<u32>,
    #[serde(skip)]
    subject: Subject,
}

#[derive(Debug, Clone)]
enum Subject {
    Pack(PackName),
    /// The document of a profile.
    Profile(Span),
}

/// All steps, with the policy in which each profile outside of packs has taken its step.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) all: Vec<Step>,
    pub(super) sources: SourceSet,
    pub(super) targets: Vec<Target>,
    stepped: Policy,
    found: Vec<Diagnostic>,
}

impl Steps {
    /// Reads the policies of a repository.
    ///
    /// # Errors
    /// When they have an error, or neither a pack nor a profile.
    pub(super) fn read(repository: &Repository, day: &Day, targets: &[Target]) -> Result<Self, Failure> {
        let input = repository.read(&repository.output());
        let options = repository.options(day.asked(), day.of_findings()?);
        let targets = if targets.is_empty() { options.targets.clone() } else { targets.to_vec() };
        let mut sink = Sink::new(options.levels.clone());
        let as_of = options.as_of.unwrap_or(Date::FIRST);
        let today = options.today.unwrap_or(as_of);
        let read = document::read(&input.sources, &mut sink).documents;
        let written = lower::lower(read, &input.sources, lower::Options { as_of }, &mut sink);
        let report = Report::of(input, sink.into_sorted());
        if report.summary().errors > 0 {
            return Err(Failure::because(report.exit_of_errors(), report));
        }
        let all = steps(&written, &report.sources);
        if all.is_empty() {
            let message = "the policies have neither a pack nor a profile";
            return Err(Failure::new(Exit::CannotRun, &NO_LADDER, message)
                .help("name the files or folders that have one"));
        }
        let documents = written.documents.into_iter().map(stepped).collect();
        let mut sink = Sink::new(options.levels);
        let stepped = lower::lower(documents, &report.sources, lower::Options { as_of }, &mut sink);
        lower::report_outlived(&stepped, as_of, today, &mut sink);
        let assessed = assessment::Options { targets: targets.clone(), engine_denial: options.engine.denial };
        let _assessment = assess(&stepped, &assessed, &mut sink);
        let found = sink.into_sorted();
        Ok(Self { all, sources: report.sources, targets, stepped, found })
    }

    /// Returns what a step confines, as if it were enforced.
    pub(super) fn confinements(&self, step: &Step) -> Vec<Confinement> {
        let mut confinements: Vec<_> = self
            .documents(step)
            .flat_map(|placed| self.stepped.confinements_of(placed).iter().cloned())
            .collect();
        confinements.iter_mut().for_each(|confinement| confinement.gate = Gate::Active);
        confinements
    }

    /// Returns what speaks against a step, whatever the history is.
    pub(super) fn conditions(&self, step: &Step) -> Vec<Condition> {
        let mut conditions = Vec::new();
        if let Subject::Pack(name) = &step.subject {
            conditions.extend(self.stepped.packs.iter().find(|pack| pack.name == *name).and_then(incapable));
        }
        let spans: Vec<Span> = self.documents(step).map(|placed| placed.document.span()).collect();
        let is_inside = |found: Span| {
            let inside = |span: &Span| {
                span.source == found.source && span.start <= found.start && found.end <= span.end
            };
            spans.iter().any(inside)
        };
        let errors = self.found.iter().filter(|found| found.severity == Severity::Error);
        let mine = errors.filter_map(|found| Some((found, found.span.filter(|span| is_inside(*span))?)));
        conditions.extend(mine.map(|(found, span)| {
            let condition = match found.code.id {
                "expired-exception-in-force" => "expired-exception",
                _ => "weakening",
            };
            let fix = found.help.first().cloned();
            let fix = fix.unwrap_or_else(|| format!("see `telovix explain {}`", found.code.id));
            let message = format!("{} ({})", found.message, found.code.id);
            Condition::blocking(condition, message, fix).at(self.sources.locate(span))
        }));
        for placed in self.documents(step) {
            conditions.extend(self.cautions(placed));
        }
        conditions
    }

    /// Returns what a person has to look at in a document.
    fn cautions(&self, placed: &PolicyDocument) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for waiver in placed.waivers() {
            let message = format!("`{}` is waived: {}", waiver.name.value, waiver.reason.value);
            let fix = "check that the reason still holds on the target";
            conditions.push(
                Condition::caution("waived-weakening", message, fix).at(self.sources.locate(waiver.span)),
            );
        }
        let source = self.sources.locate(placed.document.span());
        match &placed.document {
            Document::GuardianProfile(profile) if profile.auto_generated => {
                let message = format!("the lists of `{}` were generated", profile.name.value);
                let fix = "remove start-up and maintenance behaviour from the lists, then `auto_generated`";
                conditions.push(Condition::caution("generated-lists", message, fix).at(source));
            }
            Document::TracingPolicy(_) => {
                let fix = "test it in a running Tetragon before the step";
                conditions.push(
                    Condition::caution("not-evaluated", "a TracingPolicy is not evaluated here", fix)
                        .at(source),
                );
            }
            _ if placed.custom_policy().is_some() => {
                let fix = "test it in a running Tetragon before the step";
                conditions.push(
                    Condition::caution("not-evaluated", "a custom rule is not evaluated here", fix)
                        .at(source),
                );
            }
            _ => {}
        }
        conditions
    }

    fn documents(&self, step: &Step) -> impl Iterator<Item = &PolicyDocument> {
        self.stepped.documents.iter().filter(|placed| match &step.subject {
            Subject::Pack(name) => placed.pack.as_ref() == Some(name),
            Subject::Profile(span) => placed.document.span() == *span,
        })
    }
}

/// Returns the step of each pack, and of each profile outside of packs, in the order of their places.
fn steps(policy: &Policy, sources: &SourceSet) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut seen = BTreeSet::new();
    for pack in &policy.packs {
        let to = PackState::ALL.into_iter().find(|next| *next > pack.state && pack.state.may_become(*next));
        if seen.insert(pack.span) {
            steps.push((
                pack.span,
                Step {
                    kind: "PolicyPack",
                    name: pack.name.to_string(),
                    source: sources.locate(pack.span),
                    from: pack.state.name(),
                    to: to.map(PackState::name),
                    hours: None,
                    subject: Subject::Pack(pack.name.clone()),
                },
            ));
        }
    }
    for placed in policy.documents.iter().filter(|placed| placed.pack.is_none()) {
        let Document::GuardianProfile(profile) = &placed.document else { continue };
        let hours = profile.observation_window_hours.as_ref().map(|hours| hours.value);
        steps.push((
            profile.span,
            Step {
                kind: "GuardianProfile",
                name: profile.name.value.clone(),
                source: sources.locate(profile.span),
                from: profile.mode.value.name(),
                to: next(profile.mode.value).map(ProfileMode::name),
                hours,
                subject: Subject::Profile(profile.span),
            },
        ));
    }
    steps.sort_by_key(|(span, _)| *span);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn next(mode: ProfileMode) -> Option<ProfileMode> {
    match mode {
        ProfileMode::Observe => Some(ProfileMode::Audit),
        ProfileMode::Audit => Some(ProfileMode::Enforce),
        ProfileMode::Enforce => None,
    }
}

/// Returns the document after its step: a profile outside of packs has its next mode.
fn stepped(placed: PolicyDocument) -> Document {
    match placed.document {
        Document::GuardianProfile(profile) if placed.pack.is_none() => {
            let mode = next(profile.mode.value).unwrap_or(profile.mode.value);
            let mode = telovix_diagnostic::source::Spanned::new(mode, profile.mode.span);
            Document::GuardianProfile(GuardianProfile { mode, ..profile })
        }
        document => document,
    }
}

fn incapable(pack: &Pack) -> Option<Condition> {
    if pack.kind == PackKind::Guard && pack.enforcement_capable {
        return None;
    }
    let message = "only a pack with `pack_kind: guard` and `enforcement_capable: true` can leave observe";
    Some(Condition::blocking(
        "not-enforcement-capable",
        message,
        "write a guard pack for what should be enforced",
    ))
}
