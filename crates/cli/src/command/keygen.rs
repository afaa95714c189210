//! Random bytes -> a private key file that only its owner can read, and a public key file.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use telovix_trust::PrivateKey;
use telovix_trust::key::{Passphrase, file};
use telovix_workspace::shown;

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{KEY_NOT_WRITTEN, cannot, passphrase};

/// Create an Ed25519 key pair for signing policies.
///
/// Writes `NAME.ed25519`, the private key in PKCS#8 PEM format, encrypted with a passphrase and with file mode 0600,
/// and `NAME.pub`, the public key in the format that sensors keep as `policy-signing.pub`. OpenSSL reads both.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix keygen                              # policy-signing.ed25519 and policy-signing.pub
  telovix keygen keys/release-2027 --passphrase-file passphrase
  telovix keygen --no-passphrase              # if the key file is kept in a secret store")]
pub(crate) struct Arguments {
    /// The path of the key files, without extension.
    #[arg(default_value = "policy-signing")]
    name: PathBuf,
    /// Read the passphrase from this file. Default: `$TELOVIX_PASSPHRASE`, else a prompt on the terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Do not encrypt the private key.
    #[arg(long, conflicts_with = "passphrase_file")]
    no_passphrase: bool,
    #[command(flatten)]
    format: FormatArgument,
}

/// A new key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// SHA-256 of the public key's `SubjectPublicKeyInfo`, in hexadecimal.
    key_id: String,
    /// The file with the private key.
    private_key: String,
    /// The file with the public key.
    public_key: String,
    /// Whether the private key is encrypted.
    encrypted: bool,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let (private_path, public_path) = (self.with_extension("ed25519"), self.with_extension("pub"));
        for path in [&private_path, &public_path] {
            if path.symlink_metadata().is_ok() {
                let message = format!("`{}` already exists; keys are never overwritten", shown(path));
                return Err(Failure::new(Exit::CannotRun, &KEY_NOT_WRITTEN, message)
                    .help("choose another name: `telovix keygen NAME`"));
            }
        }
        let passphrase = self.passphrase()?;
        let key = PrivateKey::generate().map_err(|error| cannot(&KEY_NOT_WRITTEN, &error))?;
        let told = |error| cannot(&KEY_NOT_WRITTEN, &error);
        file::write_private(&private_path, &key, passphrase.as_ref()).map_err(told)?;
        if let Err(error) = file::write_public(&public_path, &key.public_key()) {
            let _both_or_neither = fs::remove_file(&private_path);
            return Err(told(error));
        }
        let document = Document {
            version: VERSION,
            key_id: key.public_key().id().to_string(),
            private_key: shown(&private_path),
            public_key: shown(&public_path),
            encrypted: passphrase.is_some(),
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                let Document { key_id, private_key, public_key, .. } = &document;
                writeln!(streams.data, "key {key_id}")?;
                writeln!(streams.data, "private key `{private_key}`: do not commit it")?;
                writeln!(
                    streams.data,
                    "public key `{public_key}`: add it with `telovix trust init` or `telovix trust add`"
                )?;
            }
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn with_extension(&self, extension: &str) -> PathBuf {
        let mut path = self.name.clone().into_os_string();
        path.push(".");
        path.push(extension);
        PathBuf::from(path)
    }

    fn passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        if self.no_passphrase {
            return Ok(None);
        }
        let help = "set it with `--passphrase-file` or `$TELOVIX_PASSPHRASE`, or use `--no-passphrase`";
        let refuse = |message: String| Failure::new(Exit::CannotRun, &KEY_NOT_WRITTEN, message).help(help);
        let ask = |prompt: &str| {
            let answer = passphrase(self.passphrase_file.as_deref(), prompt);
            let answer = answer.map_err(|error| refuse(format!("cannot read a passphrase: {error}")))?;
            answer.ok_or_else(|| refuse("the passphrase is empty".to_owned()))
        };
        let first = ask("passphrase of the new key: ")?;
        // A typed passphrase is not shown, so it is asked for twice.
        let typed = self.passphrase_file.is_none() && std::env::var_os("TELOVIX_PASSPHRASE").is_none();
        if typed && !first.matches(&ask("the same again: ")?) {
            return Err(refuse("the two passphrases differ".to_owned()));
        }
        Ok(Some(first))
    }
}
