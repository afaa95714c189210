//! Documents -> one policy: the confinements they mean, and what travels beside them.
//!
//! Everything a document asks for becomes a confinement here, with the line that asks for it; after this
//! pass nobody reads a field again to know what it means. What confines nothing is kept as it was written
//! for those who need it: detections and host limits for the manifest, profiles that only observe for their
//! comment-only file, custom policies for the engine.

mod duplicate;
mod enforcement_rule;
mod exception;
mod guardian_profile;
mod name_space;
mod pack;
mod runtime_guard;
mod severity;

use std::ops::Range;

use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_diagnostic::{Code, Sink};
use telovix_policy::confine::{Confinement, Gate};
use telovix_policy::value::{Date, Scope, Waiver};

use crate::{Document, GuardMode, TracingPolicyDocument};

pub use exception::report_outlived;
pub use name_space::OPEN_NAME_SPACE;
pub use pack::{Pack, PackName};
pub use runtime_guard::endpoints;
pub use severity::violation_severity;

/// The codes this room reports.
pub const CODES: &[&Code] = &[
    &duplicate::DUPLICATE_DOCUMENT,
    &duplicate::PROFILES_OVERLAP,
    &duplicate::GUARDS_OVERLAP,
    &enforcement_rule::RULE_DISABLED,
    &exception::EXCEPTION_EXPIRED,
    &exception::EXPIRED_IN_FORCE,
    &name_space::NAME_SPACE_CLOSED,
    &name_space::OPEN_NAME_SPACE,
    &pack::PACK_FOLDER,
    &pack::PACK_HELD,
];

/// What lowering needs to know beside the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The day that is compiled for: exceptions whose last day is before it do not hold. [`Date::FIRST`] keeps all.
    pub as_of: Date,
}

/// What a set of documents means. The same documents give the same policy in whatever order they arrive.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Every document, by source name and place.
    pub documents: Vec<PolicyDocument>,
    /// Every confinement: those of one document together, in the order of the documents.
    pub confinements: Vec<Confinement>,
    /// Every pack, by id and version.
    pub packs: Vec<Pack>,
}

/// A document, the pack it belongs to, and where its confinements lie in [`Policy::confinements`].
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    /// The document as it was written.
    pub document: Document,
    /// The pack whose folder it stands in.
    pub pack: Option<PackName>,
    /// Whether its effects act, by the state of that pack.
    pub gate: Gate,
    /// Its confinements. Empty for what does not confine.
    pub confinements: Range<usize>,
}

/// A limit of a guard that no kernel operation covers: the host has to hold it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostLimit<'policy> {
    /// The base name of the executable.
    pub process: &'policy str,
    /// What is limited.
    pub resource: Resource,
    /// The limit, in the unit of the resource, and where it is written.
    pub limit: &'policy Spanned<u32>,
    /// What the guard asks for on violation.
    pub mode: GuardMode,
    /// The weakenings the guard accepts.
    pub waivers: &'policy [Waiver],
}

/// What a host limit limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Memory in megabytes.
    MemoryMegabytes,
    /// Processor time in percent of one processor.
    CpuPercent,
}

impl Resource {
    /// Returns the field of the document.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::MemoryMegabytes => "max_memory_mb",
            Self::CpuPercent => "max_cpu_percent",
        }
    }
}

/// Lowers documents to a policy and reports what contradicts itself between them.
#[must_use]
pub fn lower(mut documents: Vec<Document>, sources: &SourceSet, options: Options, sink: &mut Sink) -> Policy {
    documents.sort_by_key(Document::span);
    let packs = pack::collect(&documents, sources, sink);
    let owners = pack::Owners::new(&packs);
    let mut confinements = Vec::new();
    let mut placed = Vec::with_capacity(documents.len());
    for document in documents {
        let pack = owners.of(document.span(), sources);
        let gate = pack.map_or(Gate::Active, Pack::gate);
        let start = confinements.len();
        confine(&document, options, &mut confinements, sink);
        let own = start..confinements.len();
        for confinement in confinements.iter_mut().skip(start) {
            confinement.gate = gate;
        }
        let pack = pack.map(|pack| pack.name.clone());
        placed.push(PolicyDocument { document, pack, gate, confinements: own });
    }
    pack::report_held(&packs, &placed, sink);
    duplicate::report(&placed, sink);
    Policy { documents: placed, confinements, packs }
}

fn confine(document: &Document, options: Options, confinements: &mut Vec<Confinement>, sink: &mut Sink) {
    match document {
        Document::GuardianProfile(profile) => {
            guardian_profile::lower(profile, options, confinements, sink);
        }
        Document::EnforcementRule(rule) => enforcement_rule::lower(rule, options, confinements, sink),
        Document::RuntimeGuard(guard) => runtime_guard::lower(guard, confinements),
        Document::GuardianPolicy(_)
        | Document::PolicyPack(_)
        | Document::Invariant(_)
        | Document::TracingPolicy(_) => {}
    }
}

impl Policy {
    /// Returns the confinements of one of its documents.
    #[must_use]
    pub fn confinements_of(&self, document: &PolicyDocument) -> &[Confinement] {
        self.confinements.get(document.confinements.clone()).unwrap_or_default()
    }

    /// Returns every limit that the host has to hold, in the order of the documents.
    pub fn host_limits(&self) -> impl Iterator<Item = HostLimit<'_>> {
        self.documents.iter().flat_map(|placed| match &placed.document {
            Document::RuntimeGuard(guard) => runtime_guard::host_limits(guard),
            _ => Vec::new(),
        })
    }

    /// Returns every TracingPolicy that is passed through: those of custom rules that are enabled, and
    /// those that are documents of their own.
    pub fn custom_policies(&self) -> impl Iterator<Item = (&PolicyDocument, &TracingPolicyDocument)> {
        let enabled = self.documents.iter().filter(|placed| !placed.is_disabled());
        enabled.filter_map(|placed| Some((placed, placed.custom_policy()?)))
    }
}

impl PolicyDocument {
    /// Returns the folder its artifacts go to, below the output folder: `{pack_id}/{version}` inside a pack.
    #[must_use]
    pub fn folder(&self) -> Option<String> {
        self.pack.as_ref().map(ToString::to_string)
    }

    /// Returns the place that stands for the whole document in messages: its name.
    #[must_use]
    pub fn name_span(&self) -> Span {
        match &self.document {
            Document::GuardianProfile(profile) => profile.name.span,
            Document::EnforcementRule(rule) => rule.name.span,
            Document::RuntimeGuard(guard) => {
                guard.processes.first().map_or(guard.span, |first| first.name.span)
            }
            Document::GuardianPolicy(policy) => policy.name.span,
            Document::PolicyPack(pack) => pack.pack_id.span,
            Document::Invariant(invariant) => invariant.name.span,
            Document::TracingPolicy(policy) => policy.name.span,
        }
    }

    /// Returns where the document holds.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.document.scope()
    }

    /// Returns the TracingPolicy that the document is or holds, whether or not it is enabled.
    #[must_use]
    pub fn custom_policy(&self) -> Option<&TracingPolicyDocument> {
        match &self.document {
            Document::EnforcementRule(rule) => rule.policy.as_ref(),
            Document::TracingPolicy(policy) => Some(policy),
            _ => None,
        }
    }

    /// Tells whether the document is switched off.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        matches!(&self.document, Document::EnforcementRule(rule) if !rule.enabled)
    }

    /// Returns the weakenings that the document accepts.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        match &self.document {
            Document::GuardianProfile(profile) => &profile.waive,
            Document::EnforcementRule(rule) => &rule.waive,
            Document::RuntimeGuard(guard) => &guard.waive,
            Document::TracingPolicy(policy) => &policy.waive,
            Document::GuardianPolicy(_) | Document::PolicyPack(_) | Document::Invariant(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests;
