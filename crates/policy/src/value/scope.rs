//! Where a document holds.

/// Where a document holds. Settled where a bundle is compiled for someone, or applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Scope {
    /// Every sensor.
    #[default]
    Fleet,
    /// The sensors of one group.
    Group(String),
    /// One sensor.
    Sensor(String),
}
