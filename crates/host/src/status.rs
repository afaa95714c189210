//! What the kernel and this host's record say -> what is enforced, and whether it is what was applied.

use telovix_bpf_runtime::status::Status;

use crate::provenance::{Origin, Provenance};

/// What is enforced on a host.
#[derive(Debug, Clone)]
pub struct HostStatus {
    /// What the kernel has.
    pub kernel: Status,
    /// Where the active policy came from; `None` when nothing is enforced or the record is missing.
    pub origin: Option<Origin>,
    /// Whether policy is enforced as it was applied.
    pub enforcement: Enforcement,
}

/// Whether a policy is enforced as it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// No policy was applied, or it was removed.
    Nothing,
    /// The active policy is enforced.
    Whole,
    /// The copy of the active image is missing, so the maps cannot be checked.
    Unknown,
    /// A map does not match the image, or a hook has lost its program: parts of the policy are not enforced.
    Partial,
    /// The kernel does not call the attached programs: nothing is enforced.
    NotCalled,
    /// A policy was applied, and something other than `telovix` made the kernel use none.
    Replaced,
}

impl HostStatus {
    pub(crate) fn of(kernel: Status, provenance: &Provenance) -> Self {
        let loaded = kernel.generation != 0;
        let origin = loaded.then(|| provenance.find(kernel.generation, kernel.image.as_deref()).cloned());
        let enforcement = Enforcement::of(&kernel, provenance);
        Self { kernel, origin: origin.flatten(), enforcement }
    }
}

impl Enforcement {
    /// The worst of what was found.
    fn of(kernel: &Status, provenance: &Provenance) -> Self {
        match kernel {
            // The kernel returns to no policy by itself when the deadline of a first apply passes.
            Status { generation: 0, reverted: false, .. } if provenance.has_applied() => Self::Replaced,
            Status { generation: 0, .. } => Self::Nothing,
            Status { not_called, .. } if !not_called.is_empty() => Self::NotCalled,
            Status { drift, missing, .. } if !drift.is_empty() || !missing.is_empty() => Self::Partial,
            Status { image: None, .. } => Self::Unknown,
            _ => Self::Whole,
        }
    }

    /// Returns whether this is what the operator asked for.
    #[must_use]
    pub const fn is_as_applied(self) -> bool {
        matches!(self, Self::Nothing | Self::Whole)
    }
}
