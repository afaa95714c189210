//! Confirm, roll back, remove -> the active generation: permitted, announced, done, logged.

use telovix_bpf_runtime::RuntimeError;
use telovix_trust::audit::Action;

use crate::{Host, HostError, Kernel, Operation, Provenance};

impl<K: Kernel> Host<K> {
    /// Confirms the active generation, and returns its number.
    ///
    /// # Errors
    /// There is no deadline, it has passed, or the log cannot be written.
    pub fn confirm(&mut self) -> Result<u32, HostError> {
        self.turn(Action::Confirmed, |kernel| kernel.confirm().map(|generation| (generation, generation)))
    }

    /// Restores the previous generation, and returns its number.
    ///
    /// # Errors
    /// There is none, it was restored already when the deadline passed, or the log cannot be written.
    pub fn roll_back(&mut self) -> Result<u32, HostError> {
        self.turn(Action::RolledBack, |kernel| kernel.roll_back().map(|generation| (generation, generation)))
    }

    /// Ends enforcement, and returns how many programs were removed.
    ///
    /// # Errors
    /// Nothing is loaded, programs stay loaded, or the log cannot be written.
    pub fn remove(&mut self) -> Result<usize, HostError> {
        self.turn(Action::Removed, |kernel| kernel.remove().map(|programs| (programs, 0)))
    }

    /// Logs and makes a change, which returns its result and the generation that is active then; 0 for none.
    fn turn<T>(
        &mut self,
        action: Action,
        change: impl FnOnce(&K) -> Result<(T, u32), RuntimeError>,
    ) -> Result<T, HostError> {
        self.kernel.require_permission()?;
        let announced = self.journal.announce(&Operation::new(action, "policy in force".to_owned()))?;
        match change(&self.kernel) {
            Ok((answer, generation)) => {
                let policy = self.provenance().policy(generation);
                if action == Action::Removed {
                    Provenance::forget(&self.provenance);
                }
                self.journal.done(announced, Some(generation), policy).map_err(HostError::DoneNotLogged)?;
                Ok(answer)
            }
            Err(error) => {
                // The refusal itself matters more to the caller than an error of the log.
                let _logged = self.journal.failed(announced, format!("{}: {error}", error.code().id));
                Err(error.into())
            }
        }
    }
}
