//! The shapes that fields of several document kinds share.

use telovix_policy::value::{Capability, Syscall};
use telovix_syntax::field::{Choice, Field, Lines, Presence, Shape, Text};
use telovix_syntax::limits;

const TEXT: Text =
    Text { noun: "text", least: 1, most: 4_096, lines: Lines::One, pattern: None, known: None };
/// Text whose type checks its limits.
const VALUE: Text = Text { most: limits::SCALAR_BYTES, ..TEXT };

/// Anything on one line.
pub(super) const LINE: Shape = Shape::Text(TEXT);
/// Anything on one line, also an unquoted number.
pub(super) const WORD: Shape = Shape::Lexeme(TEXT);
/// A name, up to the length that the Console stores.
pub(super) const NAME: Shape = Shape::Text(Text { most: 128, ..TEXT });
/// A description, up to the length that the Console stores.
pub(super) const DESCRIPTION: Shape = Shape::Text(Text { least: 0, most: 2_000, lines: Lines::Many, ..TEXT });
/// An id that the Console assigns: a UUID, a number, a name.
pub(super) const ID: Shape = Shape::Lexeme(Text { noun: "an id", most: 128, ..TEXT });

/// `gp_` and 12 hexadecimal digits.
pub(super) const PROFILE_ID: Shape = Shape::Text(Text {
    noun: "a profile id such as `gp_0123456789ab`",
    pattern: Some("^gp_[0-9a-f]{12}$"),
    ..VALUE
});
/// One exact path: resolved, and no glob.
pub(super) const PATH: Shape =
    Shape::Text(Text { noun: "an absolute path", pattern: Some("^/($|[^*?]*[^*?/]$)"), ..VALUE });
/// A path, a directory or a byte prefix.
pub(super) const PATH_PATTERN: Shape = Shape::Text(Text {
    noun: "an absolute path, a directory with `/` at its end, or a prefix with `*` at its end",
    pattern: Some("^/[^*?\\[\\]{}]*\\*?$"),
    ..VALUE
});
/// A port or a range of ports.
pub(super) const PORTS: Shape = Shape::Lexeme(Text {
    noun: "a port such as `443` or a range such as `8000-8100`",
    pattern: Some("^[0-9]+(-[0-9]+)?$"),
    ..VALUE
});
/// An address or CIDR block.
pub(super) const CIDR: Shape = Shape::Text(Text {
    noun: "an IP address or block such as `10.0.0.0/8`",
    pattern: Some("^[0-9a-fA-F:.]+(/[0-9]{1,3})?$"),
    ..VALUE
});
/// Ports and ranges in one text.
pub(super) const PORT_LIST: Shape = Shape::Lexeme(Text {
    noun: "ports such as `443`, `8000-8100`, or several with commas",
    pattern: Some("^[0-9]+(-[0-9]+)?( *, *[0-9]+(-[0-9]+)?)*$"),
    ..VALUE
});
/// Lower-case words with hyphens.
pub(super) const PACK_ID: Shape = Shape::Text(Text {
    noun: "a name of lower-case words with hyphens",
    most: 128,
    pattern: Some("^[a-z0-9]+(-[a-z0-9]+)*$"),
    ..TEXT
});
/// Numbers with dots; `0.1` looks like a number, but is kept as written.
pub(super) const VERSION: Shape = Shape::Lexeme(Text {
    noun: "a version such as `0.1.0`",
    most: 128,
    pattern: Some("^[0-9][0-9A-Za-z+.-]*$"),
    ..TEXT
});
/// Where a guard lets a process connect.
pub(super) const NETWORK: Shape = Shape::Text(Text {
    noun: "an IP block, optionally with ports, such as `10.0.0.0/8:443`",
    pattern: Some("^(\\*|\\[?[0-9a-fA-F:.]+\\]?(/[0-9]{1,3})?)(:[0-9]+(-[0-9]+)?)?$"),
    ..VALUE
});
/// A capability, in any case, with or without `CAP_`.
pub(super) const CAPABILITY: Shape = Shape::Text(Text {
    noun: "a capability such as `CAP_NET_ADMIN`",
    pattern: Some("^[A-Za-z_]+$"),
    known: Some(|| Capability::all().map(|capability| capability.to_string()).collect()),
    ..VALUE
});
/// A system call.
pub(super) const SYSCALL: Shape = Shape::Text(Text {
    noun: "a system call such as `ptrace`",
    pattern: Some("^[A-Za-z0-9_]+$"),
    known: Some(|| Syscall::all().map(|syscall| syscall.name().to_owned()).collect()),
    ..VALUE
});
/// A day.
pub(super) const DATE: Shape = Shape::Text(Text {
    noun: "a date such as `2026-11-20`",
    pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    ..VALUE
});
/// A reason.
pub(super) const REASON: Shape =
    Shape::Text(Text { noun: "a reason", most: 2_000, lines: Lines::Many, ..TEXT });

/// Returns the `kind` field of a document kind.
pub(super) const fn kind(choices: &'static [Choice]) -> Field {
    Field {
        name: "kind",
        presence: Presence::Required,
        shape: Shape::Choice(choices),
        description: "The document kind.",
    }
}

/// Returns a required field.
pub(super) const fn required(name: &'static str, shape: Shape, description: &'static str) -> Field {
    Field { name, presence: Presence::Required, shape, description }
}

/// Returns an optional field.
pub(super) const fn optional(name: &'static str, shape: Shape, description: &'static str) -> Field {
    Field { name, presence: Presence::Optional, shape, description }
}

/// Returns an optional field with the default `value` (in JSON notation).
pub(super) const fn defaulted(
    name: &'static str,
    value: &'static str,
    shape: Shape,
    description: &'static str,
) -> Field {
    Field { name, presence: Presence::Default(value), shape, description }
}

/// Returns an allowlist: left out it does not confine, empty it allows nothing, so null is an error.
pub(super) const fn allowlist(name: &'static str, item: &'static Shape, description: &'static str) -> Field {
    Field { name, presence: Presence::Distinct, shape: Shape::List(item), description }
}
