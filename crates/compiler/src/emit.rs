//! Confinements -> artifacts: TracingPolicy YAML for the engine, one image for the kernel, one manifest.

pub mod image;
pub mod tracing_policy;

use crate::document::Scope;
use crate::source::Span;

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
