//! The fields of a policy pack, and a mapping -> [`PolicyPack`].

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::field::{Choice, Field, OtherKeys, Record, Shape};
use telovix_syntax::{Cursor, Node, Refusal};

use super::{PackKind, PackState, PolicyPack};
use crate::codes::{INVALID_PACK_ID, PACK_CANNOT_ENFORCE};
use crate::shape::{DESCRIPTION, LINE, NAME, PACK_ID, VERSION, defaulted, kind, optional, required};

const FIELD_PACK_ID: Field =
    required("pack_id", PACK_ID, "The name of the pack and of its folder: `o-du-process-guard`.");
const PACK_VERSION: Field =
    required("version", VERSION, "The version of the pack and the name of the folder inside: `0.1.0`.");
const PACK_NAME: Field = optional("name", NAME, "A readable name of the pack.");
const PACK_DESCRIPTION: Field = optional("description", DESCRIPTION, "What the pack is for.");
const PACK_KIND: Field = defaulted(
    "pack_kind",
    "\"observe\"",
    Shape::Choice(&[
        Choice { word: "observe", description: "Records events." },
        Choice { word: "guard", description: "Can block." },
    ]),
    "What the pack is for. Only a guard can be enforcement-capable.",
);
const TARGET_ROLE: Field = optional("target_role", LINE, "The role the pack is written for: `o_du`.");
const ENFORCEMENT_CAPABLE: Field =
    defaulted("enforcement_capable", "false", Shape::Boolean, "Whether the pack may ever be enforced.");
const STATE: Field = defaulted(
    "state",
    "\"observe\"",
    Shape::Choice(&[
        Choice { word: "observe", description: "Events only." },
        Choice { word: "enforce_ready", description: "Loaded, not yet blocking." },
        Choice { word: "enforced", description: "Enforced: violations are blocked." },
    ]),
    "How far the pack has advanced: one step forward at a time, and back to observe at any time.",
);

/// The fields of a policy pack.
pub(crate) static RECORD: Record = Record {
    noun: "a policy pack",
    description: "A named set of documents, those in the folder `{pack_id}/{version}/`, with an enforcement state.",
    fields: &[
        kind(&[Choice { word: "PolicyPack", description: "A policy pack." }]),
        FIELD_PACK_ID,
        PACK_VERSION,
        PACK_NAME,
        PACK_DESCRIPTION,
        PACK_KIND,
        TARGET_ROLE,
        ENFORCEMENT_CAPABLE,
        STATE,
    ],
    other_keys: OtherKeys::Refused,
};

/// Reads a policy pack; nothing when a required field cannot be read.
pub(crate) fn read(node: &Node, sink: &mut Sink) -> Option<PolicyPack> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let unsaid = node.span;
    let pack_id = cursor.parsed(&FIELD_PACK_ID, sink, |text| folder_name(text, is_pack_id));
    let version = cursor.parsed(&PACK_VERSION, sink, |text| folder_name(text, is_version));
    let pack_kind = cursor.choice(&PACK_KIND, &PackKind::ALL, PackKind::name, sink);
    let capable = cursor.boolean(&ENFORCEMENT_CAPABLE, sink);
    let state = cursor.choice(&STATE, &PackState::ALL, PackState::name, sink);
    let pack = PolicyPack {
        span: node.span,
        name: cursor.text(&PACK_NAME, sink),
        description: cursor.text(&PACK_DESCRIPTION, sink),
        pack_kind: pack_kind.unwrap_or(Spanned::new(PackKind::Observe, unsaid)),
        target_role: cursor.text(&TARGET_ROLE, sink),
        enforcement_capable: capable.unwrap_or(Spanned::new(false, unsaid)),
        state: state.unwrap_or(Spanned::new(PackState::Observe, unsaid)),
        pack_id: pack_id?,
        version: version?,
    };
    check_ladder(&pack, sink);
    Some(pack)
}

/// Only guards can be enforcement-capable, and only capable packs leave `observe`.
fn check_ladder(pack: &PolicyPack, sink: &mut Sink) {
    if pack.enforcement_capable.value && pack.pack_kind.value != PackKind::Guard {
        let message = "only a pack of kind `guard` can be enforcement-capable";
        let diagnostic = Diagnostic::new(&PACK_CANNOT_ENFORCE, pack.enforcement_capable.span, message);
        sink.report(diagnostic.help("write `pack_kind: guard`, or remove `enforcement_capable`"));
    }
    if pack.state.value != PackState::Observe && !pack.enforcement_capable.value {
        let message =
            format!("a pack that is not enforcement-capable cannot be `{}`", pack.state.value.name());
        let diagnostic = Diagnostic::new(&PACK_CANNOT_ENFORCE, pack.state.span, message);
        sink.report(diagnostic.help("write `state: observe`, or `enforcement_capable: true` for a guard"));
    }
}

fn folder_name(text: &str, is_name: fn(&str) -> bool) -> Result<String, Refusal> {
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(Refusal {
        code: &INVALID_PACK_ID,
        problem: "cannot be the name of a pack folder".to_owned(),
        help: "write lower-case words with hyphens for the id, and digits with dots for the version"
            .to_owned(),
        meant: None,
    })
}

fn is_pack_id(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 128 && text.split('-').all(is_word)
}

fn is_version(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+'))
    };
    text.starts_with(|first: char| first.is_ascii_digit()) && text.split('.').all(is_part)
}
