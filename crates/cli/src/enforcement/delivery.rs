//! The flags that name a bundle -> the offer that a host decides about.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_diagnostic::Diagnostic;
use telovix_host::{Host, HostError, Linux, Offer, RequiredTrust, RootOrigin, Trust};
use telovix_trust::Host as Identity;
use telovix_workspace::shown;

use super::{PlaceArguments, VERIFICATION_SKIPPED, failed};
use crate::failure::Failure;
use crate::output::{Report, Streams, text};
use crate::signing::{BundleArguments, FindTrustRoot as _, NamedTrustRoot, Origin, journal};

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

impl DeliveryArguments {
    /// Returns this host, which logs to the file that was named, else beside its memory.
    pub(crate) fn host(&self, places: &PlaceArguments, log: Option<PathBuf>) -> Host<Linux> {
        let memory = self.trust.state_path();
        let log = log.unwrap_or_else(|| memory.with_file_name("audit.ndjson"));
        let identity = Identity { sensor: self.trust.sensor.clone(), groups: self.trust.groups.clone() };
        let kernel = places.kernel();
        Host::new(identity, memory, journal(log), kernel.places.state.clone(), kernel)
    }

    /// Returns the bundle's folder, as it is shown.
    pub(crate) fn name(&self) -> String {
        shown(&self.bundle)
    }

    /// Says on whose word the bundle is offered.
    ///
    /// # Errors
    /// When the host has no trust root, or it cannot be read or is exposed.
    pub(crate) fn offer(&self, streams: &mut Streams) -> Result<Offered, Failure> {
        let bundle = PathBuf::from(self.name());
        if self.insecure_skip_verify {
            warn(&self.bundle, streams)?;
            let trust = Trust::Unverified { reason: "`--insecure-skip-verify` was given".to_owned() };
            return Ok(Offered { offer: Offer { bundle, trust }, root: None });
        }
        let root = self.trust.trust_root.find()?;
        root.refuse_inside(&self.bundle)?;
        let required = RequiredTrust {
            chain: root.read()?,
            file: root.path.clone(),
            origin: match root.origin {
                Origin::Host => RootOrigin::Host,
                // The rule of these verbs searches no repository.
                Origin::Named | Origin::Repository => RootOrigin::Named,
            },
            now: self.trust.moment.timestamp(),
            allowed_epoch: self.trust.allow_epoch,
        };
        Ok(Offered { offer: Offer { bundle, trust: Trust::Required(Box::new(required)) }, root: Some(root) })
    }
}

/// A bundle that a host decides about, and by which trust root.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    root: Option<NamedTrustRoot>,
}

impl Offered {
    /// Tells why the host refused, and which trust root decided.
    pub(crate) fn failed(&self, error: &HostError) -> Failure {
        let failure = failed(error);
        match (error, &self.root) {
            (HostError::Refused(_), Some(root)) => failure.help(format!("decided by {root}")),
            _ => failure,
        }
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

#[cfg(test)]
mod tests {
    use telovix_compiler::emit::IMAGE_PATH;
    use telovix_host::IMAGE;

    #[test]
    fn a_host_loads_the_file_that_compile_writes() {
        assert_eq!(IMAGE, IMAGE_PATH);
    }
}
