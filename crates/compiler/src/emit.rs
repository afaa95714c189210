//! Confinements -> artifacts: TracingPolicy YAML for Tetragon, one image for the native runtime, one manifest.

mod digest;
pub mod manifest;
mod outbox;
pub mod tracing_policy;

use std::collections::BTreeMap;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_platform::{Backend, Kernel, Release, Target};
use telovix_tetragon::{Dialect, Engine, KernelSymbols};

use self::manifest::{Account, MANIFEST_PATH};
use crate::assessment::{self, Assessment, Budget, EngineDenial, Parents};
pub use outbox::{Artifact, ArtifactKind, Keeper, Outbox, Receiver};
pub use tracing_policy::PackStateForm;

/// The path of the image in a bundle.
pub const IMAGE_PATH: &str = "policy.image";

/// How Tetragon runs, and how its policies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineOptions {
    /// How Tetragon denies.
    pub denial: EngineDenial,
    /// Where the state of a pack is written.
    pub pack_state: PackStateForm,
    /// The oldest release of Tetragon on the hosts.
    pub release: Release,
    /// Features of Tetragon that are enabled on the hosts.
    pub features: Engine,
    /// Whose rules TracingPolicies outside rules follow. Those of custom rules always follow the Console's.
    pub dialect: Dialect,
}

impl EngineOptions {
    /// Returns whether Tetragon knows the parents of processes on the hosts.
    #[must_use]
    pub fn parents(&self) -> Parents {
        let known = self.features.has_parents_map && self.release.has_parent_filters();
        if known { Parents::Known } else { Parents::Unknown }
    }
}

/// Passes every artifact of a policy to the outbox, the manifest last. They are valid only if no error was reported.
///
/// The YAML is made for Tetragon targets and the image for native targets: nothing is emitted for a backend that the
/// policy was not assessed on. TracingPolicies are checked against `symbols`, or against what was measured.
pub fn emit(
    policy: &Policy,
    assessment: &Assessment,
    (engine, symbols): (EngineOptions, &[KernelSymbols]),
    sources: &SourceSet,
    outbox: &mut Outbox<'_>,
    sink: &mut Sink,
) {
    let targets = |backend| assessment.targets.iter().filter(move |target| target.backend == backend);
    let kernels: Vec<Kernel> = targets(Backend::Engine).map(|target| target.kernel).collect();
    let mut attached = BTreeMap::new();
    if !kernels.is_empty() {
        let options = tracing_policy::Options {
            kernels,
            symbols: symbols.to_vec(),
            deny_with_kill: engine.denial == EngineDenial::WithKill,
            pack_state: engine.pack_state,
            engine: engine.features,
            dialect: engine.dialect,
            release: engine.release,
        };
        attached = tracing_policy::emit(policy, sources, &options, outbox, sink);
    }
    let native = targets(Backend::Native).next();
    let image = native.and_then(|_| telovix_image::pack(&policy.enforced_natively(), sources, sink));
    if let Some(image) = &image {
        outbox.add_whole(IMAGE_PATH, &image.write(), ArtifactKind::Image);
    }
    let artifacts = outbox.artifacts().collect();
    let programs = |target: &Target| match target.backend {
        Backend::Native => assessment::native_programs(policy, target.kernel),
        Backend::Engine => attached.clone(),
    };
    let budgets =
        assessment.targets.iter().map(|target| Budget { target: *target, programs: programs(target) });
    let budgets: Vec<Budget> = budgets.collect();
    let account =
        Account { sources, policy, assessment, artifacts, budgets: &budgets, image: image.as_ref() };
    let manifest = manifest::render(&account);
    outbox.add_whole(MANIFEST_PATH, &manifest, ArtifactKind::Manifest);
}
