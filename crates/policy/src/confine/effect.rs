//! What happens to an event.

use std::fmt;
use strum::VariantArray;

/// What happens to an event. The order is that of strength: the strongest wins.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Effect {
    /// The event happens.
    #[default]
    Allow,
    /// It is counted.
    Observe,
    /// It is recorded, or sent as an alert.
    Log,
    /// The process is killed; the event may already have happened.
    Kill,
    /// The event is prevented.
    Deny,
}

impl Effect {
    /// Every effect, weakest first.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.as_array().expect("its own length");

    /// Returns the name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
