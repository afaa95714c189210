//! Profile id text -> profile ids, and the id of a profile without one.

use std::fmt;

use sha2::{Digest, Sha256};

/// `gp_` and 12 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(String);

impl ProfileId {
    /// Parses an id such as `gp_0123456789ab`.
    ///
    /// # Errors
    /// Returns an error for every other shape.
    pub fn parse(text: &str) -> Result<Self, ProfileIdError> {
        let digits = text.strip_prefix("gp_").ok_or(ProfileIdError)?;
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() != 12 || !digits.bytes().all(hexadecimal) {
            return Err(ProfileIdError);
        }
        Ok(Self(text.to_owned()))
    }

    /// Derives the id of a profile without one: the first 12 hexadecimal digits of
    /// SHA-256 over name, NUL, target binary.
    #[must_use]
    pub fn derive(name: &str, target_binary: &str) -> Self {
        let digest =
            Sha256::new().chain_update(name).chain_update([0]).chain_update(target_binary).finalize();
        let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("gp_{digits}"))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The text is not a profile id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileIdError;

impl fmt::Display for ProfileIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not `gp_` followed by 12 lower-case hexadecimal digits")
    }
}
