//! Policy files -> the same documents in canonical format; signatures that no longer match are removed.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Levels, Sink};
use telovix_document::field_order;
use telovix_syntax as syntax;
use telovix_syntax::format::format;
use telovix_trust::policy::{drop_sidecar, sidecar_path};
use telovix_trust::replace_whole;
use telovix_workspace::Repository;
use telovix_workspace::{Input, STANDARD_INPUT, shown};

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, FormatArgument, Report, Streams};

/// Format policy files.
///
/// Indents by two spaces, including lists in mappings; puts the fields of a document in the order of its kind, each with
/// the comments above it; leaves one space after a colon, and after each comma of a list in brackets; quotes text that a
/// YAML 1.1 parser would read as a number or a boolean; collapses blank lines, and removes them at the start and end of a
/// file together with trailing spaces. In TracingPolicies, lists that are no deeper than their key stay there. Comments,
/// quoted text, block scalars, the order of nested keys and list entries, and the `spec` of TracingPolicies are not changed.
/// JSON files are skipped.
///
/// The formatted text is parsed and compared with the original before it is written, so its meaning cannot change. If a
/// file has an error, nothing is written. The signature `{file}.sig` of a changed file is removed and reported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix fmt                       # the repository around the current folder
  telovix fmt profiles/amf.yaml
  telovix fmt --check               # in CI: exit code 1 if a file is not formatted
  telovix fmt - < amf.yaml          # standard input to standard output")]
pub(crate) struct Arguments {
    /// Files and folders to format; `-` is standard input. Default: the current repository.
    paths: Vec<PathBuf>,
    /// Write nothing; list the files that would change, and exit with 1 if there are any.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    format: FormatArgument,
}

/// The result of `fmt`.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this JSON format.
    version: u32,
    /// Files that were formatted; with `--check`, files that would be.
    changed: Vec<String>,
    /// The number of files that were already formatted.
    unchanged: usize,
    /// Signatures that were removed because the signed file changed.
    dropped_signatures: Vec<String>,
    /// Standard input, formatted.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// The formatted text of a file, with its name.
struct Formatted {
    name: String,
    text: String,
    changed: bool,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let repository = Repository::find(&self.paths)?;
        let files = read(repository.read(&repository.output()))?;
        let mut document = Document { version: VERSION, ..Document::default() };
        for Formatted { name, text, changed } in files {
            let path = repository.root().join(&name);
            let is_input = name == STANDARD_INPUT;
            let told = if is_input { name } else { shown(&path) };
            if changed && !is_input && !self.check && write(&path, text.as_bytes())? {
                document.dropped_signatures.push(shown(&sidecar_path(&path)));
            }
            if is_input && !self.check {
                document.text = Some(text);
            }
            if changed { document.changed.push(told) } else { document.unchanged += 1 }
        }
        match self.format.chosen {
            Format::Json => json::print(&document, &mut streams.data)?,
            Format::Text => self.tell(&document, streams)?,
        }
        Ok(if self.check && !document.changed.is_empty() { Exit::Findings } else { Exit::Clean })
    }
}

impl Arguments {
    fn tell(&self, document: &Document, streams: &mut Streams) -> io::Result<()> {
        if let Some(text) = &document.text {
            return streams.data.write_all(text.as_bytes());
        }
        let did = if self.check { "would format" } else { "formatted" };
        for file in &document.changed {
            writeln!(streams.data, "{did} `{file}`")?;
        }
        for signature in &document.dropped_signatures {
            writeln!(streams.talk, "removed `{signature}`: the signed file changed; sign it again")?;
        }
        writeln!(streams.talk, "{} unchanged", plural(document.unchanged, "file"))
    }
}

/// Formats every text of a run, or reports all errors.
fn read(input: Input) -> Result<Vec<Formatted>, Failure> {
    let mut sink = Sink::new(Levels::default());
    let mut files = Vec::new();
    for (id, source) in input.sources.iter() {
        if source.name().ends_with(".json") {
            continue;
        }
        let before = sink.error_count();
        syntax::parse(id, source, &mut sink, |_, _| {});
        match format(source.text(), field_order) {
            Ok(text) => {
                let changed = text != source.text();
                files.push(Formatted { name: source.name().to_owned(), text, changed });
            }
            Err(_) if sink.error_count() > before => {}
            Err(_) => {
                let message = "this file cannot be formatted safely; left unchanged";
                let found = Diagnostic::new(&NOT_FORMATTED, Span::start_of(id), message);
                sink.report(found.help("write keys as `key: value`, each on a line of its own"));
            }
        }
    }
    let report = Report::of(input, sink.into_sorted()).errors_only();
    if report.diagnostics.is_empty() { Ok(files) } else { Err(Failure::because(Exit::CannotRun, report)) }
}

/// Replaces a file atomically, keeping its permissions. Returns whether a signature was removed.
fn write(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let told = |error: io::Error| {
        Failure::new(Exit::CannotRun, &NOT_FORMATTED, format!("cannot write `{}`: {error}", shown(path)))
    };
    // Write through a symbolic link instead of replacing it.
    let file = fs::canonicalize(path).map_err(told)?;
    let metadata = fs::metadata(&file).map_err(told)?;
    if !metadata.is_file() {
        return Err(told(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    replace_whole(&file, bytes, metadata.permissions().mode() & 0o7777).map_err(told)?;
    drop_sidecar(path).map_err(told)
}

/// A file was not formatted.
pub(crate) static NOT_FORMATTED: Code = Code::page(include_str!("fmt.md"));
