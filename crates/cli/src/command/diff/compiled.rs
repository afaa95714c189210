//! An image, or a folder that a compile wrote -> the confinements in it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use telovix_policy::confine::Confinement;
use telovix_image::recover;
use telovix_compiler::emit::manifest::{MANIFEST_PATH, Manifest};
use telovix_trust::Digest;

use super::code::BUNDLE_TORN;
use crate::command::inspect;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{is_compiled, shown};

/// What every ELF file starts with.
const MAGIC: [u8; 4] = *b"\x7fELF";

/// Returns the image that a path is or holds; nothing for policies.
pub(super) fn image_of(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if path.is_dir() {
        return if is_compiled(path) { in_bundle(path).map(Some) } else { Ok(None) };
    }
    let mut start = [0; MAGIC.len()];
    // What cannot be opened is told by who reads it.
    let is_image = path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == MAGIC;
    Ok(is_image.then(|| path.to_owned()))
}

/// Reads and verifies an image.
pub(super) fn read(image: &Path) -> Result<Vec<Confinement>, Failure> {
    recover(&inspect::open(image)?).map_err(|problem| torn(image, &problem.to_string()))
}

/// Returns the image of a bundle, which must be the one its manifest names.
fn in_bundle(folder: &Path) -> Result<PathBuf, Failure> {
    let manifest = std::fs::read(folder.join(MANIFEST_PATH)).map_err(|error| torn(folder, &error.to_string()))?;
    let manifest: Manifest<'_> =
        serde_json::from_slice(&manifest).map_err(|error| torn(folder, &format!("its manifest: {error}")))?;
    let entry = manifest.artifacts.iter().find(|artifact| artifact.kind == "image");
    let entry = entry.ok_or_else(|| torn(folder, "its manifest names no image"))?;
    let image = folder.join(entry.path.as_ref());
    let bytes = std::fs::read(&image).map_err(|error| torn(&image, &error.to_string()))?;
    if Digest::of(&bytes).to_string() != entry.sha256 {
        return Err(torn(&image, "it is not the file that the manifest names"));
    }
    Ok(image)
}

fn torn(path: &Path, problem: &str) -> Failure {
    let message = format!("`{}` cannot be compared: {problem}", shown(path));
    Failure::new(Exit::CannotRun, &BUNDLE_TORN, message).help("compile it again")
}
