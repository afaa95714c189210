//! How each loaded generation came to be trusted, kept beside the loaded images -> what `status` and `events` say of it.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use telovix_bpf_runtime::Places;
use telovix_trust::{Digest, replace_whole};

/// Two generations are loaded at a time; events of a few before them may still wait to be read.
const REMEMBERED: usize = 16;

/// Whether somebody's signature stands behind a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verification {
    /// The bundle was verified against the trust root.
    Verified,
    /// It was applied with `--insecure-skip-verify`.
    Skipped,
    /// The record of it is gone.
    Unknown,
}

/// What is remembered of the policies that were applied since boot, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Provenance {
    deliveries: Vec<Delivery>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Delivery {
    /// SHA-256 of the policy, as `status` prints it.
    policy: String,
    /// The number it got; absent until the kernel has switched.
    generation: Option<u32>,
    verification: Verification,
}

impl Provenance {
    /// Reads what is remembered. What cannot be read is unknown, which is told as such.
    pub(crate) fn read(places: &Places) -> Self {
        let bytes = fs::read(path(places)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Returns how a generation, or else the policy of that digest, came to be trusted.
    pub(crate) fn of(&self, generation: u32, policy: Option<&str>) -> Verification {
        let newest = || self.deliveries.iter().rev();
        let numbered = newest().find(|delivery| delivery.generation == Some(generation));
        // A command killed behind the switch has left its delivery without a number.
        let unnumbered = || newest().find(|delivery| delivery.generation.is_none());
        let fits = |delivery: &&Delivery| policy.is_none_or(|policy| policy == delivery.policy);
        numbered
            .or_else(unnumbered)
            .filter(fits)
            .map_or(Verification::Unknown, |delivery| delivery.verification)
    }

    /// Returns the digest of the policy that a generation holds.
    pub(crate) fn policy(&self, generation: u32) -> Option<Digest> {
        let numbered = self.deliveries.iter().rev().find(|delivery| delivery.generation == Some(generation));
        numbered?.policy.parse().ok()
    }

    /// Remembers a policy that is about to be switched to.
    ///
    /// # Errors
    /// When the file cannot be written; then nothing may be switched.
    pub(crate) fn begin(places: &Places, policy: &str, verification: Verification) -> io::Result<()> {
        let delivery = Delivery { policy: policy.to_owned(), generation: None, verification };
        update(places, |deliveries| {
            deliveries.retain(|known| known.generation.is_some());
            deliveries.push(delivery);
        })
    }

    /// Remembers the number that the policy got; `None` when it was not switched to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn settle(places: &Places, policy: &str, generation: Option<u32>) -> io::Result<()> {
        update(places, |deliveries| {
            // Numbers begin anew after everything was removed.
            deliveries.retain(|known| known.generation.is_none() || known.generation != generation);
            for known in
                deliveries.iter_mut().filter(|known| known.generation.is_none() && known.policy == policy)
            {
                known.generation = generation;
            }
            deliveries.retain(|known| known.generation.is_some());
        })
    }

    /// Forgets everything, once nothing is loaded any more.
    pub(crate) fn forget(places: &Places) {
        let _already_gone = fs::remove_file(path(places));
    }
}

fn update(places: &Places, change: impl FnOnce(&mut Vec<Delivery>)) -> io::Result<()> {
    fs::create_dir_all(&places.state)?;
    let lock = File::options().create(true).append(true).open(places.state.join("provenance.lock"))?;
    lock.lock()?;
    let mut provenance = Provenance::read(places);
    change(&mut provenance.deliveries);
    let surplus = provenance.deliveries.len().saturating_sub(REMEMBERED);
    provenance.deliveries.drain(..surplus);
    let json = serde_json::to_string(&provenance).map_err(io::Error::from)?;
    replace_whole(&path(places), (json + "\n").as_bytes(), 0o644)
}

fn path(places: &Places) -> PathBuf {
    places.state.join("provenance.json")
}

#[cfg(test)]
mod tests {
    use telovix_bpf_runtime::Places;

    use super::{Provenance, Verification};

    fn places(folder: &tempfile::TempDir) -> Places {
        Places { state: folder.path().to_owned(), ..Places::default() }
    }

    #[test]
    fn each_generation_keeps_how_it_was_verified() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        for (policy, generation, verification) in [
            ("a", 1, Verification::Skipped),
            ("b", 2, Verification::Verified),
            ("c", 3, Verification::Skipped),
        ] {
            Provenance::begin(&places, policy, verification).unwrap();
            Provenance::settle(&places, policy, Some(generation)).unwrap();
        }
        let provenance = Provenance::read(&places);
        assert_eq!(provenance.of(1, Some("a")), Verification::Skipped);
        assert_eq!(provenance.of(2, Some("b")), Verification::Verified);
        assert_eq!(provenance.of(3, None), Verification::Skipped);
        assert_eq!(provenance.of(4, None), Verification::Unknown);
        assert_eq!(provenance.of(2, Some("a")), Verification::Unknown, "another policy under that number");
    }

    #[test]
    fn a_command_killed_behind_the_switch_is_still_known() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        Provenance::begin(&places, "a", Verification::Skipped).unwrap();
        assert_eq!(Provenance::read(&places).of(1, Some("a")), Verification::Skipped);
    }

    #[test]
    fn what_was_refused_leaves_nothing_and_numbers_that_come_again_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        Provenance::begin(&places, "a", Verification::Skipped).unwrap();
        Provenance::settle(&places, "a", None).unwrap();
        assert_eq!(Provenance::read(&places).of(1, Some("a")), Verification::Unknown);
        for verification in [Verification::Skipped, Verification::Verified] {
            Provenance::begin(&places, "b", verification).unwrap();
            Provenance::settle(&places, "b", Some(1)).unwrap();
        }
        assert_eq!(Provenance::read(&places).of(1, Some("b")), Verification::Verified);
        Provenance::forget(&places);
        assert_eq!(Provenance::read(&places).of(1, Some("b")), Verification::Unknown);
    }

    #[test]
    fn a_damaged_record_is_unknown_and_not_verified() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        std::fs::write(folder.path().join("provenance.json"), b"{\"deliveries\": [{").unwrap();
        assert_eq!(Provenance::read(&places).of(1, None), Verification::Unknown);
    }
}
