//! Every reason to refuse a signature, with its message, code, exit code and what to do next.

use std::fmt;

use telovix_diagnostic::Code;

use crate::code;
use crate::key::KeyId;
use crate::scope::{Host, Scope};
use crate::timestamp::Timestamp;

/// Which variant of a policy's name a signature was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// The file's base name without its extension.
    WithoutExtension,
    /// The file's base name with `.yaml`.
    WithExtension,
    /// The `metadata.name` inside the file.
    MetadataName,
}

impl fmt::Display for NameForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            NameForm::WithoutExtension => "without its extension",
            NameForm::WithExtension => "with an extension",
            NameForm::MetadataName => "its `metadata.name`",
        })
    }
}

/// Why something signed, or not signed, is refused.
///
/// Exit codes are a contract with scripts: 10 unsigned, 11 bad signature, 12 unknown key, 13 expired,
/// 14 older epoch, 15 wrong target, 16 revoked, 17 too few signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no signature.
    #[error("{what} is not signed")]
    Unsigned {
        /// The file or bundle.
        what: String,
    },
    /// There is a signature, but not over these bytes by that key.
    #[error("{what}: {detail}")]
    BadSignature {
        /// The file or bundle.
        what: String,
        /// What is wrong.
        detail: String,
    },
    /// The signature was made for another variant of the policy's name.
    #[error("{what}: the signature is valid for the name `{signed}` ({form}), not for `{name}`")]
    OtherName {
        /// The policy file.
        what: String,
        /// The name the signature should have been made for.
        name: String,
        /// The name it was made for.
        signed: String,
        /// Which variant of the name that is.
        form: NameForm,
    },
    /// None of the signatures is by a key of the trust root.
    #[error("{what} is signed by {keys}, which the trust root does not list", keys = list(keys))]
    UnknownKey {
        /// The file or bundle.
        what: String,
        /// The keys that signed.
        keys: Vec<KeyId>,
    },
    /// The approval, the key or the trust root is past its end.
    #[error("{what} expired at {end}; it is {now}")]
    Expired {
        /// What expired.
        what: String,
        /// When.
        end: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The approval, the key or the trust root is not valid yet: the clock here or there is wrong.
    #[error("{what} is valid from {start}; it is {now}")]
    NotYetValid {
        /// What is not valid yet.
        what: String,
        /// When it will be.
        start: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// Something newer was accepted before.
    #[error("{what} is older than what this host accepted: epoch {offered}, expected at least {required}")]
    OlderEpoch {
        /// The bundle or trust root.
        what: String,
        /// Its epoch or version.
        offered: u64,
        /// The lowest one that is accepted.
        required: u64,
    },
    /// Another bundle carried the same epoch, so that neither is the newer one.
    #[error("{what} reuses epoch {epoch}, which this host accepted for another manifest")]
    ReusedEpoch {
        /// The bundle.
        what: String,
        /// The epoch.
        epoch: u64,
    },
    /// The epoch is in the future: accepting it would block every later bundle until then.
    #[error(
        "{what} has epoch {epoch}, which is in the future: at {now} the highest accepted epoch is {highest}"
    )]
    EpochAhead {
        /// The bundle.
        what: String,
        /// Its epoch.
        epoch: u64,
        /// The highest one that is accepted.
        highest: u64,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The approval is for other hosts.
    #[error("{what} is approved for {scope}; this host is {host}")]
    WrongTarget {
        /// The bundle.
        what: String,
        /// For whom it was approved.
        scope: Scope,
        /// Who the host is.
        host: Host,
    },
    /// A signature is by a key that was revoked.
    #[error("{what} is signed by key {name} ({}), revoked at {at}: {reason}", id.short())]
    Revoked {
        /// The file or bundle.
        what: String,
        /// The key.
        id: KeyId,
        /// Its name in the trust root.
        name: String,
        /// When it was revoked.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Valid signatures, but fewer than the threshold.
    #[error("{what} has {found} of the {required} signatures that the trust root requires")]
    TooFewSignatures {
        /// The bundle or trust root.
        what: String,
        /// Valid signatures by different keys.
        found: usize,
        /// How many are needed.
        required: usize,
    },
}

impl Refusal {
    /// Returns the exit code of `telovix verify` for this reason.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Refusal::Unsigned { .. } => 10,
            Refusal::BadSignature { .. } | Refusal::OtherName { .. } => 11,
            Refusal::UnknownKey { .. } => 12,
            Refusal::Expired { .. } | Refusal::NotYetValid { .. } | Refusal::EpochAhead { .. } => 13,
            Refusal::OlderEpoch { .. } | Refusal::ReusedEpoch { .. } => 14,
            Refusal::WrongTarget { .. } => 15,
            Refusal::Revoked { .. } => 16,
            Refusal::TooFewSignatures { .. } => 17,
        }
    }

    /// Returns the code of this reason.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Refusal::Unsigned { .. } => &code::UNSIGNED,
            Refusal::BadSignature { .. } => &code::BAD_SIGNATURE,
            Refusal::OtherName { .. } => &code::SIGNED_UNDER_OTHER_NAME,
            Refusal::UnknownKey { .. } => &code::UNKNOWN_SIGNING_KEY,
            Refusal::Expired { .. } => &code::EXPIRED,
            Refusal::NotYetValid { .. } => &code::NOT_YET_VALID,
            Refusal::OlderEpoch { .. } => &code::OLDER_EPOCH,
            Refusal::ReusedEpoch { .. } => &code::REUSED_EPOCH,
            Refusal::EpochAhead { .. } => &code::EPOCH_AHEAD,
            Refusal::WrongTarget { .. } => &code::WRONG_TARGET,
            Refusal::Revoked { .. } => &code::REVOKED,
            Refusal::TooFewSignatures { .. } => &code::TOO_FEW_SIGNATURES,
        }
    }

    /// Returns what a person does next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Refusal::Unsigned { .. } => {
                "sign it with `telovix sign`, or fetch its signatures".to_owned()
            }
            Refusal::BadSignature { .. } => "it was changed after signing: fetch it again, or \
                review the change and sign again with `telovix sign`"
                .to_owned(),
            Refusal::OtherName { signed, .. } => format!(
                "sign it again with `telovix sign`, or verify it under that name with `telovix verify --name '{signed}'`"
            ),
            Refusal::UnknownKey { .. } => "use the trust root of the fleet that signed this, or add \
                the key to yours with `telovix trust add`"
                .to_owned(),
            Refusal::Expired { .. } => {
                "sign it again with `telovix sign`; a trust root or key is renewed with `telovix trust`".to_owned()
            }
            Refusal::NotYetValid { .. } => {
                "check the clock of this machine and of the one that signed".to_owned()
            }
            Refusal::OlderEpoch { offered, .. } => {
                format!("use the newest bundle; to return to this one on purpose, use `--allow-epoch {offered}`")
            }
            Refusal::ReusedEpoch { .. } => "sign the newer bundle again; it gets a new epoch".to_owned(),
            Refusal::EpochAhead { .. } => "do not use it: an epoch is the time in seconds, and only a mistake or a stolen \
                key sets it that far ahead; check the clock of this machine, and sign again without `--epoch`"
                .to_owned(),
            Refusal::WrongTarget { .. } => "use the bundle made for this host, or identify the host \
                with `--sensor` and `--group`"
                .to_owned(),
            Refusal::Revoked { .. } => {
                "do not use it; sign again with a key that is still trusted".to_owned()
            }
            Refusal::TooFewSignatures { .. } => {
                "have another key holder add a signature with `telovix sign` (a trust root: `telovix trust sign`)".to_owned()
            }
        }
    }
}

fn list(keys: &[KeyId]) -> String {
    match keys {
        [] => "no named key".to_owned(),
        [key] => format!("key {}", key.short()),
        many => {
            let names: Vec<String> = many.iter().map(KeyId::short).collect();
            format!("keys {}", names.join(", "))
        }
    }
}
