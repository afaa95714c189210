//! A mapping of kind `GuardianPolicy` -> a detection rule over the Console's event history.

mod matching;
pub(super) mod read;

use strum::VariantArray;
use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::{Cidr, PortRange};

use super::List;
pub use matching::{EventKind, Match, Observed};

/// A detection rule. Conditions given are AND-ed; absent ones are not evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardianPolicy {
    /// The bytes of the whole document.
    pub span: Span,
    /// At most 128 characters.
    pub name: Spanned<String>,
    /// At most 2,000 characters.
    pub description: Option<Spanned<String>>,
    /// Id or name of the profile the rule belongs to.
    pub profile: Option<Spanned<String>>,
    /// The only sensor the rule is meant for.
    pub sensor_id: Option<Spanned<String>>,
    /// The only group the rule is meant for.
    pub target_group_id: Option<Spanned<String>>,
    /// Event kind, exact.
    pub match_event_kind: Option<Spanned<String>>,
    /// Substring of the executable.
    pub match_process_pattern: Option<Spanned<String>>,
    /// Substring of the parent's executable.
    pub match_parent_pattern: Option<Spanned<String>>,
    /// User id, exact.
    pub match_uid: Option<Spanned<u32>>,
    /// Destination ports: one string, `443` or `8000-8100`, several separated by commas.
    pub match_dst_port: Option<List<PortRange>>,
    /// Destination CIDR block.
    pub match_dst_ip_prefix: Option<Spanned<Cidr>>,
    /// What the Console does.
    pub action: DetectionAction,
    /// The severity of a match.
    pub severity: DetectionSeverity,
    /// Substrings of executables that are exempt.
    pub exceptions: Vec<Spanned<String>>,
    /// Control ids for evidence reports.
    pub compliance_tags: Vec<Spanned<String>>,
}

/// What the Console does on a match.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum DetectionAction {
    /// Stores a flag.
    #[default]
    Flag,
    /// Sends an alert.
    Alert,
    /// Queues the process to be killed at the next heartbeat.
    KillProcess,
    /// Opens or links an investigation.
    CreateInvestigation,
}

impl DetectionAction {
    /// Every action.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The severity of a match.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum DetectionSeverity {
    /// For information.
    Info,
    /// Should be reviewed.
    #[default]
    Warning,
    /// Needs immediate attention.
    Critical,
}

impl DetectionSeverity {
    /// Every severity.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
