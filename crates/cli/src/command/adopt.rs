//! A folder with policies -> a policy repository: settings, converted copies of exports, a baseline, hook and CI files.

mod code;
mod foreign;
mod plan;
mod settings;
mod told;

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::path::Path;

use clap::{Args, ValueEnum};
use telovix_platform::Target;
use telovix_workspace::baseline::Origin;
use telovix_workspace::{CONFIGURATION, Repository, absolute, add_files, shown};

use super::{Run, init};
use crate::command::accepted::owner;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json;
use crate::output::{Format, FormatArgument, Streams};
pub(crate) use code::CODES;
use code::{ALREADY_ADOPTED, NOT_ADOPTED, TARGETS_NOT_CHOSEN};
use foreign::{Import, SeccompProfile};
use plan::Plan;
pub(crate) use told::Document;

/// Start a policy repository around the policies of a folder, in which `telovix lint` is clean from the first day.
///
/// Exports of the Console and files of the runtime guard are converted; the copies go to `adopted/`, and the originals are
/// left out by `exclude` in `telovix.yaml`. Every finding of today goes to `telovix-baseline.yaml`, so only new ones fail.
/// Hook, CI workflow and schemas are those of `telovix init`. No existing file is changed, except for lines that are added to
/// `.gitignore`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix adopt                              # asks what the policies run on
  telovix adopt --for tetragon --dry-run     # what would be written
  telovix adopt --for both --owner noc --reason 'moved from the Console'
  telovix adopt --for native --import systemd  # profiles of service units, too
  telovix adopt --for tetragon --import kubearmor --seccomp amf.json=/opt/amf/bin/amf")]
pub(crate) struct Arguments {
    /// What the policies run on. Asked for on a terminal.
    #[arg(long = "for", value_enum, value_name = "BACKEND")]
    backend: Option<Backends>,
    /// Also write documents for policies of other programs: what systemd enforces for the services of `*.service` files,
    /// what policies of KubeArmor or profiles of AppArmor say. The head of each document lists what differs.
    #[arg(long, value_enum, value_name = "FORMAT")]
    import: Vec<Import>,
    /// Also write a profile of PROGRAM with the system calls that the seccomp profile FILE denies.
    #[arg(long, value_name = "FILE=PROGRAM", value_parser = SeccompProfile::parse)]
    seccomp: Vec<SeccompProfile>,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who will correct the findings of today. Default: `user.email` of git.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Why they are accepted until then.
    #[arg(long, value_name = "TEXT", default_value = "found when this repository adopted Telovix")]
    reason: String,
    #[command(flatten)]
    day: Day,
    #[command(flatten)]
    format: FormatArgument,
}

/// What the policies run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backends {
    /// Tetragon.
    Tetragon,
    /// The native runtime.
    Native,
    /// Both.
    Both,
}

impl Backends {
    /// Returns the targets of a fleet that says nothing about its kernels: those of the newest long-term kernel.
    fn targets(self) -> Vec<Target> {
        let names: &[&str] = match self {
            Self::Tetragon => &["tetragon-6.12"],
            Self::Native => &["native-6.12"],
            Self::Both => &["native-6.12", "tetragon-6.12"],
        };
        names.iter().filter_map(|name| Target::parse(name)).collect()
    }

    /// Asks on a terminal.
    fn ask() -> Result<Self, Failure> {
        let refuse = || {
            let failure = Failure::new(Exit::CannotRun, &TARGETS_NOT_CHOSEN, "what do the policies run on?");
            failure.help("add `--for tetragon`, `--for native` or `--for both`")
        };
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(refuse());
        }
        // A prompt is written at once, before the buffered output of the verb.
        let mut terminal = anstream::stderr();
        write!(terminal, "What do the policies run on: tetragon, native or both? ")?;
        terminal.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Self::from_str(answer.trim(), true).map_err(|_| refuse())
    }
}

impl Run for Arguments {
    fn format(&self) -> Format {
        self.format.chosen
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let folder = absolute(Path::new(".")).map_err(|error| not_written(Path::new("."), &error))?;
        let existing = Repository::find(&[])?;
        if existing.place().is_configured() {
            let settings = shown(&existing.root().join(CONFIGURATION));
            let message = format!("this is a policy repository already: `{settings}` exists");
            let failure = Failure::new(Exit::CannotRun, &ALREADY_ADOPTED, message);
            return Err(
                failure.help("accept the findings of today with `telovix baseline --update --reason TEXT`")
            );
        }
        let backends = self.backend.map_or_else(Backends::ask, Ok)?;
        let date = self.day.of_findings()?;
        let owner = owner(self.owner.as_ref(), &folder);
        let origin = Origin { date, owner, reason: self.reason.clone() };
        let imported = foreign::import(&folder, &self.import, &self.seccomp);
        let plan = Plan::make(&folder, &backends.targets(), imported, &origin)?;
        let mut told = Document::new(&plan, self.dry_run);
        if self.dry_run {
            told.hooks = init::missing(&folder);
        } else {
            add_files(&plan.files()).map_err(|(path, error)| not_written(&path, &error))?;
            told.hooks = init::add(&folder)?;
        }
        match self.format.chosen {
            Format::Text => told.write(&plan, streams)?,
            Format::Json => json::print(&told, &mut streams.data)?,
        }
        Ok(Exit::Clean)
    }
}

fn not_written(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let message = format!("cannot write `{}`: {error}", shown(path));
    Failure::new(Exit::CannotRun, &NOT_ADOPTED, message).help("nothing was written")
}
