//! The targets that have a name.

use std::fmt;

use super::Kernel;

/// What artifacts must run on: a kernel, and who enforces there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Who enforces.
    pub backend: Backend,
    /// Where.
    pub kernel: Kernel,
}

/// Who enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// The native runtime, from the packed image.
    Native,
    /// The engine, from TracingPolicy YAML.
    Engine,
}

impl Backend {
    /// Returns the word of target names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Engine => "engine",
        }
    }
}

/// The engine that the facts of engine targets were measured on.
pub const ENGINE_VERSION: &str = "Tetragon main 4fbfe2d74 (August 2026)";

impl Target {
    /// Every target that has a name: what a compile is held against when nothing else is configured.
    pub const ALL: [Self; 6] = [
        Self::new(Backend::Native, Kernel::V6_1),
        Self::new(Backend::Native, Kernel::V6_12),
        Self::new(Backend::Native, Kernel::V7_2),
        Self::new(Backend::Engine, Kernel::V6_1),
        Self::new(Backend::Engine, Kernel::V6_12),
        Self::new(Backend::Engine, Kernel::V7_2),
    ];

    const fn new(backend: Backend, kernel: Kernel) -> Self {
        Self { backend, kernel }
    }

    /// Returns the target of a name such as `native-6.12`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Returns the name: who enforces, and where.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.backend, self.kernel) {
            (Backend::Native, Kernel::V6_1) => "native-6.1",
            (Backend::Native, Kernel::V6_12) => "native-6.12",
            (Backend::Native, Kernel::V7_2) => "native-7.2",
            (Backend::Engine, Kernel::V6_1) => "engine-6.1",
            (Backend::Engine, Kernel::V6_12) => "engine-6.12",
            (Backend::Engine, Kernel::V7_2) => "engine-7.2",
        }
    }

    /// Returns where the facts about the target come from.
    #[must_use]
    pub fn source(self) -> String {
        match self.backend {
            Backend::Native => self.kernel.measured().to_owned(),
            Backend::Engine => format!("{ENGINE_VERSION} on {}", self.kernel.measured()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
