//! A way into an operation -> who covers it where, and how that is known.

use super::{Backend, Kernel, Target};

/// A way into the operation that a template names, or one that comes so near that it has to be said.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The way, as an attacker would call it.
    pub name: &'static str,
    /// What the native runtime does about it.
    pub native: Coverage,
    /// What the engine does about it.
    pub engine: Coverage,
}

impl Way {
    /// Returns what a target does about the way.
    #[must_use]
    pub fn on(&self, target: Target) -> Status {
        match target.backend {
            Backend::Native => self.native.on(target.kernel),
            Backend::Engine => self.engine.on(target.kernel),
        }
    }

    /// Returns how the answer for a target is known.
    #[must_use]
    pub fn evidence(&self, target: Target) -> Evidence {
        let coverage = match target.backend {
            Backend::Native => &self.native,
            Backend::Engine => &self.engine,
        };
        on(&coverage.evidence, target.kernel)
    }
}

/// What one backend does about a way, kernel by kernel.
#[derive(Debug, Clone, Copy)]
pub struct Coverage {
    statuses: [Status; 3],
    evidence: [Evidence; 3],
}

/// What happens to a way on one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It gets the template's effect, at this hook.
    Covered(&'static str),
    /// The process is killed there, after the fact, though the template denies.
    Killed(&'static str),
    /// It stays open, for this reason.
    Open(&'static str),
    /// The kernel does not have it.
    Absent(&'static str),
}

/// How an answer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The probe was run on the kernel and failed, or got through, as stated.
    Measured,
    /// It was read in the source of the kernel or the engine, and not run.
    Read,
}

impl Evidence {
    /// Returns the word of reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Read => "read in source",
        }
    }
}

impl Coverage {
    /// The hook covers the way on every kernel.
    pub const fn at(hook: &'static str) -> Self {
        Self::each(Status::Covered(hook), Status::Covered(hook), Status::Covered(hook))
    }

    /// Nothing covers the way, on any kernel.
    pub const fn open(reason: &'static str) -> Self {
        Self::each(Status::Open(reason), Status::Open(reason), Status::Open(reason))
    }

    /// No kernel has the way.
    pub const fn absent(reason: &'static str) -> Self {
        Self::each(Status::Absent(reason), Status::Absent(reason), Status::Absent(reason))
    }

    /// The way ends in a killed process on every kernel.
    pub const fn killed(hook: &'static str) -> Self {
        Self::each(Status::Killed(hook), Status::Killed(hook), Status::Killed(hook))
    }

    /// Kernels 6.1, 6.12 and 7.2 answer each for itself.
    pub const fn each(on_6_1: Status, on_6_12: Status, on_7_2: Status) -> Self {
        Self { statuses: [on_6_1, on_6_12, on_7_2], evidence: [Evidence::Measured; 3] }
    }

    /// The same answer, known from source only.
    pub const fn read(self) -> Self {
        Self { evidence: [Evidence::Read; 3], ..self }
    }

    /// The same answer, measured on kernel 6.12 and known from source on the others.
    pub const fn measured_on_6_12(self) -> Self {
        Self { evidence: [Evidence::Read, Evidence::Measured, Evidence::Read], ..self }
    }

    fn on(&self, kernel: Kernel) -> Status {
        on(&self.statuses, kernel)
    }
}

/// Picks what belongs to a kernel.
fn on<Value: Copy>([on_6_1, on_6_12, on_7_2]: &[Value; 3], kernel: Kernel) -> Value {
    match kernel {
        Kernel::V6_1 => *on_6_1,
        Kernel::V6_12 => *on_6_12,
        Kernel::V7_2 => *on_7_2,
    }
}
