//! Paths and flags of the verbs that compile -> what the compiler says about them.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use telovix_compiler::diagnostic::{Code, Example, Level, Severity};
use telovix_compiler::document::value::Date;
use telovix_compiler::emit::Artifact;
use telovix_compiler::target::Target;
use telovix_compiler::{Options, Outcome, compile};

use crate::config::{Config, check_level, level};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{Input, Place, TRUST_ROOT};
use crate::output::Report;
use crate::output::text::plural;
use crate::progress::Progress;

/// The flags of the verbs that compile.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Files and folders to read; `-` is standard input. The repository around the current folder when absent.
    paths: Vec<PathBuf>,
    /// What the artifacts must run on; may be given several times. Replaces the targets of `telovix.yaml`.
    #[arg(long = "target", value_name = "TARGET", value_parser = target)]
    targets: Vec<Target>,
    #[command(flatten)]
    day: Day,
    /// Compile what holds on this sensor only.
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// Compile what holds in this group of sensors only.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Give a finding another level: ignore, note, warning or error. May be given several times.
    #[arg(long = "level", value_name = "CODE=LEVEL")]
    levels: Vec<LevelOfCode>,
    /// Treat warnings as errors.
    #[arg(long)]
    deny_warnings: bool,
}

/// The day of a run.
#[derive(Debug, Args)]
pub(crate) struct Day {
    /// The day that expiry dates are held against, as YYYY-MM-DD; today when absent.
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
}

impl Day {
    /// Returns the day.
    ///
    /// # Errors
    /// When none is given and the machine does not know it.
    pub(crate) fn date(&self) -> Result<Date, Failure> {
        self.as_of.map_or_else(today, Ok)
    }

    /// Returns options that take a repository's policies as they are written, for the whole fleet.
    ///
    /// # Errors
    /// When no day is given and the machine does not know it.
    pub(crate) fn options(&self, repository: &Repository) -> Result<Options, Failure> {
        let config = &repository.config;
        let targets = match config.targets.as_slice() {
            [] => Target::ALL.to_vec(),
            configured => configured.to_vec(),
        };
        let as_of = self.date()?;
        Ok(Options {
            targets,
            levels: config.levels.clone(),
            as_of,
            sensor: None,
            group: None,
            engine: config.engine,
        })
    }
}

/// A policy repository, found: where it lies and how it is set up.
#[derive(Debug)]
pub(crate) struct Repository {
    place: Place,
    config: Config,
}

/// What came of a compile.
#[derive(Debug)]
pub(crate) struct Compilation {
    /// What there is to say, and about which sources.
    pub(crate) report: Report,
    /// What is to be written; absent when an error was found.
    pub(crate) artifacts: Option<Vec<Artifact>>,
}

/// Where artifacts go when neither a flag nor the configuration says.
const OUTPUT: &str = "compiled-policies";

impl Repository {
    /// Finds the repository that the paths belong to.
    ///
    /// # Errors
    /// When its configuration has a mistake.
    pub(crate) fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let place = Place::find(paths)?;
        let config = Config::read(&place)?;
        Ok(Self { place, config })
    }

    /// Reads all but what lies in `output` and the trust root.
    pub(crate) fn read(&self, output: &Path) -> Input {
        self.place.read(&[output, &self.trust_root()])
    }

    /// Returns the root that names of sources count from.
    pub(crate) fn root(&self) -> &Path {
        &self.place.root
    }

    /// Returns where the trust root is or would be.
    pub(crate) fn trust_root(&self) -> PathBuf {
        self.config.trust_root.clone().unwrap_or_else(|| self.place.root.join(TRUST_ROOT))
    }

    /// Returns where artifacts go.
    pub(crate) fn output(&self) -> PathBuf {
        let unsaid =
            || if self.place.configured { self.place.root.join(OUTPUT) } else { PathBuf::from(OUTPUT) };
        self.config.output.clone().unwrap_or_else(unsaid)
    }
}

impl Selection {
    /// Finds the repository that the paths belong to.
    ///
    /// # Errors
    /// When its configuration has a mistake.
    pub(crate) fn repository(&self) -> Result<Repository, Failure> {
        Repository::find(&self.paths)
    }

    /// Reads and compiles all but what lies in `output`; writes nothing.
    ///
    /// # Errors
    /// When a flag is wrong. What is wrong with the policies is in the report.
    pub(crate) fn compile(
        &self,
        repository: &Repository,
        output: &Path,
        progress: &Progress,
    ) -> Result<Compilation, Failure> {
        let options = self.options(repository)?;
        let input = repository.read(output);
        progress.step(format!("compiling {}", plural(input.sources.iter().count(), "file")));
        let Outcome { mut diagnostics, artifacts } = compile(&input.sources, &options);
        if self.deny_warnings {
            let warnings = diagnostics.iter_mut().filter(|found| found.severity == Severity::Warning);
            warnings.for_each(|warning| warning.severity = Severity::Error);
        }
        let report = input.into_report(diagnostics);
        let artifacts = artifacts.filter(|_| report.summary().errors == 0);
        Ok(Compilation { report, artifacts })
    }

    fn options(&self, repository: &Repository) -> Result<Options, Failure> {
        let mut options = self.day.options(repository)?;
        for LevelOfCode { code, level } in &self.levels {
            check_level(code, *level).map_err(|problem| {
                Failure::because(Exit::CannotRun, Report::without_sources(vec![*problem]))
            })?;
            options.levels.set(code.clone(), *level);
        }
        if !self.targets.is_empty() {
            options.targets.clone_from(&self.targets);
        }
        options.sensor.clone_from(&self.sensor);
        options.group.clone_from(&self.group);
        Ok(options)
    }
}

/// The value of `--level`.
#[derive(Debug, Clone)]
struct LevelOfCode {
    code: String,
    level: Level,
}

impl FromStr for LevelOfCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (code, word) = text.split_once('=').ok_or("expected CODE=LEVEL")?;
        let level = level(word).ok_or("the levels are ignore, note, warning and error")?;
        Ok(Self { code: code.to_owned(), level })
    }
}

fn target(name: &str) -> Result<Target, String> {
    let known = || Target::ALL.map(|target| target.to_string()).join(", ");
    Target::parse(name).ok_or_else(|| format!("the targets are {}", known()))
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|_| "expected a day as YYYY-MM-DD".to_owned())
}

/// Returns today, in universal time.
fn today() -> Result<Date, Failure> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let message = "the clock of this machine stands beyond the year 9999";
    day(since_epoch.as_secs() / 86_400)
        .ok_or_else(|| Failure::new(Exit::CannotRun, &NO_DATE, message).help("name the day with `--as-of`"))
}

/// Returns the day that is so many days after 1 January 1970, by the era arithmetic of Howard Hinnant's
/// `civil_from_days`: years start in March, so that the leap day is the last of its year.
fn day(since_epoch: u64) -> Option<Date> {
    let shifted = since_epoch + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let number = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    Date::new(number(year), number(month), number(day))
}

/// The machine does not know the day.
pub(crate) static NO_DATE: Code = Code {
    id: "no-date",
    title: "the machine's clock gives no date",
    severity: Severity::Error,
    explanation: "Expiry dates of exceptions are held against today, and the clock of this machine stands where the \
                  calendar ends. Nothing is compiled on a guess.",
    fires: Example::Situation("a clock set beyond the year 9999"),
    silent: Example::Situation("`--as-of 2026-11-20`, or a clock that is right"),
};

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_over_leap_years() {
        let cases = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_777, "2026-11-20"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ];
        for (days, date) in cases {
            assert_eq!(day(days).map(|day| day.to_string()).as_deref(), Some(date));
        }
    }
}
