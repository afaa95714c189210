//! A bundle and expectations -> the verified bytes, or the reason to refuse them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use telovix_diagnostic::Code;

use super::directory::{Directory, DirectoryError};
use super::manifest::{Artifact, Manifest};
use super::path::ArtifactPath;
use super::{ENVELOPE, MANIFEST, MAX_ARTIFACT_BYTES, MAX_MANIFEST_BYTES, MAX_SIDECAR_BYTES, SIDECAR};
use crate::approval::{Approval, PAYLOAD_TYPE};
use crate::code;
use crate::encoding::Digest;
use crate::envelope::{Envelope, MAX_ENVELOPE_BYTES};
use crate::epoch::highest_epoch;
use crate::host::HostState;
use crate::key::{KeyId, PublicKey};
use crate::policy::{self, Match, PolicyName};
use crate::refusal::Refusal;
use crate::root::{Role, TrustRoot, TrustedKey};
use crate::scope::Host;
use crate::timestamp::{CLOCK_SKEW, Timestamp};

/// Below this many artifacts, starting threads costs more than it saves.
const WORTH_THREADS: usize = 64;

/// What a bundle is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// Whose signatures are accepted.
    pub root: &'a TrustRoot,
    /// Who the host is.
    pub host: &'a Host,
    /// What the host remembers; the default where there is no host, as in CI.
    pub state: &'a HostState,
    /// The time of the decision.
    pub now: Timestamp,
    /// An older epoch that was named on purpose.
    pub allowed_epoch: Option<u64>,
}

/// A bundle that may be used. Its bytes are the ones that were verified: do not read the files again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBundle {
    /// What was approved, for whom, until when.
    pub approval: Approval,
    /// The keys whose signatures were accepted.
    pub signers: Vec<KeyId>,
    /// The content of `manifest.json`.
    pub manifest: Vec<u8>,
    /// The content of every artifact.
    pub artifacts: BTreeMap<ArtifactPath, Vec<u8>>,
}

/// Why a bundle is not used.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It was checked and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be checked.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl VerifyError {
    /// Returns the code of this error.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            VerifyError::Refused(refusal) => refusal.code(),
            VerifyError::File { .. } => &code::NOT_VERIFIED,
        }
    }
}

/// Verifies a bundle: signatures, statement, manifest, time, scope, epoch, and every file.
///
/// # Errors
/// [`VerifyError::Refused`] with the first reason found, [`VerifyError::File`] when an existing file
/// cannot be read. Nothing is returned of a bundle that is only partly valid.
pub fn verify(path: &Path, expect: &Expectations<'_>) -> Result<VerifiedBundle, VerifyError> {
    let what = format!("bundle `{}`", path.display());
    let now = expect.state.not_before(expect.now);
    expect.root.check_time(now)?;
    let bundle = Reader { what: &what, path, directory: open(path)? };

    let envelope = bundle.envelope()?;
    let signers = expect.root.signers(&what, &envelope, Role::Sign, now)?;
    let approval =
        Approval::from_statement(envelope.payload()).map_err(|error| bad(&what, error.to_string()))?;

    let manifest_bytes = bundle.listed(MANIFEST, MAX_MANIFEST_BYTES)?;
    if Digest::of(&manifest_bytes) != approval.manifest {
        return Err(bad(&what, "`manifest.json` is not the one that was signed".to_owned()).into());
    }
    let manifest = Manifest::read(&manifest_bytes).map_err(|error| bad(&what, error.to_string()))?;
    check_circumstances(&what, &approval, expect, now)?;

    let trusted = policy_keys(expect.root, &signers);
    let artifacts = bundle.artifacts(&manifest, &trusted, now)?;
    bundle.refuse_unlisted(&manifest)?;
    let signers = signers.iter().map(|key| key.id).collect();
    Ok(VerifiedBundle { approval, signers, manifest: manifest_bytes, artifacts })
}

/// Returns what a bundle's envelope claims, without checking it: to print it and to choose the next epoch.
///
/// # Errors
/// When there is no envelope, or it cannot be read.
pub fn read_approval(path: &Path) -> Result<(Approval, Vec<KeyId>), VerifyError> {
    let what = format!("bundle `{}`", path.display());
    let envelope = Reader { what: &what, path, directory: open(path)? }.envelope()?;
    let approval =
        Approval::from_statement(envelope.payload()).map_err(|error| bad(&what, error.to_string()))?;
    Ok((approval, envelope.signatures().iter().map(|signature| signature.key).collect()))
}

/// Checks time, scope and epoch, which a valid signature alone does not decide.
fn check_circumstances(
    what: &str,
    approval: &Approval,
    expect: &Expectations<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let what = what.to_owned();
    if approval.issued_at > now.plus_seconds(CLOCK_SKEW) {
        return Err(Refusal::NotYetValid { what, start: approval.issued_at, now });
    }
    if now >= approval.expires_at {
        return Err(Refusal::Expired { what, end: approval.expires_at, now });
    }
    let highest = highest_epoch(now);
    if approval.epoch > highest {
        return Err(Refusal::EpochAhead { what, epoch: approval.epoch, highest, now });
    }
    if !approval.scope.includes(expect.host) {
        let (scope, host) = (approval.scope.clone(), expect.host.clone());
        return Err(Refusal::WrongTarget { what, scope, host });
    }
    if approval.epoch < expect.root.minimum_epoch() {
        let required = expect.root.minimum_epoch();
        return Err(Refusal::OlderEpoch { what, offered: approval.epoch, required });
    }
    expect.state.check_epoch(&what, approval, expect.root, expect.allowed_epoch)
}

/// Orders the keys so that the likely signer of the policies, who signed the bundle, is tried first.
fn policy_keys<'root>(root: &'root TrustRoot, signers: &[&'root TrustedKey]) -> Vec<&'root TrustedKey> {
    let others = root.keys().iter().filter(|key| key.roles.contains(&Role::Sign));
    let others = others.filter(|key| !signers.iter().any(|signer| signer.id == key.id));
    signers.iter().copied().chain(others).collect()
}

struct Reader<'a> {
    what: &'a str,
    path: &'a Path,
    directory: Directory,
}

impl Reader<'_> {
    fn envelope(&self) -> Result<Envelope, VerifyError> {
        let json = match self.directory.read(ENVELOPE, MAX_ENVELOPE_BYTES as u64) {
            Err(DirectoryError::Missing) => {
                return Err(Refusal::Unsigned { what: self.what.to_owned() }.into());
            }
            read => read.map_err(|error| self.unreadable(ENVELOPE, error))?,
        };
        Ok(Envelope::read(&json, PAYLOAD_TYPE).map_err(|error| bad(self.what, error.to_string()))?)
    }

    fn listed(&self, path: &str, limit: u64) -> Result<Vec<u8>, VerifyError> {
        self.directory.read(path, limit).map_err(|error| self.unreadable(path, error))
    }

    fn artifacts(
        &self,
        manifest: &Manifest,
        trusted: &[&TrustedKey],
        now: Timestamp,
    ) -> Result<BTreeMap<ArtifactPath, Vec<u8>>, VerifyError> {
        let one = |(path, artifact): (&ArtifactPath, &Artifact)| {
            let content = self.artifact(path, artifact)?;
            if path.is_policy() {
                self.check_policy(path, &content, trusted, now)?;
            }
            Ok((path.clone(), content))
        };
        let listed = manifest.artifacts();
        if listed.len() < WORTH_THREADS {
            return listed.iter().map(one).collect();
        }
        // Collected in order, so that of several invalid files the same one is always reported.
        let verified: Vec<Result<_, VerifyError>> = listed.into_par_iter().map(one).collect();
        verified.into_iter().collect()
    }

    fn artifact(&self, path: &ArtifactPath, artifact: &Artifact) -> Result<Vec<u8>, VerifyError> {
        let limit = artifact.bytes.min(MAX_ARTIFACT_BYTES);
        let content = match self.directory.read(path.as_str(), limit) {
            Err(DirectoryError::TooLarge(_)) => Vec::new(),
            read => read.map_err(|error| self.unreadable(path.as_str(), error))?,
        };
        if content.len() as u64 != artifact.bytes || Digest::of(&content) != artifact.sha256 {
            return Err(bad(self.what, format!("`{path}` is not the file that was signed")).into());
        }
        Ok(content)
    }

    fn check_policy(
        &self,
        path: &ArtifactPath,
        content: &[u8],
        trusted: &[&TrustedKey],
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let what = format!("`{path}` of {}", self.what);
        let text = match self.directory.read(&path.sidecar(), MAX_SIDECAR_BYTES) {
            Err(DirectoryError::Missing) => return Err(Refusal::Unsigned { what }.into()),
            read => read.map_err(|error| self.unreadable(&path.sidecar(), error))?,
        };
        let signature = policy::parse_sidecar(&what, &text)?;
        let name = PolicyName::parse(path.file_name()).map_err(|error| bad(&what, error.to_string()))?;
        let keys: Vec<PublicKey> = trusted.iter().map(|key| key.public_key).collect();
        let found: Match = policy::verify(&name, content, &signature, &keys);
        let maker = policy::judge(&what, found, &name)?;
        let listed = trusted.iter().find(|key| key.public_key == maker);
        Ok(listed.map_or(Ok(()), |key| key.standing(&what, now))?)
    }

    /// Refuses anything in the directory that the signature does not cover.
    fn refuse_unlisted(&self, manifest: &Manifest) -> Result<(), VerifyError> {
        for file in self.directory.list().map_err(|error| self.unreadable(".", error))? {
            let policy = file.strip_suffix(SIDECAR).and_then(|path| ArtifactPath::parse(path).ok());
            let listed = match &policy {
                Some(policy) => policy.is_policy() && manifest.artifacts().contains_key(policy),
                None => ArtifactPath::parse(&file).is_ok_and(|path| manifest.artifacts().contains_key(&path)),
            };
            if !listed && !matches!(file.as_str(), MANIFEST | ENVELOPE) {
                let detail = format!("`{}` is in the bundle but was not signed", file.escape_debug());
                return Err(bad(self.what, detail).into());
            }
        }
        Ok(())
    }

    /// A file that is missing, a link or too large is not what was signed; one that cannot be read
    /// leaves nothing to decide about.
    fn unreadable(&self, path: &str, error: DirectoryError) -> VerifyError {
        match error {
            DirectoryError::File(source) => VerifyError::File { path: self.path.join(path), source },
            other => bad(self.what, format!("`{path}`: {other}")).into(),
        }
    }
}

fn open(path: &Path) -> Result<Directory, VerifyError> {
    Directory::open(path).map_err(|source| VerifyError::File { path: path.to_owned(), source })
}

fn bad(what: &str, detail: String) -> Refusal {
    Refusal::BadSignature { what: what.to_owned(), detail }
}
