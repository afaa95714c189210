//! An output folder of `telovix compile` -> the files that its manifest lists.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Deserialize;
use telovix_compiler::emit::manifest::MANIFEST_PATH;

use crate::bounded::read_file;

/// The files that the manifest of a compile lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeSet<String>,
    image: Option<Image>,
}

/// The image of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its path relative to the folder, with `/`.
    pub path: String,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
}

/// The part of a manifest that lists files. It is the same in all manifest versions.
#[derive(Debug, Deserialize)]
struct Manifest {
    tool: Tool,
    artifacts: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Tool {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Listed {
    path: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    sha256: String,
}

impl Bundle {
    /// Reads the manifest of a folder; `None` when the folder has no manifest, or one of another tool.
    ///
    /// # Errors
    /// When there is a manifest that cannot be read.
    pub fn read(folder: &Path) -> io::Result<Option<Self>> {
        match read_file(&folder.join(MANIFEST_PATH)) {
            Ok(bytes) => Ok(Self::parse(&bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a manifest; `None` when it is not one of `telovix compile`.
    #[must_use]
    pub fn parse(manifest: &[u8]) -> Option<Self> {
        // Anything else is another file with the same name.
        let manifest: Manifest = serde_json::from_slice(manifest).ok()?;
        if manifest.tool.name != "telovix" {
            return None;
        }
        let image = manifest.artifacts.iter().find(|artifact| artifact.kind == "image");
        let image = image.map(|image| Image { path: image.path.clone(), sha256: image.sha256.clone() });
        let listed = manifest.artifacts.into_iter().map(|artifact| artifact.path);
        Some(Self { files: listed.chain([MANIFEST_PATH.to_owned()]).collect(), image })
    }

    /// Returns whether the compile wrote the file at this path (relative to the folder, with `/`): a listed artifact or
    /// the manifest.
    #[must_use]
    pub fn lists(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Returns the image that the manifest lists; `None` if no target uses one.
    #[must_use]
    pub fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::Bundle;

    #[test]
    fn only_the_manifest_of_this_tool_makes_a_bundle() {
        let ours =
            br#"{"tool": {"name": "telovix"}, "artifacts": [{"path": "a.yaml", "kind": "tracing_policy"}]}"#;
        let bundle = Bundle::parse(ours).unwrap();
        assert!(bundle.lists("a.yaml") && bundle.lists("manifest.json") && !bundle.lists("b.yaml"));
        assert_eq!(bundle.image(), None);
        assert_eq!(Bundle::parse(br#"{"tool": {"name": "webpack"}, "artifacts": []}"#), None);
        assert_eq!(Bundle::parse(b"{"), None);
    }

    #[test]
    fn a_folder_without_a_manifest_is_none_and_an_unreadable_manifest_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Bundle::read(folder.path()).unwrap(), None);
        std::fs::create_dir(folder.path().join("manifest.json")).unwrap();
        assert!(Bundle::read(folder.path()).is_err());
    }
}
