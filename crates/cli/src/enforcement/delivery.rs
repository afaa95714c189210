//! A bundle's folder -> the image in it, after the bundle was verified, or because the operator takes it unverified.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_bpf_programs::image::Image;
use telovix_bpf_runtime::Scope;
use telovix_compiler::emit::IMAGE_PATH;
use telovix_diagnostic::Diagnostic;
use telovix_trust::audit::Action;

use super::code::{IMAGE_REFUSED, NO_IMAGE, VERIFICATION_SKIPPED};
use super::provenance::Verification;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::shown;
use crate::output::{Report, Streams, text};
use crate::signing::{Accepted, AuditArguments, BundleArguments, Deed};

/// The flags of the verbs that load a bundle.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArguments {
    /// The folder that `telovix compile` wrote and `telovix sign` signed.
    bundle: PathBuf,
    #[command(flatten)]
    trust: BundleArguments,
    /// Take whatever lies there, signed by nobody or by anybody. Insecure: whoever can write the folder decides what this
    /// kernel enforces. Warned about every time, and told by `status` and `events` for as long as the policy is loaded.
    ///
    /// The digests inside the image are still checked; they find damage, not intent.
    #[arg(long)]
    insecure_skip_verify: bool,
}

/// A bundle that may be loaded.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// Its image, verified record by record.
    pub(crate) image: Image,
    accepted: Option<Accepted>,
}

impl DeliveryArguments {
    /// Verifies the bundle and reads its image.
    ///
    /// # Errors
    /// With the exit code of the refusal; with 2 when the folder holds no image.
    pub(crate) fn open(&self, streams: &mut Streams) -> Result<Delivered, Failure> {
        if self.insecure_skip_verify {
            warn(&self.bundle, streams)?;
            let path = if self.bundle.is_dir() { self.bundle.join(IMAGE_PATH) } else { self.bundle.clone() };
            let bytes = std::fs::read(&path).map_err(|error| {
                let message = format!("cannot read the image `{}`: {error}", shown(&path));
                Failure::new(Exit::CannotRun, &NO_IMAGE, message)
            })?;
            return Ok(Delivered { image: read(&path, &bytes)?, accepted: None });
        }
        let accepted = self.trust.verify(&self.bundle)?;
        let path = Path::new(IMAGE_PATH);
        let found = accepted.bundle.artifacts.iter().find(|(name, _)| name.as_str() == IMAGE_PATH);
        let Some((_, bytes)) = found else {
            let message = format!("the bundle `{}` holds no `{IMAGE_PATH}`", shown(&self.bundle));
            return Err(Failure::new(Exit::CannotRun, &NO_IMAGE, message)
                .help("compile for a native target, which writes the image"));
        };
        Ok(Delivered { image: read(path, bytes)?, accepted: Some(accepted) })
    }

    /// Remembers that the bundle was accepted, so that nothing older is from now on.
    ///
    /// # Errors
    /// When something newer was accepted meanwhile, or the memory cannot be written.
    pub(crate) fn record(&self, delivered: &Delivered) -> Result<(), Failure> {
        delivered.accepted.as_ref().map_or(Ok(()), |accepted| self.trust.record(accepted))
    }

    /// Returns the audit log: the one that was named, else that of the host.
    pub(crate) fn log(&self, audit: &AuditArguments) -> PathBuf {
        audit.beside(&self.trust.state_path())
    }

    /// Says that the bundle is about to be applied.
    pub(crate) fn deed(&self, log: PathBuf) -> Deed {
        Deed::new(log, Action::Applied, shown(&self.bundle))
    }

    /// Returns who this host is.
    pub(crate) fn scope(&self) -> Scope {
        Scope { sensor: self.trust.sensor.clone(), groups: self.trust.groups.clone() }
    }
}

impl Delivered {
    /// Says with which bundle something is done.
    pub(crate) fn name_in(&self, deed: Deed) -> Deed {
        let approval = self.accepted.as_ref().map(|accepted| &accepted.bundle.approval);
        let manifest = approval.map(|approval| approval.manifest);
        deed.with(manifest, approval.map(|approval| approval.epoch), self.policy().parse().ok())
    }

    /// Returns the digest of the policy, as `status` prints it.
    pub(crate) fn policy(&self) -> String {
        self.image.digest().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns whether somebody's signature stands behind the bundle.
    pub(crate) fn verification(&self) -> Verification {
        if self.accepted.is_some() { Verification::Verified } else { Verification::Skipped }
    }
}

/// Tells on standard error, in every form of output, that nothing was verified.
fn warn(bundle: &Path, streams: &mut Streams) -> Result<(), Failure> {
    let message = format!("nobody's signature on `{}` was checked", shown(bundle));
    let mut warning = Diagnostic::new(&VERIFICATION_SKIPPED, None, message);
    warning.help.push("sign it with `telovix sign`, and leave `--insecure-skip-verify` out".to_owned());
    text::write(&Report::without_sources(vec![warning]), &mut streams.talk)?;
    streams.talk.flush()?;
    Ok(())
}

fn read(path: &Path, bytes: &[u8]) -> Result<Image, Failure> {
    Image::read(bytes).map_err(|error| {
        let message = format!("`{}`: {error}", shown(path));
        Failure::new(Exit::CannotRun, &IMAGE_REFUSED, message).help(error.help())
    })
}
