//! One filter in its decided form, and whether an event passes it.

use std::sync::Arc;

use telovix_policy::confine::Access;
use telovix_policy::judge::{Event, Field};

use super::call::Source;
use super::destination::{AddressSet, Numbers, family_of};
use super::expression::Condition;
use super::fact::{Assumptions, FactId};
use super::file_type::FileTypes;
use super::known::{FMODE_EXEC, File, Known, file, known};
use super::number_set::NumberSet;
use super::text_set::TextSet;
use super::truth::Truth;

/// Tetragon records no more of the path of an executable.
const RECORDED: usize = 255;

/// The bits of a file mode of which an event that sets one has at least one.
const SET_ID: u64 = 0o6000;

/// One condition on an event.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// The same for every event.
    Constant(bool),
    /// A fact that no event has.
    Fact(FactId),
    /// The path of the file. A file without a path passes neither a filter nor its negation.
    Path {
        set: TextSet,
        negated: bool,
        /// Whether a filter that names the root directory finds it.
        root: FactId,
    },
    /// A text inside of the path of the file.
    Inside {
        set: TextSet,
        /// Whether the kernel can find texts inside of others.
        finds: FactId,
    },
    /// The type of the file.
    FileType { types: FileTypes, negated: bool, other: FactId },
    /// An expression on the arguments.
    Expression(Arc<Condition>),
    /// The executable, or with `follow` one that the process descends from.
    Binary { set: TextSet, negated: bool, follow: bool },
    /// The executable of the parent. A process without one passes.
    Parent { set: TextSet, negated: bool, follow: bool },
    /// A number.
    Number {
        source: Source,
        set: NumberSet,
        negated: bool,
        /// What else decides, where the event does not have the number.
        other: FactId,
    },
    /// The destination.
    Address { set: AddressSet, negated: bool },
    /// The port.
    Port { set: Numbers, negated: bool },
    /// The family of the destination.
    Family(Numbers),
}

impl Test {
    /// Returns whether an event passes.
    pub(super) fn of(&self, event: &Event, assumed: Assumptions) -> Truth {
        match self {
            Self::Constant(holds) => Truth::from(*holds),
            Self::Fact(fact) => Truth::fact(*fact, assumed),
            Self::Path { set, negated, root } => match file(event) {
                File::Unnamed => Truth::No,
                File::Open(needs) => Truth::Open(needs),
                // Its path is empty for filters, as far as that was seen.
                File::At("/") if *negated || !set.contains("/") => Truth::No,
                File::At("/") => Truth::fact(*root, assumed),
                File::At(path) => Truth::from(set.contains(path) != *negated),
            },
            Self::Inside { set, finds } => match file(event) {
                File::Unnamed => Truth::No,
                File::Open(needs) => Truth::Open(needs),
                File::At(path) if set.contains(path) => Truth::fact(*finds, assumed),
                File::At(_) => Truth::No,
            },
            Self::FileType { types, negated, other } => types.of(event, *other, assumed).negate(*negated),
            Self::Expression(condition) => condition.of(event, assumed),
            Self::Binary { set, negated, follow } => {
                let itself = match &event.binary {
                    Some(binary) => Truth::from(set.contains(recorded(binary))),
                    None => Truth::field(Field::Binary),
                };
                let descent = || if *follow { descends(set, event) } else { Truth::No };
                either(itself, descent).negate(*negated)
            }
            Self::Parent { set, negated, follow } => match (event.parent(), &event.ancestors) {
                (Some(parent), _) => {
                    let itself = Truth::from(set.contains(recorded(parent)));
                    let descent = || if *follow { descends(set, event) } else { Truth::No };
                    either(itself, descent).negate(*negated)
                }
                (None, Some(_)) => Truth::Yes,
                (None, None) => Truth::field(Field::Parent),
            },
            Self::Number { source, set, negated, other } => {
                number(*source, set, *other, event, assumed).negate(*negated)
            }
            Self::Address { set, negated } => match event.address {
                Some(address) => Truth::from(set.contains(address) != *negated),
                None => Truth::field(Field::Address),
            },
            Self::Port { set, negated } => match event.port {
                Some(port) => Truth::from(set.contains(port.into()) != *negated),
                None => Truth::field(Field::Port),
            },
            Self::Family(set) => match event.address {
                Some(address) => Truth::from(set.contains(family_of(address))),
                None if set.contains(2) == set.contains(10) => Truth::from(set.contains(2)),
                None => Truth::field(Field::Address),
            },
        }
    }
}

/// Returns the part of an executable's path that Tetragon records.
fn recorded(path: &str) -> &str {
    match path.len() {
        0..=RECORDED => path,
        _ => path.get(..path.floor_char_boundary(RECORDED)).unwrap_or(path),
    }
}

/// Returns whether a process descends from one of these executables.
fn descends(set: &TextSet, event: &Event) -> Truth {
    let mut known = event.parent.iter().chain(event.ancestors.iter().flatten());
    match &event.ancestors {
        _ if known.any(|binary| set.contains(recorded(binary))) => Truth::Yes,
        Some(_) => Truth::No,
        // A known parent does not determine its ancestors.
        None => Truth::field(Field::Ancestors),
    }
}

fn either(one: Truth, other: impl FnOnce() -> Truth) -> Truth {
    one.not().and(|| other().not()).not()
}

fn number(source: Source, set: &NumberSet, other: FactId, event: &Event, assumed: Assumptions) -> Truth {
    match known(source, event) {
        Known::Number(number) => return Truth::from(set.contains(number)),
        Known::Lacks(field) => return Truth::field(field),
        Known::Nothing => {}
    }
    match source {
        // A mode that is set has one of these bits.
        Source::Mode if matches!(set, NumberSet::Mask(mask) if mask & SET_ID == SET_ID) => Truth::Yes,
        Source::Links => match file(event) {
            File::Open(needs) => Truth::Open(needs),
            // A file has one link or more.
            File::At(_) if (1..=2).all(|links| !set.contains(links)) && is_zero(set) => Truth::No,
            File::At(_) | File::Unnamed => Truth::fact(other, assumed),
        },
        Source::OpenFlags => match event.access {
            Some(used) if !used.contains(Access::Execute) && is_execution(set) => Truth::No,
            _ => Truth::fact(other, assumed),
        },
        _ => Truth::fact(other, assumed),
    }
}

/// Returns whether only an open for execution has such flags.
fn is_execution(set: &NumberSet) -> bool {
    match set {
        NumberSet::Ranges(ranges) => {
            ranges.iter().all(|(first, last)| first == last && first & i128::from(FMODE_EXEC) != 0)
        }
        NumberSet::Mask(mask) => *mask == FMODE_EXEC,
    }
}

fn is_zero(set: &NumberSet) -> bool {
    matches!(set, NumberSet::Ranges(ranges) if ranges.iter().all(|range| *range == (0, 0)))
}
