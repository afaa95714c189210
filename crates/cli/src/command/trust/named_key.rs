//! `NAME=FILE` on the command line -> an entry of a trust root.

use std::path::PathBuf;
use std::str::FromStr;

use telovix_trust::Role;
use telovix_trust::root::TrustedKey;

use crate::failure::Failure;
use crate::signing::public_key;

/// A key file and the name of the key.
#[derive(Clone, Debug)]
pub(super) struct NamedKey {
    name: String,
    file: PathBuf,
}

impl FromStr for NamedKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let file = PathBuf::from(text.split_once('=').map_or(text, |(_, file)| file));
        let stem = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = text.split_once('=').map_or_else(stem, |(name, _)| name.to_owned());
        Ok(NamedKey { name, file })
    }
}

impl NamedKey {
    /// Reads the key and returns its entry with these roles.
    pub(super) fn entry(&self, roles: &[Role]) -> Result<TrustedKey, Failure> {
        Ok(TrustedKey::new(self.name.clone(), public_key(&self.file)?, roles.to_vec()))
    }
}
