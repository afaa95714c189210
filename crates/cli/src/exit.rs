//! The result of a run -> its exit code. This table is the only one; the docs are generated from it.

use std::process::ExitCode;

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Success, nothing to report.
    Clean = 0,
    /// Findings, a difference, a refusal, or an unknown verdict.
    Findings = 1,
    /// Wrong usage, unreadable or invalid input, or output that cannot be written.
    CannotRun = 2,
    /// The kernel or Tetragon refused.
    KernelRefused = 3,
    /// `verify`: there is no signature.
    Unsigned = 10,
    /// `verify`: the signature does not match the content.
    BadSignature = 11,
    /// `verify`: no trusted key has the signature's key id.
    UnknownKey = 12,
    /// `verify`: the signature, its key or the trust root is expired or not yet valid.
    Expired = 13,
    /// `verify`: a newer epoch was accepted before.
    OlderEpoch = 14,
    /// `verify`: signed for another fleet, group or sensor.
    WrongTarget = 15,
    /// `verify`: the key was revoked.
    Revoked = 16,
    /// `verify`: fewer signatures than the threshold requires.
    TooFewSignatures = 17,
    /// Stopped by Ctrl-C or a termination signal; no partial output was left.
    Interrupted = 130,
}

impl Exit {
    /// All results, ordered by exit code.
    pub(crate) const ALL: [Self; 13] = [
        Self::Clean,
        Self::Findings,
        Self::CannotRun,
        Self::KernelRefused,
        Self::Unsigned,
        Self::BadSignature,
        Self::UnknownKey,
        Self::Expired,
        Self::OlderEpoch,
        Self::WrongTarget,
        Self::Revoked,
        Self::TooFewSignatures,
        Self::Interrupted,
    ];

    /// Returns the exit code.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Returns the meaning of the exit code, in one line.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "clean: success, nothing to report",
            Self::Findings => "findings, a difference, a refusal, or an unknown verdict",
            Self::CannotRun => {
                "the command could not run: wrong usage, unreadable or invalid input, or output that cannot be written"
            }
            Self::KernelRefused => "the kernel or Tetragon refused",
            Self::Unsigned => "verify: unsigned",
            Self::BadSignature => "verify: bad signature",
            Self::UnknownKey => "verify: unknown key",
            Self::Expired => "verify: expired or not yet valid",
            Self::OlderEpoch => "verify: older epoch than one accepted before",
            Self::WrongTarget => "verify: signed for another fleet, group or sensor",
            Self::Revoked => "verify: key revoked",
            Self::TooFewSignatures => "verify: fewer signatures than the threshold",
            Self::Interrupted => "interrupted; no partial output was left",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The summary of the table at the end of `--help`.
pub(crate) const HELP: &str = "\
Exit codes: 0 clean; 1 findings, a difference, a refusal or an unknown verdict; 2 the command could not
run; 3 the kernel or Tetragon refused; 10 to 17 why `verify` refused. See `telovix explain exit-codes`.";

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn every_number_has_one_meaning() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 130]);
        let mut meanings: Vec<_> = Exit::ALL.iter().map(|exit| exit.meaning()).collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), Exit::ALL.len());
    }
}
