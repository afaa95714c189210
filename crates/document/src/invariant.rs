//! A mapping of kind `Invariant` -> what no policy of the repository may ever allow, or deny.

pub(super) mod read;

use strum::VariantArray;
use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::{Effect, Operation};
use telovix_policy::value::{Capability, NetworkPattern, PathPattern, Syscall};

use super::List;

/// A statement about all policies together. It confines nothing: it is checked, and a policy that breaks it
/// does not compile.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// The bytes of the whole document.
    pub span: Span,
    /// At most 128 characters.
    pub name: Spanned<String>,
    /// Why it must hold.
    pub reason: Spanned<String>,
    /// The documents it applies to.
    pub subjects: InvariantSubjects,
    /// What must be stopped.
    pub never: Option<EventSet>,
    /// What must not be stopped.
    pub always: Option<EventSet>,
    /// The weakest effect that stops: `kill` unless written otherwise.
    pub at_least: Effect,
    /// What the documents must have.
    pub require: Vec<Spanned<Requirement>>,
}

/// The documents an invariant applies to: those that meet every given condition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InvariantSubjects {
    /// The binary is in one of these.
    pub binaries: Option<List<PathPattern>>,
    /// The binary is in none of these.
    pub except: Option<List<PathPattern>>,
    /// The profile has one of these roles.
    pub roles: Vec<Spanned<String>>,
    /// The document may connect somewhere.
    pub network_facing: bool,
    /// The modes it applies to; audit and enforce when empty.
    pub modes: Vec<Spanned<InvariantMode>>,
    /// Includes processes that no document names.
    pub everyone: bool,
}

/// A mode of a profile, or of a guard, as an invariant names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum InvariantMode {
    /// Nothing is stopped.
    Observe,
    /// Violations are killed.
    Audit,
    /// Violations are denied.
    Enforce,
}

impl InvariantMode {
    /// Every mode.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A set of events, by operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventSet {
    /// Executions of these files.
    pub exec: Option<List<PathPattern>>,
    /// Executions of anonymous memory and deleted files.
    pub exec_memory: Option<Spanned<bool>>,
    /// Opens of these files for reading.
    pub read: Option<List<PathPattern>>,
    /// Every change of these files: write, create, truncate, delete, rename, link.
    pub write: Option<List<PathPattern>>,
    /// Connections.
    pub connect: Option<List<NetworkPattern>>,
    /// Uses of capabilities.
    pub capabilities: Option<List<Capability>>,
    /// System calls.
    pub syscalls: Option<List<Syscall>>,
    /// Operations as a whole.
    pub operations: Option<List<Operation>>,
}

/// Something a document must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Requirement {
    /// Each exception has an owner.
    ExceptionOwner,
    /// Each exception has a last day.
    ExceptionExpiry,
    /// A description.
    Description,
    /// A network function role.
    Role,
    /// The dimension `allowed_spawns`.
    Spawns,
    /// The dimension `allowed_files`.
    Files,
    /// Ports or CIDR blocks.
    Network,
    /// The dimension `allowed_capabilities`.
    Capabilities,
}

impl Requirement {
    /// Every requirement.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
