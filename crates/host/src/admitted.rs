//! What admission gives: a policy that may be loaded, and the reason why.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use telovix_bpf_programs::image::Image;
use telovix_trust::bundle::VerifiedBundle;
use telovix_trust::root::Chain;
use telovix_trust::{Acceptance, Digest};

/// Whether a policy was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// The bundle was verified against the trust root.
    Verified,
    /// It was explicitly used unverified.
    Skipped,
    /// The record of it is missing.
    Unknown,
}

/// Where the path of the trust root came from: never from the bundle that is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootOrigin {
    /// The caller, with `--trust-root`.
    Named,
    /// The host: `/etc/telovix/trust-root.json`.
    Host,
}

/// The trust root that a policy was verified against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootUsed {
    /// Its file.
    pub file: String,
    /// Who named the file.
    pub origin: RootOrigin,
    /// Its newest version.
    pub version: u64,
    /// The digest of that version.
    pub sha256: Digest,
}

/// A policy that may be loaded. Only [`Host::admit`](crate::Host::admit) makes one.
#[derive(Debug)]
pub struct Admitted {
    bundle: PathBuf,
    image: Image,
    basis: Basis,
}

#[derive(Debug)]
pub(crate) enum Basis {
    Verified(Box<Verified>),
    Unverified { reason: String },
}

#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) bundle: VerifiedBundle,
    pub(crate) chain: Chain,
    pub(crate) root: RootUsed,
    pub(crate) allowed_epoch: Option<u64>,
    pub(crate) what: String,
}

impl Admitted {
    /// Makes a policy that may be loaded; for [`Host::admit`](crate::Host::admit) alone.
    pub(crate) fn new(bundle: PathBuf, image: Image, basis: Basis) -> Self {
        Self { bundle, image, basis }
    }

    /// Returns the folder of the bundle.
    #[must_use]
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// Returns what the kernel is to enforce.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns the digest of the policy, as `status` prints it.
    #[must_use]
    pub fn policy(&self) -> Digest {
        Digest::from(*self.image.digest())
    }

    /// Returns whether the bundle was verified.
    #[must_use]
    pub fn verification(&self) -> Verification {
        match self.basis {
            Basis::Verified(_) => Verification::Verified,
            Basis::Unverified { .. } => Verification::Skipped,
        }
    }

    /// Returns the trust root it was verified against.
    #[must_use]
    pub fn root(&self) -> Option<&RootUsed> {
        match &self.basis {
            Basis::Verified(verified) => Some(&verified.root),
            Basis::Unverified { .. } => None,
        }
    }

    /// Returns the epoch of the bundle, if it was verified.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        match &self.basis {
            Basis::Verified(verified) => Some(verified.bundle.approval.epoch),
            Basis::Unverified { .. } => None,
        }
    }

    /// Returns the digest of the bundle's manifest, if it was verified.
    #[must_use]
    pub fn manifest(&self) -> Option<Digest> {
        match &self.basis {
            Basis::Verified(verified) => Some(verified.bundle.approval.manifest),
            Basis::Unverified { .. } => None,
        }
    }

    /// Returns why it is used although it was not verified.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.basis {
            Basis::Verified(_) => None,
            Basis::Unverified { reason } => Some(reason),
        }
    }

    /// Returns what the host is to remember.
    pub(crate) fn acceptance(&self) -> Option<Acceptance<'_>> {
        match &self.basis {
            Basis::Verified(verified) => Some(Acceptance {
                what: &verified.what,
                approval: &verified.bundle.approval,
                signers: &verified.bundle.signers,
                chain: &verified.chain,
                allowed_epoch: verified.allowed_epoch,
            }),
            Basis::Unverified { .. } => None,
        }
    }
}
