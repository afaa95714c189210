//! Why something is not signed, not trusted or not changed: the pages of `telovix explain`.

use telovix_diagnostic::Code;
use telovix_trust::Refusal;
use telovix_trust::audit::AuditError;

/// The codes this room reports.
pub(crate) const CODES: &[&Code] = &[
    &UNSIGNED,
    &BAD_SIGNATURE,
    &SIGNED_UNDER_OTHER_NAME,
    &UNKNOWN_KEY,
    &EXPIRED,
    &NOT_YET_VALID,
    &OLDER_EPOCH,
    &REUSED_EPOCH,
    &EPOCH_AHEAD,
    &WRONG_TARGET,
    &REVOKED,
    &TOO_FEW_SIGNATURES,
    &NO_SIGNING_KEY,
    &KEY_NOT_USABLE,
    &KEY_NOT_WRITTEN,
    &SIGNING_KEY_NOT_TRUSTED,
    &SOURCE_NOT_COMMITTED,
    &NO_TRUST_ROOT,
    &TRUST_ROOT_NOT_USABLE,
    &TRUST_ROOT_EXPOSED,
    &TRUST_ROOT_NOT_CHANGED,
    &NOT_SIGNED,
    &NOT_VERIFIED,
    &HOST_STATE_NOT_USABLE,
    &EPOCH_NOT_RESET,
    &AUDIT_LOG_NOT_WRITTEN,
    &AUDIT_LOG_BROKEN,
    &AUDIT_LOG_ABSENT,
    &AUDIT_LOG_TORN,
];

/// Returns the page of a refusal.
pub(crate) fn of(refusal: &Refusal) -> &'static Code {
    match refusal {
        Refusal::Unsigned { .. } => &UNSIGNED,
        Refusal::BadSignature { .. } => &BAD_SIGNATURE,
        Refusal::OtherName { .. } => &SIGNED_UNDER_OTHER_NAME,
        Refusal::UnknownKey { .. } => &UNKNOWN_KEY,
        Refusal::Expired { .. } => &EXPIRED,
        Refusal::NotYetValid { .. } => &NOT_YET_VALID,
        Refusal::OlderEpoch { .. } => &OLDER_EPOCH,
        Refusal::ReusedEpoch { .. } => &REUSED_EPOCH,
        Refusal::EpochAhead { .. } => &EPOCH_AHEAD,
        Refusal::WrongTarget { .. } => &WRONG_TARGET,
        Refusal::Revoked { .. } => &REVOKED,
        Refusal::TooFewSignatures { .. } => &TOO_FEW_SIGNATURES,
    }
}

/// Returns the page of an error of the audit log.
pub(crate) fn of_log(error: &AuditError) -> &'static Code {
    match error {
        AuditError::File { .. } => &AUDIT_LOG_NOT_WRITTEN,
        AuditError::Broken { .. } | AuditError::Unfinished { .. } => &AUDIT_LOG_BROKEN,
    }
}

static UNSIGNED: Code = Code::page(include_str!("code/unsigned.md"));

static BAD_SIGNATURE: Code = Code::page(include_str!("code/bad-signature.md"));

static SIGNED_UNDER_OTHER_NAME: Code = Code::page(include_str!("code/signed-under-other-name.md"));

static UNKNOWN_KEY: Code = Code::page(include_str!("code/unknown-signing-key.md"));

static EXPIRED: Code = Code::page(include_str!("code/expired.md"));

static NOT_YET_VALID: Code = Code::page(include_str!("code/not-yet-valid.md"));

static OLDER_EPOCH: Code = Code::page(include_str!("code/older-epoch.md"));

static REUSED_EPOCH: Code = Code::page(include_str!("code/reused-epoch.md"));

static EPOCH_AHEAD: Code = Code::page(include_str!("code/epoch-ahead.md"));

static WRONG_TARGET: Code = Code::page(include_str!("code/wrong-target.md"));

static REVOKED: Code = Code::page(include_str!("code/revoked.md"));

static TOO_FEW_SIGNATURES: Code = Code::page(include_str!("code/too-few-signatures.md"));

pub(crate) static NO_SIGNING_KEY: Code = Code::page(include_str!("code/no-signing-key.md"));

pub(crate) static KEY_NOT_USABLE: Code = Code::page(include_str!("code/key-not-usable.md"));

pub(crate) static KEY_NOT_WRITTEN: Code = Code::page(include_str!("code/key-not-written.md"));

pub(crate) static SIGNING_KEY_NOT_TRUSTED: Code = Code::page(include_str!("code/signing-key-not-trusted.md"));

pub(crate) static SOURCE_NOT_COMMITTED: Code = Code::page(include_str!("code/source-not-committed.md"));

pub(crate) static NO_TRUST_ROOT: Code = Code::page(include_str!("code/no-trust-root.md"));

pub(crate) static TRUST_ROOT_NOT_USABLE: Code = Code::page(include_str!("code/trust-root-not-usable.md"));

pub(crate) static TRUST_ROOT_EXPOSED: Code = Code::page(include_str!("code/trust-root-exposed.md"));

pub(crate) static TRUST_ROOT_NOT_CHANGED: Code = Code::page(include_str!("code/trust-root-not-changed.md"));

pub(crate) static NOT_SIGNED: Code = Code::page(include_str!("code/not-signed.md"));

pub(crate) static NOT_VERIFIED: Code = Code::page(include_str!("code/not-verified.md"));

pub(crate) static HOST_STATE_NOT_USABLE: Code = Code::page(include_str!("code/host-state-not-usable.md"));

pub(crate) static EPOCH_NOT_RESET: Code = Code::page(include_str!("code/epoch-not-reset.md"));

static AUDIT_LOG_NOT_WRITTEN: Code = Code::page(include_str!("code/audit-log-not-written.md"));

pub(crate) static AUDIT_LOG_BROKEN: Code = Code::page(include_str!("code/audit-log-broken.md"));

pub(crate) static AUDIT_LOG_ABSENT: Code = Code::page(include_str!("code/audit-log-absent.md"));

pub(crate) static AUDIT_LOG_TORN: Code = Code::page(include_str!("code/audit-log-torn.md"));
