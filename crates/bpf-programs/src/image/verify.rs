//! Sections -> the first invalid record: malformed, or with a reference to a record that does not exist.
//!
//! Time is linear in the size of any image: nothing is verified twice because two records refer to it, and no loop
//! follows a reference that could form a cycle.

mod domains;
mod endpoints;
mod paths;

use super::{ImageError, Sections};
use crate::layout::{
    Access, CONFINEMENT_BLOCKS, CONFINEMENT_HAS_EXEMPTIONS, Confinement, Decision, Effect, Header,
    LAYOUT_VERSION, Operation, Origin, Section, SyscallTable,
};

pub(super) fn verify(sections: &Sections) -> Result<(), ImageError> {
    verify_sizes(sections)?;
    verify_strings(sections)?;
    verify_header(sections)?;
    verify_confinements(sections)?;
    verify_decisions(sections)?;
    let tables = Tables {
        paths: paths::verify(sections)?,
        endpoints: endpoints::verify(sections)?,
        syscalls: sections.records(Section::Syscalls).map(|table| highest_class(&table)).collect(),
    };
    domains::verify(sections, &tables)
}

/// The tables that domains may refer to, with the highest class in each.
struct Tables {
    paths: paths::Nodes,
    endpoints: endpoints::Runs,
    syscalls: Vec<u32>,
}

fn fault(section: Section, record: usize, what: &'static str) -> ImageError {
    ImageError::Record { section, record, what }
}

/// Returns the error unless the condition is true.
fn demand(holds: bool, section: Section, record: usize, what: &'static str) -> Result<(), ImageError> {
    if holds { Ok(()) } else { Err(fault(section, record, what)) }
}

/// The kernel counts map entries in 32 bits.
fn verify_sizes(sections: &Sections) -> Result<(), ImageError> {
    for section in Section::ALL {
        let bytes = sections.bytes(section).len();
        if !bytes.is_multiple_of(section.record_size()) {
            return Err(ImageError::RecordSize { section });
        }
        demand(u32::try_from(bytes).is_ok(), section, 0, "more than 4 GiB")?;
    }
    Ok(())
}

fn verify_strings(sections: &Sections) -> Result<(), ImageError> {
    let strings = sections.bytes(Section::Strings);
    demand(strings.first() == Some(&0), Section::Strings, 0, "the first string is not empty")?;
    demand(strings.last() == Some(&0), Section::Strings, strings.len(), "the last string has no NUL")?;
    let valid = std::str::from_utf8(strings).map_err(|error| error.valid_up_to());
    valid.map(drop).map_err(|at| fault(Section::Strings, at, "not UTF-8"))?;
    for (number, offset) in sections.records(Section::Scopes).enumerate() {
        demand(
            starts_string(strings, offset),
            Section::Scopes,
            number,
            "the offset is not the start of a string",
        )?;
        demand(
            (number == 0) == (offset == 0),
            Section::Scopes,
            number,
            "scope 0 must be the whole fleet, and only scope 0",
        )?;
    }
    demand(
        sections.count(Section::Scopes) > 0,
        Section::Scopes,
        0,
        "the scope of the whole fleet is missing",
    )?;
    for (number, origin) in sections.records::<Origin>(Section::Origins).enumerate() {
        let offsets = [origin.kind, origin.id, origin.name, origin.dimension, origin.file];
        let known = offsets.into_iter().all(|offset| starts_string(strings, offset));
        demand(known, Section::Origins, number, "the offset is not the start of a string")?;
        demand(origin.start <= origin.end, Section::Origins, number, "the source span is reversed")?;
    }
    Ok(())
}

fn starts_string(strings: &[u8], offset: u32) -> bool {
    let offset = offset as usize;
    offset < strings.len() && (offset == 0 || strings.get(offset - 1) == Some(&0))
}

fn verify_header(sections: &Sections) -> Result<(), ImageError> {
    demand(sections.count(Section::Header) == 1, Section::Header, 0, "expected exactly one header")?;
    let header: Header = sections.record(Section::Header, 0).ok_or(ImageError::NotCanonical)?;
    demand(
        header.version == LAYOUT_VERSION,
        Section::Header,
        0,
        "layout version differs from that of the note",
    )?;
    demand(header.reserved == 0, Section::Header, 0, "padding that is not zero")
}

fn verify_confinements(sections: &Sections) -> Result<(), ImageError> {
    let same = sections.count(Section::Confinements) == sections.count(Section::Origins);
    demand(same, Section::Origins, 0, "expected one origin for each confinement")?;
    let scopes = sections.count(Section::Scopes);
    for (number, confinement) in sections.records::<Confinement>(Section::Confinements).enumerate() {
        let demand = |holds, what| demand(holds, Section::Confinements, number, what);
        demand(confinement.effect != Effect::Allow as u8, "a confinement with the effect `allow`")?;
        demand(Effect::from_number(confinement.effect).is_some(), "unknown effect")?;
        let operation = Operation::from_number(confinement.operation);
        demand(operation.is_some(), "unknown operation")?;
        let touches = operation == Some(Operation::File) || confinement.access == Access::ALL;
        demand(touches && confinement.access != 0, "file access bits on another operation, or missing ones")?;
        demand(usize::from(confinement.scope) < scopes, "unknown scope")?;
        let known = CONFINEMENT_HAS_EXEMPTIONS | CONFINEMENT_BLOCKS;
        demand(confinement.flags & !known == 0, "unknown flags")?;
    }
    Ok(())
}

/// A chain only refers to smaller numbers, so it ends; it has one operation and never gets stronger.
fn verify_decisions(sections: &Sections) -> Result<(), ImageError> {
    for (number, cell) in sections.records::<Decision>(Section::Decisions).enumerate() {
        let demand = |holds, what| demand(holds, Section::Decisions, number, what);
        if number == 0 {
            demand(cell == Decision { confinement: 0, next: 0 }, "decision 0 is not `allow`")?;
            continue;
        }
        let strongest: Option<Confinement> = sections.record(Section::Confinements, cell.confinement);
        let strongest = strongest.ok_or(fault(Section::Decisions, number, "unknown confinement"))?;
        demand((cell.next as usize) < number, "the chain refers to a later decision")?;
        if cell.next == 0 {
            continue;
        }
        let next: Option<Decision> = sections.record(Section::Decisions, cell.next);
        let next = next.map_or(0, |next| next.confinement);
        let weaker: Option<Confinement> = sections.record(Section::Confinements, next);
        demand(
            weaker.is_some_and(|weaker| weaker.operation == strongest.operation),
            "two operations in one chain",
        )?;
        let falls = weaker.is_some_and(|weaker| weaker.effect <= strongest.effect);
        demand(falls, "the chain is not in order of strength")?;
    }
    demand(sections.count(Section::Decisions) > 0, Section::Decisions, 0, "decision 0 is missing")?;
    for (number, decision) in sections.records::<u32>(Section::Classes).enumerate() {
        let known = decision != 0 && (decision as usize) < sections.count(Section::Decisions);
        demand(known, Section::Classes, number, "unknown decision")?;
    }
    Ok(())
}

fn highest_class(table: &SyscallTable) -> u32 {
    table.classes.iter().copied().max().map_or(0, u32::from)
}
