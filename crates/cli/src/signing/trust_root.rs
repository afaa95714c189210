//! Flags -> the trust root: the host's, or the one of the repository around the current folder. The bundle that is
//! verified is never searched for one.
//!
//! Each of the types below is one rule of search; a verb uses the one it needs. Whoever can write the file decides whose
//! signatures are accepted, so a file that was found, and not named, must belong to a user who may decide that.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
pub(crate) use telovix_host::HOST_TRUST_ROOT;
use telovix_trust::root::{Chain, ChainError, MAX_CHAIN_BYTES};

use super::code::{NO_TRUST_ROOT, TRUST_ROOT_EXPOSED};
use super::root_failure;
use crate::exit::Exit;
use crate::failure::Failure;
use telovix_workspace::{CONFIGURATION, Repository, shown};

const WORLD_WRITABLE: u32 = 0o002;
const GROUP_OR_WORLD_WRITABLE: u32 = 0o022;

/// How a trust root was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// It was named with `--trust-root`.
    Named,
    /// It belongs to the repository around the current folder.
    Repository,
    /// It is `/etc/telovix/trust-root.json`.
    Host,
}

/// A trust root, and how it was found. Its content is not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedTrustRoot {
    /// The file.
    pub(crate) path: PathBuf,
    /// How it was found.
    pub(crate) origin: Origin,
}

/// The trust root of a decision, in JSON output.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TrustRootEntry {
    /// The trust root file.
    file: String,
    /// How it was found: `named` with `--trust-root`, in the `repository` around the current folder, or as that of the
    /// `host`.
    origin: Origin,
}

/// A rule that finds the trust root of a decision about a bundle.
pub(crate) trait FindTrustRoot {
    /// Returns the trust root.
    ///
    /// # Errors
    /// When this rule finds none, or others may change it.
    fn find(&self) -> Result<NamedTrustRoot, Failure>;

    /// Returns whether the host's state belongs to a decision by this trust root.
    fn concerns_host(&self, root: &NamedTrustRoot) -> bool;
}

/// The trust root of the verbs that change a host: the named one, else the host's own.
#[derive(Debug, Args)]
pub(crate) struct HostTrust {
    /// The trust root; `/etc/telovix/trust-root.json` when absent, which must belong to root and be writable by root
    /// alone. No other place is searched.
    #[arg(long, value_name = "FILE")]
    trust_root: Option<PathBuf>,
}

/// The trust root of the verbs that work in a repository: what is named, else that of the repository around the
/// current folder.
#[derive(Debug, Args)]
pub(crate) struct RepositoryTrust {
    /// The trust root. Default: `trust_root` in the `telovix.yaml` of the current repository, else `trust-root.json` next
    /// to that file.
    #[arg(long, value_name = "FILE")]
    trust_root: Option<PathBuf>,
}

/// The trust root of `verify`: what is named, else that of the repository around the current folder, else the host's.
#[derive(Debug, Args)]
pub(crate) struct VerifyTrust {
    /// The trust root. When absent: that of the repository around the current folder, else
    /// `/etc/telovix/trust-root.json`. It is never taken from the files to verify.
    #[arg(long, value_name = "FILE", conflicts_with = "host")]
    trust_root: Option<PathBuf>,
    /// Decide as `apply` on this host does: by `/etc/telovix/trust-root.json` and by the epochs that the host accepted.
    #[arg(long)]
    host: bool,
}

impl FindTrustRoot for HostTrust {
    fn find(&self) -> Result<NamedTrustRoot, Failure> {
        NamedTrustRoot::named(self.trust_root.as_deref()).map_or_else(NamedTrustRoot::of_host, Ok)
    }

    fn concerns_host(&self, _: &NamedTrustRoot) -> bool {
        true
    }
}

impl FindTrustRoot for VerifyTrust {
    fn find(&self) -> Result<NamedTrustRoot, Failure> {
        if let Some(named) = NamedTrustRoot::named(self.trust_root.as_deref()) {
            return Ok(named);
        }
        if self.host {
            return NamedTrustRoot::of_host();
        }
        match NamedTrustRoot::of_repository(&Repository::find(&[])?)? {
            Some(found) => Ok(found),
            None if Path::new(HOST_TRUST_ROOT).exists() => NamedTrustRoot::of_host(),
            None => Err(absent(format!(
                "there is no trust root in the repository around the current folder, and no `{HOST_TRUST_ROOT}`"
            ))
            .help("name one with `--trust-root`, or a public key with `--public-key`")),
        }
    }

    fn concerns_host(&self, root: &NamedTrustRoot) -> bool {
        root.origin == Origin::Host
    }
}

impl RepositoryTrust {
    /// Returns the trust root of the repository around the current folder; `None` where it has none.
    ///
    /// # Errors
    /// When a configuration is invalid, or others may change the trust root.
    pub(crate) fn find(&self) -> Result<Option<NamedTrustRoot>, Failure> {
        match NamedTrustRoot::named(self.trust_root.as_deref()) {
            Some(named) => Ok(Some(named)),
            None => NamedTrustRoot::of_repository(&Repository::find(&[])?),
        }
    }

    /// Reads the trust root that [`RepositoryTrust::find`] finds.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(crate) fn read(&self) -> Result<(NamedTrustRoot, Chain), Failure> {
        let root = self.find()?.ok_or_else(|| {
            absent("there is no trust root in the repository around the current folder")
                .help("make one with `telovix trust init`, or name one with `--trust-root`")
        })?;
        let chain = root.read()?;
        Ok((root, chain))
    }

    /// Returns where the trust root of this repository is or would be.
    pub(crate) fn place(&self, repository: &Repository) -> PathBuf {
        self.trust_root.clone().unwrap_or_else(|| repository.trust_root())
    }
}

impl NamedTrustRoot {
    fn named(path: Option<&Path>) -> Option<Self> {
        path.map(|path| Self { path: path.to_owned(), origin: Origin::Named })
    }

    /// Returns the trust root of this host.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn of_host() -> Result<Self, Failure> {
        let path = PathBuf::from(HOST_TRUST_ROOT);
        match path.try_exists() {
            Ok(false) => Err(absent(format!("this host has no trust root `{HOST_TRUST_ROOT}`"))
                .help("copy the fleet's trust root there as root, or name one with `--trust-root`")),
            _ => Ok(Self { path, origin: Origin::Host }),
        }
    }

    fn of_repository(repository: &Repository) -> Result<Option<Self>, Failure> {
        let path = repository.trust_root();
        if !path.exists() {
            return Ok(None);
        }
        // A link, a configuration or a folder of another user could lead to any file of this user.
        let configuration = repository.root().join(CONFIGURATION);
        for leading in [repository.root(), &configuration] {
            if let Ok(metadata) = fs::metadata(leading) {
                refuse_exposed(leading, &metadata, Origin::Repository)?;
            }
        }
        Ok(Some(Self { path: PathBuf::from(shown(&path)), origin: Origin::Repository }))
    }

    /// Reads the trust root, from the same open file whose owner was checked.
    ///
    /// # Errors
    /// When others may change it, it cannot be read, or it is not a trust root.
    pub(crate) fn read(&self) -> Result<Chain, Failure> {
        let failure = |source| root_failure(&self.path, ChainError::File { path: self.path.clone(), source });
        let file = File::open(&self.path).map_err(failure)?;
        refuse_exposed(&self.path, &file.metadata().map_err(failure)?, self.origin)?;
        if self.origin == Origin::Host {
            let folder = self.path.parent().unwrap_or(Path::new("/"));
            refuse_exposed(folder, &fs::metadata(folder).map_err(failure)?, self.origin)?;
        }
        let json = read_bounded(file).map_err(failure)?;
        Chain::from_json(&json).map_err(|error| root_failure(&self.path, error))
    }

    /// Refuses a trust root that was found inside the bundle to verify: whoever made the bundle made it.
    ///
    /// # Errors
    /// When it is there, unless it was named.
    pub(crate) fn refuse_inside(&self, bundle: &Path) -> Result<(), Failure> {
        let followed = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.origin == Origin::Named || !followed(&self.path).starts_with(followed(bundle)) {
            return Ok(());
        }
        let message = format!("{self} is inside `{}`, the bundle to verify", bundle.display());
        Err(Failure::new(Exit::CannotRun, &TRUST_ROOT_EXPOSED, message)
            .help("use the host's with `--host`, or name one with `--trust-root`"))
    }

    /// Returns its entry in JSON output.
    pub(crate) fn entry(&self) -> TrustRootEntry {
        TrustRootEntry { file: self.path.display().to_string(), origin: self.origin }
    }
}

impl fmt::Display for NamedTrustRoot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "trust root `{}` ", self.path.display())?;
        out.write_str(match self.origin {
            Origin::Named => "named with `--trust-root`",
            Origin::Repository => "of this repository",
            Origin::Host => "of this host",
        })
    }
}

fn absent(message: impl Into<String>) -> Failure {
    Failure::new(Exit::CannotRun, &NO_TRUST_ROOT, message)
}

fn read_bounded(file: File) -> io::Result<Vec<u8>> {
    let mut json = Vec::new();
    file.take(MAX_CHAIN_BYTES as u64 + 1).read_to_end(&mut json)?;
    Ok(json)
}

/// Refuses a file or folder that may be changed by a user who must not decide whom this user or host trusts.
fn refuse_exposed(path: &Path, metadata: &Metadata, origin: Origin) -> Result<(), Failure> {
    let runner = rustix::process::geteuid().as_raw();
    let Some(exposure) = exposure(metadata.uid(), metadata.mode(), runner, origin) else { return Ok(()) };
    let message = format!("`{}` {exposure}", path.display());
    let help = match origin {
        Origin::Host => "check its content, then `chown root:root` and `chmod go-w` it".to_owned(),
        Origin::Repository | Origin::Named => {
            "to trust it anyway, name the file: `--trust-root trust-root.json`".to_owned()
        }
    };
    Err(Failure::new(Exit::CannotRun, &TRUST_ROOT_EXPOSED, message).help(help))
}

/// Returns who else may change a file with this owner and mode; `None` when only users who decide about trust may.
fn exposure(owner: u32, mode: u32, runner: u32, origin: Origin) -> Option<String> {
    let (owners, writable) = match origin {
        Origin::Named => return None,
        Origin::Host => (&[0][..], GROUP_OR_WORLD_WRITABLE),
        Origin::Repository => (&[0, runner][..], WORLD_WRITABLE),
    };
    if !owners.contains(&owner) {
        let expected = if origin == Origin::Host || runner == 0 { "root" } else { "you or root" };
        return Some(format!("belongs to user id {owner}; expected {expected}"));
    }
    (mode & writable != 0).then(|| {
        let others = if writable == WORLD_WRITABLE { "any user" } else { "users other than root" };
        format!("may be changed by {others} (mode {:04o})", mode & 0o7777)
    })
}

#[cfg(test)]
mod tests {
    use super::{Origin, exposure};

    #[test]
    fn a_host_takes_only_what_root_alone_may_change() {
        assert_eq!(exposure(0, 0o100_644, 0, Origin::Host), None);
        assert_eq!(exposure(0, 0o100_644, 1000, Origin::Host), None);
        for (owner, mode) in [(1000, 0o100_644), (0, 0o100_664), (0, 0o100_646), (0, 0o041_777)] {
            assert!(exposure(owner, mode, 0, Origin::Host).is_some(), "{owner} {mode:o}");
        }
    }

    #[test]
    fn a_repository_is_trusted_by_its_owner_and_what_root_wrote_by_all() {
        for (owner, runner) in [(1000, 1000), (0, 1000), (0, 0)] {
            assert_eq!(exposure(owner, 0o100_664, runner, Origin::Repository), None);
        }
        for (owner, mode, runner) in [(1001, 0o100_644, 1000), (1001, 0o100_644, 0), (0, 0o041_777, 0)] {
            assert!(exposure(owner, mode, runner, Origin::Repository).is_some(), "{owner} {mode:o} {runner}");
        }
    }

    #[test]
    fn what_was_named_is_the_callers_choice() {
        assert_eq!(exposure(1001, 0o100_666, 0, Origin::Named), None);
    }
}
