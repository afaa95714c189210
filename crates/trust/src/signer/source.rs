//! The name of a key (a file, a variable, standard input, an agent) -> a signer.

use std::env;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::{AgentError, AgentSigner, Signer, agent_keys};
use crate::key::file::{KeyFileError, read_private_bytes, read_public};
use crate::key::read::{self, MAX_KEY_BYTES};
use crate::key::{KeyError, Passphrase, PublicKey};

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file readable by its owner alone.
    File(PathBuf),
    /// The key itself, in any text encoding, in this environment variable: `env:NAME`.
    Environment(String),
    /// The key itself on standard input: `-`.
    Stdin,
    /// An ssh-agent: `agent:` with a public key file, a key id (or its start), or a comment; without
    /// them when the agent has exactly one Ed25519 key.
    Agent(String),
}

/// Why there is no signer for a source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The key file was not read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The variable is not set, or not text.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// The key in a variable or on standard input is not usable.
    #[error("{place}: {source}")]
    Key {
        /// Where the key was read from.
        place: String,
        /// Why it is not usable.
        source: KeyError,
    },
    /// Standard input cannot be read.
    #[error("cannot read the key from standard input: {0}")]
    Stdin(io::Error),
    /// The passphrase could not be asked for.
    #[error("cannot ask for the passphrase of {place}: {source}")]
    NoPassphrase {
        /// The key that is encrypted.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// `SSH_AUTH_SOCK` is not set.
    #[error("no ssh-agent is running here (`SSH_AUTH_SOCK` is not set)")]
    NoAgent,
    /// The agent did not answer.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The agent has no such key, or more than one.
    #[error("the ssh-agent has {count} Ed25519 keys that match `{wanted}`; expected exactly one")]
    NotOneKey {
        /// The requested key.
        wanted: String,
        /// How many match.
        count: usize,
    },
}

impl FromStr for KeySource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(':') {
            Some(("env", name)) => KeySource::Environment(name.to_owned()),
            Some(("agent", wanted)) => KeySource::Agent(wanted.to_owned()),
            _ if text == "-" => KeySource::Stdin,
            _ => KeySource::File(PathBuf::from(text)),
        })
    }
}

impl KeySource {
    /// Returns the signer of this source. `passphrase` is called, with the name of the key, only
    /// when the key is encrypted.
    ///
    /// # Errors
    /// A [`SourceError`] with what was found instead.
    pub fn open(
        &self,
        passphrase: &mut dyn FnMut(&str) -> io::Result<Option<Passphrase>>,
    ) -> Result<Box<dyn Signer>, SourceError> {
        let (place, bytes) = match self {
            KeySource::File(path) => (format!("`{}`", path.display()), read_private_bytes(path)?),
            KeySource::Environment(name) => {
                let text = env::var(name).map_err(|_| SourceError::NoVariable(name.clone()))?;
                (format!("`${name}`"), Zeroizing::new(text.into_bytes()))
            }
            KeySource::Stdin => {
                let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_BYTES + 2));
                let limited = io::stdin().lock().take(MAX_KEY_BYTES as u64 + 1).read_to_end(&mut bytes);
                limited.map_err(SourceError::Stdin)?;
                ("standard input".to_owned(), bytes)
            }
            KeySource::Agent(wanted) => return Ok(Box::new(agent_signer(wanted)?)),
        };
        let key = match read::private_key(&bytes, None) {
            Err(KeyError::PassphraseNeeded) => {
                let answer = passphrase(&place)
                    .map_err(|source| SourceError::NoPassphrase { place: place.clone(), source })?;
                read::private_key(&bytes, answer.as_ref())
            }
            read => read,
        };
        match key {
            Ok((key, _)) => Ok(Box::new(key)),
            Err(source) => Err(SourceError::Key { place, source }),
        }
    }
}

fn agent_signer(wanted: &str) -> Result<AgentSigner, SourceError> {
    let socket = env::var_os("SSH_AUTH_SOCK").map(PathBuf::from).ok_or(SourceError::NoAgent)?;
    let by_file: Option<PublicKey> = read_public(&PathBuf::from(wanted)).ok().map(|(key, _)| key);
    let mut fitting: Vec<PublicKey> = Vec::new();
    for (key, comment) in agent_keys(&socket)? {
        let by_id = wanted.len() >= 8 && key.id().to_string().starts_with(wanted);
        if wanted.is_empty() || by_file == Some(key) || by_id || comment == wanted {
            fitting.push(key);
        }
    }
    match fitting.as_slice() {
        [key] => Ok(AgentSigner::new(socket, *key)),
        other => Err(SourceError::NotOneKey { wanted: wanted.to_owned(), count: other.len() }),
    }
}
