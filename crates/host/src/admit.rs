//! A bundle's folder -> the policy in it, after the bundle was verified, or explicitly without verification.

use std::fs;
use std::path::{Path, PathBuf};

use telovix_bpf_programs::image::Image;
use telovix_trust::Timestamp;
use telovix_trust::bundle::{self, Expectations};
use telovix_trust::root::Chain;

use crate::admitted::{Admitted, Basis, RootOrigin, RootUsed, Verified};
use crate::{Host, HostError, Kernel};

/// The file of a bundle that is loaded.
pub const IMAGE: &str = "policy.image";

/// A bundle that is to be used, and what makes it trusted.
#[derive(Debug)]
pub struct Offer {
    /// Its folder.
    pub bundle: PathBuf,
    /// What makes it trusted.
    pub trust: Trust,
}

/// What makes a bundle trusted.
#[derive(Debug)]
pub enum Trust {
    /// The signatures that the trust root requires.
    Required(Box<RequiredTrust>),
    /// Nothing: whoever can write the folder decides. The reason is kept in the audit log.
    Unverified {
        /// Why it is used anyway.
        reason: String,
    },
}

/// The trust root that a bundle is verified against, and when.
#[derive(Debug)]
pub struct RequiredTrust {
    /// Every version of the root.
    pub chain: Chain,
    /// The file it was read from.
    pub file: PathBuf,
    /// Who named that file.
    pub origin: RootOrigin,
    /// The time of the decision.
    pub now: Timestamp,
    /// An older epoch that is accepted on purpose.
    pub allowed_epoch: Option<u64>,
}

impl<K: Kernel> Host<K> {
    /// Verifies a bundle, unless it is explicitly used unverified, and reads the image in it. Nothing is written.
    ///
    /// # Errors
    /// The bundle is refused, cannot be read, or has no image that a compile wrote.
    pub fn admit(&self, offer: &Offer) -> Result<Admitted, HostError> {
        let Offer { bundle, trust } = offer;
        let (image, basis) = match trust {
            Trust::Unverified { reason } => {
                let path = if bundle.is_dir() { bundle.join(IMAGE) } else { bundle.clone() };
                let bytes = fs::read(&path)
                    .map_err(|source| HostError::ImageNotRead { path: path.clone(), source })?;
                (read(&path, &bytes)?, Basis::Unverified { reason: reason.clone() })
            }
            Trust::Required(required) => {
                let verified = self.verify(bundle, required)?;
                let found = verified.bundle.artifacts.iter().find(|(name, _)| name.as_str() == IMAGE);
                let (_, bytes) = found.ok_or_else(|| HostError::NoImage { bundle: bundle.clone() })?;
                (read(Path::new(IMAGE), bytes)?, Basis::Verified(Box::new(verified)))
            }
        };
        Ok(Admitted::new(bundle.clone(), image, basis))
    }

    fn verify(&self, path: &Path, required: &RequiredTrust) -> Result<Verified, HostError> {
        let RequiredTrust { chain, file, origin, now, allowed_epoch } = required;
        let state = &self.remembered()?;
        chain.check_pin(state.root).map_err(|refusal| HostError::RootNotFollowed {
            refusal: Box::new(refusal),
            file: file.clone(),
            memory: self.memory.clone(),
        })?;
        let root = chain.current_for(state.root, state.not_before(*now))?;
        let host = &self.identity;
        let expect = Expectations { root, host, state, now: *now, allowed_epoch: *allowed_epoch };
        let bundle = bundle::verify(path, &expect)?;
        let pin = chain.pin();
        let root = RootUsed {
            file: file.display().to_string(),
            origin: *origin,
            version: pin.version,
            sha256: pin.sha256,
        };
        let what = format!("bundle `{}`", path.display());
        Ok(Verified { bundle, chain: chain.clone(), root, allowed_epoch: *allowed_epoch, what })
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<Image, HostError> {
    Image::read(bytes).map_err(|source| HostError::Image { path: path.to_owned(), source })
}
