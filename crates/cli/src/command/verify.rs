//! Signed folders, files and deliveries -> accepted, or the reason why not and its own exit code.

mod keys;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_trust::Digest;
use telovix_trust::audit::{Action, Outcome, Record};
use telovix_trust::policy::{Delivery, PolicyFileError, PolicyName, VerifiedPolicy, self};
use telovix_workspace::{Repository, shown};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Report, Streams};
use crate::output::json::{VERSION, self};
use crate::output::text::plural;
use crate::signing::{Accepted, AuditArguments, BundleArguments, Deed, NOT_VERIFIED, NamedTrustRoot, Origin, TrustRootEntry, VerifyTrust, actor, cannot, read_named};
use self::keys::{Basis, Keys};
use super::Run;

/// Verify that artifacts are what a trusted key signed, and still may be used.
///
/// A folder is checked by the trust root: signatures, epoch, end, target, and every file in it. A single policy file is
/// checked with `{file}.sig`, and a JSON file of `enforcement_policies` with the signatures in it, by the keys of the
/// trust root or by the fleet's one public key.
///
/// The answer names the trust root it rests on. In a repository that is the repository's own, so the answer is worth as
/// much as the checkout; what `apply` on this host would decide, `--host` tells.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix verify                                          # what was compiled and signed in this repository
  telovix verify /var/lib/telovix/bundle --host --sensor sensor-site-0117 --group edge
  telovix verify a.yaml --public-key policy-signing.pub   # as a sensor does
  telovix verify compiled-policies --at 2026-11-21T10:00:00Z --format json

Exit codes: 0 accepted; 2 nothing could be decided; 10 unsigned; 11 bad signature; 12 unknown key; 13 expired or not
yet valid; 14 older epoch; 15 wrong target; 16 revoked; 17 too few signatures. `telovix explain CODE` tells more.")]
pub(crate) struct Arguments {
    /// Folders, policy files or JSON files of `enforcement_policies`; the output folder of the repository when absent.
    paths: Vec<PathBuf>,
    /// Verify policies against this one public key, as a sensor does, instead of the trust root.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The name a single policy was signed under; its file name with extension when absent.
    #[arg(long, value_name = "NAME", value_parser = PolicyName::parse)]
    name: Option<PolicyName>,
    #[command(flatten)]
    bundle: BundleArguments<VerifyTrust>,
    /// Remember on this host that the folder was accepted, so that nothing older is. Not by a repository's own trust
    /// root, unless `--state` names another memory than the host's.
    #[arg(long)]
    accept: bool,
    #[command(flatten)]
    audit: AuditArguments,
    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was decided.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// Whether everything was accepted.
    accepted: bool,
    /// The exit code: 0, or that of the first refusal.
    exit_code: u8,
    /// The trust root that decided; absent with `--public-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRootEntry>,
    /// The public key that decided, named with `--public-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    /// The decision on each folder or policy.
    verdicts: Vec<Verdict>,
}

/// The decision on one folder or policy.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Verdict {
    /// The folder, the file, or the name in a delivery.
    subject: String,
    /// Whether it may be used.
    accepted: bool,
    /// The ids of the keys whose signatures counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signers: Vec<String>,
    /// The epoch of the approval; folders only, as all below.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_revision: Option<String>,
    /// SHA-256 of `manifest.json`, or of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// How many files were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// Why it may not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalEntry>,
}

/// Why something may not be used.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalEntry {
    /// Stable identity; `telovix explain CODE` prints its page.
    code: &'static str,
    /// The exit code for this reason.
    exit_code: u8,
    message: String,
    /// What to do next.
    help: Vec<String>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let paths = match self.paths.as_slice() {
            [] => vec![PathBuf::from(shown(&Repository::find(&[])?.output()))],
            named => named.to_vec(),
        };
        let basis = Basis::find(self)?;
        let mut verdicts = Vec::new();
        let mut failures = Vec::new();
        for path in &paths {
            for (verdict, failure) in self.examine(path, &basis, streams)? {
                self.log(&verdict, streams)?;
                verdicts.push(verdict);
                failures.extend(failure);
            }
        }
        let exit = failures.first().map_or(Exit::Clean, Failure::exit);
        if self.format == Format::Json {
            let accepted = failures.is_empty();
            let (trust_root, public_key) = basis.entries();
            let document =
                Document { version: VERSION, accepted, exit_code: exit.code(), trust_root, public_key, verdicts };
            json::print(&document, &mut streams.data)?;
            return Ok(exit);
        }
        for verdict in verdicts.iter().filter(|verdict| verdict.accepted) {
            tell(verdict, &mut streams.data)?;
        }
        if verdicts.iter().any(|verdict| verdict.accepted) {
            writeln!(streams.data, "trusted by {basis}")?;
        }
        if failures.is_empty() {
            return Ok(exit);
        }
        let told: Vec<Diagnostic> = failures.into_iter().flat_map(Failure::into_diagnostics).collect();
        Err(Failure::because(exit, Report::without_sources(told)))
    }
}

type Examined = (Verdict, Option<Failure>);

impl Arguments {
    /// Decides about one path; an error means that nothing could be decided.
    fn examine(&self, path: &Path, basis: &Basis, streams: &mut Streams) -> Result<Vec<Examined>, Failure> {
        match basis {
            Basis::TrustRoot(root) if path.is_dir() => Ok(vec![self.examine_bundle(path, root, streams)?]),
            basis if path.is_dir() => self.examine_policies(path, &Keys::of(basis, self)?),
            basis => self.examine_file(path, &Keys::of(basis, self)?),
        }
    }

    fn examine_file(&self, path: &Path, keys: &Keys) -> Result<Vec<Examined>, Failure> {
        if path.extension().is_some_and(|extension| extension == "json") {
            let json = read_named(path, &NOT_VERIFIED)?;
            let delivery = Delivery::read(&json).map_err(|error| cannot(&NOT_VERIFIED, &error))?;
            let results = delivery.verify(&keys.all()).into_iter();
            let named = delivery.enforcement_policies.iter().zip(results);
            return Ok(named
                .map(|(policy, result)| {
                    let content = policy.content.as_bytes();
                    verdict(keys, policy.name.clone(), result.map(|key| (key, Digest::of(content))))
                })
                .collect());
        }
        let verified = policy::verify_file(path, self.name.as_ref(), &keys.all());
        Ok(vec![examined(keys, path, verified)?])
    }

    /// Decides about each policy of a folder on its own, as a sensor does.
    fn examine_policies(&self, folder: &Path, keys: &Keys) -> Result<Vec<Examined>, Failure> {
        let paths = policy::policies_below(folder).map_err(|error| {
            let message = format!("cannot list `{}`: {error}", shown(folder));
            Failure::new(Exit::CannotRun, &NOT_VERIFIED, message)
        })?;
        if paths.is_empty() {
            let message = format!("`{}` holds no policy", shown(folder));
            return Err(Failure::new(Exit::CannotRun, &NOT_VERIFIED, message));
        }
        let verified = policy::verify_files(&paths, &keys.all());
        paths.iter().zip(verified).map(|(path, verified)| examined(keys, path, verified)).collect()
    }

    fn examine_bundle(&self, path: &Path, root: &NamedTrustRoot, streams: &mut Streams) -> Result<Examined, Failure> {
        let subject = shown(path);
        if self.accept && root.origin == Origin::Repository && !self.bundle.names_state() {
            let message = format!("this host remembers nothing by the {root}");
            return Err(Failure::new(Exit::CannotRun, &NOT_VERIFIED, message)
                .help("decide by the host's own with `--host`, or name another memory with `--state`"));
        }
        let accepted = self.bundle.verify_by(root, path).and_then(|accepted| {
            if self.accept {
                self.accept(&subject, &accepted, streams)?;
            }
            Ok(accepted)
        });
        match accepted {
            Ok(Accepted { bundle, .. }) => {
                let approval = bundle.approval;
                let verdict = Verdict {
                    subject,
                    accepted: true,
                    signers: bundle.signers.iter().map(ToString::to_string).collect(),
                    epoch: Some(approval.epoch),
                    scope: Some(approval.scope.to_string()),
                    issued_at: Some(approval.issued_at.to_string()),
                    expires_at: Some(approval.expires_at.to_string()),
                    source_revision: approval.source_revision,
                    sha256: Some(approval.manifest.to_string()),
                    files: Some(bundle.artifacts.len()),
                    refusal: None,
                };
                Ok((verdict, None))
            }
            Err(failure) => refuse(subject, failure),
        }
    }

    /// Makes this host remember the bundle, which its audit log knows first.
    fn accept(&self, subject: &str, accepted: &Accepted, streams: &mut Streams) -> Result<(), Failure> {
        let log = self.audit.beside(&self.bundle.state_path());
        let approval = &accepted.bundle.approval;
        let deed = Deed::new(log, Action::Accepted, subject.to_owned());
        let deed = deed.with(Some(approval.manifest), Some(approval.epoch), None);
        let deed = deed.begin(streams)?;
        match self.bundle.record(accepted) {
            Ok(()) => deed.done(),
            Err(failure) => Err(deed.failed(failure)),
        }
    }

    fn log(&self, verdict: &Verdict, streams: &mut Streams) -> Result<(), Failure> {
        let refusal = verdict.refusal.as_ref();
        let record = Record {
            created_at: self.bundle.moment.timestamp(),
            action_type: Action::Verified,
            outcome: if verdict.accepted { Outcome::Success } else { Outcome::Failure },
            actor: actor(),
            subject: verdict.subject.clone(),
            sha256: verdict.sha256.as_ref().and_then(|digest| digest.parse().ok()),
            epoch: verdict.epoch,
            generation: None,
            policy: None,
            detail: refusal.map_or_else(String::new, |refusal| format!("{}: {}", refusal.code, refusal.message)),
        };
        self.audit.record(&record, streams)
    }
}

fn examined(keys: &Keys, path: &Path, verified: Result<VerifiedPolicy, PolicyFileError>) -> Result<Examined, Failure> {
    let result = match verified {
        Ok(policy) => Ok((policy.key, Digest::of(&policy.content))),
        Err(PolicyFileError::Refused(refusal)) => Err(refusal),
        Err(error) => return Err(cannot(&NOT_VERIFIED, &error)),
    };
    Ok(verdict(keys, shown(path), result))
}

/// A signature that fits counts only if its key still does.
fn verdict(
    keys: &Keys,
    subject: String,
    result: Result<(telovix_trust::KeyId, Digest), telovix_trust::Refusal>,
) -> Examined {
    match keys.judge(&subject, result) {
        Ok((key, digest)) => {
            let signers = vec![key.to_string()];
            let sha256 = Some(digest.to_string());
            (Verdict { subject, accepted: true, signers, sha256, files: Some(1), ..Verdict::default() }, None)
        }
        Err(failure) => (Verdict { refusal: entry(&failure), subject, ..Verdict::default() }, Some(failure)),
    }
}

/// A refusal is a verdict; anything else means that nothing was decided.
fn refuse(subject: String, failure: Failure) -> Result<Examined, Failure> {
    if failure.exit() == Exit::CannotRun {
        return Err(failure);
    }
    Ok((Verdict { refusal: entry(&failure), subject, ..Verdict::default() }, Some(failure)))
}

fn entry(failure: &Failure) -> Option<RefusalEntry> {
    let told = failure.diagnostics().first()?;
    Some(RefusalEntry {
        code: told.code.id,
        exit_code: failure.exit().code(),
        message: told.message.clone(),
        help: told.help.clone(),
    })
}

fn tell(verdict: &Verdict, out: &mut dyn Write) -> std::io::Result<()> {
    let keys = verdict.signers.iter().map(|id| id.get(..16).unwrap_or(id)).collect::<Vec<_>>().join(", ");
    write!(out, "verified `{}`: signed by {keys}", verdict.subject)?;
    if let (Some(epoch), Some(scope), Some(end), Some(files)) =
        (verdict.epoch, &verdict.scope, &verdict.expires_at, verdict.files)
    {
        write!(out, "; epoch {epoch} for {scope} until {end}; {}", plural(files, "file"))?;
    }
    writeln!(out)
}
