//! `--quiet`, `--verbose` and `--concise` -> how much of the findings is printed.

use clap::Args;
use telovix_diagnostic::{Diagnostic, Severity};

/// How much text is printed about findings.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Amount {
    /// Print errors only, and no summary.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print notes too, and every finding of each code.
    #[arg(short, long)]
    verbose: bool,
    /// Print each finding on one line: `PATH:LINE:COLUMN: SEVERITY[CODE]: MESSAGE`.
    #[arg(long)]
    concise: bool,
}

/// The notes that are printed without `--verbose`.
const UNASKED: [&str; 2] = ["template-not-rendered", "tracing-policy-native"];

impl Amount {
    /// Everything, for failures and for verbs without these flags.
    pub(crate) const ALL: Self = Self { quiet: false, verbose: true, concise: false };

    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    pub(crate) fn is_concise(self) -> bool {
        self.concise
    }

    /// Returns whether a finding is printed. Without being asked, of all notes only those that say that a policy was not
    /// read, or is not enforced exactly as written.
    pub(super) fn shows(self, found: &Diagnostic) -> bool {
        match found.severity {
            Severity::Error => true,
            Severity::Warning => !self.quiet,
            Severity::Note => self.verbose || (!self.quiet && UNASKED.contains(&found.code.id)),
        }
    }

    /// Returns how many findings of one code are printed, of at most so many lines.
    pub(super) fn of_each_code(self) -> (usize, usize) {
        match self {
            Self { verbose: true, .. } => (usize::MAX, usize::MAX),
            Self { concise: true, .. } => (20, usize::MAX),
            _ => (5, 36),
        }
    }
}
