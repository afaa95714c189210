//! `fleet`, `group:NAME` or `sensor:ID` -> for whom a bundle is approved, and who a host is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::encoding::shorten;

const MAX_TEXT: usize = 256;

/// Who a host is, for the scope of an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its sensor id.
    pub sensor: Option<String>,
    /// The groups it belongs to.
    pub groups: Vec<String>,
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<String> = self.groups.iter().map(|name| format!("group:{name}")).collect();
        names.extend(self.sensor.iter().map(|id| format!("sensor:{id}")));
        if names.is_empty() { out.write_str("unnamed") } else { out.write_str(&names.join(", ")) }
    }
}

/// For whom a bundle is approved: `fleet`, `group:{name}` or `sensor:{id}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Every host.
    Fleet,
    /// The hosts of one group.
    Group(String),
    /// One host.
    Sensor(String),
}

/// Text that is not a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope; expected `fleet`, `group:NAME` or `sensor:ID`")]
pub struct ScopeError(String);

impl Scope {
    /// Returns whether the scope includes this host.
    #[must_use]
    pub fn includes(&self, host: &Host) -> bool {
        match self {
            Scope::Fleet => true,
            Scope::Group(name) => host.groups.contains(name),
            Scope::Sensor(id) => host.sensor.as_ref() == Some(id),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Fleet => out.write_str("fleet"),
            Scope::Group(name) => write!(out, "group:{name}"),
            Scope::Sensor(id) => write!(out, "sensor:{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let error = || ScopeError(shorten(text));
        let plain = |name: &str| {
            let fits = (1..=MAX_TEXT).contains(&name.len());
            fits && name.trim() == name && name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        match text.split_once(':') {
            None if text == "fleet" => Ok(Scope::Fleet),
            Some(("group", name)) if plain(name) => Ok(Scope::Group(name.to_owned())),
            Some(("sensor", id)) if plain(id) => Ok(Scope::Sensor(id.to_owned())),
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.to_string()
    }
}
