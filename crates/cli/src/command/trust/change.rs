//! A change -> the next version of the trust root, signed with the given keys.

use std::path::Path;

use clap::Args;
use telovix_trust::root::{Chain, Change, TrustedKey};
use telovix_trust::{KeyId, Role, Timestamp};

use super::named_key::NamedKey;
use super::newest::{tell, write};
use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{
    AuditArguments, KeyArguments, Moment, RepositoryTrust, TRUST_ROOT_NOT_CHANGED, root_failure,
};

const SECONDS_PER_DAY: i64 = 86_400;

/// The flags of every change.
#[derive(Debug, Args)]
struct How {
    #[command(flatten)]
    trust_root: RepositoryTrust,
    #[command(flatten)]
    keys: KeyArguments,
    #[command(flatten)]
    moment: Moment,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// Add a key to the trust root.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust add ben=ben.pub --key root.ed25519
  telovix trust add root-2=root-2.pub --role root --key root.ed25519
  telovix trust add ~/.ssh/id_ed25519.pub --key root.ed25519")]
pub(crate) struct Add {
    /// The public key, in any supported encoding. Its name defaults to the file name without extension.
    #[arg(value_name = "[NAME=]FILE")]
    key: NamedKey,
    /// What it may sign: `sign` for bundles, `root` for the next version of the trust root. Repeatable.
    #[arg(long = "role", default_value = "sign")]
    roles: Vec<Role>,
    /// Its signatures are valid from this time on.
    #[arg(long, value_name = "TIME")]
    not_before: Option<Timestamp>,
    /// Its signatures are not valid from this time on.
    #[arg(long, value_name = "TIME")]
    not_after: Option<Timestamp>,
    #[command(flatten)]
    how: How,
}

/// Replace a key with a new one; the old key expires after an overlap.
///
/// A new root key must sign as well: pass both keys with `--key`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust rotate release release-2027=new.pub --overlap-days 7 --key root.ed25519
  telovix trust rotate root root-2027=new.pub --key root.ed25519 --key new.ed25519")]
pub(crate) struct Rotate {
    /// The old key: its name, its id or the start of its id.
    #[arg(value_name = "OLD")]
    old: String,
    /// The new public key; it gets the roles of the old one.
    #[arg(value_name = "[NAME=]FILE")]
    new: NamedKey,
    /// How many days signatures by the old key stay valid.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    overlap_days: u16,
    #[command(flatten)]
    how: How,
}

/// Revoke a key, including its earlier signatures.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust revoke release --reason 'laptop stolen' --key root.ed25519")]
pub(crate) struct Revoke {
    /// The key: its name, its id or the start of its id.
    #[arg(value_name = "KEY")]
    key: String,
    /// The reason, which `verify` reports for signatures by this key.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    how: How,
}

/// Set the thresholds, the minimum epoch, or the expiry of the trust root.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust set --signing-threshold 2 --key root.ed25519
  telovix trust set --minimum-epoch 1795255200 --key root.ed25519
  telovix trust set --expires 2028-01-01T00:00:00Z --key root.ed25519")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Set {
    /// How many different keys must sign a bundle.
    #[arg(long, value_name = "COUNT", group = "what")]
    signing_threshold: Option<usize>,
    /// How many different keys must sign the next version of the trust root.
    #[arg(long, value_name = "COUNT", group = "what")]
    root_threshold: Option<usize>,
    /// Refuse bundles with a lower epoch. It cannot be lowered again.
    #[arg(long, value_name = "EPOCH", group = "what")]
    minimum_epoch: Option<u64>,
    /// When this version of the trust root expires; `never` removes the expiry.
    #[arg(long, value_name = "TIME", group = "what", value_parser = expiry)]
    expires: Option<Expiry>,
    #[command(flatten)]
    how: How,
}

/// Add a signature to the newest version of the trust root.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust sign --key agent:")]
pub(crate) struct Sign {
    #[command(flatten)]
    how: How,
}

/// The expiry of a trust root.
#[derive(Clone, Copy, Debug)]
enum Expiry {
    At(Timestamp),
    Never,
}

fn expiry(text: &str) -> Result<Expiry, String> {
    if text == "never" {
        return Ok(Expiry::Never);
    }
    text.parse().map(Expiry::At).map_err(|error: telovix_trust::TimestampError| error.to_string())
}

impl Run for Add {
    fn format(&self) -> Format {
        self.how.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let entry = self.key.entry(&self.roles)?;
        let entry = TrustedKey { not_before: self.not_before, not_after: self.not_after, ..entry };
        self.how.append(|_, _| Ok(vec![Change::Add(Box::new(entry))]), streams)
    }
}

impl Run for Rotate {
    fn format(&self) -> Format {
        self.how.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let changes = |chain: &Chain, now: Timestamp| {
            let old = find(chain, &self.old)?;
            let end = now.plus_seconds(i64::from(self.overlap_days) * SECONDS_PER_DAY);
            let new = self.new.entry(&old.roles)?;
            Ok(vec![Change::Add(Box::new(new)), Change::Retire(old.id, end)])
        };
        self.how.append(changes, streams)
    }
}

impl Run for Revoke {
    fn format(&self) -> Format {
        self.how.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let changes =
            |chain: &Chain, _| Ok(vec![Change::Revoke(find(chain, &self.key)?.id, self.reason.clone())]);
        self.how.append(changes, streams)
    }
}

impl Run for Set {
    fn format(&self) -> Format {
        self.how.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let mut changes = Vec::new();
        changes.extend(self.signing_threshold.map(|count| Change::Threshold(Role::Sign, count)));
        changes.extend(self.root_threshold.map(|count| Change::Threshold(Role::Root, count)));
        changes.extend(self.minimum_epoch.map(Change::MinimumEpoch));
        changes.extend(self.expires.map(|end| match end {
            Expiry::At(end) => Change::Expiry(Some(end)),
            Expiry::Never => Change::Expiry(None),
        }));
        self.how.append(|_, _| Ok(changes), streams)
    }
}

impl Run for Sign {
    fn format(&self) -> Format {
        self.how.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        self.how.sign(|_, _| Ok(()), streams)
    }
}

impl How {
    /// Appends a version with these changes and signs it with the given keys.
    fn append(
        &self,
        changes: impl FnOnce(&Chain, Timestamp) -> Result<Vec<Change>, Failure>,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let change = |chain: &mut Chain, path: &Path| {
            let now = self.moment.timestamp();
            let changes = changes(chain, now)?;
            chain.append(&changes, now).map_err(|error| root_failure(path, error))
        };
        self.sign(change, streams)
    }

    fn sign(
        &self,
        change: impl FnOnce(&mut Chain, &Path) -> Result<(), Failure>,
        streams: &mut Streams,
    ) -> Result<Exit, Failure> {
        let (root, mut chain) = self.trust_root.read()?;
        let path = root.path;
        change(&mut chain, &path)?;
        let listed: Vec<_> =
            chain.versions().flat_map(|(root, _)| root.keys()).map(|key| key.public_key).collect();
        let folder = path.parent().unwrap_or(Path::new(""));
        for signer in self.keys.open(folder, &listed)? {
            chain.sign(signer.as_ref()).map_err(|error| root_failure(&path, error))?;
        }
        write(&path, &chain, &self.audit, streams)?;
        tell(&path, &chain, self.moment.timestamp(), self.format.chosen, streams)?;
        Ok(Exit::Clean)
    }
}

/// Finds a key by its name, its id, or at least eight digits of its id.
fn find<'chain>(chain: &'chain Chain, wanted: &str) -> Result<&'chain TrustedKey, Failure> {
    let starts = |id: KeyId| wanted.len() >= 8 && id.to_string().starts_with(wanted);
    let keys = chain.newest().keys();
    let mut found = keys.iter().filter(|key| key.name == wanted || starts(key.id));
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key),
        (first, _) => {
            let number = if first.is_some() { "more than one key" } else { "no key" };
            let message = format!("the trust root lists {number} named `{wanted}`");
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
            Err(Failure::new(Exit::CannotRun, &TRUST_ROOT_NOT_CHANGED, message)
                .help(format!("it lists {}", names.join(", "))))
        }
    }
}
