//! Confinements -> artifacts: TracingPolicy YAML for the engine, one image for the kernel, one manifest.

pub mod image;
pub mod manifest;
pub mod tracing_policy;

use self::manifest::{Account, MANIFEST_PATH};
use crate::diagnostic::Sink;
use crate::document::Scope;
use crate::lower::Policy;
use crate::source::{SourceSet, Span};
use crate::target::{Assessment, Backend, EngineDenial, Kernel};
use crate::tracing_policy::Engine;
pub use tracing_policy::PackStateForm;

/// The image's place in a bundle.
pub const IMAGE_PATH: &str = "policy.image";

/// How the engine is run, and how its documents are to be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineOptions {
    /// What the engine is told to do where it denies.
    pub denial: EngineDenial,
    /// What the state of a pack does to the text.
    pub pack_state: PackStateForm,
    /// Features that its flags turn on.
    pub features: Engine,
}

/// Returns every artifact of a policy with the manifest, by path. They hold only if no error was reported.
///
/// The YAML is made when a target is an engine and the image when one is native: what was not held against a
/// target is not emitted for it.
pub fn emit(
    policy: &Policy,
    assessment: &Assessment,
    engine: EngineOptions,
    sources: &SourceSet,
    sink: &mut Sink,
) -> Vec<Artifact> {
    let targets = |backend| assessment.targets.iter().filter(move |target| target.backend == backend);
    let kernels: Vec<Kernel> = targets(Backend::Engine).map(|target| target.kernel).collect();
    let mut artifacts = Vec::new();
    if !kernels.is_empty() {
        let options = tracing_policy::Options {
            kernels,
            deny_with_kill: engine.denial == EngineDenial::WithKill,
            pack_state: engine.pack_state,
            engine: engine.features,
        };
        artifacts.extend(tracing_policy::emit(policy, sources, &options, sink));
    }
    let native = targets(Backend::Native).next();
    let image = native.and_then(|_| image::pack(&policy.confinements, sources, sink));
    artifacts.extend(
        image.as_ref().map(|image| Artifact::of_everything(IMAGE_PATH, image.write(), ArtifactKind::Image)),
    );
    artifacts.sort_by(|left, right| left.path.cmp(&right.path));
    let account = Account { sources, policy, assessment, artifacts: &artifacts, image: image.as_ref() };
    let manifest = manifest::render(&account.manifest());
    artifacts.push(Artifact::of_everything(MANIFEST_PATH, manifest, ArtifactKind::Manifest));
    artifacts.sort_by(|left, right| left.path.cmp(&right.path));
    artifacts
}

/// A compiled file. Artifacts of one compile have distinct paths and are sorted by them.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Where it goes below the output folder, with `/` between names.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: ArtifactKind,
    /// The documents it was made from; empty for what was made from all of them.
    pub sources: Vec<Span>,
    /// Where it is to be delivered.
    pub scope: Scope,
}

impl Artifact {
    /// Returns an artifact that was made from all documents, for the whole fleet.
    fn of_everything(path: &str, bytes: Vec<u8>, kind: ArtifactKind) -> Self {
        Self { path: path.to_owned(), bytes, kind, sources: Vec::new(), scope: Scope::Fleet }
    }
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactKind {
    /// The engine's YAML.
    TracingPolicy,
    /// The packed maps of the native runtime.
    Image,
    /// The account of everything else.
    Manifest,
}

impl ArtifactKind {
    /// Returns the word of the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TracingPolicy => "tracing_policy",
            Self::Image => "image",
            Self::Manifest => "manifest",
        }
    }
}
