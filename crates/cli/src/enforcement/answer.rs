//! What answers say about the trust that a policy has.

use std::io::{self, Write};

use serde::Serialize;
use telovix_host::{RootSource, RootUsed};

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
    /// Who named that file.
    source: Source,
    /// Its newest version.
    version: u64,
    /// SHA-256 of that version.
    sha256: String,
}

/// Who named the file of a trust root.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Source {
    /// `--trust-root` did.
    Argument,
    /// It is the host's own: `/etc/telovix/trust-root.json`.
    Host,
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
        let source = match root.source {
            RootSource::Argument => Source::Argument,
            RootSource::Host => Source::Host,
        };
        Self { file: root.file.clone(), source, version: root.version, sha256: root.sha256.to_string() }
    }
}

impl TrustRoot {
    /// Says which trust root accepted the policy.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let source = match self.source {
            Source::Argument => "named with `--trust-root`",
            Source::Host => "the host's own",
        };
        writeln!(out, "verified by trust root `{}`, version {} ({source})", self.file, self.version)
    }
}
