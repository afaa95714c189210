//! How a run ended -> the number a shell sees. The one table; the docs print it.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything asked for was done and there is nothing to report.
    Clean = 0,
    /// Findings, a difference, a refusal, or an answer that is unknown.
    Findings = 1,
    /// Usage, unreadable or unparsable input, unwritable output.
    CannotRun = 2,
    /// The kernel or the engine said no.
    KernelRefused = 3,
    /// `verify`: there is no signature.
    Unsigned = 10,
    /// `verify`: the signature does not fit the content.
    BadSignature = 11,
    /// `verify`: no trusted key has the signature's key id.
    UnknownKey = 12,
    /// `verify`: the signature or the trust root is past its time.
    Expired = 13,
    /// `verify`: a newer epoch was accepted before.
    OlderEpoch = 14,
    /// `verify`: signed for another fleet, group or sensor.
    WrongTarget = 15,
    /// `verify`: the key was revoked.
    Revoked = 16,
    /// `verify`: fewer signatures than the threshold asks for.
    TooFewSignatures = 17,
    /// Stopped by Ctrl-C or a termination signal; nothing half-written was left.
    Interrupted = 130,
}

impl Exit {
    /// Every way to end, in the order of the numbers.
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

    /// Returns the number a shell sees.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Returns what the number means, in one line.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "clean: done, nothing to report",
            Self::Findings => "findings, a difference, a refusal, or an answer that is unknown",
            Self::CannotRun => {
                "the command could not run: usage, unreadable or unparsable input, unwritable output"
            }
            Self::KernelRefused => "the kernel or the engine refused",
            Self::Unsigned => "verify: unsigned",
            Self::BadSignature => "verify: bad signature",
            Self::UnknownKey => "verify: unknown key",
            Self::Expired => "verify: expired",
            Self::OlderEpoch => "verify: older epoch than one accepted before",
            Self::WrongTarget => "verify: signed for another target",
            Self::Revoked => "verify: key revoked",
            Self::TooFewSignatures => "verify: fewer signatures than the threshold",
            Self::Interrupted => "interrupted; nothing half-written was left",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The short form of the table that `--help` ends with.
pub(crate) const HELP: &str = "\
Exit codes: 0 clean; 1 findings, a difference, a refusal or an unknown answer; 2 the command could not
run; 3 the kernel or engine refused; 10 to 17 why `verify` refused. `telovix explain exit-codes` prints all.";

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
