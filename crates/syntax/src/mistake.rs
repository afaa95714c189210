//! A parser error -> a finding that explains the mistake to the author of the file.

use granit_parser::{ErrorKind, ScanError};

use telovix_diagnostic::Diagnostic;
use telovix_diagnostic::source::{SourceId, Span};

use super::build::{TEMPLATES, too_deep};
use super::codes::SYNTAX_ERROR;

/// Explains why a document is not valid YAML; the parser read the text from `base` on.
pub(super) fn explain(id: SourceId, text: &str, base: usize, error: &ScanError) -> Diagnostic {
    let offset = error.marker().byte_offset().map_or(text.len(), |offset| (base + offset).min(text.len()));
    let span = place(id, text, offset);
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(span);
    }
    let (message, help) = words(error.kind());
    let diagnostic = Diagnostic::new(&SYNTAX_ERROR, span, message);
    let diagnostic = if help.is_empty() { diagnostic } else { diagnostic.help(help) };
    if is_template(text, offset) { diagnostic.help(TEMPLATES) } else { diagnostic }
}

/// Returns whether the parser stopped at or after the braces of a template: on the line of the error, or on the last line
/// before it that is not blank.
fn is_template(text: &str, offset: usize) -> bool {
    let end =
        text.get(offset..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| offset + length);
    let lines = text.get(..end).unwrap_or(text).lines().rev().filter(|line| !line.trim().is_empty());
    lines.take(2).any(|line| line.contains("{{"))
}

/// The character the parser stopped at; at the end of a line, the last one before it.
fn place(id: SourceId, text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or(text);
    match text.get(offset..).and_then(|rest| rest.chars().next()) {
        Some(character) if !matches!(character, '\n' | '\r') => {
            Span::new(id, offset, offset + character.len_utf8())
        }
        _ => {
            let end = before.trim_end().len();
            let last = before.trim_end().chars().next_back().map_or(0, char::len_utf8);
            Span::new(id, end - last, end)
        }
    }
}

fn words(kind: &ErrorKind) -> (String, String) {
    let fixed = |message: &str, help: &str| (message.to_owned(), help.to_owned());
    match kind {
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("this `{open}` is never closed"), format!("add the missing `{}`", closing(*open)))
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("found `{close}` where `{open}` is still open"),
            format!("close it with `{}`", closing(*open)),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => fixed(
            "found a closing bracket without an opening one",
            "remove it, or quote the value when the bracket is part of it",
        ),
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::ExpectedFlowSequenceSeparator => fixed(
            "expected `,` or `]` in this list",
            "separate items with commas and close the list with `]`",
        ),
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator => {
            fixed("expected `,` or `}` in this mapping", "separate entries with commas and close with `}`")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            fixed("a quote is opened here and never closed", "add the closing quote")
        }
        ErrorKind::InvalidQuotedScalarIndent => fixed(
            "quoted text continues here without indentation",
            "close the quote, or indent the lines of the text",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            fixed("found text after the closing quote", "quote the whole value, or none of it")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => fixed(
            "unknown escape sequence",
            "write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            fixed("found a tab in the indentation", "indent with spaces; YAML does not allow tabs there")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => fixed(
            "found a second `: ` in one entry",
            "quote the value when the colon is part of it; a new key starts on its own line, in the same column as the others",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            fixed("expected `:` after this key", "write `key: value`, with a space after the colon")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::MappingKeyNotAllowed => fixed("expected a key here", "align it with the keys above"),
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::BlockSequenceEntryNotAllowed => fixed(
            "expected a list item or the end of the list",
            "start each item with `- `, all in the same column",
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot start with {}", super::quote(character.encode_utf8(&mut [0; 4]))),
            "put the value in quotes".to_owned(),
        ),
        ErrorKind::UndeclaredTagHandle => {
            fixed("found a tag, which is not part of policy documents", "remove it, or quote the value")
        }
        ErrorKind::MissingAnchorOrAliasName => fixed(
            "a value cannot start with `*` or `&`",
            "put the value in quotes; a path pattern is absolute and starts with `/`",
        ),
        ErrorKind::CommentNotSeparated => {
            fixed("found `#` right after a value", "put a space before a comment, or quote the value")
        }
        ErrorKind::ExpectedDocumentStart => {
            fixed("expected `---` here", "separate documents with a `---` line")
        }
        ErrorKind::BomInsideDocument => {
            fixed("found a byte order mark inside the text", "remove it; it usually comes from joining files")
        }
        other => (other.to_string(), String::new()),
    }
}

fn closing(open: char) -> char {
    match open {
        '[' => ']',
        '{' => '}',
        other => other,
    }
}
