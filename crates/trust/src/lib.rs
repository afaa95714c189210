//! Keys, trust root, signatures and bundles: decides whether bytes may reach a kernel.
//!
//! # Terms
//!
//! - A **policy signature** is the fleet's own: Ed25519 over
//!   `telovix-policy-v1:{policy_name}\n{yaml_content}`, as base64 in `{file}.sig`. It binds a name to
//!   content and nothing else.
//! - An **approval** is an in-toto statement over a bundle's `manifest.json` that also records for whom
//!   (scope), in which order (epoch), until when (expiry) and from what (source revision, tool, results).
//! - An **envelope** is DSSE: a payload with the signatures over it, kept in `manifest.json.dsse`.
//! - The **trust root** is one file that lists whose signatures are accepted: keys, roles, thresholds,
//!   revocations. It is a chain of versions, each signed by the keys of the one before.
//! - The **host state** is what a host must not forget: the root it trusts, and the epochs it accepted with the keys that
//!   signed them.
//! - A **refusal** is the reason a signature is not accepted; each has its message, code and exit code.
//!
//! # From bytes to a decision
//!
//! ```text
//! trust-root.json ─ root::Chain ──────────► TrustRoot ─┐
//! trust-state.json ─ HostState ────────────────────────┤
//! manifest.json.dsse ─ Envelope ─ Approval ────────────┼─► bundle::verify ─► VerifiedBundle | Refusal
//! manifest.json ─ Manifest ─ every artifact, every .sig ┘
//! ```
//!
//! Callers get exactly what was checked: [`bundle::verify`] returns the bytes it verified, so
//! that nothing is read twice. No decision reads a clock: callers pass a [`Timestamp`].

#![forbid(unsafe_code)]

pub mod audit;
pub mod bundle;
pub mod code;
pub mod key;
pub mod policy;
pub mod root;
pub mod signer;

mod approval;
mod encoding;
mod envelope;
mod epoch;
mod host;
mod refusal;
mod replace;
mod scope;
mod timestamp;

pub use approval::{Approval, ResultDigest};
pub use encoding::{Digest, DigestError};
pub use envelope::{Envelope, EnvelopeError, EnvelopeSignature};
pub use epoch::{MAX_EPOCH_LEAD, highest_epoch};
pub use host::{
    Acceptance, AcceptedEpoch, AcceptedEpochs, EpochReset, HostState, HostStateError, RecordError, ResetError,
};
pub use key::{KeyError, KeyId, PrivateKey, PublicKey, Signature};
pub use refusal::Refusal;
pub use replace::{create_whole, replace_whole};
pub use root::{PinnedRoot, Role, TrustRoot};
pub use scope::{Host, Scope, ScopeError};
pub use signer::Signer;
pub use timestamp::{Timestamp, TimestampError};
