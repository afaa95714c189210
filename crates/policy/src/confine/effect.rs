//! What happens to an event.

use std::fmt;

/// What happens to an event. The order is that of strength: the strongest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
    pub const ALL: [Self; 5] = [Self::Allow, Self::Observe, Self::Log, Self::Kill, Self::Deny];

    /// Returns the name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Observe => "observe",
            Self::Log => "log",
            Self::Kill => "kill",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
