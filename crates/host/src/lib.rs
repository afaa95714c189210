//! A bundle -> an active policy, in the only safe order: *verify, log, prepare, remember, switch, log*.
//!
//! ```text
//! Offer ── Host::admit ──► Admitted          verified by the trust root, or explicitly unverified
//!             │
//! Host::apply ▼
//!   announced ──► ready ──► remembered ──► active ────► Applied
//!   audit log     kernel    epoch and      one write    audit log
//!   line          filled    provenance
//! ```
//!
//! Each step is a type that only the previous step returns, so none can be left out or moved. The kernel is the trait
//! [`Kernel`], which accepts only an [`Admitted`] policy; [`Linux`] is the running kernel, tests use their own.
//!
//! Nothing is remembered of a refused bundle: the epoch is written after every step that can be refused, just before
//! the one write that switches. If the process is killed in between, the same bundle can be applied again, but no older
//! one.
//!
//! A host's files: the trust root `/etc/telovix/trust-root.json`, the state `/var/lib/telovix/trust-state.json`, the
//! audit log next to it, and in `/run/telovix` what was applied since boot.

#![forbid(unsafe_code)]

mod actor;
mod admit;
mod admitted;
mod apply;
pub mod code;
mod error;
mod journal;
mod kernel;
mod memory;
mod provenance;
mod status;
mod turn;

pub use actor::actor;
pub use admit::{IMAGE, Offer, RequiredTrust, Trust};
pub use admitted::{Admitted, RootOrigin, RootUsed, Verification};
pub use apply::{Applied, ApplyOptions};
pub use error::HostError;
pub use journal::{Announced, HOST_LOG, Journal, Notice, Operation};
pub use kernel::{Kernel, Linux, Prepared, Switched};
pub use provenance::{Origin, Provenance};
pub use status::{Enforcement, HostStatus};
pub use telovix_bpf_runtime::apply::Unplaced;
pub use telovix_bpf_runtime::events::{Events, Report};
pub use telovix_bpf_runtime::plan::Plan;
pub use telovix_bpf_runtime::status::{HookProgram, RuleCount, Status};
pub use telovix_bpf_runtime::{Places, RuntimeError};

use std::path::PathBuf;

use telovix_trust::{Host as Identity, HostState};

/// The state file of a host: what it accepted.
pub const HOST_STATE: &str = "/var/lib/telovix/trust-state.json";
/// The trust root of a host.
pub const HOST_TRUST_ROOT: &str = "/etc/telovix/trust-root.json";

/// A host: its identity, state file, audit log and kernel.
#[derive(Debug)]
pub struct Host<K> {
    identity: Identity,
    memory: PathBuf,
    journal: Journal,
    provenance: PathBuf,
    kernel: K,
}

impl<K: Kernel> Host<K> {
    /// Describes a host. `memory` is the state file with the accepted epochs, `provenance` a folder that is emptied by
    /// a reboot, as the kernel's state is.
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

    /// Returns the notices about the audit log so far, and forgets them.
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
    pub fn status(&self) -> Result<HostStatus, HostError> {
        Ok(HostStatus::of(self.kernel.status(&self.scope())?, &self.provenance()))
    }

    fn scope(&self) -> telovix_bpf_runtime::Scope {
        let Identity { sensor, groups } = self.identity.clone();
        telovix_bpf_runtime::Scope { sensor, groups }
    }
}
