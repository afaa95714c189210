//! The fields of exceptions and waivers, and their mappings -> [`Exception`] and [`Waiver`].

use std::sync::Arc;

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::value::Waiver;
use telovix_syntax::field::{Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node};

use super::Exception;
use crate::codes::EXCEPTION_WITHOUT_PATTERN;
use crate::read::one;
use crate::shape::{DATE, LINE, PATH_PATTERN, REASON, optional, required};

const PROCESS: Field = optional("process", PATH_PATTERN, "The executable that is exempt.");
const PARENT: Field = optional("parent", PATH_PATTERN, "The executable of its parent.");
const EXCEPTION_REASON: Field = required("reason", REASON, "Why it is exempt.");
const OWNER: Field = optional("owner", LINE, "The person or team responsible for it.");
const EXPIRY: Field = optional("expiry", DATE, "The last day on which the exception applies.");

static EXCEPTION: Record = Record {
    noun: "an exception",
    description: "Exempts processes from the document that contains it. It names the process, its parent, or both; \
                  both must match when both are given.",
    fields: &[PROCESS, PARENT, EXCEPTION_REASON, OWNER, EXPIRY],
    other_keys: OtherKeys::Refused,
};

const WAIVED: Field = required("name", LINE, "The code of the weakening that is accepted.");
const WAIVER_REASON: Field = required("reason", REASON, "Why it is acceptable here.");

static WAIVER: Record = Record {
    noun: "a waiver",
    description: "Accepts one weakening of the document that contains it.",
    fields: &[WAIVED, WAIVER_REASON],
    other_keys: OtherKeys::Refused,
};

static EXCEPTION_ITEM: Shape = Shape::Record(&EXCEPTION);
static WAIVER_ITEM: Shape = Shape::Record(&WAIVER);

/// The field `exceptions` of any document that has one.
pub(crate) const EXCEPTIONS: Field = optional(
    "exceptions",
    Shape::List(&EXCEPTION_ITEM),
    "Processes that are exempt from this document, and from no other.",
);

/// The field `waive` of any document that has one.
pub(crate) const WAIVE: Field = optional(
    "waive",
    Shape::List(&WAIVER_ITEM),
    "Weakenings that are accepted, each by name and with a reason.",
);

/// Reads the exceptions of a document.
pub(crate) fn read_exceptions(cursor: &Cursor<'_>, sink: &mut Sink) -> Vec<Exception> {
    let read = |node: &Node, _: &Shape, sink: &mut Sink| read_exception(node, sink);
    cursor.list(&EXCEPTIONS, sink, read).map_or_else(Vec::new, |(_, items)| items)
}

/// Reads the waivers of a document.
pub(crate) fn read_waivers(cursor: &Cursor<'_>, sink: &mut Sink) -> Arc<[Waiver]> {
    let read = |node: &Node, _: &Shape, sink: &mut Sink| read_waiver(node, sink);
    cursor.list(&WAIVE, sink, read).map_or_else(Arc::default, |(_, items)| items.into())
}

fn read_exception(node: &Node, sink: &mut Sink) -> Option<Exception> {
    let cursor = Cursor::open(node, &EXCEPTION, sink)?;
    if cursor.value(&PROCESS).is_none() && cursor.value(&PARENT).is_none() {
        let message = "this exception names neither a process nor a parent, so it would exempt every process";
        let help = "add `process:`, `parent:` or both; to disable a rule, write `enabled: false`";
        sink.report(Diagnostic::new(&EXCEPTION_WITHOUT_PATTERN, node.span, message).help(help));
    }
    let reason = cursor.text(&EXCEPTION_REASON, sink);
    Some(Exception {
        span: node.span,
        process: one(&cursor, &PROCESS, sink),
        parent: one(&cursor, &PARENT, sink),
        owner: cursor.text(&OWNER, sink),
        expiry: one(&cursor, &EXPIRY, sink),
        reason: reason?,
    })
}

fn read_waiver(node: &Node, sink: &mut Sink) -> Option<Waiver> {
    let cursor = Cursor::open(node, &WAIVER, sink)?;
    let (name, reason) = (cursor.text(&WAIVED, sink), cursor.text(&WAIVER_REASON, sink));
    Some(Waiver { span: node.span, name: name?, reason: reason? })
}
