//! Two policy sets -> the difference in meaning, with an example event for each part.

mod code;
pub(crate) mod compiled;
mod driver;
mod git;
mod html;
mod markdown;
mod side;
mod text;

use std::io::Write;

use clap::{Args, ValueEnum};
use telovix_compare::{Difference, Direction, Side, SubjectDifference, compare};
use telovix_policy::value::Date;
use telovix_workspace::Input;

pub(crate) use code::CODES;
use driver::Asked;
use side::Content;
pub(crate) use side::Loaded;
pub(crate) use side::Operands;

use super::Run;
use crate::day::Day;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, Streams, json};

/// Compare two versions of a policy by effect: which events are treated differently, with an example of each.
///
/// A side is a file, a folder, `-` for standard input, or a revision of the current git repository: REV for all
/// its policies, REV:PATH for some of them. `REV..REV` names both sides. A single REV is compared with the current
/// files. A side may also be compiled: an image, or an output folder of `telovix compile`. An image holds enforced
/// rules only, so detections, TracingPolicies and profiles in mode `observe` are then not compared.
///
/// The verdict on each document is equal, narrower (some events get a stronger effect, none a weaker one), wider
/// (the reverse) or incomparable (both). A change of text that affects no event is equal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telovix diff old.yaml new.yaml
  telovix diff main..HEAD --format markdown      # a comment for a pull request
  telovix diff HEAD --deny wider                 # CI gate: exit code 1 only if more is allowed
  telovix diff v1.2:profiles profiles/
  telovix diff compiled-policies/ profiles/      # does the bundle match the sources?

In `git diff`, once per repository:
  git config diff.telovix.command 'telovix diff --driver' && echo '*.yaml diff=telovix' >> .gitattributes")]
pub(crate) struct Arguments {
    /// The two sides: OLD NEW, or REV..REV, or one REV.
    #[arg(value_name = "SIDE", required = true, num_args = 1..=9)]
    sides: Vec<String>,
    #[command(flatten)]
    day: Day,
    /// Exit with 1 only for a change in this direction. Repeatable.
    #[arg(long, value_enum, value_name = "DIRECTION")]
    deny: Vec<Denied>,
    /// Take the arguments that git passes to an external diff command. Files that are no policies, or have an error, are
    /// compared line by line, as git does.
    #[arg(long)]
    driver: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
}

/// The output formats of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum DiffFormat {
    /// Text for the terminal.
    #[default]
    Text,
    /// One JSON document with a `version` and a published schema.
    Json,
    /// Markdown for a pull request comment.
    Markdown,
    /// A self-contained HTML page.
    Html,
}

/// Directions that a gate can deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    /// Some event gets a weaker effect.
    Wider,
    /// Some event gets a stronger effect.
    Narrower,
    /// Some events get a weaker effect and others a stronger one.
    Incomparable,
}

impl Denied {
    fn meets(self, direction: Direction) -> bool {
        match self {
            Self::Wider => direction.widens(),
            Self::Narrower => direction.narrows(),
            Self::Incomparable => direction == Direction::Incomparable,
        }
    }
}

impl Run for Arguments {
    fn format(&self) -> Format {
        if self.format == DiffFormat::Json { Format::Json } else { Format::Text }
    }

    fn run(&self, streams: &mut Streams) -> Result<Exit, Failure> {
        let as_of = self.day.as_of();
        let (names, (before, after)) = if self.driver {
            let versions = match Asked::parse(&self.sides)? {
                Asked::Versions(versions) => versions,
                Asked::Unmerged(path) => {
                    writeln!(streams.data, "* Unmerged path {path}")?;
                    return Ok(Exit::Clean);
                }
            };
            match versions.policies(as_of) {
                Some(sides) => (versions.names(), sides),
                None => {
                    versions.write_lines(&mut streams.data)?;
                    return Ok(Exit::Clean);
                }
            }
        } else {
            let operands = Operands::parse(&self.sides)?;
            (operands.names(), operands.load(as_of)?)
        };
        let (old, new) = (before.side(), after.side());
        let difference = compare(&old, &new);
        let as_of = self.day.asked();
        let shown = Shown { difference: &difference, before: &old, after: &new, names, as_of };
        let out = &mut streams.data;
        match self.format {
            DiffFormat::Text => text::write(&shown, text::width(), out)?,
            DiffFormat::Json => json::print(&difference.report(&old, &new), out)?,
            DiffFormat::Markdown => markdown::write(&shown, out)?,
            DiffFormat::Html => html::write(&shown, out)?,
        }
        // git treats any other exit code as a failure of its diff command.
        Ok(if self.driver { Exit::Clean } else { self.exit(difference.direction) })
    }
}

impl Arguments {
    fn exit(&self, direction: Direction) -> Exit {
        let different = match self.deny.as_slice() {
            [] => direction != Direction::Equal,
            denied => denied.iter().any(|denied| denied.meets(direction)),
        };
        if different { Exit::Findings } else { Exit::Clean }
    }
}

/// Writes the difference in meaning of two texts of one file.
///
/// # Errors
/// When one of them has an error.
pub(crate) fn between(name: &str, texts: [&str; 2], as_of: Date, out: &mut dyn Write) -> Result<(), Failure> {
    let [before, after] = texts
        .map(|text| Content::Written(Input::of_bytes(vec![(name.to_owned(), text.as_bytes().to_vec())])));
    let (before, after) = Loaded::both(before, after, as_of)?;
    let (old, new) = (before.side(), after.side());
    let difference = compare(&old, &new);
    let names = ["before", "after"].map(|side| format!("{name}, {side}"));
    let shown = Shown { difference: &difference, before: &old, after: &new, names, as_of: None };
    text::write(&shown, text::width(), out)?;
    Ok(())
}

/// A difference and its two sides: the input of every renderer.
struct Shown<'run> {
    difference: &'run Difference<'run>,
    before: &'run Side<'run>,
    after: &'run Side<'run>,
    /// What was compared, in words.
    names: [String; 2],
    /// The date of `--as-of`.
    as_of: Option<Date>,
}

impl Shown<'_> {
    /// Returns which exceptions were in force.
    fn exceptions(&self) -> String {
        self.as_of.map_or_else(|| "all in force".to_owned(), |date| format!("those in force on {date}"))
    }

    /// Returns `1 wider, 2 narrower, 40 equal`, without zero counts.
    fn counted(&self) -> String {
        let directions = [Direction::Incomparable, Direction::Wider, Direction::Narrower, Direction::Equal];
        let count = |direction| {
            self.difference.subjects.iter().filter(|subject| subject.direction == direction).count()
        };
        let words = directions.map(|direction| (count(direction), direction)).into_iter();
        let words: Vec<_> = words
            .filter(|(count, _)| *count > 0)
            .map(|(count, direction)| format!("{count} {direction}"))
            .collect();
        words.join(", ")
    }

    /// Returns whether the result is incomparable only because of conditions of the Console, or of Tetragon policies that
    /// are invalid or too large to compare.
    fn is_opaque(&self) -> bool {
        let computed = self.difference.subjects.iter().filter(|subject| !subject.is_opaque());
        let direction = computed.map(|subject| subject.direction).fold(Direction::Equal, Direction::and);
        direction != Direction::Incomparable
            && self.difference.subjects.iter().any(SubjectDifference::is_opaque)
    }

    /// Returns the verdict as a sentence.
    fn sentence(&self) -> &'static str {
        let changed = self.difference.subjects.iter().any(|subject| !subject.is_unchanged());
        match self.difference.direction {
            Direction::Equal if changed => "no effect: every event is treated the same",
            Direction::Equal => "equal: every event is treated the same",
            Direction::Narrower => "narrower: some events get a stronger effect, none a weaker one",
            Direction::Wider => "wider: some events get a weaker effect, none a stronger one",
            Direction::Incomparable if self.is_opaque() => {
                "incomparable: content changed whose effect is not computed"
            }
            Direction::Incomparable => "incomparable: some events get a weaker effect, others a stronger one",
        }
    }
}

/// Returns `GuardianProfile amf (gp_3f1a9c0d72e4)`.
pub(crate) fn title(subject: &SubjectDifference<'_>) -> String {
    let Some(piece) = subject.piece() else { return String::new() };
    let id = if piece.id == piece.name { String::new() } else { format!(" ({})", piece.id) };
    format!("{} {}{id}", piece.kind, piece.name)
}

/// Returns `new` or `removed` for a document that only one side has.
pub(crate) fn presence(subject: &SubjectDifference<'_>) -> Option<&'static str> {
    match (subject.before, subject.after) {
        (None, Some(_)) => Some("new"),
        (Some(_), None) => Some("removed"),
        _ => None,
    }
}
