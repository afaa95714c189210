//! The codes of this crate's refusals and errors, each with the page that `telovix explain` prints.

telovix_diagnostic::codes! {
    UNSIGNED = "unsigned";
    BAD_SIGNATURE = "bad-signature";
    SIGNED_UNDER_OTHER_NAME = "signed-under-other-name";
    UNKNOWN_SIGNING_KEY = "unknown-signing-key";
    EXPIRED = "expired";
    NOT_YET_VALID = "not-yet-valid";
    OLDER_EPOCH = "older-epoch";
    REUSED_EPOCH = "reused-epoch";
    EPOCH_AHEAD = "epoch-ahead";
    WRONG_TARGET = "wrong-target";
    REVOKED = "revoked";
    TOO_FEW_SIGNATURES = "too-few-signatures";
    KEY_NOT_USABLE = "key-not-usable";
    TRUST_ROOT_NOT_USABLE = "trust-root-not-usable";
    TRUST_ROOT_NOT_CHANGED = "trust-root-not-changed";
    NOT_SIGNED = "not-signed";
    NOT_VERIFIED = "not-verified";
    HOST_STATE_NOT_USABLE = "host-state-not-usable";
    EPOCH_NOT_RESET = "epoch-not-reset";
    AUDIT_LOG_NOT_WRITTEN = "audit-log-not-written";
    AUDIT_LOG_BROKEN = "audit-log-broken";
}
