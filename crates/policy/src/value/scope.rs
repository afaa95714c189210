//! Where a document applies.

/// Where a document applies. Evaluated when a bundle is compiled for a sensor or group, or applied.
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
