//! Signed folders, files and deliveries -> accepted, or a refusal with its own exit code.

mod keys;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_trust::Digest;
use telovix_trust::audit::{Action, Outcome, Record};
use telovix_trust::policy::{self, Delivery, PolicyFileError, PolicyName, VerifiedPolicy};
use telovix_workspace::{Repository, shown};

use self::keys::{Basis, Keys};
use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Report, Streams};
use crate::signing::{
    Accepted, AuditArguments, BundleArguments, LoggedAction, NOT_VERIFIED, NamedTrustRoot, Origin,
    TrustRootEntry, VerifyTrust, actor, cannot, read_named,
};

/// Verify the signatures of artifacts, and that they are still valid.
///
/// A folder is checked against the trust root: signatures, epoch, expiry, scope, and every file in it. A single policy
/// file is checked with its signature `{file}.sig`, and a JSON file of `enforcement_policies` with the signatures in
/// it, against the keys of the trust root or one public key.
///
/// The output names the trust root that was used. Inside a repository it is the one of the repository, so the result is
/// only as trustworthy as the checkout. Use `--host` to check what `apply` on this host would decide.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix verify                                          # the output folder of this repository
  telovix verify /var/lib/telovix/bundle --host --sensor sensor-site-0117 --group edge
  telovix verify a.yaml --public-key policy-signing.pub   # as a sensor does
  telovix verify compiled-policies --at 2026-11-21T10:00:00Z --format json

Exit codes: 0 accepted; 2 cannot be checked; 10 unsigned; 11 bad signature; 12 unknown key; 13 expired or not yet
valid; 14 older epoch; 15 wrong scope; 16 revoked; 17 too few signatures. Run `telovix explain CODE` for details.")]
pub(crate) struct Arguments {
    /// Folders, policy files or JSON files of `enforcement_policies`. Default: the output folder of the repository.
    paths: Vec<PathBuf>,
    /// Verify policies against this public key, as a sensor does, instead of the trust root.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The name a single policy was signed under. Default: its file name with extension.
    #[arg(long, value_name = "NAME", value_parser = PolicyName::parse)]
    name: Option<PolicyName>,
    #[command(flatten)]
    bundle: BundleArguments<VerifyTrust>,
    /// Record on this host that the folder was accepted, so that older ones are refused. Not allowed with the trust root
    /// of a repository, unless `--state` names another state file than the host's.
    #[arg(long)]
    accept: bool,
    #[command(flatten)]
    audit: AuditArguments,
    #[command(flatten)]
    format: FormatArgument,
}

/// The result of `verify`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Whether everything was accepted.
    accepted: bool,
    /// The exit code: 0, or that of the first refusal.
    exit_code: u8,
    /// The trust root that was used; absent with `--public-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust_root: Option<TrustRootEntry>,
    /// The public key that was used, with `--public-key`.
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
    /// Whether it was accepted.
    accepted: bool,
    /// The ids of the keys whose signatures are valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signers: Vec<String>,
    /// The epoch of the approval; this and the following fields are for folders only.
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
    /// The number of verified files.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalEntry>,
}

/// Why something was refused.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RefusalEntry {
    /// The stable code; see `telovix explain CODE`.
    code: &'static str,
    /// The exit code for this reason.
    exit_code: u8,
    message: String,
    /// How to fix it.
    help: Vec<String>,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
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
        if self.format.chosen == Format::Json {
            let accepted = failures.is_empty();
            let (trust_root, public_key) = basis.entries();
            let document = Document {
                version: VERSION,
                accepted,
                exit_code: exit.code(),
                trust_root,
                public_key,
                verdicts,
            };
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
    /// Checks one path; an error means that it could not be checked.
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

    /// Checks each policy of a folder individually, as a sensor does.
    fn examine_policies(&self, folder: &Path, keys: &Keys) -> Result<Vec<Examined>, Failure> {
        let paths = policy::policies_below(folder).map_err(|error| {
            let message = format!("cannot list `{}`: {error}", shown(folder));
            Failure::new(Exit::CannotRun, &NOT_VERIFIED, message)
        })?;
        if paths.is_empty() {
            let message = format!("no policy in `{}`", shown(folder));
            return Err(Failure::new(Exit::CannotRun, &NOT_VERIFIED, message));
        }
        let verified = policy::verify_files(&paths, &keys.all());
        paths.iter().zip(verified).map(|(path, verified)| examined(keys, path, verified)).collect()
    }

    fn examine_bundle(
        &self,
        path: &Path,
        root: &NamedTrustRoot,
        streams: &mut Streams,
    ) -> Result<Examined, Failure> {
        let subject = shown(path);
        if self.accept && root.origin == Origin::Repository && !self.bundle.names_state() {
            let message = format!("`--accept` cannot be used with the {root}");
            return Err(Failure::new(Exit::CannotRun, &NOT_VERIFIED, message).help(
                "use the trust root of this host with `--host`, or another state file with `--state`",
            ));
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

    /// Logs and records that this host accepted the bundle.
    fn accept(&self, subject: &str, accepted: &Accepted, streams: &mut Streams) -> Result<(), Failure> {
        let log = self.audit.next_to(&self.bundle.state_path());
        let approval = &accepted.bundle.approval;
        let action = LoggedAction::new(log, Action::Accepted, subject.to_owned());
        let action = action.with(Some(approval.manifest), Some(approval.epoch), None);
        let action = action.begin(streams)?;
        match self.bundle.record(accepted) {
            Ok(()) => action.done(),
            Err(failure) => Err(action.failed(failure)),
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
            detail: refusal
                .map_or_else(String::new, |refusal| format!("{}: {}", refusal.code, refusal.message)),
        };
        self.audit.record(&record, streams)
    }
}

fn examined(
    keys: &Keys,
    path: &Path,
    verified: Result<VerifiedPolicy, PolicyFileError>,
) -> Result<Examined, Failure> {
    let result = match verified {
        Ok(policy) => Ok((policy.key, Digest::of(&policy.content))),
        Err(PolicyFileError::Refused(refusal)) => Err(refusal),
        Err(error) => return Err(cannot(&NOT_VERIFIED, &error)),
    };
    Ok(verdict(keys, shown(path), result))
}

/// A correct signature is accepted only if its key is still valid.
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

/// Turns a refusal into a verdict; any other failure means that nothing could be checked.
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
