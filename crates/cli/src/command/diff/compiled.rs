//! An image, or an output folder of `telovix compile` -> its confinements.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use telovix_image::recover;
use telovix_policy::confine::Confinement;
use telovix_trust::Digest;
use telovix_workspace::bundle::Bundle;
use telovix_workspace::{read_file, shown};

use super::code::BUNDLE_TORN;
use crate::command::inspect;
use crate::exit::Exit;
use crate::failure::Failure;

/// The first bytes of every ELF file.
const MAGIC: [u8; 4] = *b"\x7fELF";

/// Returns the image at a path or in a folder; `None` for policies.
pub(crate) fn image_of(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if path.is_dir() {
        let bundle = Bundle::read(path).map_err(|error| torn(path, &error.to_string()))?;
        return bundle.map(|bundle| in_bundle(path, &bundle)).transpose();
    }
    let mut start = [0; MAGIC.len()];
    // An unreadable file is reported when it is read as a policy.
    let is_image = path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == MAGIC;
    Ok(is_image.then(|| path.to_owned()))
}

/// Reads and verifies an image.
pub(super) fn read(image: &Path) -> Result<Vec<Confinement>, Failure> {
    recover(&inspect::open(image)?).map_err(|problem| torn(image, &problem.to_string()))
}

/// Returns the image of a bundle; its digest must match the manifest.
fn in_bundle(folder: &Path, bundle: &Bundle) -> Result<PathBuf, Failure> {
    let listed = bundle.image().ok_or_else(|| torn(folder, "its manifest lists no image"))?;
    let image = folder.join(&listed.path);
    let bytes = read_file(&image).map_err(|error| torn(&image, &error.to_string()))?;
    if Digest::of(&bytes).to_string() != listed.sha256 {
        return Err(torn(&image, "its digest differs from the one in the manifest"));
    }
    Ok(image)
}

fn torn(path: &Path, problem: &str) -> Failure {
    let message = format!("`{}` cannot be compared: {problem}", shown(path));
    Failure::new(Exit::CannotRun, &BUNDLE_TORN, message).help("run `telovix compile` again")
}
