//! `telovix.yaml` at the root of a policy repository -> the settings of a run.

pub(crate) mod code;
mod field;

use std::io;
use std::path::{Path, PathBuf};

use telovix_compiler::assessment::EngineDenial;
use telovix_compiler::emit::{EngineOptions, PackStateForm};
use telovix_diagnostic::source::{SourceSet, Span, Spanned};
use telovix_diagnostic::{About, Code, Diagnostic, Level, Levels, Severity, Sink};
use telovix_platform::{Release, Target};
use telovix_syntax::field::{Field, Record};
use telovix_syntax::{Cursor, Node};
use telovix_tetragon::{Dialect, Engine};

use crate::agent::{KUBERNETES, PARENTS_MAP, VERSION, release};
use crate::baseline;
use crate::bounded::read_file;
use crate::error::Error;
use crate::findings::Findings;
use crate::glob::Glob;
use crate::path::{CONFIGURATION, shown};
use crate::root::Root;
use crate::sources;
use crate::target_file::{self, TargetHost};

/// The fields of `telovix.yaml`, for its schema.
pub static RECORD: &Record = &field::RECORD;

/// The settings of a policy repository. Paths count from its root.
#[derive(Debug, Default, PartialEq)]
pub struct Settings {
    /// What artifacts must run on.
    pub targets: Vec<Target>,
    /// The hosts of target files among the targets.
    pub hosts: Vec<TargetHost>,
    /// The files and folders to read; everything when empty.
    pub include: Vec<Glob>,
    /// The files and folders to leave out.
    pub exclude: Vec<Glob>,
    /// Where artifacts go.
    pub output: Option<PathBuf>,
    /// The level of single findings.
    pub levels: Levels,
    /// How Tetragon runs, and how its policies are written.
    pub engine: EngineOptions,
    /// The file with the keys that bundles are verified against.
    pub trust_root: Option<PathBuf>,
    /// Notes about old names in the file. Without a span: a run has the policies as its sources, not this file.
    pub notes: Vec<Diagnostic>,
}

impl Settings {
    /// Reads the settings of the repository, which may have none.
    ///
    /// # Errors
    /// When the file cannot be read or has a mistake; all mistakes are reported.
    pub fn read(root: &Root) -> Result<Self, Error> {
        if !root.is_configured {
            return Ok(Self::default());
        }
        let path = root.folder.join(CONFIGURATION);
        let unreadable = |error| Error::UnreadableSettings { path: shown(&path), error };
        let bytes = read_file(&path).map_err(unreadable)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
        Self::of_text(&text, root)
    }

    /// Reads the text of the file.
    pub(crate) fn of_text(text: &str, root: &Root) -> Result<Self, Error> {
        let sources = SourceSet::single(CONFIGURATION, text);
        let mut sink = Sink::new(Levels::default());
        let settings = parse(&sources, &root.folder, &mut sink);
        let failed = sink.has_errors();
        let diagnostics = sink.into_sorted();
        let shown_below = root.shown_below();
        if failed {
            return Err(Error::Settings(Box::new(Findings::new(sources, shown_below, diagnostics))));
        }
        let old_names = diagnostics.into_iter().filter(|found| *found.code == code::OLD_NAME);
        let mut notes = settings.notes;
        notes.extend(old_names.map(|note| without_span(note, &sources, &shown_below)));
        Ok(Self { notes, ..settings })
    }
}

/// Returns the note that an old name of a target was used, if it was.
#[must_use]
pub fn old_target_name(target: Target, name: &str) -> Option<Diagnostic> {
    let is_old = target.old_name() == Some(name);
    is_old.then(|| old_name(name, target.name(), "target"))
}

fn old_name(old: &str, new: &str, what: &str) -> Diagnostic {
    let message = format!("`{old}` is the old name of the {what} `{new}`");
    Diagnostic::new(&code::OLD_NAME, None, message).help(format!("write `{new}`"))
}

/// Moves the place of a note into its message.
fn without_span(mut note: Diagnostic, sources: &SourceSet, shown_below: &str) -> Diagnostic {
    if let Some(span) = note.span.take() {
        note.message = format!("{} ({shown_below}{})", note.message, sources.locate(span));
    }
    note
}

/// Reads the name of a level, in the settings or on a command line.
#[must_use]
pub fn level(word: &str) -> Option<Level> {
    match word {
        "ignore" => Some(Level::Off),
        "note" => Some(Level::Report(Severity::Note)),
        "warning" => Some(Level::Report(Severity::Warning)),
        "error" => Some(Level::Report(Severity::Error)),
        _ => None,
    }
}

/// Returns why a code cannot be given a level. Errors stay errors: no artifact would mean what the source says.
///
/// # Errors
/// With the finding, without a place, when the code does not exist or is an error.
pub fn check_level(code: &str, level: Level) -> Result<(), Box<Diagnostic>> {
    let Some(known) = codes().find(|known| known.id == code) else {
        let message = format!("there is no finding with the code {}", telovix_syntax::quote(code));
        let problem = Diagnostic::new(&code::UNKNOWN_LEVEL_CODE, None, message);
        return Err(Box::new(match telovix_syntax::nearest(code, codes().map(|code| code.id)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("`telovix explain` lists every code"),
        }));
    };
    let is_fixed = known.about == About::Meaning || level == Level::Off;
    if known.severity == Severity::Error && level != Level::Report(Severity::Error) && is_fixed {
        let message = format!("`{code}` is an error and cannot be given another level");
        let problem = Diagnostic::new(&code::LEVEL_OF_ERROR, None, message);
        return Err(problem.help(format!("run `telovix explain {code}` for what to do about it")).into());
    }
    Ok(())
}

/// The codes of findings about policies, which are what levels are for.
fn codes() -> impl Iterator<Item = &'static Code> {
    telovix_compiler::catalogue::codes()
        .chain(sources::code::CODES.iter().copied())
        .chain(baseline::CODES.iter().copied())
        .chain([&code::OLD_NAME, &target_file::TARGET_FACTS])
}

fn parse(sources: &SourceSet, root: &Path, sink: &mut Sink) -> Settings {
    let mut settings = Settings::default();
    for (id, source) in sources.iter() {
        // A file of comments only is a configuration too: everything has a default.
        if source.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        telovix_syntax::parse(id, source, sink, |tree, sink| {
            if let Some(read) = read(&tree.root, root, sink) {
                settings = read;
            }
        });
    }
    settings
}

fn read(node: &Node, root: &Path, sink: &mut Sink) -> Option<Settings> {
    let cursor = Cursor::open(node, RECORD, sink)?;
    let (mut hosts, mut differences) = (Vec::new(), Vec::new());
    let targets = cursor.list(&field::TARGETS, sink, |node, shape, sink| {
        if let Some(name) = node.text().filter(|name| target_file::is_target_file(name)) {
            match target_file::read(&root.join(name)) {
                Ok(host) => {
                    differences.extend(target_file::notes(name, &host.host));
                    hosts.push(host);
                }
                Err(error) => sink.report(refused_file(name, node.span, &error)),
            }
            return None;
        }
        let target = telovix_syntax::parsed(node, shape, sink, field::target)?;
        if let Some(note) = node.text().and_then(|name| old_target_name(target.value, name)) {
            sink.report(Diagnostic { span: Some(target.span), ..note });
        }
        Some(target)
    });
    let path = |text: Spanned<String>| root.join(text.value);
    Some(Settings {
        targets: targets.into_iter().flat_map(|(_, targets)| targets).map(|target| target.value).collect(),
        include: read_patterns(&cursor, &field::INCLUDE, sink),
        exclude: read_patterns(&cursor, &field::EXCLUDE, sink),
        output: cursor.text(&field::OUTPUT, sink).map(path),
        trust_root: cursor.text(&field::TRUST_ROOT, sink).map(path),
        engine: EngineOptions { dialect: read_dialect(&cursor, sink), ..read_engine(&cursor, sink) },
        levels: read_levels(&cursor, sink),
        hosts,
        notes: differences,
    })
}

/// Returns the finding that a target file is refused.
fn refused_file(name: &str, span: Span, error: &Error) -> Diagnostic {
    let reason = match error {
        Error::Settings(findings) => {
            let first = findings.diagnostics.first();
            first.map_or_else(String::new, |first| format!(": {}", first.message))
        }
        other => format!(": {other}"),
    };
    let message = format!("{} is not a target file{reason}", telovix_syntax::quote(name));
    Diagnostic::new(&target_file::TARGET_FILE, span, message)
}

fn read_patterns(cursor: &Cursor<'_>, field: &Field, sink: &mut Sink) -> Vec<Glob> {
    let read = cursor
        .list(field, sink, |node, shape, sink| telovix_syntax::parsed(node, shape, sink, field::pattern));
    read.into_iter().flat_map(|(_, patterns)| patterns).map(|pattern| pattern.value).collect()
}

fn read_engine(cursor: &Cursor<'_>, sink: &mut Sink) -> EngineOptions {
    let old = cursor.value(&field::ENGINE);
    let new = cursor.value(&field::TETRAGON);
    match (old, new) {
        (Some(old), None) => {
            let note = old_name(field::ENGINE.name, field::TETRAGON.name, "key");
            sink.report(Diagnostic { span: Some(old.span), ..note });
        }
        (Some(old), Some(new)) => {
            let message = "`engine` and `tetragon` are two names of one setting";
            let problem = Diagnostic::new(&code::TWO_NAMES, old.span, message);
            sink.report(problem.related(new.span, "the new name").help("move all settings under `tetragon`"));
        }
        _ => {}
    }
    let engine = new.or(old).and_then(|node| Cursor::open(node, &field::TETRAGON_RECORD, sink));
    let Some(engine) = engine else { return EngineOptions::default() };
    let release = engine.parsed(&VERSION, sink, release).map_or(Release::default(), |release| release.value);
    let mut is_set = |field| engine.boolean(field, sink).is_some_and(|flag| flag.value);
    EngineOptions {
        denial: if is_set(&field::DENY_WITH_KILL) { EngineDenial::WithKill } else { EngineDenial::Alone },
        pack_state: if is_set(&field::POLICY_MODE) {
            PackStateForm::PolicyMode
        } else {
            PackStateForm::Manifest
        },
        release,
        features: Engine { has_parents_map: is_set(&PARENTS_MAP), has_kubernetes: is_set(&KUBERNETES) },
        dialect: Dialect::default(),
    }
}

fn read_dialect(cursor: &Cursor<'_>, sink: &mut Sink) -> Dialect {
    let is_console = cursor.boolean(&field::CONSOLE, sink).is_some_and(|flag| flag.value);
    if is_console { Dialect::Console } else { Dialect::Tetragon }
}

fn read_levels(cursor: &Cursor<'_>, sink: &mut Sink) -> Levels {
    let mut levels = Levels::default();
    let Some((_, entries)) = cursor.map(&field::LEVELS, sink) else { return levels };
    for entry in entries {
        let Some(level) = field::level(&entry.value, sink) else { continue };
        match check_level(&entry.key.value, level) {
            Ok(()) => levels.set(entry.key.value.as_ref(), level),
            Err(problem) => sink.report(Diagnostic { span: Some(entry.key.span), ..*problem }),
        }
    }
    levels
}

#[cfg(test)]
mod tests;
