//! The flags that name a private key, or the default places of one -> a signer.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_trust::key::Passphrase;
use telovix_trust::key::file::{self, KeyFileError};
use telovix_trust::signer::{AgentSigner, KeySource, SourceError, agent_keys};
use telovix_trust::{PublicKey, Signer};
use telovix_workspace::shown;
use zeroize::Zeroizing;

use super::{KEY_NOT_USABLE, NO_SIGNING_KEY, cannot};
use crate::exit::Exit;
use crate::failure::Failure;

/// The key itself, in any text encoding.
const KEY: &str = "TELOVIX_SIGNING_KEY";
/// A file with the key.
const KEY_FILE: &str = "TELOVIX_SIGNING_KEY_FILE";
/// The passphrase of the key.
const PASSPHRASE: &str = "TELOVIX_PASSPHRASE";
/// What `telovix keygen` calls a key, as the Console does.
const DEFAULT_NAME: &str = "policy-signing.ed25519";

/// The flags that name private keys.
#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    /// The private key: a file, `env:NAME`, `-` for standard input, or `agent:` with a public key file, key id or
    /// comment. Can be given several times where several keys sign.
    ///
    /// When absent: `$TELOVIX_SIGNING_KEY`, the file `$TELOVIX_SIGNING_KEY_FILE`, `policy-signing.ed25519` next to
    /// the trust root, in the current folder or in `~/.config/telovix`, or the one key of the ssh-agent that the
    /// trust root lists.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<KeySource>,
    /// A file with the passphrase of the key. Default: `$TELOVIX_PASSPHRASE`, else a prompt on the terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl KeyArguments {
    /// Opens every key that was named, or the one that is found. `folder` is also searched; an agent's key must be one
    /// of `listed`.
    ///
    /// # Errors
    /// When no key is found or one cannot be used.
    pub(crate) fn open(&self, folder: &Path, listed: &[PublicKey]) -> Result<Vec<Box<dyn Signer>>, Failure> {
        if !self.keys.is_empty() {
            return self.keys.iter().map(|source| self.open_source(source)).collect();
        }
        if let Some(source) = default_source(folder) {
            return Ok(vec![self.open_source(&source)?]);
        }
        if let Some(signer) = signer_of_agent(listed) {
            return Ok(vec![Box::new(signer)]);
        }
        let message = "there is no private key to sign with";
        Err(Failure::new(Exit::CannotRun, &NO_SIGNING_KEY, message)
            .help("name one with `--key`, or make one with `telovix keygen`"))
    }

    /// Opens one key.
    ///
    /// # Errors
    /// As [`KeyArguments::open`], and when several were named.
    pub(crate) fn open_one(&self, folder: &Path, listed: &[PublicKey]) -> Result<Box<dyn Signer>, Failure> {
        let mut signers = self.open(folder, listed)?;
        match (signers.pop(), signers.is_empty()) {
            (Some(signer), true) => Ok(signer),
            _ => {
                let message = "several keys were named; expected one";
                Err(Failure::new(Exit::CannotRun, &NO_SIGNING_KEY, message)
                    .help("run the command once for each key"))
            }
        }
    }

    fn open_source(&self, source: &KeySource) -> Result<Box<dyn Signer>, Failure> {
        let mut ask =
            |place: &str| passphrase(self.passphrase_file.as_deref(), &format!("passphrase of {place}: "));
        source.open(&mut ask).map_err(|error| {
            let failure = cannot(&KEY_NOT_USABLE, &error);
            match error {
                SourceError::File(KeyFileError::Exposed { .. }) => {
                    failure.help("`chmod 600` it, and replace the key if another user may have read it")
                }
                SourceError::NoPassphrase { .. } => {
                    failure.help("give the passphrase with `--passphrase-file` or `$TELOVIX_PASSPHRASE`")
                }
                _ => failure,
            }
        })
    }
}

/// Returns the passphrase from a file, from the environment or from the terminal; `None` when it is empty.
///
/// # Errors
/// When the file cannot be read, or there is no terminal.
pub(crate) fn passphrase(file: Option<&Path>, prompt: &str) -> io::Result<Option<Passphrase>> {
    if let Some(file) = file {
        return Ok(Passphrase::new(&Zeroizing::new(std::fs::read_to_string(file)?)));
    }
    match env::var(PASSPHRASE) {
        Ok(text) => Ok(Passphrase::new(&Zeroizing::new(text))),
        Err(_) => Passphrase::ask(prompt),
    }
}

fn default_source(folder: &Path) -> Option<KeySource> {
    if env::var_os(KEY).is_some() {
        return Some(KeySource::Environment(KEY.to_owned()));
    }
    if let Some(file) = env::var_os(KEY_FILE) {
        return Some(KeySource::File(PathBuf::from(file)));
    }
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".config"));
    let settings = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let folders =
        [Some(folder.to_owned()), Some(PathBuf::new()), settings.map(|settings| settings.join("telovix"))];
    let files = folders.into_iter().flatten().map(|folder| folder.join(DEFAULT_NAME));
    let found = files.into_iter().find(|file| file.is_file())?;
    Some(KeySource::File(PathBuf::from(shown(&found))))
}

fn signer_of_agent(listed: &[PublicKey]) -> Option<AgentSigner> {
    let socket = PathBuf::from(env::var_os("SSH_AUTH_SOCK")?);
    let present = agent_keys(&socket).ok()?;
    let mut listed = present.into_iter().map(|(key, _)| key).filter(|key| listed.contains(key));
    match (listed.next(), listed.next()) {
        (Some(key), None) => Some(AgentSigner::new(socket, key)),
        _ => None,
    }
}

/// Reads the public half of a key from a file.
///
/// # Errors
/// When the file holds no public key.
pub(crate) fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let read = file::read_public(path);
    read.map(|(key, _)| key).map_err(|error| {
        cannot(&KEY_NOT_USABLE, &error).help(format!(
            "`telovix keygen` writes `{}` next to each private key",
            shown(Path::new(super::PUBLIC_KEY))
        ))
    })
}
