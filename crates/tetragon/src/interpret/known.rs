//! An event -> what it tells of the arguments of a call.

use telovix_policy::confine::{Access, AccessSet, Operation};
use telovix_policy::judge::{Event, Field, Fields};

use super::call::Source;
use super::fact::Facts;
use super::truth::Needs;

/// `__FMODE_EXEC` of `include/linux/fs.h`.
pub(super) const FMODE_EXEC: u64 = 0x20;

/// The flags of a file that is opened to be executed: also `O_LARGEFILE`. Source: `do_open_execat` of `fs/exec.c`.
const EXECUTED: u64 = 0x8000 | FMODE_EXEC;

/// What an event tells of an argument that is a number.
pub(super) enum Known {
    /// The number.
    Number(u64),
    /// It would tell it by this field.
    Lacks(Field),
    /// Nothing that decides for every number.
    Nothing,
}

/// Returns the number of an argument, as far as an event tells it.
pub(super) fn known(source: Source, event: &Event) -> Known {
    let of = |known: Option<u64>, field: Field| known.map_or(Known::Lacks(field), Known::Number);
    match source {
        Source::Constant(number) => Known::Number(number),
        Source::Capability => of(event.capability.map(|one| one.number().into()), Field::Capability),
        Source::CapabilityMask => of(event.capability.map(|one| 1 << one.number()), Field::Capability),
        Source::Family => of(event.family.map(u64::from), Field::Family),
        Source::SocketType => of(event.socket_type.map(|one| one.number().into()), Field::Type),
        Source::Syscall => match event.syscall.map(telovix_policy::value::Syscall::number) {
            Some(Some(number)) => Known::Number(number.into()),
            // Only 32-bit programs have it.
            Some(None) => Known::Nothing,
            None => Known::Lacks(Field::Syscall),
        },
        Source::Mode => event.mode.map_or(Known::Nothing, |mode| Known::Number(mode.into())),
        Source::Links if matches!(file(event), File::Unnamed) => Known::Number(0),
        Source::OpenFlags if event.operation == Operation::Exec => Known::Number(EXECUTED),
        Source::OpenFlags => match event.access {
            Some(used) if used == AccessSet::default().with(Access::Execute) => Known::Number(EXECUTED),
            Some(_) => Known::Nothing,
            None => Known::Lacks(Field::Access),
        },
        Source::Links | Source::Path | Source::Destination | Source::Peer => Known::Nothing,
    }
}

/// What is known of the file of an event.
pub(super) enum File<'event> {
    At(&'event str),
    /// Anonymous memory, or a deleted file.
    Unnamed,
    Open(Needs),
}

/// Returns what is known of the file.
pub(super) fn file(event: &Event) -> File<'_> {
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
