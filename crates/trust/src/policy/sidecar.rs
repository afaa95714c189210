//! Policy files on disk -> their signatures in `{file}.sig`, and the bytes that were verified.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::{MAX_POLICY_BYTES, Match, NameForm, PolicyName, PolicyNameError};
use crate::key::{KeyId, PublicKey, Signature};
use crate::refusal::Refusal;
use crate::replace::replace_whole;
use crate::signer::{AgentError, Signer};

/// More than base64 of 64 bytes needs, so that a longer file is noticed.
const MAX_SIDECAR_BYTES: u64 = 256;

/// A policy file with an accepted signature, and the bytes that were verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPolicy {
    /// The name it was signed under.
    pub name: PolicyName,
    /// The key that signed it.
    pub key: KeyId,
    /// The content that was verified.
    pub content: Vec<u8>,
}

/// Why a policy file was not signed or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// The signature is not accepted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file system refused.
    #[error("cannot use `{path}`: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file's name is not allowed in a signed message.
    #[error("`{path}`: {source}", path = path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Which rule it breaks.
        source: PolicyNameError,
    },
    /// Nothing to sign, not text, or too large to be a policy.
    #[error("`{path}` is not a policy: {detail}", path = path.display())]
    NotAPolicy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The signer did not answer.
    #[error(transparent)]
    Signer(#[from] AgentError),
}

/// Returns the path of a policy file's signature: `{file}.sig`.
#[must_use]
pub fn sidecar_path(policy: &Path) -> PathBuf {
    let mut path = policy.as_os_str().to_owned();
    path.push(".sig");
    PathBuf::from(path)
}

/// Removes the signature of a file that is about to be rewritten, and returns whether there was one.
///
/// # Errors
/// When there is a signature that cannot be removed.
pub fn drop_sidecar(policy: &Path) -> io::Result<bool> {
    match fs::remove_file(sidecar_path(policy)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Signs a policy file under its base name, or under the given one, and writes `{file}.sig`: 88
/// characters of base64 without a line ending, since strict readers take no other byte.
///
/// # Errors
/// When the file is empty, not UTF-8, too large or badly named; when it cannot be read or signed.
pub fn sign_file(
    path: &Path,
    name: Option<&PolicyName>,
    signer: &dyn Signer,
) -> Result<Signature, PolicyFileError> {
    let name = name_or_base(path, name)?;
    let content = read_policy(path)?;
    let signature = super::sign(&name, &content, signer)?;
    let sidecar = sidecar_path(path);
    replace_whole(&sidecar, signature.to_base64().as_bytes(), 0o644)
        .map_err(|source| PolicyFileError::File { path: sidecar, source })?;
    Ok(signature)
}

/// Verifies a policy file against `{file}.sig` and any of the keys.
///
/// # Errors
/// [`PolicyFileError::Refused`] when the signature is not accepted, any other error when nothing could be
/// checked.
pub fn verify_file(
    path: &Path,
    name: Option<&PolicyName>,
    keys: &[PublicKey],
) -> Result<VerifiedPolicy, PolicyFileError> {
    let name = name_or_base(path, name)?;
    let content = read_policy(path)?;
    let sidecar = sidecar_path(path);
    let what = format!("`{}`", path.display());
    let text = match read_limited(&sidecar, MAX_SIDECAR_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Refusal::Unsigned { what }.into());
        }
        read => read.map_err(|source| PolicyFileError::File { path: sidecar, source })?,
    };
    let signature = parse_sidecar(&what, &text)?;
    let key = judge(&what, super::verify(&name, &content, &signature, keys), &name)?;
    Ok(VerifiedPolicy { name, key: key.id(), content })
}

/// Reads a policy's content.
///
/// # Errors
/// When the file cannot be read, is empty, is not UTF-8 text or is larger than [`MAX_POLICY_BYTES`].
pub fn read_policy(path: &Path) -> Result<Vec<u8>, PolicyFileError> {
    let content = read_limited(path, MAX_POLICY_BYTES)
        .map_err(|source| PolicyFileError::File { path: path.to_owned(), source })?;
    let detail = if content.is_empty() {
        "it is empty"
    } else if content.len() as u64 > MAX_POLICY_BYTES {
        "it is larger than 16 MiB"
    } else if std::str::from_utf8(&content).is_err() {
        "it is not UTF-8 text"
    } else {
        return Ok(content);
    };
    Err(PolicyFileError::NotAPolicy { path: path.to_owned(), detail })
}

/// Reads the content of a sidecar: the base64 of 64 bytes and nothing else, as strict readers require. A signature that
/// is accepted here is accepted everywhere.
///
/// # Errors
/// [`Refusal::BadSignature`] with what was found instead.
pub(crate) fn parse_sidecar(what: &str, bytes: &[u8]) -> Result<Signature, Refusal> {
    let read = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(Signature::from_base64);
    read(bytes).ok_or_else(|| {
        let mut detail = "its signature is not 88 characters of base64".to_owned();
        if read(bytes.trim_ascii()).is_some() {
            detail.push_str(" and nothing else: there are spaces or line feeds around it");
        }
        Refusal::BadSignature { what: what.to_owned(), detail }
    })
}

/// Returns the key that made a signature, or the reason it is not accepted.
pub(crate) fn judge(what: &str, found: Match, name: &PolicyName) -> Result<PublicKey, Refusal> {
    match found {
        Match::By(key) => Ok(key),
        Match::OtherName(signed, form) => Err(other_name(what, name, &signed, form)),
        Match::None => Err(Refusal::BadSignature {
            what: what.to_owned(),
            detail: format!("no trusted key signed this content under the name `{name}`"),
        }),
    }
}

fn other_name(what: &str, name: &PolicyName, signed: &PolicyName, form: NameForm) -> Refusal {
    Refusal::OtherName { what: what.to_owned(), name: name.to_string(), signed: signed.to_string(), form }
}

fn name_or_base(path: &Path, name: Option<&PolicyName>) -> Result<PolicyName, PolicyFileError> {
    let own = || PolicyName::of_file(path);
    let name = name.cloned().map_or_else(own, Ok);
    name.map_err(|source| PolicyFileError::Name { path: path.to_owned(), source })
}

/// Reads at most one byte more than the limit, so that the caller notices a larger file.
fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
