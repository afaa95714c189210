//! The flags that name a bundle -> the bundle and trust root that a host decides about.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use telovix_diagnostic::Diagnostic;
use telovix_host::{Host, HostError, Linux, Offer, RequiredTrust, RootOrigin, Trust};
use telovix_trust::Host as Identity;
use telovix_workspace::shown;

use super::{PlaceArguments, VERIFICATION_SKIPPED, failed};
use crate::failure::Failure;
use crate::output::{Amount, Report, Streams, text};
use crate::signing::{BundleArguments, FindTrustRoot as _, NamedTrustRoot, Origin, journal};

/// The flags of the verbs that load a bundle.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArguments {
    /// The folder that `telovix compile` wrote and `telovix sign` signed.
    bundle: PathBuf,
    #[command(flatten)]
    trust: BundleArguments,
    /// Load the bundle without checking any signature. Insecure: whoever can write the folder decides what this kernel
    /// enforces. There is a warning each time, and `status` and `events` report it for as long as the policy is loaded.
    ///
    /// The digests inside the image are still checked; they detect damage, not tampering.
    #[arg(long)]
    insecure_skip_verify: bool,
}

impl DeliveryArguments {
    /// Returns this host, which logs to the file that was named, else next to its state file.
    pub(crate) fn host(&self, places: &PlaceArguments, log: Option<PathBuf>) -> Host<Linux> {
        let memory = self.trust.state_path();
        let log = log.unwrap_or_else(|| memory.with_file_name("audit.ndjson"));
        let identity = Identity { sensor: self.trust.sensor.clone(), groups: self.trust.groups.clone() };
        let kernel = places.kernel();
        Host::new(identity, memory, journal(log), kernel.places.state.clone(), kernel)
    }

    /// Returns the bundle's folder for messages.
    pub(crate) fn name(&self) -> String {
        shown(&self.bundle)
    }

    /// Returns the bundle with the trust root that it must be verified against, if any.
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
                // These verbs search no repository.
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
    /// Returns the failure for a refusal, with the trust root that decided.
    pub(crate) fn failed(&self, error: &HostError) -> Failure {
        let failure = failed(error);
        match (error, &self.root) {
            (HostError::Refused(_), Some(root)) => failure.help(format!("decided by {root}")),
            _ => failure,
        }
    }
}

/// Warns on standard error, in every output format, that nothing was verified.
fn warn(bundle: &Path, streams: &mut Streams) -> Result<(), Failure> {
    let message = format!("signature verification skipped for `{}`", shown(bundle));
    let mut warning = Diagnostic::new(&VERIFICATION_SKIPPED, None, message);
    warning.help.push("sign it with `telovix sign`, and remove `--insecure-skip-verify`".to_owned());
    text::write(&Report::without_sources(vec![warning]), Amount::ALL, &mut streams.talk)?;
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
