//! A document's tree -> the engine's document as typed values, each mistake reported once.
//!
//! Follows the engine's strict decoding: exact keys, no null for lists and mappings, YAML 1.1 booleans,
//! and no number where text is expected. Source: `pkg/crdutils/crdutils.go` and the CRD.

mod envelope;
mod fields;
mod filter;
mod hook;
mod scalar;

pub use envelope::read;

/// Tells whether the engine takes a plain scalar for anything but text.
pub(super) fn is_other_than_text(scalar: &str) -> bool {
    !matches!(scalar::resolve_plain(scalar), scalar::EngineScalar::Text(_))
}
