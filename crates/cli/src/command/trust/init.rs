//! Public keys -> the first version of a trust root.

use std::io::Write;

use clap::Args;
use telovix_trust::root::{Chain, Thresholds, TrustedKey};
use telovix_trust::{PublicKey, Role, TrustRoot};
use telovix_workspace::Repository;
use telovix_workspace::shown;

use super::named_key::NamedKey;
use super::newest::{tell, write};
use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{
    AuditArguments, KeyArguments, Moment, RepositoryTrust, TRUST_ROOT_NOT_CHANGED, cannot, root_failure,
};

/// Create the first version of a trust root, signed with `--key`.
///
/// Without `--root-key`, the keys that sign it become its root keys. Without `--signing-key`, they may also sign
/// bundles: suitable for one person, but without separation of duties.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust init                       # one key for everything: the one of `telovix keygen`
  telovix trust init --key root.ed25519 --signing-key ci=ci.pub --signing-key anna=anna.pub --signing-threshold 2")]
pub(crate) struct Arguments {
    #[command(flatten)]
    trust_root: RepositoryTrust,
    #[command(flatten)]
    keys: KeyArguments,
    /// A public key that may sign bundles. Its name defaults to the file name without extension. Repeatable.
    #[arg(long = "signing-key", value_name = "[NAME=]FILE")]
    signing_keys: Vec<NamedKey>,
    /// A public key that may sign the next version of the trust root. Repeatable.
    #[arg(long = "root-key", value_name = "[NAME=]FILE")]
    root_keys: Vec<NamedKey>,
    /// How many different keys must sign a bundle.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    signing_threshold: usize,
    /// How many different keys must sign the next version of the trust root.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    root_threshold: usize,
    #[command(flatten)]
    moment: Moment,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    format: FormatArgument,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&[])?;
        let path = self.trust_root.place(&repository);
        if path.exists() {
            let message = format!("trust root `{}` already exists", shown(&path));
            return Err(Failure::new(Exit::CannotRun, &TRUST_ROOT_NOT_CHANGED, message)
                .help("change it with `telovix trust add`, `rotate`, `revoke` or `set`"));
        }
        let signers = self.keys.open(repository.root(), &[])?;
        let own: Vec<PublicKey> = signers.iter().map(|signer| signer.public_key()).collect();
        let thresholds = Thresholds { sign: self.signing_threshold, root: self.root_threshold };
        let root = TrustRoot::first(self.entries(&own)?, thresholds, self.moment.timestamp(), None)
            .map_err(|error| cannot(&TRUST_ROOT_NOT_CHANGED, &error))?;
        let mut chain = Chain::begin(root);
        for signer in &signers {
            chain.sign(signer.as_ref()).map_err(|error| root_failure(&path, error))?;
        }
        write(&path, &chain, &self.audit, streams)?;
        tell(&path, &chain, self.moment.timestamp(), self.format.chosen, streams)?;
        writeln!(streams.talk, "copy it to `/etc/telovix/trust-root.json` on each host")?;
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn entries(&self, own: &[PublicKey]) -> Result<Vec<TrustedKey>, Failure> {
        let mut entries: Vec<TrustedKey> = Vec::new();
        let mut list = |entry: TrustedKey| match entries.iter_mut().find(|listed| listed.id == entry.id) {
            Some(listed) => listed.roles.extend(entry.roles),
            None => entries.push(entry),
        };
        self.signing_keys.iter().try_for_each(|key| key.entry(&[Role::Sign]).map(&mut list))?;
        self.root_keys.iter().try_for_each(|key| key.entry(&[Role::Root]).map(&mut list))?;
        let mut inherited = Vec::new();
        inherited.extend(self.signing_keys.is_empty().then_some(Role::Sign));
        inherited.extend(self.root_keys.is_empty().then_some(Role::Root));
        if !inherited.is_empty() {
            for (key, number) in own.iter().zip(1..) {
                let name = if own.len() == 1 { "first".to_owned() } else { format!("first-{number}") };
                list(TrustedKey::new(name, *key, inherited.clone()));
            }
        }
        Ok(entries)
    }
}
