//! A policy -> the rules that a stream is judged by: guards, other confinements, detections.
//!
//! Guards are judged apart from profiles and rules, so that a guard's violation is reported also where a profile denies
//! the same event.

use telovix_document::lower::{self, Policy};
use telovix_document::{Document, GuardMode, GuardianPolicy, RuntimeGuard};

use crate::judge::{Judge, Rule};
use crate::vocabulary::{Confinement, SourceSet};

/// The confinements of a policy, guards apart from the others.
#[derive(Debug, Default)]
pub struct Parts {
    guards: Part,
    others: Part,
}

/// Confinements, and for each the number of its document.
#[derive(Debug, Default)]
struct Part {
    confinements: Vec<Confinement>,
    documents: Vec<usize>,
}

impl Parts {
    /// Divides the confinements of a policy.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut parts = Self::default();
        for (number, placed) in policy.documents.iter().enumerate() {
            let part = match placed.document {
                Document::RuntimeGuard(_) => &mut parts.guards,
                _ => &mut parts.others,
            };
            let confinements = policy.confinements.get(placed.confinements.clone()).unwrap_or_default();
            part.confinements.extend(confinements.iter().cloned());
            part.documents.extend(confinements.iter().map(|_| number));
        }
        parts
    }
}

/// The rules of a policy.
#[derive(Debug)]
pub struct Rules<'policy> {
    pub(super) guards: Judge<'policy>,
    pub(super) others: Judge<'policy>,
    pub(super) detections: Vec<&'policy GuardianPolicy>,
    pub(super) sources: &'policy SourceSet,
    parts: &'policy Parts,
    policy: &'policy Policy,
}

/// A limit of memory or CPU time that a guard sets, which no event of a history shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The base name of the executable.
    pub process: String,
    /// The field of the document.
    pub field: &'static str,
    /// File and line.
    pub source: String,
}

impl<'policy> Rules<'policy> {
    /// Prepares the rules of a policy.
    #[must_use]
    pub fn new(policy: &'policy Policy, parts: &'policy Parts, sources: &'policy SourceSet) -> Self {
        let detections = policy.documents.iter().filter_map(|placed| match &placed.document {
            Document::GuardianPolicy(detection) => Some(detection),
            _ => None,
        });
        Self {
            guards: Judge::new(&parts.guards.confinements, sources),
            others: Judge::new(&parts.others.confinements, sources),
            detections: detections.collect(),
            sources,
            parts,
            policy,
        }
    }

    /// Returns whether there is nothing to judge by.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.detections.is_empty()
            && self.parts.guards.confinements.is_empty()
            && self.parts.others.confinements.is_empty()
    }

    /// Returns the detections, in the order of the policy.
    pub fn detections(&self) -> impl Iterator<Item = &'policy GuardianPolicy> {
        self.detections.iter().copied()
    }

    /// Returns the limits of guards; they are not evaluated.
    #[must_use]
    pub fn limits(&self) -> Vec<Limit> {
        let limits = self.policy.host_limits();
        let limit = |limit: lower::HostLimit<'_>| Limit {
            process: limit.process.to_owned(),
            field: limit.resource.field(),
            source: self.sources.locate(limit.limit.span),
        };
        limits.map(limit).collect()
    }

    /// Returns the guard of a rule.
    pub(super) fn guard(&self, rule: Rule) -> Option<&'policy RuntimeGuard> {
        let (at, _) = self.guards.confinement(rule)?;
        match &self.policy.documents.get(*self.parts.guards.documents.get(at)?)?.document {
            Document::RuntimeGuard(guard) => Some(guard),
            _ => None,
        }
    }

    /// Returns the document of a rule that is not a guard's.
    pub(super) fn document(&self, rule: Rule) -> Option<&'policy Document> {
        let (at, _) = self.others.confinement(rule)?;
        Some(&self.policy.documents.get(*self.parts.others.documents.get(at)?)?.document)
    }

    /// Returns what a guard's mode calls its reaction.
    pub(super) fn reaction(mode: GuardMode) -> &'static str {
        match mode {
            GuardMode::Audit => "logged",
            GuardMode::Alert => "alerted",
            GuardMode::Enforce => "blocked",
        }
    }
}
