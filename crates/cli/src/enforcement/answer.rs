//! Whether and how a policy was verified -> text and JSON.

use std::io::{self, Write};

use serde::Serialize;
use telovix_host::{RootOrigin, RootUsed};

use crate::signing::Origin;

/// Whether the trust root accepted a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verification {
    /// The bundle was verified against the trust root.
    Verified,
    /// It was applied with `--insecure-skip-verify`.
    Skipped,
    /// The record of it is gone.
    Unknown,
}

/// The trust root that a policy was verified against.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TrustRoot {
    /// The file.
    file: String,
    /// How it was found: `named` with `--trust-root`, or as that of the `host`.
    origin: Origin,
    /// Its newest version.
    version: u64,
    /// SHA-256 of that version.
    sha256: String,
}

impl From<telovix_host::Verification> for Verification {
    fn from(verification: telovix_host::Verification) -> Self {
        match verification {
            telovix_host::Verification::Verified => Self::Verified,
            telovix_host::Verification::Skipped => Self::Skipped,
            telovix_host::Verification::Unknown => Self::Unknown,
        }
    }
}

impl From<&RootUsed> for TrustRoot {
    fn from(root: &RootUsed) -> Self {
        let origin = match root.origin {
            RootOrigin::Named => Origin::Named,
            RootOrigin::Host => Origin::Host,
        };
        Self { file: root.file.clone(), origin, version: root.version, sha256: root.sha256.to_string() }
    }
}

impl TrustRoot {
    /// Writes which trust root the policy was verified against.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let origin = match self.origin {
            Origin::Named => "named with `--trust-root`",
            Origin::Host => "of this host",
            Origin::Repository => "of this repository",
        };
        writeln!(out, "trusted by trust root `{}` {origin}, version {}", self.file, self.version)
    }
}
