//! Domains, subjects and exemptions -> the first reference to a table, class, decision or domain that does not exist.

use super::{ImageError, Sections, Tables, demand};
use crate::layout::{
    ANY_DOMAIN, Automaton, CONFINEMENT_HAS_EXEMPTIONS, Confinement, Decision, Domain, Exemption, Header,
    Operation, Section, Subject,
};

pub(super) fn verify(sections: &Sections, tables: &Tables) -> Result<(), ImageError> {
    demand(sections.count(Section::Domains) > 0, Section::Domains, 0, "domain 0 is missing")?;
    for (number, domain) in sections.records::<Domain>(Section::Domains).enumerate() {
        verify_domain(sections, tables, number, &domain)?;
    }
    let header: Option<Header> = sections.record(Section::Header, 0);
    let roots = header.is_some_and(|header| {
        [header.subjects, header.names].iter().all(|root| tables.paths.highest(root).is_some())
    });
    demand(roots, Section::Header, 0, "unknown root")?;
    verify_subjects(sections)?;
    verify_exemptions(sections)
}

fn verify_domain(
    sections: &Sections,
    tables: &Tables,
    number: usize,
    domain: &Domain,
) -> Result<(), ImageError> {
    let demand = |holds, what| demand(holds, Section::Domains, number, what);
    let classes = sections.count(Section::Classes);
    // A table's classes are in the classes map, and the table has no higher class.
    let fits = |start: u32, count: u32, highest: Option<u32>| {
        let end = (start as usize).checked_add(count as usize);
        end.is_some_and(|end| end <= classes) && highest.is_some_and(|highest| highest <= count)
    };
    let automaton =
        |table: &Automaton| fits(table.classes, table.class_count, tables.paths.highest(&table.root));
    demand(automaton(&domain.exec), "unknown exec table")?;
    demand(automaton(&domain.file), "unknown file table")?;

    let endpoints = &domain.endpoints;
    let highest = if endpoints.count == 0 { Some(0) } else { tables.endpoints.highest(endpoints) };
    demand(fits(endpoints.classes, endpoints.class_count, highest), "unknown address table")?;

    let syscalls = &domain.syscalls;
    let highest = match syscalls.table.checked_sub(1) {
        Some(table) => tables.syscalls.get(table as usize).copied(),
        None => Some(0),
    };
    demand(fits(syscalls.classes, syscalls.class_count, highest), "unknown system-call table")?;

    let decides = |decision: u32, operation: Operation| {
        let cell: Option<Decision> = sections.record(Section::Decisions, decision);
        let rule =
            cell.and_then(|cell| sections.record::<Confinement>(Section::Confinements, cell.confinement));
        decision == 0 || rule.is_some_and(|rule| rule.operation == operation as u8)
    };
    let capabilities = domain.capabilities.iter().all(|decision| decides(*decision, Operation::Capability));
    demand(capabilities, "a capability with a decision of another operation")?;
    demand(
        decides(domain.anonymous_exec, Operation::Exec),
        "an anonymous exec with a decision of another operation",
    )?;

    let mut operations = 0;
    for (present, operation) in [
        (domain.exec.class_count > 0 || domain.anonymous_exec != 0, Operation::Exec),
        (domain.file.class_count > 0, Operation::File),
        (endpoints.count > 0, Operation::Connect),
        (domain.capabilities.iter().any(|decision| *decision != 0), Operation::Capability),
        (syscalls.table > 0, Operation::Syscall),
    ] {
        operations |= if present { operation.bit() } else { 0 };
    }
    for operation in Operation::ALL {
        let Some(&decision) = operation.slot().and_then(|slot| domain.slots.get(slot)) else { continue };
        demand(decides(decision, operation), "a slot with a decision of another operation")?;
        operations |= if decision != 0 { operation.bit() } else { 0 };
    }
    demand(operations == domain.operations, "operations that do not match the tables")?;
    demand(domain.strict & !operations == 0, "the strict bit of an operation it does not confine")?;
    demand((domain.inherits as usize) < sections.count(Section::Domains), "inherits an unknown domain")?;
    Ok(())
}

fn verify_subjects(sections: &Sections) -> Result<(), ImageError> {
    let mut before: Option<Subject> = None;
    for (number, (key, domain)) in sections.entries::<Subject, u32>(Section::Subjects).enumerate() {
        let demand = |holds, what| demand(holds, Section::Subjects, number, what);
        demand(before.is_none_or(|before| before < key), "not in order")?;
        demand(domain != 0 && (domain as usize) < sections.count(Section::Domains), "unknown domain")?;
        before = Some(key);
    }
    Ok(())
}

fn verify_exemptions(sections: &Sections) -> Result<(), ImageError> {
    let domains = sections.count(Section::Domains);
    let mut before: Option<Exemption> = None;
    for (number, (key, value)) in sections.entries::<Exemption, u32>(Section::Exemptions).enumerate() {
        let demand = |holds, what| demand(holds, Section::Exemptions, number, what);
        let rule: Option<Confinement> = sections.record(Section::Confinements, key.confinement);
        let flagged = rule.is_some_and(|rule| rule.flags & CONFINEMENT_HAS_EXEMPTIONS != 0);
        demand(before.is_none_or(|before| before < key), "not in order")?;
        demand(flagged, "a confinement that is unknown or not marked to have exemptions")?;
        demand(key.own == ANY_DOMAIN || (key.own as usize) < domains, "unknown domain")?;
        demand(key.parent == ANY_DOMAIN || (key.parent as usize) < domains, "unknown parent domain")?;
        demand((key.own, key.parent) != (ANY_DOMAIN, ANY_DOMAIN), "exempts every process")?;
        demand(value == 1, "a value that is not 1")?;
        before = Some(key);
    }
    Ok(())
}
