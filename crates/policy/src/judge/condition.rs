//! Whether a condition matches an event.

use super::truth::Truth;
use super::{Event, Field};
use crate::confine::{
    Access, AccessSet, CapabilitySet, Condition, Endpoint, EndpointSet, Operation, PathSet, PortSet,
    SocketSet, SocketType, SyscallSet,
};

/// Returns whether a condition on `operation` matches the event, which is of that operation. A condition
/// for another operation matches nothing.
pub(super) fn names(operation: Operation, condition: &Condition, event: &Event) -> Truth {
    match (condition, operation) {
        (Condition::Always, _) => Truth::Yes,
        (Condition::Exec { paths, anonymous }, Operation::Exec) => executes(paths, *anonymous, event),
        (Condition::Open { paths, accesses }, Operation::Open) => opens(paths, *accesses, event),
        (Condition::Connect(set), Operation::Connect) => connects(set, event),
        (Condition::Capability(set), Operation::Capability | Operation::Capset) => capability(*set, event),
        (Condition::Syscall(set), Operation::Syscall) => syscall(set, event),
        (Condition::Socket(set), Operation::Socket) => socket(set, event),
        _ => Truth::No,
    }
}

/// An execution with a path and without `anonymous` is one of a file.
fn executes(paths: &PathSet, anonymous: bool, event: &Event) -> Truth {
    match (event.anonymous, &event.path) {
        (Some(true), _) => Truth::from(anonymous),
        (_, Some(_)) | (Some(false), None) => path(paths, event),
        (None, None) if paths.is_all() && anonymous => Truth::Yes,
        (None, None) if paths.is_empty() && !anonymous => Truth::No,
        (None, None) => Truth::unknown([Field::Path, Field::Anonymous]),
    }
}

/// Returns whether one of the accesses and the file match. Renaming a directory also moves everything below it.
fn opens(paths: &PathSet, accesses: AccessSet, event: &Event) -> Truth {
    let moved = accesses.contains(Access::Rename)
        && event.path.as_ref().is_some_and(|directory| paths.reaches_below(directory));
    match event.access {
        Some(used) if !accesses.intersects(used) => Truth::No,
        Some(used) if moved && used.contains(Access::Rename) => Truth::Yes,
        Some(_) => path(paths, event),
        None if accesses.is_empty() => Truth::No,
        None => match path(paths, event) {
            Truth::No if !moved => Truth::No,
            named => Truth::Unknown(named.fields().union([Field::Access].into_iter().collect())),
        },
    }
}

fn path(paths: &PathSet, event: &Event) -> Truth {
    match &event.path {
        Some(path) => Truth::from(paths.contains(path)),
        None if paths.is_all() => Truth::Yes,
        None if paths.is_empty() => Truth::No,
        None => Truth::unknown([Field::Path]),
    }
}

fn connects(set: &EndpointSet, event: &Event) -> Truth {
    match (event.address, event.port) {
        (Some(address), Some(port)) => Truth::from(set.contains(Endpoint { address, port })),
        (Some(address), None) => at_unknown_port(set.ports(address)),
        (None, port) => {
            let answer = |ports: &PortSet| {
                port.map_or_else(|| at_unknown_port(ports), |port| Truth::from(ports.contains(port)))
            };
            let mut answers = set.parts().map(|(_, _, ports)| answer(ports));
            let first = answers.next().unwrap_or(Truth::No);
            let by_address = Truth::unknown([Field::Address]);
            answers.filter(|other| *other != first).fold(first, |sum, other| match (sum, other) {
                (Truth::Unknown(one), Truth::Unknown(two)) => Truth::Unknown(one.union(two)),
                (Truth::Unknown(fields), _) | (_, Truth::Unknown(fields)) => {
                    Truth::Unknown(fields.union([Field::Address].into_iter().collect()))
                }
                _ => by_address,
            })
        }
    }
}

fn at_unknown_port(ports: &PortSet) -> Truth {
    if ports.is_empty() {
        Truth::No
    } else if *ports == PortSet::all() {
        Truth::Yes
    } else {
        Truth::unknown([Field::Port])
    }
}

fn capability(set: CapabilitySet, event: &Event) -> Truth {
    match event.capability {
        Some(capability) => Truth::from(set.contains(capability)),
        None => some_of(set.is_empty(), set == CapabilitySet::all(), Field::Capability),
    }
}

fn syscall(set: &SyscallSet, event: &Event) -> Truth {
    match event.syscall {
        Some(syscall) => Truth::from(set.contains(syscall)),
        // Even the set of all names lacks system calls of newer kernels.
        None => some_of(set.is_empty(), false, Field::Syscall),
    }
}

fn socket(set: &SocketSet, event: &Event) -> Truth {
    let (family, kind) = (event.family, event.socket_type);
    let of_family = |family| {
        let inside = SocketType::ALL.into_iter().filter(|kind| set.contains(family, *kind)).count();
        some_of(inside == 0, inside == SocketType::ALL.len(), Field::Type)
    };
    match (family, kind) {
        (Some(family), Some(kind)) => Truth::from(set.contains(family, kind)),
        (Some(family), None) => of_family(family),
        (None, Some(kind)) => {
            let of_type = SocketSet::all_families(&[kind]);
            some_of(set.intersection(&of_type).is_empty(), of_type.is_subset(set), Field::Family)
        }
        (None, None) if set.is_empty() => Truth::No,
        (None, None) if *set == SocketSet::all() => Truth::Yes,
        (None, None) => Truth::unknown([Field::Family, Field::Type]),
    }
}

fn some_of(none: bool, all: bool, field: Field) -> Truth {
    match (none, all) {
        (true, _) => Truth::No,
        (_, true) => Truth::Yes,
        _ => Truth::unknown([field]),
    }
}
