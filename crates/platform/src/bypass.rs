//! A known bypass -> its status on each target, and how that is known.

use super::{Backend, Kernel, Target};

/// Another way to an operation that a policy confines: covered on a target, or open.
#[derive(Debug, Clone, Copy)]
pub struct Bypass {
    /// Its name: the system call or the technique.
    pub name: &'static str,
    /// Its coverage by the native runtime.
    pub native: Coverage,
    /// Its coverage by Tetragon.
    pub engine: Coverage,
}

impl Bypass {
    /// Returns its status on a target.
    #[must_use]
    pub fn on(&self, target: Target) -> Status {
        match target.backend {
            Backend::Native => self.native.on(target.kernel),
            Backend::Engine => self.engine.on(target.kernel),
        }
    }

    /// Returns how its status on a target is known.
    #[must_use]
    pub fn evidence(&self, target: Target) -> Evidence {
        let coverage = match target.backend {
            Backend::Native => &self.native,
            Backend::Engine => &self.engine,
        };
        on(&coverage.evidence, target.kernel)
    }
}

/// The coverage by one backend, kernel by kernel.
#[derive(Debug, Clone, Copy)]
pub struct Coverage {
    statuses: [Status; 3],
    evidence: [Evidence; 3],
}

/// The status on one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The effect of the policy applies, at this hook.
    Covered(&'static str),
    /// The process is killed at this hook, after the fact, although the policy denies.
    Killed(&'static str),
    /// Not covered, for this reason.
    Open(&'static str),
    /// It does not exist on this kernel, for this reason.
    Absent(&'static str),
}

/// How a status is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A probe was run on the target, with the stated result.
    Measured,
    /// Read in the source of the kernel or of Tetragon, not run.
    Read,
}

impl Evidence {
    /// Returns the name for reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Read => "read in source",
        }
    }
}

impl Coverage {
    /// Covered by the hook on every kernel.
    pub const fn at(hook: &'static str) -> Self {
        Self::each(Status::Covered(hook), Status::Covered(hook), Status::Covered(hook))
    }

    /// Not covered on any kernel.
    pub const fn open(reason: &'static str) -> Self {
        Self::each(Status::Open(reason), Status::Open(reason), Status::Open(reason))
    }

    /// Does not exist on any kernel.
    pub const fn absent(reason: &'static str) -> Self {
        Self::each(Status::Absent(reason), Status::Absent(reason), Status::Absent(reason))
    }

    /// The process is killed at the hook on every kernel.
    pub const fn killed(hook: &'static str) -> Self {
        Self::each(Status::Killed(hook), Status::Killed(hook), Status::Killed(hook))
    }

    /// One status for each of the kernels 6.1, 6.12 and 7.2.
    pub const fn each(on_6_1: Status, on_6_12: Status, on_7_2: Status) -> Self {
        Self { statuses: [on_6_1, on_6_12, on_7_2], evidence: [Evidence::Measured; 3] }
    }

    /// The same statuses, known from source only.
    pub const fn read(self) -> Self {
        Self { evidence: [Evidence::Read; 3], ..self }
    }

    /// The same statuses, measured on kernel 6.12 and known from source on the others.
    pub const fn measured_on_6_12(self) -> Self {
        Self { evidence: [Evidence::Read, Evidence::Measured, Evidence::Read], ..self }
    }

    fn on(&self, kernel: Kernel) -> Status {
        on(&self.statuses, kernel)
    }
}

/// Returns the value for a kernel.
fn on<Value: Copy>([on_6_1, on_6_12, on_7_2]: &[Value; 3], kernel: Kernel) -> Value {
    match kernel {
        Kernel::V6_1 => *on_6_1,
        Kernel::V6_12 => *on_6_12,
        Kernel::V7_2 => *on_7_2,
    }
}
