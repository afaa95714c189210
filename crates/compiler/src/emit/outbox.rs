//! Artifacts, one by one as they are made -> whoever takes their bytes, and an account of each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::ControlFlow;

use telovix_diagnostic::source::Span;
use telovix_policy::value::Scope;

use super::digest::digest;

/// Takes the bytes of the artifact at a path as soon as they are made, so that no two artifacts need be in memory
/// at a time, and tells whether it wants more.
///
/// Paths are distinct, in no order. What was taken holds only if the compile ends without an error.
pub type Receiver<'run> = &'run mut dyn FnMut(&str, &[u8]) -> ControlFlow<()>;

/// A compiled file, which a [`Receiver`] has taken. Artifacts of one compile have distinct paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Where it goes below the output folder, with `/` between names.
    pub path: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// SHA-256 of them, in lower-case hexadecimal; none of the manifest, which holds those of all others.
    pub sha256: Option<String>,
    /// What it is.
    pub kind: ArtifactKind,
    /// The documents it was made from; empty for what was made from all of them.
    pub sources: Vec<Span>,
    /// Where it is to be delivered.
    pub scope: Scope,
}

impl Artifact {
    fn of_everything(path: String, bytes: &[u8], kind: ArtifactKind) -> Self {
        let (sources, scope) = (Vec::new(), Scope::Fleet);
        let sha256 = (kind != ArtifactKind::Manifest).then(|| digest(bytes));
        Self { path, bytes: bytes.len(), sha256, kind, sources, scope }
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

/// Hands artifacts over and remembers what they were.
pub struct Outbox<'run> {
    receiver: Receiver<'run>,
    flow: ControlFlow<()>,
    artifacts: BTreeMap<String, Artifact>,
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
    /// Hands everything to `receiver`.
    pub fn new(receiver: Receiver<'run>) -> Self {
        Self { receiver, flow: ControlFlow::Continue(()), artifacts: BTreeMap::new() }
    }

    /// Tells whether the receiver wants no more.
    pub(super) fn is_closed(&self) -> bool {
        self.flow.is_break()
    }

    /// Hands over what was made from one document.
    ///
    /// # Errors
    /// With what has the path already. Nothing is handed over then.
    pub(super) fn add(
        &mut self,
        path: String,
        bytes: &[u8],
        span: Span,
        scope: Scope,
    ) -> Result<(), &Artifact> {
        let kind = ArtifactKind::TracingPolicy;
        self.hand_over(
            Artifact { sources: vec![span], scope, ..Artifact::of_everything(path, bytes, kind) },
            bytes,
        )
    }

    /// Hands over what was made from all documents, at a path that no document's has.
    pub(super) fn add_whole(&mut self, path: &str, bytes: &[u8], kind: ArtifactKind) {
        let handed_over = self.hand_over(Artifact::of_everything(path.to_owned(), bytes, kind), bytes);
        debug_assert!(handed_over.is_ok(), "`{path}` is a document's");
    }

    fn hand_over(&mut self, artifact: Artifact, bytes: &[u8]) -> Result<(), &Artifact> {
        match self.artifacts.entry(artifact.path.clone()) {
            Entry::Occupied(taken) => Err(taken.into_mut()),
            Entry::Vacant(free) => {
                if self.flow.is_continue() {
                    self.flow = (self.receiver)(&artifact.path, bytes);
                }
                free.insert(artifact);
                Ok(())
            }
        }
    }

    /// Returns what was handed over so far, in order of paths.
    pub(super) fn artifacts(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.values()
    }

    /// Returns what was handed over, in order of paths; nothing when the receiver did not take it all.
    #[must_use]
    pub fn into_artifacts(self) -> Option<Vec<Artifact>> {
        self.flow.is_continue().then(|| self.artifacts.into_values().collect())
    }
}
