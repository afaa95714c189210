//! Documents -> one policy: the confinements they mean, and the data that accompanies them.
//!
//! Every requirement of a document becomes a confinement here, with its source line; after this
//! pass no field of a document is interpreted again. Emission, manifest and findings about
//! targets use the lowered policy: confinements, the units that artifacts are made of, identities, host limits, and
//! what is passed through unchanged (detections, policies of Tetragon). Lints and comparison are about
//! the written text, and read documents.

mod duplicate;
mod enforcement_rule;
mod exception;
mod guardian_profile;
mod identity;
mod name_space;
mod pack;
mod runtime_guard;
mod severity;
mod tracing_policy;
mod unit;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub use exception::report_outlived;
pub use identity::Identity;
pub use name_space::{NAME_SPACE_CLOSED, OPEN_NAME_SPACE};
pub use pack::{Pack, PackName};
pub use runtime_guard::endpoints;
pub use severity::violation_severity;
pub use tracing_policy::{Difference, Direction, NativeForm, Obstacle};
pub use unit::{Makes, Unit, UnitName};

use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_diagnostic::{Code, Sink};
use telovix_policy::confine::{Confinement, DocumentKind, DocumentReference, Gate};
use telovix_policy::value::{Date, Scope, Waiver};

use crate::{Document, GuardMode, PolicyPlace, Template, TracingPolicyDocument};

/// The codes of lowering.
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

/// The input of lowering in addition to the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The day to compile for: exceptions whose last day is before it do not apply. With [`Date::FIRST`] all apply.
    pub as_of: Date,
}

/// The meaning of a set of documents. The same documents give the same policy in any order.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Every document, by source name and place.
    pub documents: Vec<PolicyDocument>,
    /// Every confinement: those of one document together, in the order of the documents.
    pub confinements: Vec<Confinement>,
    /// The confinements of TracingPolicies, in the same order. Native targets enforce them; Tetragon gets the policies as
    /// written, and its own semantics apply to them there.
    pub native: Vec<Confinement>,
    /// Every pack, by id and version.
    pub packs: Vec<Pack>,
}

/// A document, the pack it belongs to, and where its confinements are in [`Policy::confinements`].
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    /// The document as written.
    pub document: Document,
    /// The pack whose folder contains it.
    pub pack: Option<PackName>,
    /// Whether it is enforced, by the state of that pack.
    pub gate: Gate,
    /// Its confinements; none for kinds that do not confine.
    pub confinements: Range<usize>,
    /// What its confinements lack of the TracingPolicy that it is or contains; empty for every other document.
    pub native: NativeForm,
    /// Its units, from which artifacts are made, in the order of the confinements; none for kinds without artifacts.
    pub units: Vec<Unit>,
}

/// A limit of a guard that no kernel operation covers: the host has to enforce it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostLimit<'policy> {
    /// The base name of the executable.
    pub process: &'policy str,
    /// What is limited.
    pub resource: Resource,
    /// The limit, in the unit of the resource, and where it is written.
    pub limit: &'policy Spanned<u32>,
    /// The effect of a violation in the guard.
    pub mode: GuardMode,
    /// The weakenings the guard accepts.
    pub waivers: &'policy [Waiver],
}

/// The resource of a host limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Memory in megabytes.
    MemoryMegabytes,
    /// CPU time in percent of one CPU.
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

/// Lowers documents to a policy and reports contradictions between them.
#[must_use]
pub fn lower(mut documents: Vec<Document>, sources: &SourceSet, options: Options, sink: &mut Sink) -> Policy {
    documents.sort_by_key(Document::span);
    let packs = pack::collect(&documents, sources, sink);
    let owners = pack::Owners::new(&packs);
    let (mut confinements, mut native) = (Vec::new(), Vec::new());
    let mut placed = Vec::with_capacity(documents.len());
    for document in documents {
        let pack = owners.of(document.span(), sources);
        let gate = pack.map_or(Gate::Active, Pack::gate);
        let (start, first) = (confinements.len(), native.len());
        confine(&document, options, &mut confinements, sink);
        let form = natively(&document, options, &mut native);
        let own = start..confinements.len();
        for confinement in confinements.iter_mut().skip(start).chain(native.iter_mut().skip(first)) {
            confinement.gate = gate;
        }
        let pack = pack.map(|pack| pack.name.clone());
        let added = confinements.get(start..).expect("lowering only adds confinements");
        let units = unit::units(&document, start, added);
        placed.push(PolicyDocument { document, pack, gate, confinements: own, native: form, units });
    }
    pack::report_held(&packs, &placed, sink);
    duplicate::report(&placed, sink);
    Policy { documents: placed, confinements, native, packs }
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

/// Appends the confinements of the TracingPolicy that a document is or contains, unless it is a disabled rule.
fn natively(document: &Document, options: Options, confinements: &mut Vec<Confinement>) -> NativeForm {
    let (policy, reference, scope, exceptions, waivers) = match document {
        Document::TracingPolicy(policy) => {
            let name = policy.name.value.clone();
            let reference = DocumentReference { kind: DocumentKind::TracingPolicy, id: name.clone(), name };
            (policy, reference, Scope::Fleet, &[][..], &policy.waive)
        }
        Document::EnforcementRule(rule) => match rule.policy.as_ref().filter(|_| rule.enabled) {
            Some(policy) => {
                let exceptions = rule.exceptions.as_slice();
                (policy, enforcement_rule::reference(rule), rule.scope.clone(), exceptions, &rule.waive)
            }
            None => return NativeForm::default(),
        },
        _ => return NativeForm::default(),
    };
    let header = tracing_policy::Header {
        document: Arc::new(reference),
        scope,
        // Expired ones were reported with the rule.
        exemptions: exception::exemptions(exceptions, options, &mut Sink::default()),
        waivers: Arc::clone(waivers),
    };
    tracing_policy::lower(policy, &header, confinements)
}

impl Policy {
    /// Returns the confinements of one of its documents.
    #[must_use]
    pub fn confinements_of(&self, document: &PolicyDocument) -> &[Confinement] {
        self.confinements.get(document.confinements.clone()).expect("made by this policy")
    }

    /// Returns the confinements of the TracingPolicy that a document is or contains.
    #[must_use]
    pub fn native_of(&self, document: &PolicyDocument) -> &[Confinement] {
        self.native.get(document.native.confinements.clone()).expect("made by this policy")
    }

    /// Returns what native targets enforce, in the order of the image: every confinement, then those of TracingPolicies.
    #[must_use]
    pub fn enforced_natively(&self) -> Cow<'_, [Confinement]> {
        match self.native.as_slice() {
            [] => Cow::Borrowed(&self.confinements),
            native => Cow::Owned([&self.confinements, native].concat()),
        }
    }

    /// Returns the confinements of a unit.
    #[must_use]
    pub fn confinements_of_unit(&self, unit: &Unit) -> &[Confinement] {
        self.confinements.get(unit.confinements.clone()).expect("made by this policy")
    }

    /// Returns every limit that the host has to enforce, in the order of the documents.
    pub fn host_limits(&self) -> impl Iterator<Item = HostLimit<'_>> {
        self.documents.iter().flat_map(PolicyDocument::host_limits)
    }

    /// Returns every TracingPolicy that is passed through: those of custom rules that are enabled, and
    /// those that are separate documents.
    pub fn custom_policies(&self) -> impl Iterator<Item = CustomPolicy<'_>> {
        self.documents.iter().filter_map(PolicyDocument::custom_policy).filter(|custom| custom.enabled)
    }
}

/// A policy of Tetragon that is passed through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CustomPolicy<'policy> {
    /// The document it is, or the rule it belongs to.
    pub placed: &'policy PolicyDocument,
    /// The policy.
    pub policy: &'policy TracingPolicyDocument,
    /// How it is written.
    pub form: CustomForm,
    /// Whether it is compiled; a rule can be disabled.
    pub enabled: bool,
}

/// How a policy of Tetragon is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomForm {
    /// As a document, passed through byte by byte.
    Document,
    /// As a field of a rule.
    Field,
}

impl PolicyDocument {
    /// Returns the folder its artifacts go to, below the output folder: `{pack_id}/{version}` inside a pack.
    #[must_use]
    pub fn folder(&self) -> Option<String> {
        self.pack.as_ref().map(ToString::to_string)
    }

    /// Returns the place of the whole document in messages: its name.
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

    /// Returns the bytes of the whole document.
    #[must_use]
    pub fn span(&self) -> Span {
        self.document.span()
    }

    /// Returns the template of a rule.
    #[must_use]
    pub fn template(&self) -> Option<Template> {
        match &self.document {
            Document::EnforcementRule(rule) => Some(rule.template.value),
            _ => None,
        }
    }

    /// Returns the limits of a guard that its host has to enforce.
    #[must_use]
    pub fn host_limits(&self) -> Vec<HostLimit<'_>> {
        match &self.document {
            Document::RuntimeGuard(guard) => runtime_guard::host_limits(guard),
            _ => Vec::new(),
        }
    }

    /// Returns where the document applies.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.document.scope()
    }

    /// Returns the TracingPolicy that the document is or contains, whether or not it is enabled.
    #[must_use]
    pub fn custom_policy(&self) -> Option<CustomPolicy<'_>> {
        let (policy, form, enabled) = match &self.document {
            Document::EnforcementRule(rule) => (rule.policy.as_ref()?, CustomForm::Field, rule.enabled),
            Document::TracingPolicy(policy) => {
                let form = match policy.place {
                    PolicyPlace::Document => CustomForm::Document,
                    PolicyPlace::Field | PolicyPlace::Item => CustomForm::Field,
                };
                (policy, form, true)
            }
            _ => return None,
        };
        Some(CustomPolicy { placed: self, policy, form, enabled })
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
