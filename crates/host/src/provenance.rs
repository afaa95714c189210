//! A loaded generation -> how its bundle was verified, in a file that is gone after a reboot, as the kernel's state is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use telovix_trust::{Digest, replace_whole};

use crate::admitted::{Admitted, RootUsed, Verification};

/// Two generations are loaded at a time; events of a few earlier ones may still be unread.
const REMEMBERED: usize = 16;

/// The record of the policies that were applied since boot, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Provenance {
    deliveries: Vec<Delivery>,
}

/// Where a policy came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// SHA-256 of the policy, as `status` prints it.
    policy: String,
    /// Whether it was verified.
    pub verification: Verification,
    /// The folder of its bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// The epoch of its bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The trust root it was verified against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<RootUsed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Delivery {
    /// The number it got; absent until the kernel has switched.
    generation: Option<u32>,
    #[serde(flatten)]
    origin: Origin,
}

impl Origin {
    pub(crate) fn of(policy: &Admitted) -> Self {
        Self {
            policy: policy.policy().to_string(),
            verification: policy.verification(),
            bundle: Some(policy.bundle().display().to_string()),
            epoch: policy.epoch(),
            root: policy.root().cloned(),
        }
    }
}

impl Provenance {
    /// Reads the record in a folder. One that cannot be read makes every policy [`Verification::Unknown`].
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let bytes = fs::read(path(folder)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Returns where a generation, or else the policy of that digest, came from.
    #[must_use]
    pub fn find(&self, generation: u32, policy: Option<&str>) -> Option<&Origin> {
        let newest = || self.deliveries.iter().rev();
        let numbered = newest().find(|delivery| delivery.generation == Some(generation));
        // A command killed right after the switch has left its delivery without a number.
        let unnumbered = || newest().find(|delivery| delivery.generation.is_none());
        let fits = |delivery: &&Delivery| policy.is_none_or(|policy| policy == delivery.origin.policy);
        numbered.or_else(unnumbered).filter(fits).map(|delivery| &delivery.origin)
    }

    /// Returns whether a policy was switched to since boot and not removed again.
    pub(crate) fn has_applied(&self) -> bool {
        self.deliveries.iter().any(|delivery| delivery.generation.is_some())
    }

    /// Returns how a generation, or else the policy of that digest, was verified.
    #[must_use]
    pub fn verification(&self, generation: u32, policy: Option<&str>) -> Verification {
        self.find(generation, policy).map_or(Verification::Unknown, |origin| origin.verification)
    }

    /// Returns the digest of the policy of a generation.
    pub(crate) fn policy(&self, generation: u32) -> Option<Digest> {
        let numbered = self.deliveries.iter().rev().find(|delivery| delivery.generation == Some(generation));
        numbered?.origin.policy.parse().ok()
    }

    /// Remembers a policy that is about to be switched to.
    pub(crate) fn begin(folder: &Path, origin: Origin) -> io::Result<()> {
        update(folder, |deliveries| {
            deliveries.retain(|known| known.generation.is_some());
            deliveries.push(Delivery { generation: None, origin });
        })
    }

    /// Remembers the number that the policy got; `None` when it was not switched to.
    pub(crate) fn settle(folder: &Path, policy: &str, generation: Option<u32>) -> io::Result<()> {
        update(folder, |deliveries| {
            // Numbers start again at 1 after everything was removed.
            deliveries.retain(|known| known.generation.is_none() || known.generation != generation);
            let unnumbered = deliveries.iter_mut().filter(|known| known.generation.is_none());
            for known in unnumbered.filter(|known| known.origin.policy == policy) {
                known.generation = generation;
            }
            deliveries.retain(|known| known.generation.is_some());
        })
    }

    /// Forgets everything, once nothing is loaded any more.
    pub(crate) fn forget(folder: &Path) {
        let _already_gone = fs::remove_file(path(folder));
    }
}

fn update(folder: &Path, change: impl FnOnce(&mut Vec<Delivery>)) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let lock = File::options().create(true).append(true).open(folder.join("provenance.lock"))?;
    lock.lock()?;
    let mut provenance = Provenance::read(folder);
    change(&mut provenance.deliveries);
    let surplus = provenance.deliveries.len().saturating_sub(REMEMBERED);
    provenance.deliveries.drain(..surplus);
    let json = serde_json::to_string(&provenance).map_err(io::Error::from)?;
    replace_whole(&path(folder), (json + "\n").as_bytes(), 0o644)
}

fn path(folder: &Path) -> PathBuf {
    folder.join("provenance.json")
}

#[cfg(test)]
mod tests {
    use super::{Origin, Provenance};
    use crate::Verification;

    fn origin(policy: &str, verification: Verification) -> Origin {
        Origin { policy: policy.to_owned(), verification, bundle: None, epoch: None, root: None }
    }

    #[test]
    fn each_generation_keeps_how_it_was_verified() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (policy, generation, verification) in [
            ("a", 1, Verification::Skipped),
            ("b", 2, Verification::Verified),
            ("c", 3, Verification::Skipped),
        ] {
            Provenance::begin(folder, origin(policy, verification)).unwrap();
            Provenance::settle(folder, policy, Some(generation)).unwrap();
        }
        let provenance = Provenance::read(folder);
        assert_eq!(provenance.verification(1, Some("a")), Verification::Skipped);
        assert_eq!(provenance.verification(2, Some("b")), Verification::Verified);
        assert_eq!(provenance.verification(3, None), Verification::Skipped);
        assert_eq!(provenance.verification(4, None), Verification::Unknown);
        assert_eq!(
            provenance.verification(2, Some("a")),
            Verification::Unknown,
            "another policy under that number"
        );
    }

    #[test]
    fn a_command_killed_after_the_switch_is_still_known() {
        let folder = tempfile::tempdir().unwrap();
        Provenance::begin(folder.path(), origin("a", Verification::Skipped)).unwrap();
        assert_eq!(Provenance::read(folder.path()).verification(1, Some("a")), Verification::Skipped);
    }

    #[test]
    fn what_was_refused_leaves_nothing_and_numbers_that_come_again_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        Provenance::begin(folder, origin("a", Verification::Skipped)).unwrap();
        Provenance::settle(folder, "a", None).unwrap();
        assert_eq!(Provenance::read(folder).verification(1, Some("a")), Verification::Unknown);
        for verification in [Verification::Skipped, Verification::Verified] {
            Provenance::begin(folder, origin("b", verification)).unwrap();
            Provenance::settle(folder, "b", Some(1)).unwrap();
        }
        assert_eq!(Provenance::read(folder).verification(1, Some("b")), Verification::Verified);
        Provenance::forget(folder);
        assert_eq!(Provenance::read(folder).verification(1, Some("b")), Verification::Unknown);
    }

    #[test]
    fn a_damaged_record_is_unknown_and_not_verified() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("provenance.json"), b"{\"deliveries\": [{").unwrap();
        assert_eq!(Provenance::read(folder.path()).verification(1, None), Verification::Unknown);
    }

    #[test]
    fn what_an_earlier_version_wrote_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let before = br#"{"deliveries":[{"policy":"a","generation":7,"verification":"verified"}]}"#;
        std::fs::write(folder.path().join("provenance.json"), before).unwrap();
        assert_eq!(Provenance::read(folder.path()).verification(7, Some("a")), Verification::Verified);
    }
}
