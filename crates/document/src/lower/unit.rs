//! A document -> its units, from which artifacts are made: name, place and title of each.

use std::ops::Range;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::Confinement;

use crate::{Document, ProfileMode};

/// A part of a document with its own artifacts: a profile, a rule, or a process of a guard.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// What its artifacts are named after.
    pub name: UnitName,
    /// Its place in the source.
    pub span: Span,
    /// One line that describes it, for readers of an artifact.
    pub title: String,
    /// What it compiles to.
    pub makes: Makes,
    /// Its confinements in [`super::Policy::confinements`].
    pub confinements: Range<usize>,
}

/// What the artifacts of a unit are named after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitName {
    /// The id of a profile and its mode.
    Profile {
        /// `gp_` + 12 hexadecimal digits.
        id: String,
        /// The mode.
        mode: &'static str,
    },
    /// The template of a rule, and its id or name.
    Rule {
        /// The id of the template.
        template: &'static str,
        /// The id of the rule; its name when it has none.
        id: String,
    },
    /// The base name of the executable that a guard confines.
    Guard {
        /// The base name.
        process: String,
    },
}

/// What a unit compiles to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    /// Policies.
    Policies,
    /// A file with comments only, because nothing is enforced.
    Comments,
}

/// Returns the units of a document whose confinements begin at `start`; none for documents without artifacts.
pub(super) fn units(document: &Document, start: usize, confinements: &[Confinement]) -> Vec<Unit> {
    let all = start..start + confinements.len();
    match document {
        Document::GuardianProfile(profile) => {
            let mode = profile.mode.value;
            vec![Unit {
                name: UnitName::Profile {
                    id: profile.profile_id.value.as_str().to_owned(),
                    mode: mode.name(),
                },
                span: profile.span,
                title: format!(
                    "Guardian profile `{}` of {}, mode {}",
                    profile.name.value,
                    profile.target_binary.value,
                    mode.name()
                ),
                makes: if mode == ProfileMode::Observe { Makes::Comments } else { Makes::Policies },
                confinements: all,
            }]
        }
        Document::EnforcementRule(rule) if !confinements.is_empty() => {
            let template = rule.template.value.id();
            let id = rule.rule_id.as_ref().unwrap_or(&rule.name);
            vec![Unit {
                name: UnitName::Rule { template, id: id.value.clone() },
                span: rule.span,
                title: format!("Enforcement rule `{}`, template {template}", rule.name.value),
                makes: Makes::Policies,
                confinements: all,
            }]
        }
        Document::RuntimeGuard(guard) => {
            let mut next = start;
            let same = |left: &Confinement, right: &Confinement| left.document == right.document;
            let processes = confinements.chunk_by(same).filter_map(|own| {
                let process = own.first()?.document.id.clone();
                let first = next;
                next += own.len();
                let written = guard.processes.iter().find(|written| written.name.value == process);
                Some(Unit {
                    span: written.map_or(guard.span, |written| written.name.span),
                    title: format!(
                        "Runtime guard of processes called `{process}`, mode {}",
                        guard.mode.value.name()
                    ),
                    name: UnitName::Guard { process },
                    makes: Makes::Policies,
                    confinements: first..next,
                })
            });
            processes.collect()
        }
        Document::EnforcementRule(_)
        | Document::TracingPolicy(_)
        | Document::GuardianPolicy(_)
        | Document::Invariant(_)
        | Document::PolicyPack(_) => Vec::new(),
    }
}
