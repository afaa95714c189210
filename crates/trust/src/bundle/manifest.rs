//! `manifest.json` -> the list of artifacts. Unknown fields are the compiler's and are ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::path::ArtifactPath;
use crate::encoding::Digest;

/// The artifacts of a bundle, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    artifacts: BTreeMap<ArtifactPath, Artifact>,
}

/// One artifact in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The digest of its content.
    pub sha256: Digest,
    /// The size of its content.
    pub bytes: u64,
}

/// Why text is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, without a list of artifacts, or with a path that could leave the directory.
    #[error("the manifest cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// Two entries for one path.
    #[error("the manifest lists `{0}` twice")]
    Duplicate(ArtifactPath),
    /// One entry is a file where another needs a directory.
    #[error("the manifest lists `{0}` both as a file and as a directory")]
    FileAndDirectory(ArtifactPath),
}

#[derive(Serialize, Deserialize)]
struct ManifestDocument {
    artifacts: Vec<ArtifactDocument>,
}

#[derive(Serialize, Deserialize)]
struct ArtifactDocument {
    path: ArtifactPath,
    sha256: Digest,
    bytes: u64,
}

impl Manifest {
    /// Reads the list of artifacts.
    ///
    /// # Errors
    /// A [`ManifestError`].
    pub fn read(json: &[u8]) -> Result<Self, ManifestError> {
        let document: ManifestDocument = serde_json::from_slice(json)?;
        let mut manifest = Manifest::default();
        for ArtifactDocument { path, sha256, bytes } in document.artifacts {
            if manifest.artifacts.contains_key(&path) {
                return Err(ManifestError::Duplicate(path));
            }
            manifest.artifacts.insert(path, Artifact { sha256, bytes });
        }
        for path in manifest.artifacts.keys() {
            let folders = path.as_str().match_indices('/').map(|(end, _)| &path.as_str()[..end]);
            let listed = folders.filter_map(|folder| ArtifactPath::parse(folder).ok());
            if let Some(folder) = listed.into_iter().find(|folder| manifest.artifacts.contains_key(folder)) {
                return Err(ManifestError::FileAndDirectory(folder));
            }
        }
        Ok(manifest)
    }

    /// Lists an artifact, in place of an earlier one at the same path.
    pub fn insert(&mut self, path: ArtifactPath, content: &[u8]) {
        let artifact = Artifact { sha256: Digest::of(content), bytes: content.len() as u64 };
        self.artifacts.insert(path, artifact);
    }

    /// Returns the artifacts, sorted by path.
    #[must_use]
    pub fn artifacts(&self) -> &BTreeMap<ArtifactPath, Artifact> {
        &self.artifacts
    }

    /// Returns a manifest with only this list, as indented JSON with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let artifacts = self.artifacts.iter().map(|(path, artifact)| ArtifactDocument {
            path: path.clone(),
            sha256: artifact.sha256,
            bytes: artifact.bytes,
        });
        let document = ManifestDocument { artifacts: artifacts.collect() };
        serde_json::to_string_pretty(&document).expect("strings and numbers have a JSON form") + "\n"
    }
}
