//! The codes that only the verbs about signatures report; the others are in `telovix_trust::code`.

use telovix_diagnostic::Code;

/// Every code of this module.
pub(crate) const CODES: &[&Code] = &[
    &NO_SIGNING_KEY,
    &KEY_NOT_WRITTEN,
    &SIGNING_KEY_NOT_TRUSTED,
    &SOURCE_NOT_COMMITTED,
    &NO_TRUST_ROOT,
    &TRUST_ROOT_EXPOSED,
    &AUDIT_LOG_ABSENT,
];

pub(crate) static NO_SIGNING_KEY: Code = Code::page(include_str!("code/no-signing-key.md"));

pub(crate) static KEY_NOT_WRITTEN: Code = Code::page(include_str!("code/key-not-written.md"));

pub(crate) static SIGNING_KEY_NOT_TRUSTED: Code = Code::page(include_str!("code/signing-key-not-trusted.md"));

pub(crate) static SOURCE_NOT_COMMITTED: Code = Code::page(include_str!("code/source-not-committed.md"));

pub(crate) static NO_TRUST_ROOT: Code = Code::page(include_str!("code/no-trust-root.md"));

pub(crate) static TRUST_ROOT_EXPOSED: Code = Code::page(include_str!("code/trust-root-exposed.md"));

pub(crate) static AUDIT_LOG_ABSENT: Code = Code::page(include_str!("code/audit-log-absent.md"));
