//! A bundle -> the active policy: announced, prepared, remembered, switched, logged. Each step is a type that only
//! the previous step returns.

use std::time::Duration;

use telovix_bpf_runtime::apply::{Options, Unplaced};
use telovix_trust::audit::Action;

use crate::code;
use crate::journal::Announced;
use crate::kernel::{Prepared, Switched};
use crate::memory::Remembered;
use crate::provenance::{Origin, Provenance};
use crate::{Admitted, Host, HostError, Kernel, Offer, Operation};

/// How a policy is to be applied.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Restore the previous policy unless confirmed within this time.
    pub confirm_within: Option<Duration>,
    /// Programs that the lockout check would protect, but that are confined on purpose.
    pub confine: Vec<String>,
}

/// What is active after an apply.
#[derive(Debug)]
pub struct Applied {
    /// The number of its generation.
    pub generation: u32,
    /// How many programs are attached.
    pub programs: usize,
    /// The policy, and what makes it trusted.
    pub policy: Admitted,
    /// Processes that ran before and whose domains are not complete until they execute a program.
    pub unplaced: Vec<Unplaced>,
}

impl<K: Kernel> Host<K> {
    /// Verifies a bundle and activates its policy.
    ///
    /// # Errors
    /// The bundle is refused, the log cannot be written, or the kernel refuses: then the active policy is unchanged,
    /// and the host remembers nothing of the bundle. [`HostError::DoneNotLogged`] and [`HostError::NotTidied`] come
    /// after the switch.
    pub fn apply(&mut self, offer: &Offer, options: &ApplyOptions) -> Result<Applied, HostError> {
        let policy = match self.admit(offer) {
            Ok(policy) => policy,
            Err(error) => {
                self.refuse(&offer.bundle.display().to_string(), &format!("{}: {error}", error.code().id));
                return Err(error);
            }
        };
        self.kernel.require_permission()?;
        AnnouncedPolicy::write(self, policy)?.prepare(options)?.remember()?.switch()?.log()
    }

    /// Logs that an apply was refused before it was begun. Nothing is logged for users who may not change the host.
    pub fn refuse(&mut self, bundle: &str, reason: &str) {
        if self.kernel.require_permission().is_ok() {
            let operation =
                Operation { detail: reason.to_owned(), ..Operation::new(Action::Applied, bundle.to_owned()) };
            // The refusal itself matters more to the caller than an error of the log.
            let _logged = self.journal.refused(&operation);
        }
    }
}

/// The audit log has the announcement.
struct AnnouncedPolicy<'h, K> {
    host: &'h mut Host<K>,
    announced: Announced,
    policy: Admitted,
}

/// The policy is in the kernel, next to the active one.
struct Ready<'h, K: Kernel> {
    step: AnnouncedPolicy<'h, K>,
    prepared: K::Prepared,
}

/// The host no longer accepts anything older.
struct Accepted<'h, K: Kernel> {
    step: AnnouncedPolicy<'h, K>,
    prepared: K::Prepared,
    memory: Option<Remembered>,
}

/// The policy is active.
struct InForce<'h, K: Kernel> {
    step: AnnouncedPolicy<'h, K>,
    switched: <K::Prepared as Prepared>::Switched,
}

impl<'h, K: Kernel> AnnouncedPolicy<'h, K> {
    fn write(host: &'h mut Host<K>, policy: Admitted) -> Result<Self, HostError> {
        let operation = Operation {
            sha256: policy.manifest(),
            epoch: policy.epoch(),
            policy: Some(policy.policy()),
            ..Operation::new(Action::Applied, policy.bundle().display().to_string())
        };
        if let Some(reason) = policy.reason() {
            let (action, detail) = (Action::VerificationSkipped, reason.to_owned());
            host.journal.note(&Operation { action, detail, ..operation.clone() })?;
        }
        let announced = host.journal.announce(&operation)?;
        Ok(Self { host, announced, policy })
    }

    fn prepare(self, options: &ApplyOptions) -> Result<Ready<'h, K>, HostError> {
        let ApplyOptions { confirm_within, confine } = options.clone();
        let options = Options { scope: self.host.scope(), confirm_within, confine, keep_hooks: false };
        match self.host.kernel.prepare(&self.policy, &options) {
            Ok(prepared) => Ok(Ready { step: self, prepared }),
            Err(error) => Err(self.failed(error.into())),
        }
    }

    fn failed(self, error: HostError) -> HostError {
        let detail = format!("{}: {error}", error.code().id);
        // The refusal itself matters more to the caller than an error of the log.
        let _logged = self.host.journal.failed(self.announced, detail);
        error
    }
}

impl<'h, K: Kernel> Ready<'h, K> {
    fn remember(self) -> Result<Accepted<'h, K>, HostError> {
        let Self { step, prepared } = self;
        let folder = &step.host.provenance;
        if let Err(source) = Provenance::begin(folder, Origin::of(&step.policy)) {
            let folder = folder.clone();
            return Err(step.failed(HostError::Provenance { folder, source }));
        }
        let remembered = match step.policy.acceptance() {
            Some(acceptance) => Remembered::write(&step.host.memory, &acceptance).map(Some),
            None => Ok(None),
        };
        match remembered {
            Ok(memory) => Ok(Accepted { step, prepared, memory }),
            Err(error) => {
                let _unknown = Provenance::settle(folder, &step.policy.policy().to_string(), None);
                Err(step.failed(error.into()))
            }
        }
    }
}

impl<'h, K: Kernel> Accepted<'h, K> {
    fn switch(self) -> Result<InForce<'h, K>, HostError> {
        let Self { step, prepared, memory } = self;
        match prepared.switch() {
            Ok(switched) => Ok(InForce { step, switched }),
            Err(error) => {
                let policy = step.policy.policy().to_string();
                let _unknown = Provenance::settle(&step.host.provenance, &policy, None);
                // If this fails, the host refuses older bundles from now on, which is the safe side.
                let _forgotten = memory.map(Remembered::take_back);
                Err(step.failed(error.into()))
            }
        }
    }
}

impl<K: Kernel> InForce<'_, K> {
    fn log(self) -> Result<Applied, HostError> {
        let Self { step: AnnouncedPolicy { host, announced, policy }, switched } = self;
        let generation = switched.generation();
        // Without its number, the policy is still found by its digest.
        let _numbered = Provenance::settle(&host.provenance, &policy.policy().to_string(), Some(generation));
        let unplaced = switched.unplaced();
        let programs = switched.tidy();
        let announced = match unplaced.as_slice() {
            [] => announced,
            processes => announced.noting(format!("{}: {}", code::PROCESS_NOT_PLACED.id, named(processes))),
        };
        let announced = match &programs {
            Ok(_) => announced,
            Err(error) => announced.noting(format!("{}: {error}", error.code().id)),
        };
        host.journal.done(announced, Some(generation), None).map_err(HostError::DoneNotLogged)?;
        match programs {
            Ok(programs) => Ok(Applied { generation, programs, policy, unplaced }),
            Err(source) => Err(HostError::NotTidied { generation, source }),
        }
    }
}

/// Processes by number and name.
fn named(processes: &[Unplaced]) -> String {
    let words: Vec<String> =
        processes.iter().map(|process| format!("{} ({})", process.pid, process.name)).collect();
    words.join(", ")
}
