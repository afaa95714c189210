//! What is learned: an entry with its reason, or something that a person has to decide.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_replay::observe::Seen;

use crate::evidence::Evidence;
use crate::volatile::Token;

/// Why an entry is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is the value that was seen.
    Exact,
    /// A part of the name changes, and was cut off.
    Changing(Token),
    /// Names that are new all the time.
    New {
        /// Those that were used on one occasion or came late.
        names: usize,
    },
    /// Folders of which each has new names.
    Siblings {
        /// Their number.
        folders: usize,
    },
    /// A wider entry for several, because a profile has a limit.
    Limit {
        /// The entries it replaces.
        entries: usize,
    },
    /// A folder whose names were read.
    Listed,
    /// Addresses that are new all the time.
    NewAddresses {
        /// Those seen once.
        addresses: usize,
    },
    /// Ports of which each connection has another one.
    NewPorts {
        /// Those seen once.
        ports: usize,
    },
    /// Ports next to each other.
    Adjacent,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => formatter.write_str("as seen"),
            Self::Changing(token) => write!(formatter, "{} in the name", token.name()),
            Self::New { names } => write!(formatter, "{names} new names, so more will come"),
            Self::Siblings { folders } => write!(formatter, "{folders} folders with new names each"),
            Self::Limit { entries } => {
                write!(formatter, "in place of {entries} entries, to stay within the limit")
            }
            Self::Listed => formatter.write_str("the folder was listed"),
            Self::NewAddresses { addresses } => {
                write!(formatter, "{addresses} addresses were seen once, so more will come")
            }
            Self::NewPorts { ports } => {
                write!(formatter, "{ports} ports were seen once: they are chosen at random")
            }
            Self::Adjacent => formatter.write_str("each of them was seen"),
        }
    }
}

/// Why something was not learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is enough to take over a host or an account.
    Sensitive(&'static str),
    /// A folder cannot be allowed without everything in it.
    Folder,
    /// No pattern can name it.
    Unwritable,
    /// Another user can replace the program.
    WritableProgram,
    /// Memory or a deleted file was executed.
    Anonymous,
    /// A capability nearly equivalent to root.
    BroadCapability,
    /// No service listens on port 0.
    PortZero,
    /// The profile has as many entries as it may have, and this one has few events.
    Limit,
    /// New names appear in a folder all the time, and no beginning that they share may be allowed.
    NoBeginning,
    /// The event lacks the value.
    Incomplete,
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sensitive(why) => write!(formatter, "sensitive: {why}"),
            Self::Folder => {
                formatter.write_str("a folder, or it may be one; an entry would allow everything in it")
            }
            Self::Unwritable => formatter.write_str("no pattern of a profile can name it"),
            Self::WritableProgram => formatter.write_str("another user can replace the program"),
            Self::Anonymous => formatter.write_str("executed from memory, or after it was deleted"),
            Self::BroadCapability => formatter.write_str("nearly equivalent to root"),
            Self::PortZero => formatter.write_str("not a port of a service"),
            Self::Limit => formatter.write_str("more entries than the limit, and few events"),
            Self::NoBeginning => {
                formatter.write_str("new names all the time, and a prefix for them would allow too much")
            }
            Self::Incomplete => formatter.write_str("the events lack the value"),
        }
    }
}

/// Something that was seen and not learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Review {
    /// The path, address, port or capability.
    pub value: String,
    /// Why it was not learned.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "String")]
    pub why: Why,
    /// What was seen of it.
    pub evidence: Evidence,
}

impl Review {
    pub(crate) fn new(value: String, seen: &Seen, why: Why) -> Self {
        Self { value, why, evidence: Evidence::of([seen]) }
    }
}

/// A learned entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The entry.
    pub value: T,
    /// Why it is what it is.
    pub reason: Reason,
    /// What it was learned from.
    pub evidence: Evidence,
    /// How much more it allows than was seen: paths of other binaries of this history, addresses, or ports.
    pub allows_more: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn shown<S: serde::Serializer>(value: &Why, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
