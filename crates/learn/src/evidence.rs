//! Events of one entry -> how well it is supported.

use schemars::JsonSchema;
use serde::Serialize;
use telovix_replay::observe::Seen;

/// What an entry was learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Events.
    pub events: u64,
    /// Different values among them: paths, addresses, ports.
    pub values: u64,
    /// The first event with a time.
    pub first_seen: Option<String>,
    /// The last event with a time.
    pub last_seen: Option<String>,
    /// Whether nearly all of them lie in the first minute of a process.
    pub start_only: bool,
    /// Events among them that a policy denied.
    pub denied: u64,
}

impl Evidence {
    /// Adds up what was seen of some values.
    #[must_use]
    pub fn of<'seen>(seen: impl IntoIterator<Item = &'seen Seen>) -> Self {
        let mut all = Seen::default();
        let mut values = 0;
        for seen in seen {
            all.absorb(seen);
            values += 1;
        }
        let span = all.span();
        Self {
            events: all.events(),
            values,
            first_seen: span.map(|(first, _)| first.to_string()),
            last_seen: span.map(|(_, last)| last.to_string()),
            start_only: all.is_of_start(),
            denied: all.denied(),
        }
    }
}
