//! The values of `--target` -> targets, and hosts of target files.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use telovix_compiler::Options;
use telovix_diagnostic::Diagnostic;
use telovix_platform::Target;
use telovix_workspace::settings::old_target_name;
use telovix_workspace::target_file::{self, TargetHost, compile_for, notes};
use telovix_workspace::{Error, shown};

/// The value of `--target`.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    /// A target by its name, with a note where that is an old one.
    Target(Target, Option<Box<Diagnostic>>),
    /// The path of a target file.
    File(PathBuf),
}

impl Named {
    fn target(&self) -> Option<Target> {
        match self {
            Self::Target(target, _) => Some(*target),
            Self::File(_) => None,
        }
    }

    fn host(&self) -> Option<Result<TargetHost, Error>> {
        match self {
            Self::Target(..) => None,
            Self::File(path) => Some(target_file::read(path)),
        }
    }

    /// Returns what is to be said about the value. Mistakes in a file are reported when it is compiled for.
    pub(crate) fn notes(&self) -> Vec<Diagnostic> {
        match self {
            Self::Target(_, note) => note.as_deref().cloned().into_iter().collect(),
            Self::File(path) => {
                target_file::read(path).map_or_else(|_| Vec::new(), |host| notes(&shown(path), &host.host))
            }
        }
    }
}

/// Replaces the targets of a run, and returns the hosts of target files among them.
///
/// # Errors
/// When a target file has a mistake.
pub(crate) fn choose(named: &[Named], options: &mut Options) -> Result<Vec<TargetHost>, Error> {
    options.targets = named.iter().filter_map(Named::target).collect();
    let hosts = named.iter().filter_map(Named::host).collect::<Result<Vec<_>, _>>()?;
    compile_for(&hosts, options);
    Ok(hosts)
}

/// Reads names of targets, which `--help` and completions list, and paths of target files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = Named;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Named, clap::Error> {
        match value.to_str() {
            Some(name) if target_file::is_target_file(name) => Ok(Named::File(PathBuf::from(value))),
            _ => names().parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(values().into_iter()))
    }
}

fn values() -> [PossibleValue; 6] {
    Target::ALL.map(|target| PossibleValue::new(target.name()).aliases(target.old_name()))
}

fn names() -> impl TypedValueParser<Value = Named> {
    PossibleValuesParser::new(values()).try_map(|name| {
        let target = Target::parse(&name).ok_or("unknown target")?;
        Ok::<_, &str>(Named::Target(target, old_target_name(target, &name).map(Box::new)))
    })
}
