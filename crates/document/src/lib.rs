//! Nodes -> typed documents, field by field with their spans, and their lowering to confinements.

#![forbid(unsafe_code)]

pub mod codes;
mod controls;
mod enforcement_rule;
mod envelope;
mod exception;
mod field_order;
mod guardian_policy;
mod guardian_profile;
mod invariant;
mod kubernetes;
pub mod lower;
mod meant;
mod policy_pack;
mod read;
mod runtime_guard;
mod scope;
mod shape;
pub mod template;
mod tracing_policy;

pub use codes::CODES;
pub use enforcement_rule::{EnforcementRule, Template};
pub use envelope::FoundPolicy;
pub use envelope::{KINDS, Kind};
pub use exception::Exception;
pub use field_order::field_order;
pub use guardian_policy::{DetectionAction, DetectionSeverity, EventKind, GuardianPolicy, Match, Observed};
pub use guardian_profile::{GuardianProfile, ProfileMode};
pub use invariant::{EventSet, Invariant, InvariantMode, InvariantSubjects, Requirement};
pub use policy_pack::{PackKind, PackState, PolicyPack};
pub use runtime_guard::{GuardAlerts, GuardMode, GuardProcess, RuntimeGuard};
pub use tracing_policy::{Action, Actions, PolicyPlace, TracingPolicyDocument};

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{Source, SourceId, SourceSet, Span, Spanned};
use telovix_policy::value::Scope;
use telovix_syntax as syntax;
use telovix_syntax::Comment;

/// The documents and comments of all sources of a run.
#[derive(Debug, Default)]
pub struct Documents {
    /// The documents without an error, in the order of their sources and within them.
    pub documents: Vec<Document>,
    /// Every comment, in the same order.
    pub comments: Vec<Comment>,
    /// Every TracingPolicy that could be parsed, also those with an error.
    pub tracing_policies: Vec<FoundPolicy>,
    /// The kinds of Kubernetes objects that are not policies, in the same order.
    pub others: Vec<Spanned<String>>,
}

/// Reads all documents of a run and reports every mistake in them.
pub fn read(sources: &SourceSet, sink: &mut Sink) -> Documents {
    let mut all = Documents::default();
    for (id, source) in sources.iter() {
        all.extend(read_source(id, source, sink));
    }
    kubernetes::report(&all.others, sink);
    all
}

/// Reads the documents of one source; for callers that read many at once. [`Documents::extend`] the
/// results in order of sources.
pub fn read_source(id: SourceId, source: &Source, sink: &mut Sink) -> Documents {
    // An anchor needs a `&`, and without anchors there is nothing to share.
    if !source.text().contains('&') {
        let mut read = Documents::default();
        read.comments = syntax::parse(id, source, sink, |tree, sink| envelope::read(&tree, &mut read, sink));
        return read;
    }
    let mut strict = sink.fork();
    let (mut read, mut is_policy) = (Documents::default(), false);
    read.comments = syntax::parse(id, source, &mut strict, |tree, sink| {
        is_policy |= envelope::may_share(&tree.root);
        envelope::read(&tree, &mut read, sink);
    });
    if !is_policy {
        sink.append(strict);
        return read;
    }
    let mut read = Documents::default();
    read.comments =
        syntax::parse_sharing(id, source, sink, |tree, sink| envelope::read(&tree, &mut read, sink));
    read
}

impl Documents {
    /// Adds the documents and comments of another source.
    pub fn extend(&mut self, other: Self) {
        self.documents.extend(other.documents);
        self.comments.extend(other.comments);
        self.tracing_policies.extend(other.tracing_policies);
        self.others.extend(other.others);
    }
}

/// One document of a source.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "most documents are profiles, the largest kind")]
pub enum Document {
    /// The allowed behaviour of one binary.
    GuardianProfile(GuardianProfile),
    /// A built-in template or a custom TracingPolicy, with scope and exceptions.
    EnforcementRule(EnforcementRule),
    /// Allow and block lists per process name.
    RuntimeGuard(RuntimeGuard),
    /// An event-matching rule of the Console.
    GuardianPolicy(GuardianPolicy),
    /// A named set of documents with an enforcement state.
    PolicyPack(PolicyPack),
    /// A statement about all policies together.
    Invariant(Invariant),
    /// A TracingPolicy of Tetragon, checked and passed through.
    TracingPolicy(TracingPolicyDocument),
}

impl Document {
    /// Returns the bytes of the whole document.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::GuardianProfile(document) => document.span,
            Self::EnforcementRule(document) => document.span,
            Self::RuntimeGuard(document) => document.span,
            Self::GuardianPolicy(document) => document.span,
            Self::PolicyPack(document) => document.span,
            Self::Invariant(document) => document.span,
            Self::TracingPolicy(document) => document.span,
        }
    }
}

impl Document {
    /// Returns where the document applies.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let sensor = |sensor: &Spanned<String>| Scope::Sensor(sensor.value.clone());
        match self {
            Self::GuardianProfile(profile) => profile.scope(),
            Self::EnforcementRule(rule) => rule.scope.clone(),
            Self::GuardianPolicy(policy) => match (&policy.sensor_id, &policy.target_group_id) {
                (Some(id), _) => sensor(id),
                (None, Some(group)) => Scope::Group(group.value.clone()),
                (None, None) => Scope::Fleet,
            },
            Self::RuntimeGuard(_) | Self::PolicyPack(_) | Self::Invariant(_) | Self::TracingPolicy(_) => {
                Scope::Fleet
            }
        }
    }
}

/// A list and its place. An empty list differs from an absent one.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    /// The bytes of the whole list.
    pub span: Span,
    /// The members, in the order written.
    pub items: Vec<Spanned<T>>,
}
