//! The commands of `telovix`: one module each, listed in one table.

use clap::Subcommand;
use telovix_diagnostic::Code;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

mod accepted;
pub(crate) mod catalogue;

/// A command with its arguments.
pub(crate) trait Run: clap::Args {
    /// Returns the requested output format, which failures use as well.
    fn format(&self) -> Format {
        Format::Text
    }

    /// Runs the command.
    ///
    /// # Errors
    /// When it cannot be done; the failure has the reason and the exit code.
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure>;
}

/// Declares the commands as `Variant in module`, in the order of `--help`.
macro_rules! verbs {
    ($($variant:ident in $module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*

        /// One command and its arguments.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Verb {
            $(#[allow(missing_docs, reason = "the arguments carry the text of `--help`")] $variant($module::Arguments),)*
        }

        impl Verb {
            /// Returns the requested output format.
            pub(crate) fn format(&self) -> Format {
                match self { $(Self::$variant(arguments) => arguments.format(),)* }
            }

            /// Runs the command.
            ///
            /// # Errors
            /// When it cannot be done.
            pub(crate) fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
                match self { $(Self::$variant(arguments) => arguments.run(streams),)* }
            }
        }
    };
}

verbs! {
    Init in init,
    Adopt in adopt,
    Baseline in baseline,
    Compile in compile,
    Lint in lint,
    Fmt in fmt,
    Lsp in lsp,
    Diff in diff,
    Merge in merge,
    Check in check,
    Query in query,
    Why in why,
    Impact in impact,
    Review in review,
    Report in report,
    Load in load,
    Generate in generate,
    Detect in detect,
    Readiness in readiness,
    Inspect in inspect,
    Explain in explain,
    Keygen in keygen,
    Sign in sign,
    Verify in verify,
    Trust in trust,
    Plan in plan,
    Apply in apply,
    Confirm in confirm,
    Rollback in rollback,
    Status in status,
    Events in events,
    Doctor in doctor,
    Remove in remove,
    Completions in completions,
    Man in man,
}

/// The codes that single commands declare.
pub(crate) const CODES: &[&[&Code]] = &[
    &[&explain::UNKNOWN_CODE],
    &[&man::MANUAL_NOT_WRITTEN],
    &[&crate::compilation::BAD_FIX],
    &[&fmt::NOT_FORMATTED],
    init::CODES,
    adopt::CODES,
    baseline::CODES,
    diff::CODES,
    lsp::CODES,
    telovix_language_server::code::CODES,
    merge::CODES,
    &[&query::INVALID_QUERY],
    why::CODES,
    impact::CODES,
    report::CODES,
    generate::CODES,
    detect::CODES,
    readiness::CODES,
    inspect::CODES,
    doctor::CODES,
    crate::events_table::CODES,
];
