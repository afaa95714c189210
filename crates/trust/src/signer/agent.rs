//! A message -> a signature by an ssh-agent through its unix socket (`draft-ietf-sshm-ssh-agent`): the private key stays in the agent.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Signer;
use crate::key::{PublicKey, Signature, WireReader, WireWriter};
use crate::key::{openssh_blob, read_openssh_blob};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// OpenSSH's own agent refuses larger messages.
const MAX_MESSAGE: usize = 256 << 10;
/// Long enough for a person to confirm or touch a token, short enough not to hang a pipeline.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why an agent gave no signature.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The socket does not answer.
    #[error("the ssh-agent at `{socket}` does not answer: {source}", socket = socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The response violates the protocol.
    #[error("the ssh-agent sent an invalid response")]
    Garbled,
    /// The agent refused: the key is gone, or its confirmation was denied.
    #[error("the ssh-agent refused to sign")]
    Refused,
    /// The signature is not by the requested key.
    #[error("the ssh-agent returned a signature that does not verify")]
    Wrong,
    /// The message is larger than an agent accepts.
    #[error("the message is too large for an ssh-agent; expected at most 256 KiB")]
    TooLarge,
}

/// One key of an agent.
#[derive(Debug)]
pub struct AgentSigner {
    socket: PathBuf,
    key: PublicKey,
}

impl AgentSigner {
    /// Names a key of the agent at this socket. The agent is contacted only when something is signed.
    #[must_use]
    pub fn new(socket: PathBuf, key: PublicKey) -> Self {
        AgentSigner { socket, key }
    }
}

impl Signer for AgentSigner {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, AgentError> {
        if message.len() > MAX_MESSAGE - 256 {
            return Err(AgentError::TooLarge);
        }
        let request = WireWriter::default()
            .byte(SIGN_REQUEST)
            .string(&openssh_blob(&self.key))
            .string(message)
            .number(0)
            .finish();
        let answer = exchange(&self.socket, &request)?;
        let mut reader = WireReader::new(&answer);
        if reader.byte() != Some(SIGN_RESPONSE) {
            return Err(AgentError::Refused);
        }
        let mut inner = WireReader::new(reader.string().ok_or(AgentError::Garbled)?);
        let _algorithm = inner.string().ok_or(AgentError::Garbled)?;
        let bytes = inner.string().and_then(|bytes| bytes.try_into().ok());
        let signature = Signature::from_bytes(bytes.ok_or(AgentError::Garbled)?);
        if self.key.verifies(message, &signature) { Ok(signature) } else { Err(AgentError::Wrong) }
    }
}

/// Returns the Ed25519 keys of an agent, with their comments. Other keys are skipped.
///
/// # Errors
/// When the agent does not answer or violates the protocol.
pub fn agent_keys(socket: &Path) -> Result<Vec<(PublicKey, String)>, AgentError> {
    let answer = exchange(socket, &[REQUEST_IDENTITIES])?;
    let mut reader = WireReader::new(&answer);
    if reader.byte() != Some(IDENTITIES_ANSWER) {
        return Err(AgentError::Refused);
    }
    let count = reader.number().ok_or(AgentError::Garbled)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let blob = reader.string().ok_or(AgentError::Garbled)?;
        let comment = reader.string().ok_or(AgentError::Garbled)?;
        if let Ok(key) = read_openssh_blob(blob) {
            keys.push((key, String::from_utf8_lossy(comment).into_owned()));
        }
    }
    Ok(keys)
}

fn exchange(socket: &Path, request: &[u8]) -> Result<Vec<u8>, AgentError> {
    let converse = || -> io::Result<Option<Vec<u8>>> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(&WireWriter::default().string(request).finish())?;
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE {
            return Ok(None);
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer)?;
        Ok(Some(answer))
    };
    let answer =
        converse().map_err(|source| AgentError::Unreachable { socket: socket.to_owned(), source })?;
    answer.ok_or(AgentError::Garbled)
}
