//! The supported targets and their names.

use std::fmt;

use super::Kernel;

/// What artifacts must run on: an enforcement backend and a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The enforcement backend.
    pub backend: Backend,
    /// The kernel.
    pub kernel: Kernel,
}

/// What enforces a policy on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// The native runtime, from the packed image.
    Native,
    /// Tetragon, from TracingPolicy YAML.
    Engine,
}

impl Backend {
    /// Returns the name, which target names start with.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Engine => "tetragon",
        }
    }
}

/// The version of Tetragon that the facts about Tetragon targets were measured on.
pub const ENGINE_VERSION: &str = "Tetragon main 4fbfe2d74 (August 2026)";

impl Target {
    /// Every supported target: what a compile is for when no targets are configured.
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

    /// Returns the target of a name such as `native-6.12`. Old names are accepted.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name || target.old_name() == Some(name))
    }

    /// Returns the name that the target had in earlier versions, where that differs.
    #[must_use]
    pub fn old_name(self) -> Option<&'static str> {
        match (self.backend, self.kernel) {
            (Backend::Native, _) => None,
            (Backend::Engine, Kernel::V6_1) => Some("engine-6.1"),
            (Backend::Engine, Kernel::V6_12) => Some("engine-6.12"),
            (Backend::Engine, Kernel::V7_2) => Some("engine-7.2"),
        }
    }

    /// Returns the name: backend and kernel.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.backend, self.kernel) {
            (Backend::Native, Kernel::V6_1) => "native-6.1",
            (Backend::Native, Kernel::V6_12) => "native-6.12",
            (Backend::Native, Kernel::V7_2) => "native-7.2",
            (Backend::Engine, Kernel::V6_1) => "tetragon-6.1",
            (Backend::Engine, Kernel::V6_12) => "tetragon-6.12",
            (Backend::Engine, Kernel::V7_2) => "tetragon-7.2",
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

#[cfg(test)]
mod tests {
    use super::{Backend, Target};

    #[test]
    fn every_name_and_every_old_name_is_parsed() {
        for target in Target::ALL {
            assert_eq!(Target::parse(target.name()), Some(target));
            assert_eq!(target.old_name().is_some(), target.backend == Backend::Engine);
            assert_eq!(target.old_name().map_or(Some(target), Target::parse), Some(target));
        }
        assert_eq!(Target::parse("engine-5.4"), None);
    }
}
