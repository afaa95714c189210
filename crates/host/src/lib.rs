//! What a host does with a bundle, in the one order that is safe: *verify, log, prepare, remember, switch, log*.
//!
//! ```text
//! Offer ── Host::admit ──► Admitted          signed by the trust root, or explicitly taken unverified
//!             │
//! Host::apply ▼
//!   announced ──► ready ──► remembered ──► in force ──► Applied
//!   audit log     kernel    epoch and      one write    audit log
//!   line          filled    provenance
//! ```
//!
//! Each step is a type that only the step before yields, so none can be left out or moved. The kernel is behind
//! [`Kernel`], which takes nothing but an [`Admitted`] policy; [`Linux`] is the running kernel, tests have their own.
//!
//! What is refused remembers nothing: the epoch is written when everything that can be refused has been done, in front
//! of the one write that switches. A process killed in between leads to the same bundle again, never to an older one.
//!
//! A host's files: the trust root `/etc/telovix/trust-root.json`, the memory `/var/lib/telovix/trust-state.json`, the
//! audit log beside it, and in `/run/telovix` what was applied since boot.

#![forbid(unsafe_code)]

mod actor;
mod admit;
mod apply;
pub mod code;
mod error;
mod journal;
mod kernel;
mod memory;
mod provenance;
mod turn;

pub use actor::actor;
pub use admit::{Admitted, IMAGE, Offer, RequiredTrust, RootOrigin, RootUsed, Trust};
pub use apply::{Applied, ApplyOptions};
pub use error::HostError;
pub use journal::{Announced, Deed, HOST_LOG, Journal, Notice};
pub use kernel::{Kernel, Linux, Prepared, Switched};
pub use provenance::{Origin, Provenance, Verification};
pub use telovix_bpf_runtime::events::{Events, Report};
pub use telovix_bpf_runtime::plan::Plan;
pub use telovix_bpf_runtime::status::{HookProgram, RuleCount, Status};
pub use telovix_bpf_runtime::{Places, RuntimeError};

use std::path::PathBuf;

use telovix_trust::{Host as Identity, HostState};

/// Where a host remembers what it accepted.
pub const HOST_STATE: &str = "/var/lib/telovix/trust-state.json";
/// Where the trust root of a host is.
pub const HOST_TRUST_ROOT: &str = "/etc/telovix/trust-root.json";

/// A host: who it is, what it remembers, where it logs, and its kernel.
#[derive(Debug)]
pub struct Host<K> {
    identity: Identity,
    memory: PathBuf,
    journal: Journal,
    provenance: PathBuf,
    kernel: K,
}

impl<K: Kernel> Host<K> {
    /// Describes a host. `memory` is the file of accepted epochs, `provenance` the folder that does not outlive the
    /// kernel's own state.
    pub fn new(
        identity: Identity,
        memory: PathBuf,
        journal: Journal,
        provenance: PathBuf,
        kernel: K,
    ) -> Self {
        Self { identity, memory, journal, provenance, kernel }
    }

    /// Returns what the host remembers.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn remembered(&self) -> Result<HostState, HostError> {
        Ok(HostState::read(&self.memory)?)
    }

    /// Returns what was applied since boot.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance::read(&self.provenance)
    }

    /// Returns what a person should know about the audit log that was found on the way, and forgets it.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.journal.take_notices()
    }

    /// Finds out what applying a policy would do, without doing it.
    ///
    /// # Errors
    /// The host cannot enforce at all.
    pub fn plan(&self, policy: &Admitted, confine: &[String]) -> Result<Plan, HostError> {
        Ok(self.kernel.plan(policy, confine)?)
    }

    /// Reads what the kernel enforces.
    ///
    /// # Errors
    /// Nothing is loaded, or the maps cannot be read.
    pub fn status(&self) -> Result<(Status, Option<Origin>), HostError> {
        let status = self.kernel.status(&self.scope())?;
        let loaded = status.generation != 0;
        let origin =
            loaded.then(|| self.provenance().find(status.generation, status.image.as_deref()).cloned());
        Ok((status, origin.flatten()))
    }

    fn scope(&self) -> telovix_bpf_runtime::Scope {
        let Identity { sensor, groups } = self.identity.clone();
        telovix_bpf_runtime::Scope { sensor, groups }
    }
}
