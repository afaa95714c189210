//! Nodes -> typed documents: what an operator wrote, field by field, with every place kept.

mod enforcement_rule;
mod exception;
mod guardian_policy;
mod guardian_profile;
mod policy_pack;
mod runtime_guard;
mod scope;
mod tracing_policy;
pub mod value;

pub use enforcement_rule::{EnforcementRule, Template};
pub use exception::{Exception, Waiver};
pub use guardian_policy::{DetectionAction, DetectionSeverity, GuardianPolicy};
pub use guardian_profile::{Children, GuardianProfile, ProfileMode};
pub use policy_pack::{PackKind, PackState, PolicyPack};
pub use runtime_guard::{GuardAlerts, GuardMode, GuardProcess, RuntimeGuard};
pub use scope::Scope;
pub use tracing_policy::TracingPolicyDocument;

use crate::source::{Span, Spanned};

/// One document of a source.
#[derive(Debug, Clone, PartialEq)]
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
    /// The engine's own document, checked and passed through.
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
            Self::TracingPolicy(document) => document.span,
        }
    }
}

/// A list and where it stands. An empty list differs from an absent one.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    /// The bytes of the whole list.
    pub span: Span,
    /// The members, in the order written.
    pub items: Vec<Spanned<T>>,
}
