//! Policy files -> the same documents in one form, without the signatures that no longer fit.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use telovix_diagnostic::{Code, Diagnostic, Levels, Sink};
use telovix_document::field_order;
use telovix_syntax::format::format;
use telovix_diagnostic::source::Span;
use telovix_syntax as syntax;
use telovix_trust::policy::{drop_sidecar, sidecar_path};
use telovix_trust::replace_whole;
use telovix_workspace::Repository;
use telovix_workspace::{Input, STANDARD_INPUT, shown};

use super::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::{self, VERSION};
use crate::output::text::plural;
use crate::output::{Format, Report, Streams};

/// Bring policy files into the one form that all of them have.
///
/// Indents blocks by two spaces, lists in mappings too; puts the fields of a document in the order of its kind, each with
/// the comments above it; quotes text that a YAML 1.1 reader would take for a number or a truth value; leaves one blank
/// line where there were several, none at the ends, and no space at the end of a line. Comments, lists in brackets,
/// quoted text, blocks of text, the order within fields and the engine's own words stay as they are written. JSON files
/// are left alone.
///
/// The result says what the file said: it is read again and compared before it is written. A file with an error stops
/// the run before anything is written. A file that changes loses its signature `{file}.sig`, which is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix fmt                       # the repository around the current folder
  telovix fmt profiles/amf.yaml
  telovix fmt --check               # in CI: ends with 1 when a file has another form
  telovix fmt - < amf.yaml          # standard input to standard output")]
pub(crate) struct Arguments {
    /// Files and folders to format; `-` is standard input. The repository around the current folder when absent.
    paths: Vec<PathBuf>,
    /// Write nothing; end with 1 when something would be written, and say what.
    #[arg(long)]
    check: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was formatted.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The version of this shape.
    version: u32,
    /// Files that had another form; with `--check`, they still have it.
    changed: Vec<String>,
    /// How many files were as they should be.
    unchanged: usize,
    /// Signatures that were removed because what they signed changed.
    dropped_signatures: Vec<String>,
    /// Standard input in its form.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// The text of a file, and where it belongs.
struct Formatted {
    name: String,
    text: String,
    changed: bool,
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format
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
        match self.format {
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
            writeln!(streams.talk, "dropped `{signature}`: what it signs changed; sign again")?;
        }
        writeln!(streams.talk, "{} unchanged", plural(document.unchanged, "file"))
    }
}

/// Formats every text of a run, or reports all that stands in the way.
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
                let message = "this file is written in a way that cannot be formatted without a doubt";
                let found = Diagnostic::new(&NOT_FORMATTED, Span::start_of(id), message);
                sink.report(found.help("write keys as `key: value`, each on a line of its own"));
            }
        }
    }
    let report = Report::of(input, sink.into_sorted()).errors_only();
    if report.diagnostics.is_empty() { Ok(files) } else { Err(Failure::because(Exit::CannotRun, report)) }
}

/// Replaces a file whole, with its permissions; tells whether it lost a signature.
fn write(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let told = |error: io::Error| {
        Failure::new(Exit::CannotRun, &NOT_FORMATTED, format!("cannot write `{}`: {error}", shown(path)))
    };
    // A link stays a link.
    let file = fs::canonicalize(path).map_err(told)?;
    let metadata = fs::metadata(&file).map_err(told)?;
    if !metadata.is_file() {
        return Err(told(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
    }
    replace_whole(&file, bytes, metadata.permissions().mode() & 0o7777).map_err(told)?;
    drop_sidecar(path).map_err(told)
}

/// A file keeps its form.
pub(crate) static NOT_FORMATTED: Code = Code::page(include_str!("fmt.md"));
