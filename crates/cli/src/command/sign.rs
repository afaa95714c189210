//! A folder of artifacts or single policy files -> their signatures.

mod delivery;
mod revision;
mod trust;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_trust::audit::{Action, Outcome, Record};
use telovix_trust::bundle::{self, Asked, Existing, MANIFEST, SignRequest, SignedBundle};
use telovix_trust::policy::{self, PolicyName};
use telovix_trust::{Digest, ResultDigest, Scope, Signer, Timestamp, highest_epoch};
use telovix_workspace::{Repository, shown};

use self::revision::{Revision, WorkTree};
use self::trust::Trust;
use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Amount, Format, FormatArgument, Report, Streams, text};
use crate::signing::{
    AuditArguments, KeyArguments, Moment, NOT_SIGNED, RepositoryTrust, SOURCE_NOT_COMMITTED, TrustRootEntry,
    actor, cannot, read_named,
};

const SECONDS_PER_DAY: i64 = 86_400;
/// How many days an approval is valid by default.
const DEFAULT_DAYS: u16 = 90;

/// Sign a folder of artifacts, or single policy files.
///
/// Each policy gets a signature in `{file}.sig`: Ed25519 over `telovix-policy-v1:{name}` and its bytes. A folder also
/// gets an approval, `manifest.json.dsse`, which binds all its files to an epoch, an expiry time, a scope and a source
/// revision. If a second key holder signs the same folder, the signature is added to the existing approval. The
/// approval is replaced if the files or the scope changed, if it has expired, or with `--renew`. A key that the trust
/// root of the repository does not list, or that is revoked or expired, is refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix sign                                   # what `telovix compile` wrote in this repository
  telovix sign compiled-policies --key agent:release --result lint=lint.json --result test=test.json
  telovix sign site-0117 --scope sensor:sensor-site-0117 --days 30
  telovix sign telovix-custom-a.yaml             # one file: writes telovix-custom-a.yaml.sig
  telovix sign --delivery a.yaml b.yaml          # prints `enforcement_policies` for a heartbeat")]
pub(crate) struct Arguments {
    /// Folders of artifacts, or policy files. Default: the output folder of the repository.
    paths: Vec<PathBuf>,
    #[command(flatten)]
    keys: KeyArguments,
    #[command(flatten)]
    trust_root: RepositoryTrust,
    /// The hosts a folder is approved for: `fleet`, `group:NAME` or `sensor:ID`. Default: the scope of the existing
    /// approval, else `fleet`.
    #[arg(long)]
    scope: Option<Scope>,
    /// The epoch: hosts refuse a bundle with a lower one than they accepted before. Default: the current time in
    /// seconds. At most one day ahead of it.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
    /// How many days the approval is valid. Default: 90.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: Option<u16>,
    /// Replace the existing approval and its signatures.
    #[arg(long)]
    renew: bool,
    /// The source revision of the folder. Default: the commit that is checked out around the folder, with `-dirty` if
    /// the work tree has uncommitted changes; none without git.
    #[arg(long, value_name = "REVISION")]
    source_revision: Option<String>,
    /// Include the digest of a check result, such as `lint=lint.json`. Repeatable.
    #[arg(long = "result", value_name = "NAME=FILE", value_parser = named_file)]
    results: Vec<(String, PathBuf)>,
    /// The name to sign a single policy under. Default: its file name with extension.
    #[arg(long, value_name = "NAME", value_parser = PolicyName::parse)]
    name: Option<PolicyName>,
    /// Print the signed policies as `enforcement_policies`, the format of a heartbeat, and write no files. Of a folder,
    /// all policies in it.
    #[arg(long)]
    delivery: bool,
    #[command(flatten)]
    moment: Moment,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// The result of `sign`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// The id of the key that signed.
    key_id: String,
    /// The trust root that lists the key; absent if the repository has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRootEntry>,
    /// The signed folders and files, in the order of the arguments.
    signed: Vec<Signed>,
}

/// One signed folder or file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Signed {
    /// The folder or file.
    path: String,
    /// The number of policies that were signed individually.
    policies: usize,
    /// The approval; folders only.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approved>,
}

/// The approval of a folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Approved {
    epoch: u64,
    scope: String,
    /// When it expires.
    expires_at: String,
    /// Every key that has signed so far.
    signers: Vec<String>,
    /// How many signatures the trust root requires; absent without a trust root.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<usize>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.delivery { Format::Text } else { self.format.chosen }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&[])?;
        let paths = match self.paths.as_slice() {
            [] => vec![PathBuf::from(shown(&repository.output()))],
            named => named.to_vec(),
        };
        let now = self.moment.timestamp();
        let trust = Trust::read(&self.trust_root, now)?;
        let folder =
            trust.as_ref().map_or_else(|| repository.root().to_owned(), |trust| trust.folder.clone());
        let listed = trust.as_ref().map_or(&[][..], |trust| &trust.keys);
        let signer = self.keys.open_one(&folder, listed)?;
        match &trust {
            Some(trust) => trust.check_signer(signer.public_key(), now)?,
            None => writeln!(streams.talk, "no trust root found: not checked whether hosts trust this key")?,
        }
        if self.delivery {
            delivery::print(&paths, self.name.as_ref(), signer.as_ref(), streams)?;
            return Ok(Exit::Clean);
        }
        let mut signed = Vec::new();
        for path in &paths {
            let one = if path.is_dir() {
                self.sign_folder(path, signer.as_ref(), trust.as_ref(), now, streams)
            } else {
                self.sign_file(path, signer.as_ref())
            };
            self.log(path, now, signer.as_ref(), one.as_ref().err(), streams)?;
            signed.push(one?);
        }
        let document = Document {
            version: VERSION,
            key_id: signer.public_key().id().to_string(),
            trust_root: trust.as_ref().map(|trust| trust.named.entry()),
            signed,
        };
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => {
                tell(&document, streams)?;
                if let Some(trust) = &trust {
                    writeln!(streams.data, "the key is listed in the {}", trust.named)?;
                }
            }
        }
        Ok(Exit::Clean)
    }
}

impl Arguments {
    fn sign_folder(
        &self,
        path: &Path,
        signer: &dyn Signer,
        trust: Option<&Trust>,
        now: Timestamp,
        streams: &mut Streams,
    ) -> Result<Signed, Failure> {
        if !path.join(MANIFEST).exists() {
            let manifest = bundle::write_manifest(path).map_err(|error| not_signed(&error))?;
            let count = plural(manifest.artifacts().len(), "file");
            writeln!(streams.talk, "wrote `{}`, which lists {count}", shown(&path.join(MANIFEST)))?;
        }
        let revision = self.source_revision.is_none().then(|| Revision::around(path)).flatten();
        let request = self.request(path, revision.as_ref(), trust, now)?;
        let SignedBundle { approval, signers, policies } =
            bundle::sign(path, &request, signer).map_err(|error| not_signed(&error))?;
        let dirty = revision.filter(|revision| revision.state == WorkTree::Dirty);
        if let Some(revision) =
            dirty.filter(|revision| approval.source_revision.as_ref() == Some(&revision.text))
        {
            warn_of_dirty(path, &revision, streams)?;
        }
        let key = signer.public_key();
        if let Some(end) = trust.and_then(|trust| trust.ends_before(key, approval.expires_at)) {
            writeln!(
                streams.talk,
                "the key expires at {end}, before the approval; its signature is not valid after that"
            )?;
        }
        let approved = Approved {
            epoch: approval.epoch,
            scope: approval.scope.to_string(),
            expires_at: approval.expires_at.to_string(),
            signers: signers.iter().map(ToString::to_string).collect(),
            required: trust.map(|trust| trust.required),
        };
        Ok(Signed { path: shown(path), policies, approval: Some(approved) })
    }

    fn request(
        &self,
        path: &Path,
        revision: Option<&Revision>,
        trust: Option<&Trust>,
        now: Timestamp,
    ) -> Result<SignRequest, Failure> {
        let days = self.days.unwrap_or(DEFAULT_DAYS);
        let expires_at = now.plus_seconds(i64::from(days) * SECONDS_PER_DAY);
        let before = bundle::read_approval(path).map_or(0, |(approval, _)| approval.epoch);
        let rising = || {
            let time = u64::try_from(now.seconds()).unwrap_or(0);
            // The existing approval was not verified: do not follow an epoch that is too far in the future.
            let next = before.saturating_add(1);
            if next > highest_epoch(now) { time } else { time.max(next) }
        };
        let mut results = Vec::new();
        for (name, file) in &self.results {
            results.push(ResultDigest {
                name: name.clone(),
                sha256: Digest::of(&read_named(file, &NOT_SIGNED)?),
            });
        }
        results.sort();
        Ok(SignRequest {
            scope: self.scope.clone(),
            epoch: self.epoch.unwrap_or_else(rising),
            issued_at: now,
            expires_at,
            source_revision: self
                .source_revision
                .clone()
                .or_else(|| revision.map(|revision| revision.text.clone())),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            results,
            trusted: trust.map_or_else(Vec::new, |trust| trust.keys_until(expires_at)),
            existing: self.existing(),
        })
    }

    fn existing(&self) -> Existing {
        if self.renew {
            return Existing::Replace;
        }
        let mut asked = Vec::new();
        asked.extend(self.epoch.is_some().then_some(Asked::Epoch));
        asked.extend(self.days.is_some().then_some(Asked::Lifetime));
        asked.extend(self.source_revision.is_some().then_some(Asked::SourceRevision));
        asked.extend((!self.results.is_empty()).then_some(Asked::Results));
        Existing::Continue(asked)
    }

    fn sign_file(&self, path: &Path, signer: &dyn Signer) -> Result<Signed, Failure> {
        policy::sign_file(path, self.name.as_ref(), signer).map_err(|error| cannot(&NOT_SIGNED, &error))?;
        Ok(Signed { path: shown(path), policies: 1, approval: None })
    }

    fn log(
        &self,
        path: &Path,
        now: Timestamp,
        signer: &dyn Signer,
        failure: Option<&Failure>,
        streams: &mut Streams,
    ) -> Result<(), Failure> {
        let record = Record {
            created_at: now,
            action_type: Action::Signed,
            outcome: if failure.is_none() { Outcome::Success } else { Outcome::Failure },
            actor: actor(),
            subject: shown(path),
            sha256: None,
            epoch: bundle::read_approval(path).ok().map(|(approval, _)| approval.epoch),
            generation: None,
            policy: None,
            detail: format!("key {}", signer.public_key().id()),
        };
        self.audit.record(&record, streams)
    }
}

fn not_signed(error: &bundle::SignError) -> Failure {
    let help = match error {
        bundle::SignError::OtherApproval { .. } => {
            "omit the flag to add a signature to the existing approval, or replace it with `--renew`"
        }
        bundle::SignError::EpochAhead { .. } => {
            "omit `--epoch` to use the current time; replace an existing approval with `--renew`"
        }
        bundle::SignError::ApprovalNotRead(_) => {
            "restore the file, or replace it and the signatures in it with a new approval: `--renew`"
        }
        _ => "run `telovix compile` again, then sign the unmodified folder",
    };
    cannot(&NOT_SIGNED, error).help(help)
}

fn warn_of_dirty(path: &Path, revision: &Revision, streams: &mut Streams) -> Result<(), Failure> {
    let message = format!(
        "the work tree around `{}` has uncommitted changes; the signed source revision is `{}`",
        shown(path),
        revision.text
    );
    let mut warning = Diagnostic::new(&SOURCE_NOT_COMMITTED, None, message);
    warning
        .help
        .push("commit, compile and sign again, so that reviewers can see the signed sources".to_owned());
    text::write(&Report::without_sources(vec![warning]), Amount::ALL, &mut streams.talk)?;
    streams.talk.flush()?;
    Ok(())
}

fn tell(document: &Document, streams: &mut Streams) -> std::io::Result<()> {
    let key = &document.key_id;
    for Signed { path, policies, approval } in &document.signed {
        let Some(approval) = approval else {
            writeln!(streams.data, "signed `{path}` with key {key}")?;
            continue;
        };
        let Approved { epoch, scope, expires_at, signers, required } = approval;
        writeln!(streams.data, "signed `{path}` with key {key}")?;
        let policies = plural(*policies, "policy signature");
        writeln!(streams.data, "epoch {epoch} for {scope} until {expires_at}; {policies} added")?;
        if let Some(required) = required.filter(|required| *required > signers.len()) {
            let missing = plural(required - signers.len(), "signature");
            writeln!(streams.talk, "{missing} missing: another key holder must run `telovix sign {path}`")?;
        }
    }
    Ok(())
}

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected NAME=FILE, such as `lint=lint.json`".to_owned()),
    }
}
