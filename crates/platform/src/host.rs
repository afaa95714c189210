//! The facts of a host -> the targets whose facts apply to it.

use super::{Backend, Kernel, Release, Target};

/// What is known about a host, or a kind of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Major and minor version of the kernel.
    pub kernel: (u16, u16),
    /// The machine: `x86_64`, `aarch64`.
    pub machine: Option<String>,
    /// The active LSMs, where they are known.
    pub security_modules: Option<Vec<String>>,
    /// The Tetragon that runs there, if one does.
    pub tetragon: Option<Tetragon>,
    /// Whether the native runtime enforces there.
    pub is_native: bool,
}

/// A Tetragon agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tetragon {
    /// Its release.
    pub release: Release,
    /// Whether it maintains its parents map (`--parents-map-enabled`).
    pub has_parents_map: bool,
    /// Whether it runs in Kubernetes.
    pub has_kubernetes: bool,
}

/// Why no target stands for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// The kernel is older than that of every target.
    OldKernel,
    /// The LSM `bpf` is not active, so that no LSM program can be attached.
    NoBpfLsm,
}

/// The part of a host that differs from the targets which stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The kernel is between those of targets, or newer: the facts of this older one are used.
    Kernel(Kernel),
    /// The facts were measured on another machine.
    Machine,
}

impl Host {
    /// Returns the version in the release of a kernel such as `6.8.0-45-generic`.
    #[must_use]
    pub fn kernel_version(release: &str) -> Option<(u16, u16)> {
        let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }

    /// Returns the newest kernel with facts that is not newer than that of the host.
    ///
    /// # Errors
    /// When there is none.
    pub fn nearest(&self) -> Result<Kernel, Unsupported> {
        let older = Kernel::ALL.into_iter().rev().find(|kernel| kernel.version() <= self.kernel);
        older.ok_or(Unsupported::OldKernel)
    }

    /// Returns the targets that stand for the host: one for each backend.
    ///
    /// # Errors
    /// When nothing can be enforced there.
    pub fn targets(&self) -> Result<Vec<Target>, Unsupported> {
        let kernel = self.nearest()?;
        let is_bpf = |module: &String| module == "bpf";
        if self.security_modules.as_ref().is_some_and(|modules| !modules.iter().any(is_bpf)) {
            return Err(Unsupported::NoBpfLsm);
        }
        let native = self.is_native.then_some(Backend::Native);
        let engine = self.tetragon.map(|_| Backend::Engine);
        Ok(native.into_iter().chain(engine).map(|backend| Target { backend, kernel }).collect())
    }

    /// Returns what differs from the targets.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let kernel = self.nearest().ok().filter(|kernel| kernel.version() != self.kernel);
        let machine = self.machine.as_ref().filter(|machine| *machine != "x86_64");
        kernel.map(Difference::Kernel).into_iter().chain(machine.map(|_| Difference::Machine)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Difference, Host, Unsupported};
    use crate::Kernel;

    fn host(release: &str) -> Host {
        let kernel = Host::kernel_version(release).expect("a version");
        Host { kernel, machine: None, security_modules: None, tetragon: None, is_native: true }
    }

    #[test]
    fn the_facts_of_an_older_kernel_are_used() {
        assert_eq!(host("6.8.0-45-generic").nearest(), Ok(Kernel::V6_1));
        assert_eq!(host("6.12.107").nearest(), Ok(Kernel::V6_12));
        assert_eq!(host("8.0").differences(), [Difference::Kernel(Kernel::V7_2)]);
        assert_eq!(host("5.15.0").targets(), Err(Unsupported::OldKernel));
        assert_eq!(Host::kernel_version("linux"), None);
    }

    #[test]
    fn nothing_is_enforced_without_the_bpf_lsm() {
        let modules = vec!["lockdown".to_owned(), "apparmor".to_owned()];
        let host = Host { security_modules: Some(modules), ..host("6.12") };
        assert_eq!(host.targets(), Err(Unsupported::NoBpfLsm));
    }
}
