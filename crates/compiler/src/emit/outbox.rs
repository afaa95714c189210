//! Artifacts, one by one as they are made -> the receiver of their bytes, and the list for the manifest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::ControlFlow;

use telovix_diagnostic::source::Span;
use telovix_policy::value::Scope;

use super::digest::digest;

/// Takes the path and the bytes of each artifact as soon as it is made, so that only one artifact is in memory at a
/// time, and returns whether to go on.
///
/// Paths are distinct, in no order. What was taken is valid only if the compile ends without an error.
pub type Receiver<'run> = &'run mut dyn FnMut(&str, &[u8]) -> ControlFlow<()>;

/// Sees each artifact with its bytes when it is made.
pub type Keeper<'run> = &'run mut dyn FnMut(&Artifact, &[u8]);

/// A compiled file whose bytes a [`Receiver`] has taken. Artifacts of one compile have distinct paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Its path below the output folder, with `/` between names.
    pub path: String,
    /// Its size in bytes.
    pub bytes: usize,
    /// SHA-256 of its bytes, in lower-case hexadecimal; none for the manifest, which contains those of all others.
    pub sha256: Option<String>,
    /// Its kind.
    pub kind: ArtifactKind,
    /// The documents it was made from; empty when it was made from all of them.
    pub sources: Vec<Span>,
    /// The hosts it is for.
    pub scope: Scope,
}

impl Artifact {
    fn of_everything(path: String, bytes: &[u8], kind: ArtifactKind) -> Self {
        let (sources, scope) = (Vec::new(), Scope::Fleet);
        let sha256 = (kind != ArtifactKind::Manifest).then(|| digest(bytes));
        Self { path, bytes: bytes.len(), sha256, kind, sources, scope }
    }
}

/// The kind of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactKind {
    /// TracingPolicy YAML for Tetragon.
    TracingPolicy,
    /// The image of the native runtime: its packed maps.
    Image,
    /// The manifest.
    Manifest,
}

impl ArtifactKind {
    /// Returns the name in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TracingPolicy => "tracing_policy",
            Self::Image => "image",
            Self::Manifest => "manifest",
        }
    }
}

/// Passes artifacts to a receiver and remembers their paths, sizes and digests.
pub struct Outbox<'run> {
    receiver: Receiver<'run>,
    flow: ControlFlow<()>,
    artifacts: BTreeMap<String, Artifact>,
    keeper: Option<Keeper<'run>>,
}

impl fmt::Debug for Outbox<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flow, artifacts, .. } = self;
        formatter
            .debug_struct("Outbox")
            .field("flow", flow)
            .field("artifacts", artifacts)
            .finish_non_exhaustive()
    }
}

impl<'run> Outbox<'run> {
    /// Passes every artifact to `receiver`.
    pub fn new(receiver: Receiver<'run>) -> Self {
        Self { receiver, flow: ControlFlow::Continue(()), artifacts: BTreeMap::new(), keeper: None }
    }

    /// Shows every artifact to `keeper` too.
    #[must_use]
    pub fn kept_by(self, keeper: Keeper<'run>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Returns whether the receiver has stopped.
    pub(super) fn is_closed(&self) -> bool {
        self.flow.is_break()
    }

    /// Passes on an artifact of one or several documents.
    ///
    /// # Errors
    /// With the artifact that has the same path. The new one is then not passed on.
    pub(super) fn add(
        &mut self,
        path: String,
        bytes: &[u8],
        sources: Vec<Span>,
        scope: Scope,
    ) -> Result<(), &Artifact> {
        let kind = ArtifactKind::TracingPolicy;
        self.hand_over(Artifact { sources, scope, ..Artifact::of_everything(path, bytes, kind) }, bytes)
    }

    /// Passes on an artifact of all documents, at a path that no artifact of a document has.
    pub(super) fn add_whole(&mut self, path: &str, bytes: &[u8], kind: ArtifactKind) {
        let handed_over = self.hand_over(Artifact::of_everything(path.to_owned(), bytes, kind), bytes);
        debug_assert!(handed_over.is_ok(), "`{path}` is the path of another artifact");
    }

    fn hand_over(&mut self, artifact: Artifact, bytes: &[u8]) -> Result<(), &Artifact> {
        match self.artifacts.entry(artifact.path.clone()) {
            Entry::Occupied(taken) => Err(taken.into_mut()),
            Entry::Vacant(free) => {
                if self.flow.is_continue() {
                    self.flow = (self.receiver)(&artifact.path, bytes);
                }
                if let Some(keep) = &mut self.keeper {
                    keep(&artifact, bytes);
                }
                free.insert(artifact);
                Ok(())
            }
        }
    }

    /// Returns the artifacts so far, in order of paths.
    pub(super) fn artifacts(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.values()
    }

    /// Returns the artifacts in order of paths; none when the receiver stopped early.
    #[must_use]
    pub fn into_artifacts(self) -> Option<Vec<Artifact>> {
        self.flow.is_continue().then(|| self.artifacts.into_values().collect())
    }
}
