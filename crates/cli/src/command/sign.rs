//! A folder or files of policies -> signatures that a host can rely on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde::Serialize;
use telovix_trust::audit::{Action, Outcome, Record};
use telovix_trust::bundle::{self, MANIFEST, SignRequest, SignedBundle};
use telovix_trust::policy::{self, Delivery, EnforcementPolicy, PolicyName};
use telovix_trust::{Digest, PublicKey, ResultDigest, Role, Scope, Signer, Timestamp, TrustRoot};

use super::Run;
use crate::compilation::Repository;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Streams};
use crate::signing::{
    AuditArguments, KeyArguments, Moment, NOT_SIGNED, NamedTrustRoot, RepositoryTrust, TrustRootEntry, actor, cannot, read_named, root_failure,
};

const SECONDS_PER_DAY: i64 = 86_400;

/// Sign a folder of artifacts, or single policy files.
///
/// Each policy gets the fleet's own signature in `{file}.sig`: Ed25519 over `telovix-policy-v1:{name}` and its bytes.
/// A folder also gets `manifest.json.dsse`, which binds all its files to an epoch, an end, a target and what they were
/// made from. A second key holder who signs the same folder adds a signature; anything else replaces the approval.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix sign                                   # what `telovix compile` wrote in this repository
  telovix sign compiled-policies --key agent:release --result lint=lint.json --result test=test.json
  telovix sign site-0117 --scope sensor:sensor-site-0117 --days 30
  telovix sign telovix-custom-a.yaml             # one file: writes telovix-custom-a.yaml.sig
  telovix sign --delivery a.yaml b.yaml          # prints the `enforcement_policies` of a heartbeat")]
pub(crate) struct Arguments {
    /// Folders of artifacts, or policy files; the output folder of the repository when absent.
    paths: Vec<PathBuf>,
    #[command(flatten)]
    keys: KeyArguments,
    #[command(flatten)]
    trust_root: RepositoryTrust,
    /// For whom a folder is approved: `fleet`, `group:NAME` or `sensor:ID`. When absent, as another key holder
    /// approved it, else the fleet.
    #[arg(long)]
    scope: Option<Scope>,
    /// The folder's place in the order of all bundles; the time in seconds when absent.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
    /// For how many days a folder is approved.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: u16,
    /// The revision the folder was made from; that of git when absent.
    #[arg(long, value_name = "REVISION")]
    source_revision: Option<String>,
    /// Vouch for the result of a check, such as `lint=lint.json`; may be given several times.
    #[arg(long = "result", value_name = "NAME=FILE", value_parser = named_file)]
    results: Vec<(String, PathBuf)>,
    /// The name a single policy is signed under; its file name with extension when absent.
    #[arg(long, value_name = "NAME", value_parser = PolicyName::parse)]
    name: Option<PolicyName>,
    /// Print the policies as `enforcement_policies`, the form of a heartbeat, and write no files.
    #[arg(long)]
    delivery: bool,
    #[command(flatten)]
    moment: Moment,
    #[command(flatten)]
    audit: AuditArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was signed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// The id of the key that signed.
    key_id: String,
    /// The trust root that lists the key; absent where the repository has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRootEntry>,
    /// What was signed, in the order it was named.
    signed: Vec<Signed>,
}

/// One signed folder or file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Signed {
    /// The folder or file.
    path: String,
    /// How many policies got a signature of their own.
    policies: usize,
    /// What was approved; folders only.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approved>,
}

/// The approval of a folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Approved {
    epoch: u64,
    scope: String,
    /// The first moment at which it is not valid any more.
    expires_at: String,
    /// Every key that has signed by now.
    signers: Vec<String>,
    /// How many signatures the trust root asks for; absent without a trust root.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<usize>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.delivery { Format::Text } else { self.format }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&[])?;
        let paths = match self.paths.as_slice() {
            [] => vec![PathBuf::from(shown(&repository.output()))],
            named => named.to_vec(),
        };
        let now = self.moment.timestamp();
        let trust = Trust::read(&self.trust_root, now)?;
        let folder = trust.as_ref().map_or_else(|| repository.root().to_owned(), |trust| trust.folder.clone());
        let listed = trust.as_ref().map_or(&[][..], |trust| &trust.keys);
        let signer = self.keys.open_one(&folder, listed)?;
        if self.delivery {
            self.deliver(&paths, signer.as_ref(), streams)?;
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
        match self.format {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => tell(&document, streams)?,
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
        let told = |error: bundle::SignError| cannot(&NOT_SIGNED, &error).help(
            "`telovix compile` writes the folder anew; `telovix sign` signs it as it was written",
        );
        if !path.join(MANIFEST).exists() {
            let manifest = bundle::write_manifest(path).map_err(told)?;
            let count = plural(manifest.artifacts().len(), "file");
            writeln!(streams.talk, "wrote `{}`, which lists {count}", shown(&path.join(MANIFEST)))?;
        }
        let request = self.request(path, trust, now)?;
        let SignedBundle { approval, signers, policies } = bundle::sign(path, &request, signer).map_err(told)?;
        let approved = Approved {
            epoch: approval.epoch,
            scope: approval.scope.to_string(),
            expires_at: approval.expires_at.to_string(),
            signers: signers.iter().map(ToString::to_string).collect(),
            required: trust.map(|trust| trust.required),
        };
        Ok(Signed { path: shown(path), policies, approval: Some(approved) })
    }

    fn request(&self, path: &Path, trust: Option<&Trust>, now: Timestamp) -> Result<SignRequest, Failure> {
        let expires_at = now.plus_seconds(i64::from(self.days) * SECONDS_PER_DAY);
        let before = bundle::read_approval(path).map_or(0, |(approval, _)| approval.epoch);
        let rising = || u64::try_from(now.seconds()).unwrap_or(0).max(before.saturating_add(1));
        let mut results = Vec::new();
        for (name, file) in &self.results {
            results.push(ResultDigest { name: name.clone(), sha256: Digest::of(&read_named(file, &NOT_SIGNED)?) });
        }
        results.sort();
        Ok(SignRequest {
            scope: self.scope.clone(),
            epoch: self.epoch.unwrap_or_else(rising),
            issued_at: now,
            expires_at,
            source_revision: self.source_revision.clone().or_else(|| git_revision(path)),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            results,
            trusted: trust.map_or_else(Vec::new, |trust| trust.keys_until(expires_at)),
        })
    }

    fn sign_file(&self, path: &Path, signer: &dyn Signer) -> Result<Signed, Failure> {
        policy::sign_file(path, self.name.as_ref(), signer).map_err(|error| cannot(&NOT_SIGNED, &error))?;
        Ok(Signed { path: shown(path), policies: 1, approval: None })
    }

    fn deliver(&self, paths: &[PathBuf], signer: &dyn Signer, streams: &mut Streams) -> Result<(), Failure> {
        let told = |error: &dyn std::error::Error| cannot(&NOT_SIGNED, error);
        let mut delivery = Delivery { enforcement_policies: Vec::new(), other: serde_json::Map::new() };
        for path in paths {
            let own = || PolicyName::of_file(path);
            let name = self.name.clone().map_or_else(own, Ok).map_err(|error| told(&error))?;
            let content = policy::read_policy(path).map_err(|error| told(&error))?;
            let content = String::from_utf8(content).map_err(|error| told(&error))?;
            let policy = EnforcementPolicy::sign(&name, content, true, signer).map_err(|error| told(&error))?;
            delivery.enforcement_policies.push(policy);
        }
        // Reading it back refuses what a sensor would: the same name twice, say.
        Delivery::read(delivery.to_json().as_bytes()).map_err(|error| told(&error))?;
        write!(streams.data, "{}", delivery.to_json())?;
        Ok(())
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

/// What signing has to know about the trust root.
struct Trust {
    named: NamedTrustRoot,
    folder: PathBuf,
    keys: Vec<PublicKey>,
    required: usize,
    root: TrustRoot,
}

impl Trust {
    /// Returns the keys whose signatures count now and for as long as the approval does. A policy that a retiring key
    /// signed is signed anew, or the bundle would end with that key.
    fn keys_until(&self, end: Timestamp) -> Vec<PublicKey> {
        let lasting = self.root.usable_keys(Role::Sign, end.plus_seconds(-1));
        self.keys.iter().copied().filter(|key| lasting.contains(key)).collect()
    }

    fn read(arguments: &RepositoryTrust, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(named) = arguments.find()? else { return Ok(None) };
        let chain = named.read()?;
        let root = chain.current(now).map_err(|refusal| root_failure(&named.path, refusal.into()))?;
        let folder = named.path.parent().unwrap_or(Path::new("")).to_owned();
        let keys = root.usable_keys(Role::Sign, now);
        Ok(Some(Self { named, folder, keys, required: root.threshold(Role::Sign), root: root.clone() }))
    }
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
        writeln!(streams.data, "epoch {epoch} for {scope} until {expires_at}; {policies} new")?;
        if let Some(required) = required.filter(|required| *required > signers.len()) {
            let missing = plural(required - signers.len(), "signature");
            writeln!(streams.talk, "{missing} more needed: another key holder runs `telovix sign {path}`")?;
        }
    }
    Ok(())
}

/// Returns the commit that is checked out around the folder; `None` without git.
fn git_revision(folder: &Path) -> Option<String> {
    let around = std::path::absolute(folder).ok()?;
    let output = Command::new("git").arg("-C").arg(around.parent()?).args(["rev-parse", "HEAD"]).output().ok()?;
    let revision = String::from_utf8(output.stdout).ok()?;
    let revision = revision.trim();
    let plain = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    (output.status.success() && plain).then(|| revision.to_owned())
}

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("expected NAME=FILE, such as `lint=lint.json`".to_owned()),
    }
}
