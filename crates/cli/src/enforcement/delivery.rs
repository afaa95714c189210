//! A bundle's folder -> the image in it, after the bundle was verified, or because the operator takes it unsigned.

use std::path::{Path, PathBuf};

use clap::Args;
use telovix_bpf_programs::image::Image;
use telovix_bpf_runtime::Scope;
use telovix_compiler::emit::IMAGE_PATH;

use super::code::{IMAGE_REFUSED, NO_IMAGE};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::signing::{Accepted, BundleArguments};

/// The flags of the verbs that load a bundle.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArguments {
    /// The folder that `telovix compile` wrote and `telovix sign` signed.
    bundle: PathBuf,
    #[command(flatten)]
    trust: BundleArguments,
    /// Load a bundle that nobody signed. The digests inside the image are still checked.
    #[arg(long)]
    allow_unsigned: bool,
}

/// A bundle that may be loaded.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// Its image, verified record by record.
    pub(crate) image: Image,
    accepted: Option<Accepted>,
}

impl DeliveryArguments {
    /// Verifies the bundle and reads its image.
    ///
    /// # Errors
    /// With the exit code of the refusal; with 2 when the folder holds no image.
    pub(crate) fn open(&self) -> Result<Delivered, Failure> {
        if self.allow_unsigned {
            let path = if self.bundle.is_dir() { self.bundle.join(IMAGE_PATH) } else { self.bundle.clone() };
            let bytes = std::fs::read(&path).map_err(|error| {
                let message = format!("cannot read the image `{}`: {error}", shown(&path));
                Failure::new(Exit::CannotRun, &NO_IMAGE, message)
            })?;
            return Ok(Delivered { image: read(&path, &bytes)?, accepted: None });
        }
        let accepted = self.trust.verify(&self.bundle)?;
        let path = Path::new(IMAGE_PATH);
        let found = accepted.bundle.artifacts.iter().find(|(name, _)| name.as_str() == IMAGE_PATH);
        let Some((_, bytes)) = found else {
            let message = format!("the bundle `{}` holds no `{IMAGE_PATH}`", shown(&self.bundle));
            return Err(Failure::new(Exit::CannotRun, &NO_IMAGE, message)
                .help("compile for a native target, which writes the image"));
        };
        Ok(Delivered { image: read(path, bytes)?, accepted: Some(accepted) })
    }

    /// Remembers that the bundle was accepted, so that nothing older is from now on.
    ///
    /// # Errors
    /// When something newer was accepted meanwhile, or the memory cannot be written.
    pub(crate) fn record(&self, delivered: &Delivered) -> Result<(), Failure> {
        delivered.accepted.as_ref().map_or(Ok(()), |accepted| self.trust.record(accepted))
    }

    /// Returns who this host is.
    pub(crate) fn scope(&self) -> Scope {
        Scope { sensor: self.trust.sensor.clone(), groups: self.trust.groups.clone() }
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<Image, Failure> {
    Image::read(bytes).map_err(|error| {
        let message = format!("`{}`: {error}", shown(path));
        Failure::new(Exit::CannotRun, &IMAGE_REFUSED, message).help(error.help())
    })
}
