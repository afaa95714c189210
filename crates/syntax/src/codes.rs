//! The codes for errors of syntax, structure and field types.

use telovix_diagnostic::Code;

use super::limits;

/// The codes of this crate.
pub const CODES: &[&Code] = &[
    &ALIAS,
    &CONTROL_CHARACTER,
    &DUPLICATE_KEY,
    &EMPTY_FILE,
    &EMPTY_VALUE,
    &FOLDED_ITEM,
    &FOLDED_VALUE,
    &KEY_NOT_TEXT,
    &MERGE_KEY,
    &MISSING_FIELD,
    &NESTED_TOO_DEEPLY,
    &NO_DOCUMENT,
    &OUT_OF_RANGE,
    &SCALAR_TOO_LONG,
    &SOURCE_TOO_LARGE,
    &SYNTAX_ERROR,
    &TAG,
    &TOO_LONG,
    &TOO_MANY_ERRORS,
    &TOO_MANY_VALUES,
    &UNKNOWN_KEY,
    &UNKNOWN_VALUE,
    &WRONG_TYPE,
    &YAML_1_1_VALUE,
    &YAML_VERSION,
];

/// The codes that mean that a document could not be parsed, so the command could not run on it.
pub const UNPARSABLE: &[&Code] =
    &[&CONTROL_CHARACTER, &NESTED_TOO_DEEPLY, &SOURCE_TOO_LARGE, &SYNTAX_ERROR, &TOO_MANY_VALUES];

/// The text is not YAML.
pub static SYNTAX_ERROR: Code = Code::page(include_str!("codes/syntax-error.md"));

/// A byte that is not allowed in text.
pub static CONTROL_CHARACTER: Code = Code::page(include_str!("codes/control-character.md"));

/// A file beyond the size limit.
pub static SOURCE_TOO_LARGE: Code = Code::page(include_str!("codes/source-too-large.md"));

/// A scalar beyond the size limit.
pub static SCALAR_TOO_LONG: Code = Code::page(include_str!("codes/scalar-too-long.md")).fires_on(|| {
    format!(
        "kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n",
        "x".repeat(limits::SCALAR_BYTES + 1)
    )
});

/// Too many nodes.
pub static TOO_MANY_VALUES: Code = Code::page(include_str!("codes/too-many-values.md"))
    .fires_on(|| format!("kind: GuardianProfile\nallowed_files: [{}]\n", "a,".repeat(limits::NODES)));

/// More errors than are listed.
pub static TOO_MANY_ERRORS: Code = Code::page(include_str!("codes/too-many-errors.md")).fires_on(|| {
    let keys: String = (0..100).map(|number| format!("key{number}: 1\n")).collect();
    format!("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\n{keys}")
});

/// Too many levels.
pub static NESTED_TOO_DEEPLY: Code =
    Code::page(include_str!("codes/nested-too-deeply.md")).fires_on(|| "[".repeat(100));

/// Anchors and aliases.
pub static ALIAS: Code = Code::page(include_str!("codes/alias.md"));

/// Merge keys.
pub static MERGE_KEY: Code = Code::page(include_str!("codes/merge-key.md"));

/// Tags.
pub static TAG: Code = Code::page(include_str!("codes/tag.md"));

/// A key given twice.
pub static DUPLICATE_KEY: Code = Code::page(include_str!("codes/duplicate-key.md"));

/// A key that is not a scalar, or is empty.
pub static KEY_NOT_TEXT: Code = Code::page(include_str!("codes/key-not-text.md"));

/// A list item over several lines.
pub static FOLDED_ITEM: Code = Code::page(include_str!("codes/folded-list-item.md"));

/// A value over several lines where one line is expected.
pub static FOLDED_VALUE: Code = Code::page(include_str!("codes/folded-value.md"));

/// An empty file.
pub static EMPTY_FILE: Code = Code::page(include_str!("codes/empty-file.md"));

/// A file with comments only.
pub static NO_DOCUMENT: Code = Code::page(include_str!("codes/no-document.md"));

/// A `%YAML` directive with another version.
pub static YAML_VERSION: Code = Code::page(include_str!("codes/yaml-version.md"));

/// A value that YAML 1.1 reads differently.
pub static YAML_1_1_VALUE: Code = Code::page(include_str!("codes/yaml-1-1-value.md"));

/// A key that the document kind does not have.
pub static UNKNOWN_KEY: Code = Code::page(include_str!("codes/unknown-key.md"));

/// A required key that is absent.
pub static MISSING_FIELD: Code = Code::page(include_str!("codes/missing-field.md"));

/// A key without a value where that could mean two things, or empty text.
pub static EMPTY_VALUE: Code = Code::page(include_str!("codes/empty-value.md"));

/// A value of another type.
pub static WRONG_TYPE: Code = Code::page(include_str!("codes/wrong-type.md"));

/// A word outside a closed list.
pub static UNKNOWN_VALUE: Code = Code::page(include_str!("codes/unknown-value.md"));

/// Text beyond the length of its field.
pub static TOO_LONG: Code = Code::page(include_str!("codes/too-long.md"))
    .fires_on(|| {
        format!("kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n", "x".repeat(129))
    })
    .silent_on(|| {
        format!("kind: GuardianProfile\nname: {}\ntarget_binary: /opt/amf/bin/amf\n", "x".repeat(128))
    });

/// A number outside the range of its field.
pub static OUT_OF_RANGE: Code = Code::page(include_str!("codes/out-of-range.md"));
