//! How policies for Tetragon are written.

use telovix_platform::{Kernel, Machine, Release};
use telovix_tetragon::{Context, Dialect, Engine, KernelSymbols};

/// How policies for Tetragon are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The kernels of the Tetragon hosts; every policy must load on each of them.
    pub kernels: Vec<Kernel>,
    /// What these kernels have; the builds that were measured when empty.
    pub symbols: Vec<KernelSymbols>,
    /// Kill in addition to every denial: LSM denials of Tetragon leak under concurrency, a signal does not.
    pub deny_with_kill: bool,
    /// Where the state of a pack is written.
    pub pack_state: PackStateForm,
    /// The features of Tetragon that are enabled.
    pub engine: Engine,
    /// Whose rules TracingPolicies outside rules follow.
    pub dialect: Dialect,
    /// The oldest release of Tetragon that loads the policies.
    pub release: Release,
}

/// Where the state of a pack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackStateForm {
    /// In the manifest only: the text is the same in every state, so signatures stay valid.
    #[default]
    Manifest,
    /// Also in the text, as Tetragon's `policy-mode`.
    PolicyMode,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kernels: Kernel::ALL.to_vec(),
            symbols: Vec::new(),
            deny_with_kill: false,
            pack_state: PackStateForm::default(),
            engine: Engine::default(),
            dialect: Dialect::default(),
            release: Release::default(),
        }
    }
}

impl Options {
    /// Returns what the policies are validated for.
    pub(super) fn context(&self) -> Context {
        let mut symbols = self.symbols.clone();
        if symbols.is_empty() {
            let measured = |kernel: &Kernel| KernelSymbols::Measured(*kernel, Machine::default());
            symbols.extend(self.kernels.iter().map(measured));
        }
        Context { kernels: self.kernels.clone(), symbols, engine: self.engine }
    }
}
