//! The fields of `telovix-baseline.yaml`: the reader and the schema both use them.

use telovix_syntax::field::{Choice, Field, Lines, OtherKeys, Presence, Record, Shape, Text};

const LINE: Text =
    Text { noun: "text", least: 1, most: 4_096, lines: Lines::One, pattern: None, known: None };
/// An unquoted number is text as well, such as the port `0` that a finding is about.
const WORD: Shape = Shape::Lexeme(Text { least: 0, ..LINE });
const DAY: Shape = Shape::Text(Text {
    noun: "a date such as `2027-01-31`",
    pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    ..LINE
});

const fn field(name: &'static str, presence: Presence, shape: Shape, description: &'static str) -> Field {
    Field { name, presence, shape, description }
}

pub(super) const DATE: Field =
    field("date", Presence::Required, DAY, "The day from which the findings are accepted.");
pub(super) const OWNER: Field =
    field("owner", Presence::Required, Shape::Text(LINE), "The person or team who will correct them.");
pub(super) const REASON: Field =
    field("reason", Presence::Required, Shape::Text(LINE), "Why they are accepted until then.");
pub(super) const FINDINGS: Field = field(
    "findings",
    Presence::Required,
    Shape::List(&ENTRY),
    "The accepted findings. Each has a place without line numbers, so that it stays the same when lines move.",
);

/// The fields of the file.
pub(super) static RECORD: Record = Record {
    noun: "a baseline",
    description: "The findings that a repository had when it adopted Telovix: `lint` and `check` fail on others only. \
                  `telovix baseline` writes this file.",
    fields: &[DATE, OWNER, REASON, FINDINGS],
    other_keys: OtherKeys::Refused,
};

pub(super) const CODE: Field =
    field("code", Presence::Required, Shape::Text(LINE), "The code of the finding.");
pub(super) const COMMAND: Field = field(
    "command",
    Presence::Default("\"lint\""),
    Shape::Choice(&[
        Choice { word: "lint", description: "`lint` and `compile` report it." },
        Choice { word: "check", description: "`check` reports it." },
    ]),
    "The command that reports it.",
);
pub(super) const FILE: Field = field(
    "file",
    Presence::Default("\"\""),
    WORD,
    "The file, relative to the root; empty when the finding is about none.",
);
pub(super) const DOCUMENT: Field =
    field("document", Presence::Default("\"\""), WORD, "The kind and the name of the document in the file.");
pub(super) const FIELD: Field = field(
    "field",
    Presence::Default("\"\""),
    WORD,
    "The path of the field in the document: `spec.kprobes[].selectors[]`.",
);
pub(super) const TEXT: Field = field(
    "text",
    Presence::Default("\"\""),
    WORD,
    "What the finding is about, when it is on one line; a long text is cut and ends with its digest.",
);
pub(super) const COUNT: Field = field(
    "count",
    Presence::Default("1"),
    Shape::Integer { least: 1, most: 1_000_000 },
    "How many findings of this code are at this place.",
);
pub(super) const OWN_DATE: Field =
    field("date", Presence::Optional, DAY, "The day from which it is accepted, unless that of the file.");
pub(super) const OWN_OWNER: Field = field(
    "owner",
    Presence::Optional,
    Shape::Text(LINE),
    "Who will correct it, unless the owner of the file.",
);
pub(super) const OWN_REASON: Field = field(
    "reason",
    Presence::Optional,
    Shape::Text(LINE),
    "Why it is accepted, unless the reason of the file.",
);

/// The fields of an entry.
pub(super) static ENTRY_RECORD: Record = Record {
    noun: "an entry of a baseline",
    description: "Findings of one code at one place.",
    fields: &[CODE, COMMAND, FILE, DOCUMENT, FIELD, TEXT, COUNT, OWN_DATE, OWN_OWNER, OWN_REASON],
    other_keys: OtherKeys::Refused,
};

static ENTRY: Shape = Shape::Record(&ENTRY_RECORD);
