//! A policy and a question -> who gets which effect, and because of which line.

use std::collections::BTreeSet;

use super::piece::Side;
use super::process::World;
use crate::confine::{Access, Deed, Operation, PathSet, Region, SocketType, Subject};
use crate::document::Children;
use crate::document::value::address_at;
use crate::judge::{Event, Index, Verdict};

/// One answer: a process, what it would do, and what happens.
#[derive(Debug, Clone)]
pub struct Answer<'policy> {
    /// The document whose process it is; none for a process that no document names.
    pub name: Option<&'policy str>,
    /// The event.
    pub event: Event,
    /// What happens.
    pub verdict: Verdict<'policy>,
}

/// Asks for everybody a document names, and for somebody whom none does: what happens when they do this?
/// A process appears once for each parent that exceptions can tell from others.
#[must_use]
pub fn who<'policy>(side: &'policy Side<'policy>, operation: Operation, deed: &Deed) -> Vec<Answer<'policy>> {
    let index = Index::new(side.confinements());
    let world = World::new(side.confinements());
    let mut answers = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ask = |name: Option<&'policy str>, subject: &Subject, children: Children| {
        for process in world.processes_of(operation, (subject, children), &[]) {
            let whole = with(&process, deed);
            let short = Event::of(operation, process.binary.as_deref().unwrap_or_default(), deed);
            let told = index.judge(&short);
            let (event, verdict) = if told.depends_on.is_empty() {
                (short, told)
            } else {
                let told = index.judge(&whole);
                (whole, told)
            };
            if seen.insert(event.to_string()) {
                answers.push(Answer { name, event, verdict });
            }
        }
    };
    for piece in side.pieces() {
        let Some(subject) = subject(piece) else { continue };
        ask(Some(piece.name), &subject, Children::Leave);
    }
    ask(None, &Subject::Everyone, Children::Leave);
    answers
}

/// Returns what a binary is let do by an operation, one line for each part of the set: a path, `below /a/`, `starts with
/// /a/b`, `not` before what is taken out of the line above, addresses with ports, a name, `everything else`.
#[must_use]
pub fn what(side: &Side<'_>, binary: &str, operation: Operation) -> Vec<String> {
    let index = Index::new(side.confinements());
    match super::analysis::allowed(&index, binary, operation) {
        Region::Whole(all) => all.then(|| "yes".to_owned()).into_iter().collect(),
        Region::Exec { paths, anonymous } => paths_in_words(&paths, "")
            .into_iter()
            .chain(anonymous.then(|| "anonymous memory".to_owned()))
            .collect(),
        Region::Open(opens) => opens
            .parts()
            .flat_map(|(accesses, paths)| {
                let words: Vec<_> = accesses.iter().map(Access::name).collect();
                paths_in_words(paths, &format!("{}: ", words.join("+")))
            })
            .collect(),
        Region::Connect(set) => set
            .parts()
            .filter(|(_, _, ports)| !ports.is_empty())
            .map(|(first, last, ports)| {
                let range = |(first, last): &(u16, u16)| {
                    if first == last { first.to_string() } else { format!("{first}-{last}") }
                };
                let ports: Vec<_> = ports.ranges().iter().map(range).collect();
                let addresses = match (address_at(first), address_at(last)) {
                    (first, last) if first == last => first.to_string(),
                    (first, last) => format!("{first} to {last}"),
                };
                format!("{addresses} port {}", ports.join(", "))
            })
            .collect(),
        Region::Capability(set) => set.iter().map(|capability| capability.to_string()).collect(),
        Region::Syscall(set) => set.iter().map(|syscall| syscall.name().to_owned()).collect(),
        Region::Socket(set) => {
            let (families, others) = set.families();
            let words = |types: Vec<SocketType>| {
                types.into_iter().map(SocketType::name).collect::<Vec<_>>().join(", ")
            };
            let listed = families.map(|(family, types)| format!("family {family}: {}", words(types)));
            listed.chain([format!("every other family: {}", words(others))]).collect()
        }
    }
}

fn paths_in_words(paths: &PathSet, before: &str) -> Vec<String> {
    let (everywhere, prefixes) = paths.prefixes();
    let listed = prefixes.map(|(prefix, inside)| {
        let not = if inside { "" } else { "not " };
        let text = String::from_utf8_lossy(prefix);
        match text.strip_suffix('\0') {
            Some(path) => format!("{before}{not}{path}"),
            None if text.ends_with('/') => format!("{before}{not}below {text}"),
            None => format!("{before}{not}starts with {text}"),
        }
    });
    listed.chain(everywhere.then(|| format!("{before}everything else"))).collect()
}

fn with(process: &Event, deed: &Deed) -> Event {
    let binary = process.binary.as_deref().unwrap_or_default();
    Event {
        parent: process.parent.clone(),
        ancestors: process.ancestors.clone(),
        sensor: process.sensor.clone(),
        group: process.group.clone(),
        ..Event::of(process.operation, binary, deed)
    }
}

fn subject(piece: &super::Piece<'_>) -> Option<Subject> {
    let binary = piece.binary?;
    match crate::document::value::AbsolutePath::parse(binary) {
        Ok(path) => Some(Subject::Binary(path)),
        Err(_) => Some(Subject::BaseName(binary.to_owned())),
    }
}
