//! `telovix.yaml` at the root of a policy repository -> the settings of a run.

pub(crate) mod code;
mod field;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use telovix_compiler::assessment::EngineDenial;
use telovix_compiler::emit::{EngineOptions, PackStateForm};
use telovix_diagnostic::source::{SourceSet, Spanned};
use telovix_diagnostic::{Diagnostic, Level, Levels, Severity, Sink};
use telovix_platform::Target;
use telovix_syntax as syntax;
use telovix_syntax::{Cursor, Node};
use telovix_tetragon::Engine;

pub(crate) use field::RECORD;

use crate::catalogue::{self, catalogue};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{CONFIGURATION, Place};
use crate::output::Report;

/// The settings of a policy repository. Paths count from its root.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// What artifacts must run on.
    pub(crate) targets: Vec<Target>,
    /// Where artifacts go.
    pub(crate) output: Option<PathBuf>,
    /// The level of single findings.
    pub(crate) levels: Levels,
    /// How the engine is run, and how its documents are spelled.
    pub(crate) engine: EngineOptions,
    /// The file with the keys that bundles are verified against.
    pub(crate) trust_root: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration of the place, which may have none.
    ///
    /// # Errors
    /// When the file cannot be read or has a mistake; all of them are told.
    pub(crate) fn read(place: &Place) -> Result<Self, Failure> {
        if !place.configured {
            return Ok(Self::default());
        }
        let path = place.root.join(CONFIGURATION);
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let sources = SourceSet::single(CONFIGURATION, &text);
        let mut sink = Sink::new(Levels::default());
        let config = parse(&sources, &place.root, &mut sink);
        let failed = sink.has_errors();
        let diagnostics = sink.into_sorted();
        if failed {
            let report = Report { sources, shown_below: place.shown_below(), diagnostics };
            return Err(Failure::because(Exit::CannotRun, report));
        }
        Ok(config)
    }
}

/// Reads the words of a level: of the configuration, and of `--level CODE=WORD`.
pub(crate) fn level(word: &str) -> Option<Level> {
    match word {
        "ignore" => Some(Level::Off),
        "note" => Some(Level::Report(Severity::Note)),
        "warning" => Some(Level::Report(Severity::Warning)),
        "error" => Some(Level::Report(Severity::Error)),
        _ => None,
    }
}

/// Tells why a code cannot be given a level; errors stay errors, because no artifact would mean what the
/// source says.
pub(crate) fn check_level(code: &str, level: Level) -> Result<(), Box<Diagnostic>> {
    let Some(known) = catalogue::find(code) else {
        let message = format!("there is no finding with the code {}", syntax::quote(code));
        let problem = Diagnostic::new(&code::UNKNOWN_LEVEL_CODE, None, message);
        let codes = catalogue();
        return Err(Box::new(match syntax::nearest(code, codes.iter().map(|code| code.id)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("`telovix explain` lists every code"),
        }));
    };
    if known.severity == Severity::Error && level != Level::Report(Severity::Error) {
        let message = format!("`{code}` is an error and stays one");
        let problem = Diagnostic::new(&code::LEVEL_OF_ERROR, None, message);
        return Err(problem.help(format!("`telovix explain {code}` tells what to do about it")).into());
    }
    Ok(())
}

fn parse(sources: &SourceSet, root: &Path, sink: &mut Sink) -> Config {
    let mut config = Config::default();
    for (id, source) in sources.iter() {
        // A file of comments only is a configuration too: everything has a default.
        if source.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        syntax::parse(id, source, sink, |tree, sink| {
            if let Some(read) = read(&tree.root, root, sink) {
                config = read;
            }
        });
    }
    config
}

fn read(node: &Node, root: &Path, sink: &mut Sink) -> Option<Config> {
    let cursor = Cursor::open(node, &RECORD, sink)?;
    let targets = cursor
        .list(&field::TARGETS, sink, |node, shape, sink| syntax::parsed(node, shape, sink, field::target));
    let path = |text: Spanned<String>| root.join(text.value);
    Some(Config {
        targets: targets.into_iter().flat_map(|(_, targets)| targets).map(|target| target.value).collect(),
        output: cursor.text(&field::OUTPUT, sink).map(path),
        trust_root: cursor.text(&field::TRUST_ROOT, sink).map(path),
        engine: read_engine(&cursor, sink),
        levels: read_levels(&cursor, sink),
    })
}

fn read_engine(cursor: &Cursor<'_>, sink: &mut Sink) -> EngineOptions {
    let engine =
        cursor.value(&field::ENGINE).and_then(|node| Cursor::open(node, &field::ENGINE_RECORD, sink));
    let Some(engine) = engine else { return EngineOptions::default() };
    let mut is_set = |field| engine.boolean(field, sink).is_some_and(|flag| flag.value);
    EngineOptions {
        denial: if is_set(&field::DENY_WITH_KILL) { EngineDenial::WithKill } else { EngineDenial::Alone },
        pack_state: if is_set(&field::POLICY_MODE) {
            PackStateForm::PolicyMode
        } else {
            PackStateForm::Manifest
        },
        features: Engine {
            has_parents_map: is_set(&field::PARENTS_MAP),
            has_kubernetes: is_set(&field::KUBERNETES),
        },
    }
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

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot read `{}`: {error}", crate::input::shown(path));
    Failure::new(Exit::CannotRun, &code::UNREADABLE_CONFIGURATION, message)
}

#[cfg(test)]
mod tests;
