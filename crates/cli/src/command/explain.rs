//! A code -> its page: the explanation, an example that triggers it and one that does not.

mod search;
pub(crate) mod template;

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::{Code, Example};
use telovix_syntax::nearest;

use super::Run;
use super::catalogue::{catalogue, find};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::{Format, FormatArgument, Streams};

/// Explain a code that `compile`, `lint` or another command reported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix explain duplicate-key
  telovix explain block-kmod-load      # a template: every known method, and what stops it on each target
  telovix explain exit-codes
  telovix explain --search port range  # every page with these words
  telovix explain --search T1552.005   # by MITRE ATT&CK technique
  telovix explain --format json        # every code as JSON")]
pub(crate) struct Arguments {
    /// A code, the id of a template, `exit-codes` or `targets`. Default: list all codes with their titles.
    code: Option<String>,
    /// List the codes whose pages have all of these words; exit code 1 if there is none.
    #[arg(long, value_name = "WORD", num_args = 1.., conflicts_with = "code")]
    search: Vec<String>,
    #[command(flatten)]
    format: FormatArgument,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let out = &mut streams.data;
        if !self.search.is_empty() {
            let found = search::search(catalogue(), &self.search);
            let exit = if found.is_empty() { Exit::Findings } else { Exit::Clean };
            list(found, self.format.chosen, out)?;
            return Ok(exit);
        }
        match (self.code.as_deref(), self.format.chosen) {
            (Some("exit-codes"), format) => exit_codes(format, out)?,
            (Some("targets"), Format::Text) => template::targets(out)?,
            (Some("targets"), Format::Json) => json::print(&template::target_list(), out)?,
            (Some(id), format) => {
                if let Some(built_in) = template::find(id) {
                    match format {
                        Format::Text => template::page(built_in, out)?,
                        Format::Json => json::print(&template::document(built_in), out)?,
                    }
                    return Ok(Exit::Clean);
                }
                let code = find(id).ok_or_else(|| unknown(id))?;
                match format {
                    Format::Text => page(code, out)?,
                    Format::Json => json::print(&Pages { version: VERSION, codes: vec![entry(code)] }, out)?,
                }
            }
            (None, format) => list(catalogue(), format, out)?,
        }
        Ok(Exit::Clean)
    }
}

fn list(codes: Vec<&'static Code>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => codes.iter().try_for_each(|code| writeln!(out, "{:<36} {}", code.id, code.title)),
        Format::Json => {
            json::print(&Pages { version: VERSION, codes: codes.into_iter().map(entry).collect() }, out)
        }
    }
}

/// Pages of codes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Pages {
    /// The version of this JSON format.
    version: u32,
    codes: Vec<Page>,
}

/// The page of one code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Page {
    code: &'static str,
    title: &'static str,
    /// The default severity.
    severity: &'static str,
    explanation: &'static str,
    /// A policy, or a description of a situation, for which the code is reported.
    fires: &'static str,
    /// A similar one for which it is not reported.
    silent: &'static str,
}

/// The exit codes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExitCodes {
    /// The version of this JSON format.
    version: u32,
    exit_codes: Vec<ExitCodeEntry>,
}

/// One exit code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ExitCodeEntry {
    code: u8,
    meaning: &'static str,
}

/// Prints the page of a code as Markdown, as in the reference.
pub(crate) fn page(code: &Code, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{} ({} by default)\n", code.id, code.title, code.severity.name())?;
    writeln!(out, "{}\n", code.explanation.trim())?;
    example("Reported for", code.fires, out)?;
    writeln!(out)?;
    example("Not reported for", code.silent, out)
}

fn example(heading: &str, example: Example, out: &mut dyn Write) -> io::Result<()> {
    match example {
        Example::Text(text) => writeln!(out, "{heading}:\n\n```yaml\n{}\n```", text.trim_end()),
        Example::Made(words, _) | Example::Situation(words) => writeln!(out, "{heading}: {words}"),
    }
}

fn entry(code: &'static Code) -> Page {
    let text = |example: Example| match example {
        Example::Text(text) => text,
        Example::Made(words, _) | Example::Situation(words) => words,
    };
    Page {
        code: code.id,
        title: code.title,
        severity: code.severity.name(),
        explanation: code.explanation.trim(),
        fires: text(code.fires),
        silent: text(code.silent),
    }
}

fn exit_codes(format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => {
            Exit::ALL.iter().try_for_each(|exit| writeln!(out, "{:>3}  {}", exit.code(), exit.meaning()))
        }
        Format::Json => {
            let entry = |exit: &Exit| ExitCodeEntry { code: exit.code(), meaning: exit.meaning() };
            let exit_codes = Exit::ALL.iter().map(entry).collect();
            json::print(&ExitCodes { version: VERSION, exit_codes }, out)
        }
    }
}

fn unknown(id: &str) -> Failure {
    let failure = Failure::new(Exit::CannotRun, &UNKNOWN_CODE, format!("unknown code `{id}`"));
    let codes = catalogue();
    match nearest(id, codes.iter().map(|code| code.id)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("run `telovix explain` for a list of all codes"),
    }
}

/// The requested code does not exist.
pub(crate) static UNKNOWN_CODE: Code = Code::page(include_str!("explain.md"));
