//! One filter in its decided form, and whether an event passes it.

use telovix_policy::confine::{Access, AccessSet, Operation};
use telovix_policy::judge::{Event, Field, Fields};

use super::call::Source;
use super::destination::{AddressSet, Numbers, family_of};
use super::fact::{Assumptions, FactId, Facts};
use super::number_set::NumberSet;
use super::text_set::TextSet;
use super::truth::{Needs, Truth};

/// Tetragon records no more of the path of an executable.
const RECORDED: usize = 255;

/// The bits of a file mode of which an event that sets one has at least one.
const SET_ID: u64 = 0o6000;

/// `__FMODE_EXEC` of `include/linux/fs.h`.
const FMODE_EXEC: u64 = 0x20;

/// The flags of a file that is opened to be executed: also `O_LARGEFILE`. Source: `do_open_execat` of `fs/exec.c`.
const EXECUTED: u64 = 0x8000 | FMODE_EXEC;

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

/// What is known of the file of an event.
enum File<'event> {
    At(&'event str),
    /// Anonymous memory, or a deleted file.
    Unnamed,
    Open(Needs),
}

fn file(event: &Event) -> File<'_> {
    let executes = event.operation == Operation::Exec;
    match (&event.path, event.anonymous) {
        (_, Some(true)) if executes => File::Unnamed,
        (Some(path), _) => File::At(path),
        (None, None) if executes => File::Open(fields([Field::Path, Field::Anonymous])),
        (None, _) => File::Open(fields([Field::Path])),
    }
}

fn fields(fields: impl IntoIterator<Item = Field>) -> Needs {
    Needs { fields: fields.into_iter().collect::<Fields>(), facts: Facts::default() }
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
    let of = |known: Option<u64>, field: Field| match known {
        Some(number) => Truth::from(set.contains(number)),
        None => Truth::field(field),
    };
    match source {
        Source::Constant(number) => Truth::from(set.contains(number)),
        Source::Capability => of(event.capability.map(|one| one.number().into()), Field::Capability),
        Source::CapabilityMask => of(event.capability.map(|one| 1 << one.number()), Field::Capability),
        Source::Family => of(event.family.map(u64::from), Field::Family),
        Source::SocketType => of(event.socket_type.map(|one| one.number().into()), Field::Type),
        Source::Syscall => match event.syscall.map(telovix_policy::value::Syscall::number) {
            Some(Some(number)) => Truth::from(set.contains(number.into())),
            // Only 32-bit programs have it.
            Some(None) => Truth::fact(other, assumed),
            None => Truth::field(Field::Syscall),
        },
        Source::Mode => match (event.mode, set) {
            (Some(mode), _) => Truth::from(set.contains(mode.into())),
            (None, NumberSet::Mask(mask)) if mask & SET_ID == SET_ID => Truth::Yes,
            (None, _) => Truth::fact(other, assumed),
        },
        Source::Links => match file(event) {
            File::Unnamed => Truth::from(set.contains(0)),
            File::Open(needs) => Truth::Open(needs),
            // A file has one link or more.
            File::At(_) if (1..=2).all(|links| !set.contains(links)) && is_zero(set) => Truth::No,
            File::At(_) => Truth::fact(other, assumed),
        },
        Source::OpenFlags => match (event.operation, event.access) {
            (Operation::Exec, _) => Truth::from(set.contains(EXECUTED)),
            (_, Some(used)) if used == AccessSet::default().with(Access::Execute) => {
                Truth::from(set.contains(EXECUTED))
            }
            (_, Some(used)) if !used.contains(Access::Execute) && is_execution(set) => Truth::No,
            (_, Some(_)) => Truth::fact(other, assumed),
            (_, None) => Truth::field(Field::Access),
        },
        Source::Path | Source::Destination | Source::Peer => Truth::fact(other, assumed),
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
