//! A bundle: a directory with `manifest.json`, the artifacts it lists, and the signatures over both.
//!
//! [`sign`] writes `{artifact}.sig` next to each policy and `manifest.json.dsse` over the manifest;
//! [`verify`] reads all of it once, refuses anything that is not exactly what was signed, and returns
//! the bytes it verified.

mod directory;
mod manifest;
mod path;
mod sign;
mod verify;

pub use directory::DirectoryError;
pub use manifest::{Artifact, Manifest, ManifestError};
pub use path::{ArtifactPath, ArtifactPathError};
pub use sign::{Asked, Existing, SignError, SignRequest, SignedBundle, sign, write_manifest};
pub use verify::{Expectations, VerifiedBundle, VerifyError, read_approval, verify};

/// The file that lists the artifacts.
pub const MANIFEST: &str = "manifest.json";
/// The file with the approval and its signatures.
pub const ENVELOPE: &str = "manifest.json.dsse";
/// What is appended to an artifact's name for its policy signature.
const SIDECAR: &str = ".sig";

const MAX_MANIFEST_BYTES: u64 = 64 << 20;
const MAX_ARTIFACT_BYTES: u64 = 1 << 30;
const MAX_SIDECAR_BYTES: u64 = 256;
