//! The verbs: one file each, and the one table of them.

use clap::Subcommand;
use telovix_diagnostic::Code;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams};

pub(crate) mod catalogue;

/// What a verb does with its arguments.
pub(crate) trait Run: clap::Args {
    /// The form the user asked for, in which a failure is told as well.
    fn format(&self) -> Format {
        Format::Text
    }

    /// Does the work.
    ///
    /// # Errors
    /// When the work cannot be done; the failure says why and with which exit code to end.
    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure>;
}

/// Declares the verbs: `Variant in module`, in the order `--help` lists them.
macro_rules! verbs {
    ($($variant:ident in $module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*

        /// One verb and its arguments.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Verb {
            $(#[allow(missing_docs, reason = "the arguments carry the text of `--help`")] $variant($module::Arguments),)*
        }

        impl Verb {
            /// Returns the form the user asked for.
            pub(crate) fn format(&self) -> Format {
                match self { $(Self::$variant(arguments) => arguments.format(),)* }
            }

            /// Runs the verb.
            ///
            /// # Errors
            /// When the work cannot be done.
            pub(crate) fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
                match self { $(Self::$variant(arguments) => arguments.run(streams),)* }
            }
        }
    };
}

verbs! {
    Init in init,
    Compile in compile,
    Lint in lint,
    Fmt in fmt,
    Diff in diff,
    Merge in merge,
    Check in check,
    Query in query,
    Why in why,
    Impact in impact,
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
    Remove in remove,
    Completions in completions,
    Man in man,
}

/// The codes of each verb that has some of its own.
pub(crate) const CODES: &[&[&Code]] = &[
    &[&explain::UNKNOWN_CODE],
    &[&man::MANUAL_NOT_WRITTEN],
    &[&fmt::NOT_FORMATTED],
    init::CODES,
    diff::CODES,
    merge::CODES,
    &[&query::UNKNOWN_DEED],
    why::CODES,
    impact::CODES,
    inspect::CODES,
];
