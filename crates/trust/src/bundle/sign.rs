//! A bundle -> the fleet's signature next to each policy, and one approval over the manifest.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{Directory, DirectoryError};
use super::manifest::{Manifest, ManifestError};
use super::path::{ArtifactPath, ArtifactPathError};
use super::{ENVELOPE, MANIFEST, MAX_ARTIFACT_BYTES, MAX_MANIFEST_BYTES, MAX_SIDECAR_BYTES, SIDECAR};
use telovix_diagnostic::Code;

use crate::approval::{Approval, PAYLOAD_TYPE, ResultDigest};
use crate::code;
use crate::encoding::Digest;
use crate::envelope::{Envelope, MAX_ENVELOPE_BYTES};
use crate::epoch::highest_epoch;
use crate::key::{KeyId, PublicKey};
use crate::policy::{self, Match, PolicyName, PolicyNameError, sidecar_path};
use crate::replace::replace_whole;
use crate::scope::Scope;
use crate::signer::{AgentError, Signer};
use crate::timestamp::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// What the signer approves, in addition to the files themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// For whom; when absent, the scope of the existing approval that gets another signature, else the fleet.
    pub scope: Option<Scope>,
    /// The bundle's position in the order of bundles; must be higher than the last one.
    pub epoch: u64,
    /// When.
    pub issued_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// The revision it was made from.
    pub source_revision: Option<String>,
    /// The version of the tool.
    pub tool_version: String,
    /// Digests of lint and test results.
    pub results: Vec<ResultDigest>,
    /// The keys that are trusted already: a policy signed by one of them keeps that signature.
    pub trusted: Vec<PublicKey>,
    /// What is done with an existing approval of the same manifest.
    pub existing: Existing,
}

/// What is done with an existing approval of the same manifest, for the same scope and still valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existing {
    /// A signature is added to it, if it has what the signer asked for.
    Continue(Vec<Asked>),
    /// A new one replaces it, without its signatures.
    Replace,
}

/// A part of the request that was given explicitly, not by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The epoch.
    Epoch,
    /// How long it is valid.
    Lifetime,
    /// The revision it was made from.
    SourceRevision,
    /// The digests of results.
    Results,
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBundle {
    /// The approval with the new signature.
    pub approval: Approval,
    /// All keys that have signed it.
    pub signers: Vec<KeyId>,
    /// How many policies got a new signature.
    pub policies: usize,
}

/// Why a bundle was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the bundle was not read.
    #[error("`{path}`: {source}")]
    Artifact {
        /// The file, relative to the bundle.
        path: String,
        /// Why not.
        source: DirectoryError,
    },
    /// The manifest is invalid.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file's name is not allowed in a manifest.
    #[error(transparent)]
    Path(#[from] ArtifactPathError),
    /// A policy's name is not allowed in a signed message.
    #[error(transparent)]
    Name(#[from] PolicyNameError),
    /// An artifact does not match the manifest.
    #[error("`{0}` does not match its digest in `manifest.json`; expected the compiled files unchanged")]
    Stale(ArtifactPath),
    /// A file that the manifest does not list.
    #[error("`{0}` is not listed in `manifest.json`; expected only compiled files")]
    Unlisted(String),
    /// An empty policy, or one that is not text.
    #[error("`{0}` is not a policy; expected UTF-8 text")]
    NotAPolicy(ArtifactPath),
    /// The existing approval differs from what was requested.
    #[error("the existing approval has {found}, but {wanted} was requested")]
    OtherApproval {
        /// What it has.
        found: String,
        /// What was requested.
        wanted: String,
    },
    /// There is an approval that cannot be read, so it is unknown whose signatures a new one would discard.
    #[error(
        "cannot read the approval `manifest.json.dsse`, which a new one would replace with all its signatures: {0}"
    )]
    ApprovalNotRead(String),
    /// The epoch is in the future, and every verifier would refuse it.
    #[error("the epoch {epoch} is in the future; expected the time in seconds, at most {highest} by now")]
    EpochAhead {
        /// The epoch.
        epoch: u64,
        /// The highest one that is accepted.
        highest: u64,
    },
    /// Nothing to sign.
    #[error("`{path}` has no files to sign", path = .0.display())]
    Nothing(PathBuf),
    /// The signer did not answer.
    #[error(transparent)]
    Signer(#[from] AgentError),
}

impl SignError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            SignError::File { .. }
            | SignError::Artifact { .. }
            | SignError::Manifest(_)
            | SignError::Path(_)
            | SignError::Name(_)
            | SignError::Stale(_)
            | SignError::Unlisted(_)
            | SignError::NotAPolicy(_)
            | SignError::OtherApproval { .. }
            | SignError::ApprovalNotRead(_)
            | SignError::EpochAhead { .. }
            | SignError::Nothing(_)
            | SignError::Signer(_) => &code::NOT_SIGNED,
        }
    }
}

/// Signs every policy of a bundle and its manifest.
///
/// An existing approval of the same manifest, for the same scope and still valid, gets another signature,
/// which is how several people sign; its epoch and expiry stay unchanged, and a request for others is
/// refused. Any other approval is replaced, except one that cannot be read: that is an error unless
/// [`Existing::Replace`] was requested. A policy that a trusted key has signed keeps its signature.
///
/// # Errors
/// A [`SignError`]; nothing is written before everything that will be signed was checked.
pub fn sign(path: &Path, request: &SignRequest, signer: &dyn Signer) -> Result<SignedBundle, SignError> {
    let directory = open(path)?;
    let manifest_bytes = read(&directory, MANIFEST, MAX_MANIFEST_BYTES)?;
    let manifest = Manifest::read(&manifest_bytes)?;
    if manifest.artifacts().is_empty() {
        return Err(SignError::Nothing(path.to_owned()));
    }
    refuse_unlisted(&directory, &manifest)?;
    let mut policies = Vec::new();
    for (artifact_path, artifact) in manifest.artifacts() {
        let content = read(&directory, artifact_path.as_str(), MAX_ARTIFACT_BYTES)?;
        if content.len() as u64 != artifact.bytes || Digest::of(&content) != artifact.sha256 {
            return Err(SignError::Stale(artifact_path.clone()));
        }
        if artifact_path.is_policy() {
            let name = PolicyName::parse(artifact_path.file_name())?;
            if content.is_empty() || std::str::from_utf8(&content).is_err() {
                return Err(SignError::NotAPolicy(artifact_path.clone()));
            }
            policies.push((artifact_path, name, content));
        }
    }
    let (mut envelope, approval) = continued(&directory, request, Digest::of(&manifest_bytes))?;
    let highest = highest_epoch(request.issued_at);
    if approval.epoch > highest {
        return Err(SignError::EpochAhead { epoch: approval.epoch, highest });
    }
    let mut signed = 0;
    for (artifact_path, name, content) in policies {
        if is_signed(&directory, artifact_path, &name, &content, &request.trusted) {
            continue;
        }
        let signature = policy::sign(&name, &content, signer)?;
        let sidecar = sidecar_path(&path.join(artifact_path.as_str()));
        write(&sidecar, signature.to_base64().as_bytes())?;
        signed += 1;
    }
    envelope.add_signature(signer)?;
    write(&path.join(ENVELOPE), envelope.to_json().as_bytes())?;
    let signers = envelope.signatures().iter().map(|signature| signature.key).collect();
    Ok(SignedBundle { approval, signers, policies: signed })
}

/// Lists every file of a directory without a manifest in a new one, so that it can be signed as a bundle.
///
/// # Errors
/// When the directory is empty, or a file cannot be listed.
pub fn write_manifest(path: &Path) -> Result<Manifest, SignError> {
    let directory = open(path)?;
    let mut manifest = Manifest::default();
    let files = directory.list().map_err(|source| SignError::Artifact { path: ".".to_owned(), source })?;
    for file in files {
        if !is_signature(&file) {
            let artifact = ArtifactPath::parse(&file)?;
            manifest.insert(artifact, &read(&directory, &file, MAX_ARTIFACT_BYTES)?);
        }
    }
    if manifest.artifacts().is_empty() {
        return Err(SignError::Nothing(path.to_owned()));
    }
    write(&path.join(MANIFEST), manifest.to_json().as_bytes())?;
    Ok(manifest)
}

/// Returns the existing approval when another signature can be added to it, else a new one.
fn continued(
    directory: &Directory,
    request: &SignRequest,
    manifest: Digest,
) -> Result<(Envelope, Approval), SignError> {
    if let Existing::Continue(asked) = &request.existing
        && let Some((envelope, approval)) = existing(directory)?
        && can_continue(&approval, request, manifest)
    {
        asked.iter().try_for_each(|part| part.check(request, &approval))?;
        return Ok((envelope, approval));
    }
    let approval = Approval {
        manifest,
        epoch: request.epoch,
        issued_at: request.issued_at,
        expires_at: request.expires_at,
        scope: request.scope.clone().unwrap_or(Scope::Fleet),
        source_revision: request.source_revision.clone(),
        tool_version: request.tool_version.clone(),
        results: request.results.clone(),
    };
    Ok((Envelope::unsigned(PAYLOAD_TYPE, approval.to_statement()), approval))
}

/// Returns the approval of the bundle; `None` when it has none.
fn existing(directory: &Directory) -> Result<Option<(Envelope, Approval)>, SignError> {
    fn not_read(error: impl Display) -> SignError {
        SignError::ApprovalNotRead(error.to_string())
    }
    let json = match directory.read(ENVELOPE, MAX_ENVELOPE_BYTES as u64) {
        Err(DirectoryError::Missing) => return Ok(None),
        read => read.map_err(not_read)?,
    };
    let envelope = Envelope::read(&json, PAYLOAD_TYPE).map_err(not_read)?;
    let approval = Approval::from_statement(envelope.payload()).map_err(not_read)?;
    Ok(Some((envelope, approval)))
}

/// Returns whether an approval is of this manifest, for the requested scope and still valid.
fn can_continue(approval: &Approval, request: &SignRequest, manifest: Digest) -> bool {
    approval.manifest == manifest
        && request.scope.as_ref().is_none_or(|scope| *scope == approval.scope)
        && approval.issued_at <= request.issued_at
        && request.issued_at < approval.expires_at
}

impl Asked {
    /// Refuses an approval that differs in this part.
    fn check(self, request: &SignRequest, approval: &Approval) -> Result<(), SignError> {
        let days = |from: Timestamp, to: Timestamp| (to.seconds() - from.seconds()) / SECONDS_PER_DAY;
        let revision = |revision: &Option<String>| match revision {
            Some(revision) => format!("source revision `{revision}`"),
            None => "no source revision".to_owned(),
        };
        let results = |results: &[ResultDigest]| match results {
            [] => "no results".to_owned(),
            results => {
                let named = |one: &ResultDigest| format!("`{}` {}", one.name, one.sha256);
                format!("the results {}", results.iter().map(named).collect::<Vec<_>>().join(", "))
            }
        };
        let (found, wanted) = match self {
            Asked::Epoch => (format!("epoch {}", approval.epoch), format!("epoch {}", request.epoch)),
            Asked::Lifetime => (
                format!("an end after {} days", days(approval.issued_at, approval.expires_at)),
                format!("an end after {} days", days(request.issued_at, request.expires_at)),
            ),
            Asked::SourceRevision => {
                (revision(&approval.source_revision), revision(&request.source_revision))
            }
            Asked::Results => (results(&approval.results), results(&request.results)),
        };
        if found == wanted { Ok(()) } else { Err(SignError::OtherApproval { found, wanted }) }
    }
}

fn is_signed(
    directory: &Directory,
    path: &ArtifactPath,
    name: &PolicyName,
    content: &[u8],
    trusted: &[PublicKey],
) -> bool {
    let text = directory.read(&path.sidecar(), MAX_SIDECAR_BYTES).ok();
    let signature = text.and_then(|text| policy::parse_sidecar("", &text).ok());
    signature
        .is_some_and(|signature| matches!(policy::verify(name, content, &signature, trusted), Match::By(_)))
}

fn refuse_unlisted(directory: &Directory, manifest: &Manifest) -> Result<(), SignError> {
    let files = directory.list().map_err(|source| SignError::Artifact { path: ".".to_owned(), source })?;
    let unlisted = files.into_iter().find(|file| {
        let artifact = file.strip_suffix(SIDECAR).unwrap_or(file);
        let listed = ArtifactPath::parse(artifact).is_ok_and(|path| manifest.artifacts().contains_key(&path));
        !listed && !matches!(file.as_str(), MANIFEST | ENVELOPE)
    });
    unlisted.map_or(Ok(()), |file| Err(SignError::Unlisted(file)))
}

fn is_signature(file: &str) -> bool {
    file.ends_with(SIDECAR) || file == ENVELOPE || file == MANIFEST
}

fn open(path: &Path) -> Result<Directory, SignError> {
    Directory::open(path).map_err(|source| SignError::File { path: path.to_owned(), source })
}

fn read(directory: &Directory, path: &str, limit: u64) -> Result<Vec<u8>, SignError> {
    let read = directory.read(path, limit);
    read.map_err(|source| SignError::Artifact { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), SignError> {
    replace_whole(path, bytes, 0o644).map_err(|source| SignError::File { path: path.to_owned(), source })
}
