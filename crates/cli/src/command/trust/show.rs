//! The trust root -> a readable summary.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use telovix_trust::root::TrustedKey;
use telovix_trust::{Role, Timestamp};

use super::newest;
use crate::command::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json;
use crate::output::{Format, FormatArgument, Streams};
use crate::signing::{Moment, NamedTrustRoot, RepositoryTrust, read_chain, refused};

/// Print the newest version of the trust root, and whether it is trusted.
///
/// To make git show readable diffs of it, run `git config diff.telovix.textconv 'telovix trust show'` and add the line
/// `trust-root.json diff=telovix` to `.gitattributes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix trust show
  telovix trust show /etc/telovix/trust-root.json --format json")]
pub(crate) struct Arguments {
    /// The trust root file. Default: the one that `telovix verify` would use.
    file: Option<PathBuf>,
    #[command(flatten)]
    trust_root: RepositoryTrust,
    #[command(flatten)]
    moment: Moment,
    #[command(flatten)]
    format: FormatArgument,
}

/// The newest version of a trust root.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    #[serde(flatten)]
    newest: newest::Document,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// The lowest epoch a bundle may have.
    minimum_epoch: u64,
    /// How many different keys must sign a bundle.
    signing_threshold: usize,
    /// How many different keys must sign the next version.
    root_threshold: usize,
    keys: Vec<Key>,
}

/// One key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    name: String,
    id: String,
    /// `sign`, `root`.
    roles: Vec<String>,
    /// `valid`, `not yet valid`, `expired` or `revoked`.
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    /// When and why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<String>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let now = self.moment.timestamp();
        let (path, chain) = match &self.file {
            Some(file) => (file.clone(), read_chain(file)?),
            None => {
                let named = match self.trust_root.find()? {
                    Some(named) => named,
                    None => NamedTrustRoot::of_host()?,
                };
                let chain = named.read()?;
                (named.path, chain)
            }
        };
        let refusal = chain.current(now).err();
        let root = chain.newest();
        let document = Document {
            newest: newest::Document::of(&path, &chain, refusal.as_ref()),
            issued_at: root.issued_at().to_string(),
            expires_at: root.expires_at().map(|end| end.to_string()),
            minimum_epoch: root.minimum_epoch(),
            signing_threshold: root.threshold(Role::Sign),
            root_threshold: root.threshold(Role::Root),
            keys: root.keys().iter().map(|listed| key(listed, now)).collect(),
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => page(&document, &mut streams.data)?,
        }
        Ok(refusal.map_or(Exit::Clean, |refusal| refused(&refusal).exit()))
    }
}

fn key(listed: &TrustedKey, now: Timestamp) -> Key {
    let standing = match listed.standing("", now) {
        Ok(()) => "valid",
        Err(telovix_trust::Refusal::Revoked { .. }) => "revoked",
        Err(telovix_trust::Refusal::Expired { .. }) => "expired",
        Err(_) => "not yet valid",
    };
    Key {
        name: listed.name.clone(),
        id: listed.id.to_string(),
        roles: listed.roles.iter().map(ToString::to_string).collect(),
        standing,
        not_before: listed.not_before.map(|start| start.to_string()),
        not_after: listed.not_after.map(|end| end.to_string()),
        revoked: listed
            .revoked
            .as_ref()
            .map(|revocation| format!("{}: {}", revocation.at, revocation.reason)),
    }
}

fn page(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let newest::Document { file, root_version, problem, .. } = &document.newest;
    let state = problem.as_ref().map_or("trusted".to_owned(), |problem| format!("not trusted: {problem}"));
    writeln!(out, "{file}, version {root_version} of {}: {state}", document.issued_at)?;
    let of = |role: &str| {
        let fits = |key: &&Key| key.standing == "valid" && key.roles.iter().any(|other| other == role);
        document.keys.iter().filter(fits).count()
    };
    writeln!(out, "a bundle needs {} of {} signing keys", document.signing_threshold, of("sign"))?;
    writeln!(out, "the next version needs {} of {} root keys", document.root_threshold, of("root"))?;
    if document.minimum_epoch > 0 {
        writeln!(out, "bundles below epoch {} are refused", document.minimum_epoch)?;
    }
    if let Some(end) = &document.expires_at {
        writeln!(out, "expires {end}")?;
    }
    for key in &document.keys {
        write!(out, "\n{}\n  id     {}\n  signs  ", key.name, key.id)?;
        let words = key
            .roles
            .iter()
            .map(|role| if role == "root" { "the trust root" } else { "bundles and policies" });
        writeln!(out, "{}", words.collect::<Vec<_>>().join(", "))?;
        write!(out, "  state  {}", key.standing)?;
        key.not_before.iter().try_for_each(|start| write!(out, ", from {start}"))?;
        key.not_after.iter().try_for_each(|end| write!(out, ", until {end}"))?;
        key.revoked.iter().try_for_each(|why| write!(out, ", {why}"))?;
        writeln!(out)?;
    }
    Ok(())
}
