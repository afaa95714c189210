//! An image, or a folder that a compile wrote -> the confinements in it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use telovix_trust::Digest;
use telovix_image::recover;
use telovix_policy::confine::Confinement;
use telovix_workspace::{read_file, shown};
use telovix_workspace::bundle::Bundle;

use crate::command::inspect;
use crate::exit::Exit;
use crate::failure::Failure;
use super::code::BUNDLE_TORN;

/// What every ELF file starts with.
const MAGIC: [u8; 4] = *b"\x7fELF";

/// Returns the image that a path is or holds; nothing for policies.
pub(crate) fn image_of(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if path.is_dir() {
        let bundle = Bundle::read(path).map_err(|error| torn(path, &error.to_string()))?;
        return bundle.map(|bundle| in_bundle(path, &bundle)).transpose();
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
fn in_bundle(folder: &Path, bundle: &Bundle) -> Result<PathBuf, Failure> {
    let listed = bundle.image().ok_or_else(|| torn(folder, "its manifest names no image"))?;
    let image = folder.join(&listed.path);
    let bytes = read_file(&image).map_err(|error| torn(&image, &error.to_string()))?;
    if Digest::of(&bytes).to_string() != listed.sha256 {
        return Err(torn(&image, "it is not the file that the manifest names"));
    }
    Ok(image)
}

fn torn(path: &Path, problem: &str) -> Failure {
    let message = format!("`{}` cannot be compared: {problem}", shown(path));
    Failure::new(Exit::CannotRun, &BUNDLE_TORN, message).help("compile it again")
}
