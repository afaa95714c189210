//! What was learned -> its JSON.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::entry::{Entry, Review};
use crate::evidence::Evidence;
use crate::learn::{Learned, Profile, Skipped, Window};

/// What was learned from a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LearnedReport {
    /// The part of the history.
    pub window: Window,
    /// The profiles, by binary.
    pub profiles: Vec<ProfileReport>,
    /// Binaries that were seen for too short a time.
    pub too_short: Vec<Skipped>,
    /// Events that a policy denied and that were not learned.
    pub denied: u64,
    /// Events that do not name the binary.
    pub unattributed: u64,
}

/// A profile that was learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileReport {
    /// The binary.
    pub binary: String,
    /// The name of the profile.
    pub name: String,
    /// Hours between its first and its last event, rounded up, at most those asked for.
    pub observed_hours: u32,
    /// Its events that were learned from.
    pub events: u64,
    /// Programs; `null` when the history has no execution by any process.
    pub allowed_spawns: Option<Vec<EntryReport>>,
    /// Files; `null` when the history has no open of any process.
    pub allowed_files: Option<Vec<EntryReport>>,
    /// Ports; `null` when the history has no connection of any process.
    pub allowed_dst_ports: Option<Vec<EntryReport>>,
    /// CIDR blocks; `null` when the history has no connection of any process.
    pub allowed_dst_cidrs: Option<Vec<EntryReport>>,
    /// Capabilities; `null` when the history has no use of one by any process.
    pub allowed_capabilities: Option<Vec<EntryReport>>,
    /// What was seen and not learned.
    pub review: Vec<Review>,
    /// The document.
    pub document: String,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EntryReport {
    /// The entry, as it is written.
    pub value: String,
    /// Why it is what it is.
    pub reason: String,
    /// What it was learned from.
    pub evidence: Evidence,
    /// How much more it allows than was seen: paths of other binaries of this history, addresses, or ports.
    pub allows_more: u64,
}

impl Learned {
    /// Returns the profiles with their names in documents: that of the executable, or its path where several share it.
    pub fn named(&self) -> impl Iterator<Item = (&Profile, &str)> {
        let base = |binary: &'_ str| binary.rsplit('/').next().unwrap_or_default().to_owned();
        self.profiles.iter().map(move |profile| {
            let name = base(&profile.binary);
            let alone = self.profiles.iter().filter(|other| base(&other.binary) == name).count() == 1;
            let short = profile.binary.rsplit('/').next().unwrap_or_default();
            (profile, if alone { short } else { profile.binary.as_str() })
        })
    }

    /// Returns the JSON form.
    #[must_use]
    pub fn report(&self) -> LearnedReport {
        let profiles = self.named().map(|(profile, name)| {
            let mut document = String::new();
            crate::text::write(profile, name, &self.window, &mut document);
            ProfileReport {
                binary: profile.binary.clone(),
                name: name.to_owned(),
                observed_hours: profile.observed_hours,
                events: profile.events,
                allowed_spawns: entries(profile.spawns.as_deref()),
                allowed_files: entries(profile.files.as_deref()),
                allowed_dst_ports: entries(profile.ports.as_deref()),
                allowed_dst_cidrs: entries(profile.cidrs.as_deref()),
                allowed_capabilities: entries(profile.capabilities.as_deref()),
                review: profile.review.clone(),
                document,
            }
        });
        LearnedReport {
            window: self.window.clone(),
            profiles: profiles.collect(),
            too_short: self.too_short.clone(),
            denied: self.denied,
            unattributed: self.unattributed,
        }
    }
}

fn entries<T: Display>(entries: Option<&[Entry<T>]>) -> Option<Vec<EntryReport>> {
    let entry = |entry: &Entry<T>| EntryReport {
        value: entry.value.to_string(),
        reason: entry.reason.to_string(),
        evidence: entry.evidence.clone(),
        allows_more: entry.allows_more,
    };
    entries.map(|entries| entries.iter().map(entry).collect())
}
