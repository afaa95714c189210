//! A file name -> the policy name inside the signed message.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::NameForm;

const MAX_BYTES: usize = 255;

/// A policy's name: 1 to 255 printable ASCII characters, no path separator, no space at either end.
///
/// A line feed would let a name include the start of the content; a separator would let a name
/// leave its folder; letters of other scripts would let two names look the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyName(String);

/// Why text is not a policy name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyNameError {
    /// Empty, or only dots.
    #[error("`{0}` is not a policy name; expected a file name such as `telovix-custom-a.yaml`")]
    NotAName(String),
    /// More than 255 bytes.
    #[error("the policy name has {0} bytes; expected at most 255")]
    TooLong(usize),
    /// A character that must not reach a signed message.
    #[error("the policy name `{name}` contains {character}; expected printable ASCII without `/` and `\\`")]
    Character {
        /// The name, escaped.
        name: String,
        /// The character, described.
        character: String,
    },
}

impl PolicyName {
    /// Takes a text that follows the rules for names.
    ///
    /// # Errors
    /// A [`PolicyNameError`] that names the first rule broken.
    pub fn parse(text: &str) -> Result<Self, PolicyNameError> {
        if text.len() > MAX_BYTES {
            return Err(PolicyNameError::TooLong(text.len()));
        }
        let forbidden = |character: &char| !matches!(character, ' '..='~') || matches!(character, '/' | '\\');
        if let Some(character) = text.chars().find(forbidden) {
            let name = text.escape_debug().to_string();
            return Err(PolicyNameError::Character { name, character: describe(character) });
        }
        if text.trim() != text || text.chars().all(|character| character == '.') {
            return Err(PolicyNameError::NotAName(text.to_owned()));
        }
        Ok(PolicyName(text.to_owned()))
    }

    /// Returns the name a policy file is signed under: its base name with its extension.
    ///
    /// # Errors
    /// When the base name breaks the rules for names.
    pub fn of_file(path: &Path) -> Result<Self, PolicyNameError> {
        let name = path.file_name().unwrap_or_default();
        Self::parse(&name.to_string_lossy())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the other names under which the same file is signed by mistake. Used only to
    /// explain a refusal.
    pub(super) fn other_forms(&self, content: &[u8]) -> Vec<(PolicyName, NameForm)> {
        let stem = [".yaml", ".yml"].iter().find_map(|extension| self.0.strip_suffix(extension));
        let mut forms = match stem {
            Some(stem) => vec![(stem.to_owned(), NameForm::WithoutExtension)],
            None => vec![(format!("{}.yaml", self.0), NameForm::WithExtension)],
        };
        forms.extend(metadata_name(content).map(|name| (name, NameForm::MetadataName)));
        let parsed = forms.into_iter().filter_map(|(name, form)| Some((Self::parse(&name).ok()?, form)));
        parsed.filter(|(name, _)| name != self).collect()
    }
}

/// Finds the first `name:` in the block under a top-level `metadata:`.
fn metadata_name(content: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?;
    let mut below = text.lines().skip_while(|line| line.trim_end() != "metadata:").skip(1);
    let name = below
        .by_ref()
        .take_while(|line| line.starts_with([' ', '\t']) || line.trim().is_empty())
        .find_map(|line| line.trim().strip_prefix("name:"))?;
    Some(name.trim().trim_matches(['"', '\'']).to_owned())
}

fn describe(character: char) -> String {
    match character {
        '\n' => "a line feed".to_owned(),
        '\0' => "a NUL".to_owned(),
        '/' | '\\' => format!("the path separator `{character}`"),
        other if other.is_ascii_control() => format!("the control character U+{:04X}", u32::from(other)),
        other => format!("U+{:04X}", u32::from(other)),
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for PolicyName {
    type Error = PolicyNameError;

    fn try_from(text: String) -> Result<Self, PolicyNameError> {
        Self::parse(&text)
    }
}

impl From<PolicyName> for String {
    fn from(name: PolicyName) -> String {
        name.0
    }
}
