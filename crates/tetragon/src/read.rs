//! YAML tree -> a Tetragon policy as typed values; each mistake is reported once.
//!
//! Follows Tetragon's strict decoding: exact keys, no null for lists and mappings, YAML 1.1 booleans,
//! and no number where a string is expected. Source: `pkg/crdutils/crdutils.go` and the CRD.

mod envelope;
mod fields;
mod filter;
mod hook;
mod scalar;

pub use envelope::read;

/// Returns whether Tetragon reads a plain scalar as anything but a string.
pub(super) fn is_other_than_text(scalar: &str) -> bool {
    !matches!(scalar::resolve_plain(scalar), scalar::EngineScalar::Text(_))
}
