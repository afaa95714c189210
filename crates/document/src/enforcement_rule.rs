//! A mapping of kind `EnforcementRule` -> a template or custom policy with scope and exceptions.

pub(super) mod read;

use std::sync::Arc;
use strum::VariantArray;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::{Scope, Waiver};

use super::{Exception, TracingPolicyDocument};

/// A named rule: one template, or the operator's own TracingPolicy.
#[derive(Debug, Clone, PartialEq)]
pub struct EnforcementRule {
    /// The bytes of the whole document.
    pub span: Span,
    /// The id in the Console, if it has one.
    pub rule_id: Option<Spanned<String>>,
    /// What is denied.
    pub template: Spanned<Template>,
    /// At most 128 characters.
    pub name: Spanned<String>,
    /// At most 2,000 characters.
    pub description: Option<Spanned<String>>,
    /// A disabled rule enforces nothing.
    pub enabled: bool,
    /// Where the rule applies.
    pub scope: Scope,
    /// Who is exempt.
    pub exceptions: Vec<Exception>,
    /// The operator's policy; present exactly when the template is `custom`.
    pub policy: Option<TracingPolicyDocument>,
    /// Weakenings the author accepts, each with a reason.
    pub waive: Arc<[Waiver]>,
    /// The ids of the controls it is evidence for.
    pub compliance_tags: Vec<Spanned<String>>,
}

/// An enforcement template: an intent, not a system call.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Template {
    /// Load a kernel module, from memory or from a file.
    BlockKmodLoad,
    /// Create a user namespace.
    BlockUserNamespace,
    /// Create a raw IP socket.
    BlockRawSockets,
    /// Gain CAP_SYS_ADMIN through capset.
    BlockCapsetSysadmin,
    /// Attach to another process.
    KillPtraceAttach,
    /// Execute from writable places and from anonymous memory.
    BlockExecveTmp,
    /// Create an anonymous memory file.
    BlockMemfdCreate,
    /// pivot_root.
    BlockPivotRoot,
    /// Mount, by the old and the new interface.
    BlockMountSyscall,
    /// Unshare any namespace.
    BlockUnshare,
    /// Load a BPF program.
    BlockBpfLoad,
    /// Create a packet socket.
    BlockSocketRaw,
    /// Set a setuid or setgid bit.
    BlockChmodSuid,
    /// The operator's own TracingPolicy.
    Custom,
}

impl Template {
    /// Every template, in the order of the documentation.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the id of the document.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }
}
