//! A mapping of kind `GuardianProfile` -> the allowed behaviour of one binary.

pub(super) mod read;

use std::sync::Arc;
use strum::VariantArray;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::value::{
    AbsolutePath, Capability, Children, Cidr, PathPattern, PortRange, ProfileId, Scope, Syscall, Waiver,
};

use super::{Exception, List};

/// The allowed behaviour of one binary, one dimension per allowlist.
///
/// A dimension that is absent is not confined; a dimension that is present confines, and an empty
/// list allows nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardianProfile {
    /// The bytes of the whole document.
    pub span: Span,
    /// `gp_` + 12 hexadecimal digits; derived from name and binary when absent (the span is then the name's).
    pub profile_id: Spanned<ProfileId>,
    /// At most 128 characters.
    pub name: Spanned<String>,
    /// At most 2,000 characters.
    pub description: Option<Spanned<String>>,
    /// The binary that the profile confines.
    pub target_binary: Spanned<AbsolutePath>,
    /// The network function the binary belongs to; any text.
    pub target_nf_role: Option<Spanned<String>>,
    /// The only sensor the profile is meant for.
    pub target_sensor_id: Option<Spanned<String>>,
    /// What happens on a violation; the span is the document's when absent.
    pub mode: Spanned<ProfileMode>,
    /// Programs the binary may execute.
    pub allowed_spawns: Option<List<PathPattern>>,
    /// Files the binary may open.
    pub allowed_files: Option<List<PathPattern>>,
    /// Destination ports; AND-ed with the CIDR blocks.
    pub allowed_dst_ports: Option<List<PortRange>>,
    /// Destination CIDR blocks; AND-ed with the ports.
    pub allowed_dst_cidrs: Option<List<Cidr>>,
    /// Capabilities the binary may use.
    pub allowed_capabilities: Option<List<Capability>>,
    /// System calls the binary may not make.
    pub blocked_syscalls: Option<List<Syscall>>,
    /// Hours of history from which allowlists are generated; at least 1.
    pub observation_window_hours: Option<Spanned<u32>>,
    /// Whether the allowlists were generated from history.
    pub auto_generated: bool,
    /// Who is exempt.
    pub exceptions: Vec<Exception>,
    /// What applies to programs that the binary starts.
    pub children: Spanned<Children>,
    /// Weakenings the author accepts, each with a reason.
    pub waive: Arc<[Waiver]>,
    /// The ids of the controls it is evidence for.
    pub compliance_tags: Vec<Spanned<String>>,
}

impl GuardianProfile {
    /// Returns where the profile applies.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.target_sensor_id.as_ref().map_or(Scope::Fleet, |sensor| Scope::Sensor(sensor.value.clone()))
    }
}

/// What a profile does on a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ProfileMode {
    /// Nothing is stopped.
    Observe,
    /// **Kills** on a violation.
    Audit,
    /// Denies a violation before it happens.
    Enforce,
}

impl ProfileMode {
    /// Every mode, weakest first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the value in the document.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
