//! Why something is not signed, not trusted or not changed: the pages of `telovix explain`.

use telovix_diagnostic::{Code, Severity};
use telovix_trust::Refusal;
use telovix_trust::audit::AuditError;

use crate::page::page;

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

static UNSIGNED: Code = page(
    "unsigned",
    "there is no signature",
    "A bundle is signed in `manifest.json.dsse`, and each of its policies in `{file}.sig`. One of them is missing \
     or holds no signature. `verify` ends with exit code 10. Unsigned is never taken for signed.",
    "`telovix verify compiled-policies` before `telovix sign`",
    "`telovix verify compiled-policies` after `telovix sign`",
);

static BAD_SIGNATURE: Code = page(
    "bad-signature",
    "the content is not what was signed",
    "A file was changed, added, removed, renamed or swapped after signing, is a symbolic link, or a signature was \
     damaged. `verify` ends with exit code 11 and names the file. Nothing of the bundle may be used.",
    "a policy of a signed bundle was edited",
    "the bundle is as it was signed",
);

static SIGNED_UNDER_OTHER_NAME: Code = page(
    "signed-under-other-name",
    "the signature is good for another form of the policy's name",
    "The fleet signs a policy under its file name with extension. This signature was made for the name without \
     extension, or for `metadata.name`, so a sensor rejects it. `verify` ends with exit code 11.",
    "`a.yaml` signed with `telovix sign --name a a.yaml`",
    "`a.yaml` signed with `telovix sign a.yaml`",
);

static UNKNOWN_KEY: Code = page(
    "unknown-signing-key",
    "no key of the trust root signed it",
    "The signatures are by keys that the trust root does not list with the role they need. `verify` ends with exit \
     code 12. Either the bundle belongs to another fleet, or its key is to be added with `telovix trust add`.",
    "a bundle signed with a key fresh from `telovix keygen`",
    "a bundle signed with a key that `telovix trust show` lists",
);

static EXPIRED: Code = page(
    "expired",
    "the approval, the key or the trust root is past its end",
    "An approval ends after 90 days unless `telovix sign` was told otherwise; keys and trust roots may have an end \
     too. `verify` ends with exit code 13. Sign the bundle again after a fresh look at it.",
    "a bundle signed last year",
    "a bundle signed within its days",
);

static NOT_YET_VALID: Code = page(
    "not-yet-valid",
    "the approval or the key is from the future",
    "The approval was issued later than this machine's clock says, by more than five minutes. One of the two clocks \
     is wrong: a host without a clock battery starts in 1970. `verify` ends with exit code 13.",
    "a host whose clock stands at 1970-01-01",
    "clocks that agree within five minutes",
);

static OLDER_EPOCH: Code = page(
    "older-epoch",
    "something newer was accepted before",
    "Epochs only rise, so that nobody can replay an old, weaker bundle with its good signature. The host accepted a \
     higher epoch before, or the trust root asks for one. `verify` ends with exit code 14. To go back on purpose, \
     name the epoch: `--allow-epoch`.",
    "last month's bundle on a host that has this month's",
    "the newest bundle",
);

static REUSED_EPOCH: Code = page(
    "reused-epoch",
    "two bundles carry one epoch",
    "The host accepted this epoch for another manifest, so that neither is newer. Sign the wanted one again: it gets \
     an epoch of its own. `verify` ends with exit code 14.",
    "two bundles signed with `--epoch 41`",
    "bundles signed without `--epoch`, which takes the time",
);

static EPOCH_AHEAD: Code = page(
    "epoch-ahead",
    "the epoch lies in the future",
    "An epoch is the time in seconds, and a host accepts none that is more than a day ahead of its clock. Without that \
     bound a stolen key could sign the highest number there is, and nothing would ever be newer. `verify` ends with exit \
     code 13. A host that accepted such an epoch before this bound is led back with `telovix trust reset-epoch`.",
    "a bundle whose approval has the epoch 18446744073709551615",
    "a bundle signed without `--epoch`",
);

static WRONG_TARGET: Code = page(
    "wrong-target",
    "the approval is for another host",
    "A bundle is approved for the fleet, for a group or for one sensor, and this host is not among them. `verify` \
     ends with exit code 15. `--sensor` and `--group` say who the host is.",
    "a bundle signed with `--scope group:edge` on a host of the group `core`",
    "a bundle signed with `--scope fleet`",
);

static REVOKED: Code = page(
    "revoked",
    "the key was revoked",
    "Whatever a revoked key signed is refused, early or late: nobody can tell when a stolen key really signed. \
     `verify` ends with exit code 16. Sign the bundle again with a key that is still trusted.",
    "a bundle signed by a key that `telovix trust show` calls revoked",
    "the same bundle after `telovix sign --key` with another key",
);

static TOO_FEW_SIGNATURES: Code = page(
    "too-few-signatures",
    "more people have to sign",
    "The trust root asks for signatures of several different keys, and there are fewer. `verify` ends with exit code \
     17. Each holder adds theirs with `telovix sign`; on a new version of the trust root, with `telovix trust sign`.",
    "a bundle signed by one where the threshold is 2",
    "the same bundle after a second key holder ran `telovix sign`",
);

pub(crate) static NO_SIGNING_KEY: Code = page(
    "no-signing-key",
    "there is no private key to sign with",
    "No key was named with `--key`, and none lies where keys are looked for: `$TELOVIX_SIGNING_KEY`, the file \
     `$TELOVIX_SIGNING_KEY_FILE`, `policy-signing.ed25519` beside the trust root, in the current folder or in \
     `~/.config/telovix`, or an ssh-agent that holds one key of the trust root.",
    "`telovix sign` on a machine without a key",
    "`telovix sign --key release.ed25519`",
);

pub(crate) static KEY_NOT_USABLE: Code = page(
    "key-not-usable",
    "the key cannot be read or used",
    "Keys are read as PKCS#8 or SPKI PEM, OpenSSH Ed25519, DER, 32 raw bytes, hexadecimal or base64. A private key \
     file must be readable by its owner alone (mode 0600), and an encrypted one needs its passphrase.",
    "`telovix sign --key id_rsa`",
    "`telovix sign --key policy-signing.ed25519`",
);

pub(crate) static KEY_NOT_WRITTEN: Code = page(
    "key-not-written",
    "the new key cannot be written",
    "A key file is never overwritten, a private key is never written without a passphrase unless `--no-passphrase` \
     asks for it, and both files appear or neither does.",
    "`telovix keygen` where `policy-signing.ed25519` exists",
    "`telovix keygen release-2027`",
);

pub(crate) static SIGNING_KEY_NOT_TRUSTED: Code = page(
    "signing-key-not-trusted",
    "no host would take a signature by this key",
    "The trust root of the repository does not list the key for bundles, has revoked it, or lets it count at another \
     time. Hosts would refuse the signature, so none is made. List a new key with `telovix trust add` or `trust rotate` \
     first; `--trust-root` names the trust root of another fleet.",
    "`telovix sign` with the old key after `telovix trust rotate release next.pub --overlap-days 0`",
    "`telovix sign` with a key that `telovix trust show` calls valid",
);

pub(crate) static SOURCE_NOT_COMMITTED: Code = Code {
    severity: Severity::Warning,
    ..page(
        "source-not-committed",
        "the work tree is not the revision that the approval names",
        "An approval names the revision that its files were made from. The work tree around the signed folder holds \
         changes or files that are not committed, so the revision is recorded with `-dirty` behind it: what was signed \
         cannot be made again from that commit.",
        "`telovix sign` after editing a policy without `git commit`",
        "`telovix sign` in a clean checkout",
    )
};

pub(crate) static NO_TRUST_ROOT: Code = page(
    "no-trust-root",
    "there is no trust root",
    "Signatures count only by keys that a trust root lists, and none was named with `--trust-root`. `plan` and `apply` \
     look at `/etc/telovix/trust-root.json` alone; `sign` and `trust` at `trust_root` of the `telovix.yaml` around the \
     current folder or `trust-root.json` beside it; `verify` there, then at the host's. What is verified is never \
     searched for a trust root, and a `policy-signing.pub` that lies beside it says nothing.",
    "`telovix verify` in a repository without a trust root",
    "`telovix verify` after `telovix trust init`",
);

pub(crate) static TRUST_ROOT_NOT_USABLE: Code = page(
    "trust-root-not-usable",
    "the trust root file cannot be read",
    "The file is not there, is not a trust root file, or one of its versions breaks the rules: unique keys, at least \
     as many keys as the threshold asks for, versions that follow one another.",
    "`telovix verify --trust-root README.md`",
    "a file that `telovix trust` wrote",
);

pub(crate) static TRUST_ROOT_EXPOSED: Code = page(
    "trust-root-exposed",
    "somebody else may change the trust root",
    "Whoever can write the trust root decides whose signatures count. The host's own, `/etc/telovix/trust-root.json`, \
     and its folder must belong to root and be writable by root alone. The one of a repository, its `telovix.yaml` and \
     its folder must belong to the user who runs the command or to root, and not be writable by everybody: otherwise \
     a folder that a stranger left behind would verify the stranger's bundle. `--trust-root FILE` trusts a file \
     whoever owns it.",
    "`telovix verify` as root in a folder of another user's that holds a `trust-root.json`",
    "`telovix verify` in a checkout of your own",
);

pub(crate) static TRUST_ROOT_NOT_CHANGED: Code = page(
    "trust-root-not-changed",
    "the wanted change of the trust root is not possible",
    "The change names a key the root does not list, brings back a revoked one, lowers the minimum epoch, leaves a role \
     without enough keys, or was signed by a key without a say. The file is as it was.",
    "`telovix trust revoke` of the only signing key",
    "`telovix trust rotate`, which adds the next key in the same step",
);

pub(crate) static NOT_SIGNED: Code = page(
    "not-signed",
    "the files cannot be signed as they are",
    "The files are not what the manifest says, a file is not listed, a name is not allowed, a policy is empty, or \
     the key's keeper gave no signature. The bundle's approval is as it was.",
    "a policy in `compiled-policies` edited by hand",
    "a folder as `telovix compile` wrote it",
);

pub(crate) static NOT_VERIFIED: Code = page(
    "not-verified",
    "the files cannot be read, so nothing was decided",
    "The path does not exist, may not be read, or is not a policy, a delivery or a bundle. This is no statement about \
     any signature, and nothing may be used.",
    "`telovix verify missing.yaml`",
    "`telovix verify compiled-policies`",
);

pub(crate) static HOST_STATE_NOT_USABLE: Code = page(
    "host-state-not-usable",
    "the host's memory of accepted epochs cannot be used",
    "The state file holds the trust root the host follows and the highest epoch it accepted. It cannot be read or \
     written, or is damaged. It is never replaced silently, since that would allow an old bundle to come back.",
    "a state file cut short by a failing disk",
    "a state file that `apply` wrote, or none on a new host",
);

pub(crate) static EPOCH_NOT_RESET: Code = page(
    "epoch-not-reset",
    "the host accepts that epoch already",
    "`telovix trust reset-epoch` leads a host back whose accepted epoch was raised by a mistake. The epoch that was named \
     is not below the accepted one, so there is nothing to lead back, and nothing was changed.",
    "`telovix trust reset-epoch --to 1795255200` on a new host",
    "the same on a host that accepted a higher epoch",
);

static AUDIT_LOG_NOT_WRITTEN: Code = page(
    "audit-log-not-written",
    "the audit log cannot be used",
    "What changes a host is written down before it is done, so a log that cannot be opened, read or written stops it: \
     nothing was changed. Only where the line after the deed fails, the help says that it was done.",
    "`telovix apply` with a full /var",
    "`--audit-log /var/lib/telovix/audit.ndjson` as root",
);

pub(crate) static AUDIT_LOG_BROKEN: Code = page(
    "audit-log-broken",
    "the audit log was changed",
    "Every line of the log holds the digest of the line before, and `{log}.head` beside it holds that of the last one. \
     A line was changed, removed, inserted, cut off or added by something else, or one of the two files is gone. \
     Nothing is appended to such a log, so nothing is changed on the host. `telovix trust log --begin-new` moves it \
     aside as evidence and begins a log whose first line holds the SHA-256 of the old one.",
    "a line of the log was edited",
    "the log as it was appended to",
);

pub(crate) static AUDIT_LOG_ABSENT: Code = page(
    "audit-log-absent",
    "there is no audit log to read",
    "The named file does not exist, nor a head beside it. Without a name, `telovix trust log` reads the host's own log, \
     which a host has from its first `apply` on; before that it is empty and no error. It does not go away by itself: \
     where a host enforces a policy and has no log, somebody removed it.",
    "`telovix trust log missing.ndjson`",
    "`telovix trust log` on a host where nothing was applied yet",
);

pub(crate) static AUDIT_LOG_TORN: Code = Code {
    severity: Severity::Warning,
    ..page(
        "audit-log-torn",
        "a line of the audit log was never finished",
        "The machine went down, or the disk was full, while a line was written. It was announced in the log's head and never \
         reported as written, so what it was to announce was not done. The next verb that writes to the log cuts off what \
         is there of the line, warns, and leaves an entry with its digest. Bytes that no head announces are no unfinished \
         line: they break the log.",
        "a log whose last line has no line feed",
        "a log that every verb finished writing to",
    )
};
