//! What a host needs of a kernel, as a trait, and its implementation for the running kernel.

use telovix_bpf_runtime::apply::{self, Options, Unplaced};
use telovix_bpf_runtime::plan::{self, Plan};
use telovix_bpf_runtime::status::{self, Status};
use telovix_bpf_runtime::{Places, RuntimeError, Scope, switch};

use crate::admitted::Admitted;

/// What a host needs of a kernel. Only an [`Admitted`] policy can be loaded.
pub trait Kernel {
    /// A policy that is loaded but not active yet.
    type Prepared: Prepared;

    /// Fails unless this process may change what is enforced.
    ///
    /// # Errors
    /// [`RuntimeError::NotRoot`].
    fn require_permission(&self) -> Result<(), RuntimeError>;

    /// Finds out what applying a policy would do.
    ///
    /// # Errors
    /// The host cannot enforce at all.
    fn plan(&self, policy: &Admitted, confine: &[String]) -> Result<Plan, RuntimeError>;

    /// Does everything before the switch that can be refused.
    ///
    /// # Errors
    /// Any reason to refuse; what is enforced is unchanged.
    fn prepare(&self, policy: &Admitted, options: &Options) -> Result<Self::Prepared, RuntimeError>;

    /// Removes the deadline of the active generation and returns its number.
    ///
    /// # Errors
    /// There is no deadline, or it has passed.
    fn confirm(&self) -> Result<u32, RuntimeError>;

    /// Makes the other generation active and returns its number.
    ///
    /// # Errors
    /// There is no other generation, or it was restored already when the deadline passed.
    fn roll_back(&self) -> Result<u32, RuntimeError>;

    /// Ends enforcement and returns how many programs were removed.
    ///
    /// # Errors
    /// Nothing is loaded, or programs stay loaded.
    fn remove(&self) -> Result<usize, RuntimeError>;

    /// Reads what is enforced.
    ///
    /// # Errors
    /// Nothing is loaded, or the maps cannot be read.
    fn status(&self, scope: &Scope) -> Result<Status, RuntimeError>;
}

/// A policy that is loaded but not active yet. Dropping it changes nothing that is enforced.
pub trait Prepared {
    /// The active policy.
    type Switched: Switched;

    /// Switches to it.
    ///
    /// # Errors
    /// The previous policy stays active.
    fn switch(self) -> Result<Self::Switched, RuntimeError>;
}

/// A policy that is active.
pub trait Switched {
    /// Returns the number of its generation.
    fn generation(&self) -> u32;

    /// Returns the processes that could not be placed in their domains.
    fn unplaced(&self) -> Vec<Unplaced>;

    /// Removes what no loaded generation needs, and returns how many programs are attached.
    ///
    /// # Errors
    /// The policy is active nevertheless.
    fn tidy(self) -> Result<usize, RuntimeError>;
}

/// The running kernel.
#[derive(Clone, Debug, Default)]
pub struct Linux {
    /// Where pins and lock are.
    pub places: Places,
}

impl Kernel for Linux {
    type Prepared = apply::Prepared;

    fn require_permission(&self) -> Result<(), RuntimeError> {
        if rustix::process::geteuid().is_root() { Ok(()) } else { Err(RuntimeError::NotRoot) }
    }

    fn plan(&self, policy: &Admitted, confine: &[String]) -> Result<Plan, RuntimeError> {
        plan::plan(&self.places, policy.image(), confine)
    }

    fn prepare(&self, policy: &Admitted, options: &Options) -> Result<Self::Prepared, RuntimeError> {
        apply::prepare(&self.places, policy.image(), options)
    }

    fn confirm(&self) -> Result<u32, RuntimeError> {
        switch::confirm(&self.places)
    }

    fn roll_back(&self) -> Result<u32, RuntimeError> {
        switch::roll_back(&self.places)
    }

    fn remove(&self) -> Result<usize, RuntimeError> {
        switch::remove(&self.places)
    }

    fn status(&self, scope: &Scope) -> Result<Status, RuntimeError> {
        status::status(&self.places, scope)
    }
}

impl Prepared for apply::Prepared {
    type Switched = apply::Switched;

    fn switch(self) -> Result<Self::Switched, RuntimeError> {
        apply::Prepared::switch(self)
    }
}

impl Switched for apply::Switched {
    fn generation(&self) -> u32 {
        apply::Switched::generation(self)
    }

    fn unplaced(&self) -> Vec<Unplaced> {
        apply::Switched::unplaced(self).to_vec()
    }

    fn tidy(self) -> Result<usize, RuntimeError> {
        apply::Switched::tidy(self).map(|applied| applied.programs)
    }
}
