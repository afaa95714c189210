//! Scalars of a document -> values, with a code for each kind of invalid text.

use std::fmt;

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Certainty, Code, Sink};
use telovix_policy::value::{
    AbsolutePath, Capability, CapabilityError, Cidr, CidrError, Date, DateError, NetworkPattern,
    NetworkPatternError, PathError, PathPattern, PortError, PortRange, ProfileId, ProfileIdError, Syscall,
    SyscallError, is_invisible,
};
use telovix_syntax::field::Field;
use telovix_syntax::{Cursor, Refusal, parsed};

use super::codes::{
    INVALID_ADDRESS, INVALID_DATE, INVALID_PATH, INVALID_PORT, INVALID_PROFILE_ID, PATH_GLOB,
    UNKNOWN_CAPABILITY, UNKNOWN_SYSCALL,
};
use super::{List, meant};

/// A value that a document writes as one scalar.
pub(super) trait Scalar: Sized {
    /// Parses the scalar, or returns the code, problem and help to report.
    fn read(text: &str) -> Result<Self, Refusal>;
}

/// Reads a field with one value.
pub(super) fn one<T: Scalar>(cursor: &Cursor<'_>, field: &Field, sink: &mut Sink) -> Option<Spanned<T>> {
    cursor.parsed(field, sink, T::read)
}

/// Reads a field with a list of values.
pub(super) fn many<T: Scalar>(cursor: &Cursor<'_>, field: &Field, sink: &mut Sink) -> Option<List<T>> {
    let (span, items) = cursor.list(field, sink, |node, shape, sink| parsed(node, shape, sink, T::read))?;
    Some(List { span, items })
}

/// Reads a field with a list of texts; none when it is absent.
pub(super) fn texts(cursor: &Cursor<'_>, field: &Field, sink: &mut Sink) -> Vec<Spanned<String>> {
    let text = |text: &str| Ok(text.to_owned());
    cursor
        .list(field, sink, |node, shape, sink| parsed(node, shape, sink, text))
        .map_or_else(Vec::new, |(_, items)| items)
}

fn refuse(code: &'static Code, problem: impl fmt::Display + Copy, help: &str) -> Refusal {
    Refusal { code, problem: problem.to_string(), help: help.to_owned(), meant: None }
}

/// Adds the text that was certainly meant.
fn meaning(refusal: Refusal, meant: impl Into<String>) -> Refusal {
    Refusal { meant: Some((Certainty::Meant, meant.into())), ..refusal }
}

/// Adds the text that was probably meant.
fn guessing(refusal: Refusal, meant: impl Into<String>) -> Refusal {
    Refusal { meant: Some((Certainty::Guess, meant.into())), ..refusal }
}

impl Scalar for AbsolutePath {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| match error {
            PathError::TrailingSlash => {
                meaning(refuse(&INVALID_PATH, error, "remove the `/` at the end"), text.trim_end_matches('/'))
            }
            other => refuse_path(text, other),
        })
    }
}

impl Scalar for PathPattern {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| refuse_path(text, error))
    }
}

fn refuse_path(text: &str, error: PathError) -> Refusal {
    if let Some(meant) = meant::path(text) {
        let code = if matches!(error, PathError::Glob(_)) { &PATH_GLOB } else { &INVALID_PATH };
        let refusal = refuse(code, error, &meant.help);
        return match meant.text {
            Some(text) => meaning(refusal, text),
            None => refusal,
        };
    }
    let help = match error {
        PathError::Empty | PathError::Relative => "write the whole path, starting with `/`",
        PathError::EmptyComponent => "write one `/` between components",
        PathError::Unresolved => "write the path that it resolves to; the kernel never sees `.` or `..`",
        PathError::Control | PathError::Invisible(_) => "remove the character, or type the path again",
        PathError::EdgeSpace => "remove the space, which quotes would keep",
        PathError::Placeholder => {
            "write the resulting paths, one entry for each; `/home/` is everything below it"
        }
        PathError::TooLong(_) | PathError::LongComponent(_) => "no such path can exist on Linux",
        PathError::TrailingSlash => "remove the `/` at the end",
        PathError::Glob(_) => {
            return refuse(
                &PATH_GLOB,
                error,
                "list the paths, or end a prefix with one `*`: `/var/log/amf*`; `/var/log/` is everything below it",
            );
        }
    };
    let refusal = refuse(&INVALID_PATH, error, help);
    let fixed = |text: String| PathPattern::parse(&text).is_ok().then_some(text);
    match error {
        PathError::Relative if text.starts_with(|first: char| first.is_ascii_alphanumeric()) => {
            fixed(format!("/{text}")).map_or(refusal.clone(), |text| guessing(refusal, text))
        }
        PathError::EmptyComponent => {
            fixed(meant::without_empty_parts(text)).map_or(refusal.clone(), |text| meaning(refusal, text))
        }
        PathError::Unresolved => {
            fixed(meant::resolved(text)).map_or(refusal.clone(), |text| guessing(refusal, text))
        }
        PathError::EdgeSpace => {
            fixed(text.trim().to_owned()).map_or(refusal.clone(), |text| meaning(refusal, text))
        }
        PathError::Invisible(_) => {
            let visible = text.replace(is_invisible, "");
            fixed(visible).map_or(refusal.clone(), |text| meaning(refusal, text))
        }
        _ => refusal,
    }
}

impl Scalar for PortRange {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| refuse_port(text, error))
    }
}

fn refuse_port(text: &str, error: PortError) -> Refusal {
    if let Some(meant) = meant::ports(text) {
        return meaning(refuse(&INVALID_PORT, error, &meant.help), meant.text.unwrap_or_default());
    }
    let help = match error {
        PortError::NotANumber => "write a number such as `443` or a range such as `8000-8100`",
        PortError::TooLarge => "ports end at 65535",
        PortError::Reversed => "write the smaller port first",
    };
    let refusal = refuse(&INVALID_PORT, error, help);
    match (error, text.split_once('-')) {
        (PortError::Reversed, Some((last, first))) => {
            guessing(refusal, format!("{}-{}", first.trim(), last.trim()))
        }
        _ => refusal,
    }
}

impl Scalar for Cidr {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| refuse_cidr(text, error))
    }
}

fn refuse_cidr(text: &str, error: CidrError) -> Refusal {
    if let Some(meant) = meant::block(text) {
        return meaning(refuse(&INVALID_ADDRESS, error, &meant.help), meant.text.unwrap_or_default());
    }
    let help = match error {
        CidrError::Address => {
            "write addresses such as `10.0.0.0/8` or `2001:db8::/32`; names are not resolved"
        }
        CidrError::Length => {
            "write 0 to 32 after the `/` of an IPv4 block, 0 to 128 after that of an IPv6 block"
        }
    };
    refuse(&INVALID_ADDRESS, error, help)
}

impl Scalar for NetworkPattern {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error| match error {
            NetworkPatternError::Cidr(_) if text.starts_with("localhost") => {
                refuse(&INVALID_ADDRESS, error, "write `127.0.0.1` and `::1`; names are not resolved")
            }
            NetworkPatternError::Cidr(error) => refuse_cidr(text, error),
            NetworkPatternError::Port(error) => {
                let refusal = refuse_port(text.rsplit(':').next().unwrap_or(text), error);
                // The fix would replace the address as well.
                Refusal { meant: None, ..refusal }
            }
        })
    }
}

impl Scalar for Capability {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error: CapabilityError| {
            refuse(&UNKNOWN_CAPABILITY, error, "see `man 7 capabilities` for the names")
        })
    }
}

impl Scalar for Syscall {
    fn read(text: &str) -> Result<Self, Refusal> {
        // The guard compares names without regard to case, and every name is in lower case.
        Self::parse(text).or_else(|_| Self::parse(&text.to_ascii_lowercase())).map_err(
            |error: SyscallError| {
                let refusal = refuse(&UNKNOWN_SYSCALL, error, "see `man 2 syscalls` for the names");
                match meant::syscall(text) {
                    Some(name) => meaning(
                        Refusal { help: format!("write `{name}`, the name of the call"), ..refusal },
                        name,
                    ),
                    None => refusal,
                }
            },
        )
    }
}

impl Scalar for Date {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error: DateError| {
            let refusal = refuse(&INVALID_DATE, error, "write the date as YYYY-MM-DD");
            meant::date(text).map_or(refusal.clone(), |date| meaning(refusal, date))
        })
    }
}

impl Scalar for ProfileId {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).map_err(|error: ProfileIdError| {
            refuse(&INVALID_PROFILE_ID, error, "remove the key to derive the id from name and binary")
        })
    }
}
