//! `trust-root.json` -> the current trust root, by verifying each version with the keys of the one before.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use telovix_diagnostic::Code;

use super::{Change, ChangeError, Role, RootError, TrustRoot};
use crate::code;
use crate::encoding::Digest;
use crate::envelope::{Envelope, EnvelopeError};
use crate::key::KeyId;
use crate::refusal::Refusal;
use crate::replace::replace_whole;
use crate::signer::{AgentError, Signer};
use crate::timestamp::{CLOCK_SKEW, Timestamp};

/// The largest trust root file that is read, in bytes.
pub const MAX_CHAIN_BYTES: usize = 16 << 20;
/// The DSSE payload type of one version.
const PAYLOAD_TYPE: &str = "application/vnd.telovix.trust-root.v1+json";
const FORMAT: &str = "telovix-trust-root-v1";
const WHAT: &str = "the trust root";

/// The trust root file: every version in order, each in an envelope signed by the one before.
///
/// The newest version may still lack signatures while the key holders sign one after the other; until it has
/// them, [`Chain::current`] refuses the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    root: TrustRoot,
    envelope: Envelope,
}

/// A version of a trust root, pinned by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedRoot {
    /// The version.
    pub version: u64,
    /// The digest of that version's payload.
    pub sha256: Digest,
}

/// Why a trust root file was not read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not JSON, or not the format of a trust root file.
    #[error("not a trust root file: {0}")]
    Shape(String),
    /// One version's envelope is damaged.
    #[error("version {version} of the trust root: {source}")]
    Envelope {
        /// The version's position in the file.
        version: u64,
        /// What is wrong.
        source: EnvelopeError,
    },
    /// One version breaks the rules.
    #[error("version {version}: {source}")]
    Root {
        /// The version's position in the file.
        version: u64,
        /// What is wrong.
        source: RootError,
    },
    /// The requested change is not possible.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The file was read, but is not trusted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The signer did not answer.
    #[error(transparent)]
    Signer(#[from] AgentError),
    /// The signing key may not sign this version.
    #[error("key {} may not sign the trust root: neither the old nor the new version gives it role `root`", .0.short())]
    NotARootKey(KeyId),
}

impl ChainError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            ChainError::Refused(refusal) => refusal.code(),
            ChainError::Change(_) | ChainError::Signer(_) | ChainError::NotARootKey(_) => {
                &code::TRUST_ROOT_NOT_CHANGED
            }
            ChainError::File { .. }
            | ChainError::Shape(_)
            | ChainError::Envelope { .. }
            | ChainError::Root { .. } => &code::TRUST_ROOT_NOT_USABLE,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainDocument<Link> {
    format: String,
    chain: Vec<Link>,
}

impl Chain {
    /// Begins a chain with its first version, not signed yet.
    #[must_use]
    pub fn begin(root: TrustRoot) -> Self {
        Chain { links: vec![Link::unsigned(root)] }
    }

    /// Reads a trust root file.
    ///
    /// # Errors
    /// When it cannot be read or is not one. Whether it is trusted is decided by [`Chain::current`].
    pub fn read(path: &Path) -> Result<Self, ChainError> {
        let at = |source| ChainError::File { path: path.to_owned(), source };
        let mut json = Vec::new();
        let limit = MAX_CHAIN_BYTES as u64 + 1;
        File::open(path).map_err(at)?.take(limit).read_to_end(&mut json).map_err(at)?;
        Self::from_json(&json)
    }

    /// Reads the content of a trust root file.
    ///
    /// # Errors
    /// When it is not one, or a version may not follow the one before, whatever tool wrote it.
    pub fn from_json(json: &[u8]) -> Result<Self, ChainError> {
        if json.len() > MAX_CHAIN_BYTES {
            return Err(ChainError::Shape("it is larger than 16 MiB".to_owned()));
        }
        let document: ChainDocument<&RawValue> =
            serde_json::from_slice(json).map_err(|error| ChainError::Shape(error.to_string()))?;
        if document.format != FORMAT {
            return Err(ChainError::Shape(format!("its format is not `{FORMAT}`")));
        }
        let mut links: Vec<Link> = Vec::with_capacity(document.chain.len());
        for (raw, version) in document.chain.iter().zip(1u64..) {
            let envelope = Envelope::read(raw.get().as_bytes(), PAYLOAD_TYPE)
                .map_err(|source| ChainError::Envelope { version, source })?;
            let root = TrustRoot::from_payload(envelope.payload())
                .map_err(|source| ChainError::Root { version, source })?;
            if root.version != version {
                return Err(ChainError::Shape(format!(
                    "its version {version} does not follow the one before"
                )));
            }
            if let Some(Link { root: previous, .. }) = links.last() {
                previous
                    .check_successor(&root)
                    .map_err(|error| ChainError::Root { version, source: error.into() })?;
            }
            links.push(Link { root, envelope });
        }
        if links.is_empty() {
            return Err(ChainError::Shape("it has no version".to_owned()));
        }
        Ok(Chain { links })
    }

    /// Returns the file's content: one line of JSON per version, with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let links: Vec<String> = self.links.iter().map(|link| link.envelope.to_json()).collect();
        let links: Vec<&str> = links.iter().map(|link| link.trim_end()).collect();
        format!("{{\"format\":\"{FORMAT}\",\"chain\":[\n{}\n]}}\n", links.join(",\n"))
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written; the old file is then unchanged.
    pub fn write(&self, path: &Path) -> Result<(), ChainError> {
        replace_whole(path, self.to_json().as_bytes(), 0o644)
            .map_err(|source| ChainError::File { path: path.to_owned(), source })
    }

    /// Returns the newest version, if every version up to it was signed by the threshold of root keys of
    /// the version before, and by its own.
    ///
    /// # Errors
    /// The [`Refusal`] of the first version without these signatures, or of a newest version that has expired or was issued
    /// in the future.
    pub fn current(&self, now: Timestamp) -> Result<&TrustRoot, Refusal> {
        self.walk(0)?;
        self.newest().check_time(now)?;
        Ok(self.newest())
    }

    /// As [`Chain::current`], on a host that remembers which version it follows. That version and those before it were
    /// verified when it was pinned, so verification starts there.
    ///
    /// # Errors
    /// As [`Chain::current`] and [`Chain::check_pin`].
    pub fn current_for(&self, pinned: Option<PinnedRoot>, now: Timestamp) -> Result<&TrustRoot, Refusal> {
        self.check_pin(pinned)?;
        self.walk(pinned.map_or(0, |pinned| pinned.version))?;
        self.newest().check_time(now)?;
        Ok(self.newest())
    }

    /// Verifies every version after the known one, whether or not the newest has expired.
    fn walk(&self, known: u64) -> Result<(), Refusal> {
        let mut previous: Option<&TrustRoot> = None;
        for Link { root, envelope } in &self.links {
            if root.version > known {
                let what = format!("version {} of the trust root", root.version);
                let fitting = &mut Vec::new();
                // A key that has expired since was still valid when the version was made.
                if let Some(previous) = previous {
                    previous.signers_beyond(fitting, &what, envelope, Role::Root, root.issued_at)?;
                }
                root.signers_beyond(fitting, &what, envelope, Role::Root, root.issued_at)?;
            }
            previous = Some(root);
        }
        Ok(())
    }

    /// Returns the newest version without checking whether it is trusted, to print it.
    #[must_use]
    pub fn newest(&self) -> &TrustRoot {
        &self.newest_link().root
    }

    /// Returns every version without checking whether it is trusted, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = (&TrustRoot, &Envelope)> {
        self.links.iter().map(|link| (&link.root, &link.envelope))
    }

    /// Returns the version and digest a host pins to follow this chain.
    #[must_use]
    pub fn pin(&self) -> PinnedRoot {
        self.newest_link().pin()
    }

    /// Refuses a chain that does not contain the version a host follows.
    ///
    /// # Errors
    /// [`Refusal::OlderEpoch`] for an older file, [`Refusal::BadSignature`] for another fleet's or a fork.
    pub fn check_pin(&self, pinned: Option<PinnedRoot>) -> Result<(), Refusal> {
        let Some(pinned) = pinned else { return Ok(()) };
        if self.links.iter().any(|link| link.pin() == pinned) {
            return Ok(());
        }
        if self.newest().version < pinned.version {
            return Err(Refusal::OlderEpoch {
                what: WHAT.to_owned(),
                offered: self.newest().version,
                required: pinned.version,
            });
        }
        let detail = format!("it does not descend from version {} that this host follows", pinned.version);
        Err(Refusal::BadSignature { what: WHAT.to_owned(), detail })
    }

    /// Appends the next version with these changes, not signed yet.
    ///
    /// # Errors
    /// When the newest version itself lacks signatures, or a change is not possible.
    pub fn append(&mut self, changes: &[Change], now: Timestamp) -> Result<(), ChainError> {
        // Expiry is not checked here: an expired root can still be renewed.
        self.walk(0)?;
        let current = self.newest();
        if current.issued_at > now.plus_seconds(CLOCK_SKEW) {
            let (what, start) = (format!("version {} of the trust root", current.version), current.issued_at);
            return Err(Refusal::NotYetValid { what, start, now }.into());
        }
        let next = current.next(changes, now)?;
        self.links.push(Link::unsigned(next));
        Ok(())
    }

    /// Adds a signature to the newest version.
    ///
    /// # Errors
    /// When the key may not sign it, or the signer does not answer.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<KeyId, ChainError> {
        let id = signer.public_key().id();
        let voices = self.links.iter().rev().take(2);
        let entitled = voices.filter_map(|link| link.root.key(id)).any(|key| key.has(Role::Root));
        if !entitled {
            return Err(ChainError::NotARootKey(id));
        }
        let newest = self.links.last_mut().expect("a chain holds at least one version");
        Ok(newest.envelope.add_signature(signer)?)
    }

    fn newest_link(&self) -> &Link {
        self.links.last().expect("a chain holds at least one version")
    }
}

impl Link {
    fn unsigned(root: TrustRoot) -> Self {
        let envelope = Envelope::unsigned(PAYLOAD_TYPE, root.to_payload());
        Link { root, envelope }
    }

    fn pin(&self) -> PinnedRoot {
        PinnedRoot { version: self.root.version, sha256: Digest::of(self.envelope.payload()) }
    }
}
