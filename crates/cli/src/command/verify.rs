//! Signed folders, files and deliveries -> accepted, or the reason why not and its own exit code.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::Diagnostic;
use telovix_trust::audit::{Action, Outcome, Record};
use telovix_trust::policy::{self, Delivery, PolicyFileError, PolicyName, VerifiedPolicy};
use telovix_trust::{Digest, KeyId, PublicKey, Role, TrustRoot};

use super::Run;
use crate::compilation::Repository;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Report, Streams};
use crate::signing::{
    Accepted, AuditArguments, BundleArguments, Deed, NO_TRUST_ROOT, NOT_VERIFIED, PUBLIC_KEY, actor, cannot, public_key,
    read_chain, read_named, refused, root_failure,
};

/// Verify that artifacts are what a trusted key signed, and still may be used.
///
/// A folder is held against the trust root: signatures, epoch, end, target, and every file in it. A single policy file
/// is held against `{file}.sig`, and a JSON file of `enforcement_policies` against the signatures in it, by the keys of
/// the trust root or by the fleet's one public key.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix verify                                          # what was compiled and signed in this repository
  telovix verify /var/lib/telovix/bundle --sensor sensor-site-0117 --group edge
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
    bundle: BundleArguments,
    /// Remember on this host that the folder was accepted, so that nothing older is.
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
        let mut verdicts = Vec::new();
        let mut failures = Vec::new();
        for path in &paths {
            for (verdict, failure) in self.examine(path, streams)? {
                self.log(&verdict, streams)?;
                verdicts.push(verdict);
                failures.extend(failure);
            }
        }
        let exit = failures.first().map_or(Exit::Clean, Failure::exit);
        if self.format == Format::Json {
            let accepted = failures.is_empty();
            let document = Document { version: VERSION, accepted, exit_code: exit.code(), verdicts };
            json::print(&document, &mut streams.data)?;
            return Ok(exit);
        }
        for verdict in verdicts.iter().filter(|verdict| verdict.accepted) {
            tell(verdict, &mut streams.data)?;
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
    fn examine(&self, path: &Path, streams: &mut Streams) -> Result<Vec<Examined>, Failure> {
        if path.is_dir() {
            return match self.public_key {
                Some(_) => self.examine_policies(path),
                None => Ok(vec![self.examine_bundle(path, streams)?]),
            };
        }
        let keys = Keys::find(self, path)?;
        if path.extension().is_some_and(|extension| extension == "json") {
            let json = read_named(path, &NOT_VERIFIED)?;
            let delivery = Delivery::read(&json).map_err(|error| cannot(&NOT_VERIFIED, &error))?;
            let results = delivery.verify(&keys.all()).into_iter();
            let named = delivery.enforcement_policies.iter().zip(results);
            return Ok(named
                .map(|(policy, result)| {
                    let content = policy.content.as_bytes();
                    keys.verdict(policy.name.clone(), result.map(|key| (key, Digest::of(content))))
                })
                .collect());
        }
        let verified = policy::verify_file(path, self.name.as_ref(), &keys.all());
        Ok(vec![keys.examined(path, verified)?])
    }

    /// Decides about each policy of a folder on its own, as a sensor does.
    fn examine_policies(&self, folder: &Path) -> Result<Vec<Examined>, Failure> {
        let keys = Keys::find(self, folder)?;
        let paths = policy::policies_below(folder).map_err(|error| {
            let message = format!("cannot list `{}`: {error}", shown(folder));
            Failure::new(Exit::CannotRun, &NOT_VERIFIED, message)
        })?;
        if paths.is_empty() {
            let message = format!("`{}` holds no policy", shown(folder));
            return Err(Failure::new(Exit::CannotRun, &NOT_VERIFIED, message));
        }
        let verified = policy::verify_files(&paths, &keys.all());
        paths.iter().zip(verified).map(|(path, verified)| keys.examined(path, verified)).collect()
    }

    fn examine_bundle(&self, path: &Path, streams: &mut Streams) -> Result<Examined, Failure> {
        let subject = shown(path);
        let accepted = self.bundle.verify(path).and_then(|accepted| {
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
        deed.begin(streams)?;
        match self.bundle.record(accepted) {
            Ok(()) => deed.done(None, None, streams),
            Err(failure) => Err(deed.failed(failure, streams)),
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

/// The keys that single policies are held against.
enum Keys {
    /// The fleet's one key.
    One(PublicKey),
    /// The signing keys of a trust root, with their standing at a time.
    Root(Box<TrustRoot>, telovix_trust::Timestamp),
}

impl Keys {
    fn find(arguments: &Arguments, path: &Path) -> Result<Self, Failure> {
        if let Some(file) = &arguments.public_key {
            return Ok(Keys::One(public_key(file)?));
        }
        let near = [path.to_owned()];
        if let Some(file) = arguments.bundle.trust_root.find(&near)? {
            let (chain, state) = (read_chain(&file)?, arguments.bundle.remembered()?);
            let now = state.not_before(arguments.bundle.moment.timestamp());
            let root = chain.current_for(&state, now).map_err(|refusal| root_failure(&file, refusal.into()))?;
            return Ok(Keys::Root(Box::new(root.clone()), now));
        }
        let beside = path.parent().unwrap_or(Path::new("")).join(PUBLIC_KEY);
        match [beside, PathBuf::from(PUBLIC_KEY)].iter().find(|file| file.exists()) {
            Some(file) => Ok(Keys::One(public_key(file)?)),
            None => {
                let message = "there is neither a trust root nor a `policy-signing.pub` here";
                Err(Failure::new(Exit::CannotRun, &NO_TRUST_ROOT, message)
                    .help("name one with `--public-key` or `--trust-root`"))
            }
        }
    }

    fn all(&self) -> Vec<PublicKey> {
        match self {
            Keys::One(key) => vec![*key],
            Keys::Root(root, _) => {
                let signing = root.keys().iter().filter(|key| key.roles.contains(&Role::Sign));
                signing.map(|key| key.public_key).collect()
            }
        }
    }

    fn examined(&self, path: &Path, verified: Result<VerifiedPolicy, PolicyFileError>) -> Result<Examined, Failure> {
        let result = match verified {
            Ok(policy) => Ok((policy.key, Digest::of(&policy.content))),
            Err(PolicyFileError::Refused(refusal)) => Err(refusal),
            Err(error) => return Err(cannot(&NOT_VERIFIED, &error)),
        };
        Ok(self.verdict(shown(path), result))
    }

    /// A signature that fits counts only if its key still does.
    fn verdict(&self, subject: String, result: Result<(KeyId, Digest), telovix_trust::Refusal>) -> Examined {
        let standing = result.and_then(|(key, digest)| match self {
            Keys::One(_) => Ok((key, digest)),
            Keys::Root(root, now) => {
                root.key(key).map_or(Ok(()), |listed| listed.standing(&format!("`{subject}`"), *now))?;
                Ok((key, digest))
            }
        });
        match standing {
            Ok((key, digest)) => {
                let signers = vec![key.to_string()];
                let sha256 = Some(digest.to_string());
                (Verdict { subject, accepted: true, signers, sha256, files: Some(1), ..Verdict::default() }, None)
            }
            Err(refusal) => {
                let failure = refused(&refusal);
                (Verdict { refusal: entry(&failure), subject, ..Verdict::default() }, Some(failure))
            }
        }
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
