//! One rule in its lowered form: events, subjects, effect and source line.

use std::fmt;
use std::sync::Arc;
use strum::VariantArray;

use telovix_diagnostic::source::Span;

use super::{Condition, Effect, Operation, Subject};
use crate::value::{Capability, Cidr, Date, NetworkPattern, PathPattern, PortRange, Syscall};
use crate::value::{Children, Scope, Waiver};

/// Events of one operation, by one subject, that get one effect. Confinements of one document
/// share their common parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Confinement {
    /// The document it was lowered from.
    pub document: Arc<DocumentReference>,
    /// The part of the document.
    pub dimension: Dimension,
    /// The source line: the list, or the rule.
    pub span: Span,
    /// The confined processes.
    pub subject: Subject,
    /// Whether programs that the subject starts stay inside.
    pub children: Children,
    /// The operation.
    pub operation: Operation,
    /// The events that get the effect.
    pub condition: Condition,
    /// The effect as written.
    pub effect: Effect,
    /// Whether the effect is enforced, by the state of its pack.
    pub gate: Gate,
    /// Where it applies.
    pub scope: Scope,
    /// The exempt processes.
    pub exemptions: Vec<Exemption>,
    /// How the members below relate to the condition.
    pub listing: Listing,
    /// The listed values, each with its line.
    pub members: Vec<Member>,
    /// The weakenings that the document accepts.
    pub waivers: Arc<[Waiver]>,
}

impl Confinement {
    /// Returns the enforced effect: as written, or `observe` while its pack is not enforced.
    #[must_use]
    pub fn acting_effect(&self) -> Effect {
        match self.gate {
            Gate::Active => self.effect,
            Gate::Held => self.effect.min(Effect::Observe),
        }
    }
}

/// Identifies a document in output, artifacts and events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentReference {
    /// The kind.
    pub kind: DocumentKind,
    /// The id: a profile id, a rule id, a guard's process name.
    pub id: String,
    /// The readable name.
    pub name: String,
}

/// The kinds of documents that confine.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
pub enum DocumentKind {
    /// A Guardian profile.
    GuardianProfile,
    /// An enforcement rule.
    EnforcementRule,
    /// A runtime guard.
    RuntimeGuard,
    /// A TracingPolicy of Tetragon.
    TracingPolicy,
}

impl DocumentKind {
    /// Every kind that confines.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the word after `kind:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The part of a document that a confinement comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Dimension {
    /// Programs it may execute.
    Spawns,
    /// Files it may use.
    Files,
    /// Ports and CIDR blocks of a profile, or the networks of a guard: one condition.
    Network,
    /// Capabilities it may use.
    Capabilities,
    /// System calls it may not make.
    Syscalls,
    /// The operation of a template.
    Template,
    /// A selector of a TracingPolicy, also of one in a custom rule.
    #[strum(serialize = "tracing policy")]
    TracingPolicy,
    /// What the native backend adds so that path rules cannot be bypassed by mounts, chroot and namespaces.
    #[strum(serialize = "name space")]
    NameSpace,
}

impl Dimension {
    /// Every part.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Whether the effect of a confinement is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// It is enforced.
    Active,
    /// It belongs to a pack that is not enforced: violations are observed.
    Held,
}

/// Exempts processes from one confinement. Both patterns must match when both are present.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemption {
    /// The executable of the process; any when absent.
    pub process: Option<PathPattern>,
    /// The executable of its parent; any when absent.
    pub parent: Option<PathPattern>,
    /// The line that grants it.
    pub span: Span,
    /// Why.
    pub reason: String,
    /// The person or team responsible for it.
    pub owner: Option<String>,
    /// The last day on which it applies; lowering drops what has expired.
    pub expiry: Option<Date>,
}

/// How the members of a confinement relate to its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// What is listed is allowed; the condition is the rest.
    Allows,
    /// What is listed is the condition.
    Blocks,
}

/// One listed value and its line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The value.
    pub value: MemberValue,
    /// Where it is listed.
    pub span: Span,
}

/// A value of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberValue {
    /// A path pattern of spawns or files.
    Path(PathPattern),
    /// A port range.
    Ports(PortRange),
    /// A CIDR block.
    Cidr(Cidr),
    /// A network pattern of a guard.
    Network(NetworkPattern),
    /// A capability.
    Capability(Capability),
    /// A system call.
    Syscall(Syscall),
}

impl fmt::Display for MemberValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(pattern) => write!(formatter, "{pattern}"),
            Self::Ports(ports) => write!(formatter, "{ports}"),
            Self::Cidr(cidr) => write!(formatter, "{cidr}"),
            Self::Network(pattern) => write!(formatter, "{pattern}"),
            Self::Capability(capability) => write!(formatter, "{capability}"),
            Self::Syscall(syscall) => write!(formatter, "{syscall}"),
        }
    }
}
