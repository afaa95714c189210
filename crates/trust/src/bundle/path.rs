//! A path from a manifest -> one that cannot leave the bundle's directory.

use std::fmt;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::{ENVELOPE, MANIFEST, SIDECAR};

const MAX_BYTES: usize = 1024;
const MAX_DEPTH: usize = 16;

/// A relative path of printable ASCII components, with `/` between them and no `.` or `..` among them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactPath(String);

/// Why text is not an artifact path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot name an artifact: {detail}")]
pub struct ArtifactPathError {
    path: String,
    detail: &'static str,
}

impl ArtifactPath {
    /// Takes a text that follows the rules for artifact paths.
    ///
    /// # Errors
    /// An [`ArtifactPathError`] that names the first rule broken.
    pub fn parse(text: &str) -> Result<Self, ArtifactPathError> {
        let detail = if text.len() > MAX_BYTES {
            "it is longer than 1,024 bytes"
        } else if !text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
            "it contains something else than printable ASCII, or a backslash"
        } else if text.split('/').any(|part| part.is_empty() || part.trim() != part) {
            "it is absolute, or one of its parts is empty or begins or ends with a space"
        } else if text.split('/').any(|part| matches!(part, "." | "..")) {
            "it contains `.` or `..`"
        } else if text.split('/').count() > MAX_DEPTH {
            "it is deeper than 16 directories"
        } else if matches!(text, MANIFEST | ENVELOPE) || text.ends_with(SIDECAR) {
            "the name is reserved for the manifest and for signatures"
        } else {
            return Ok(ArtifactPath(text.to_owned()));
        };
        let path = text.chars().take(80).flat_map(char::escape_debug).collect();
        Err(ArtifactPathError { path, detail })
    }

    /// Takes a path of the file system, relative to the bundle's directory.
    ///
    /// # Errors
    /// As [`ArtifactPath::parse`].
    pub fn from_path(path: &Path) -> Result<Self, ArtifactPathError> {
        let parts = path.components().map(|part| match part {
            Component::Normal(name) => name.to_string_lossy(),
            _ => "..".into(),
        });
        Self::parse(&parts.collect::<Vec<_>>().join("/"))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Returns whether the artifact is a policy in YAML, which has the fleet's signature next to it.
    #[must_use]
    pub fn is_policy(&self) -> bool {
        self.0.ends_with(".yaml") || self.0.ends_with(".yml")
    }

    /// Returns the path of the artifact's policy signature, as text.
    #[must_use]
    pub fn sidecar(&self) -> String {
        format!("{}{SIDECAR}", self.0)
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for ArtifactPath {
    type Error = ArtifactPathError;

    fn try_from(text: String) -> Result<Self, ArtifactPathError> {
        Self::parse(&text)
    }
}

impl From<ArtifactPath> for String {
    fn from(path: ArtifactPath) -> String {
        path.0
    }
}
