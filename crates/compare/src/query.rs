//! A policy and a query -> the effect of an action per process, with the deciding line; or the events that a process
//! is allowed, with the differences by scope, exception and ancestor.

use rustc_hash::FxHashSet;
use telovix_policy::confine::{Action, Confinement, Exemption, Operation, PathSet, Subject};
use telovix_policy::judge::{Decision, Event, Index, Verdict};
use telovix_policy::value::{AbsolutePath, Children, Scope};

use super::piece::Side;
use super::process::{World, binary};
use super::words::words;

/// One result: an event of a process and its verdict.
#[derive(Debug, Clone)]
pub struct Answer<'policy> {
    /// The document of the process; `None` for a process that no document names.
    pub name: Option<&'policy str>,
    /// The event, with only those fields of its process that the verdict depends on.
    pub event: Event,
    /// The process with every field.
    pub process: Event,
    /// The verdict.
    pub verdict: Verdict<'policy>,
}

/// Returns the verdict on an action for every process that a document names, and for one that none names.
/// A process appears once for each line that decides about it, with one of the parents, sensors and groups that lead
/// to that line. Of the executables that TracingPolicies distinguish, `executables` has one of each kind.
#[must_use]
pub fn who<'policy>(
    side: &'policy Side<'policy>,
    operation: Operation,
    action: &Action,
    executables: &[String],
) -> Vec<Answer<'policy>> {
    let index = Index::new(side.confinements());
    let world = World::new(side.confinements());
    let mut answers = Vec::new();
    let mut seen = FxHashSet::default();
    let mut ask = |name: Option<&'policy str>, subject: &Subject, children: Children| {
        let mut processes = world.processes_of(operation, (subject, children), &[]);
        // Use a process without a parent only if no other leads to the same line.
        processes.sort_by_key(|process| process.parent.is_none());
        for process in processes {
            for process in on_hosts(&process, &index.about(&process)) {
                let (event, verdict) = judge(&index, &process, action);
                let decision = verdict.decision.as_ref();
                let decision =
                    decision.map(|Decision { index, reason, .. }| (*index, std::mem::discriminant(reason)));
                let known = (event.binary.clone(), verdict.effect, decision);
                if seen.insert(known) {
                    answers.push(Answer { name, event, process, verdict });
                }
            }
        }
    };
    for piece in side.pieces() {
        let Some(subject) = subject(piece) else { continue };
        ask(Some(piece.name), &subject, Children::Leave);
    }
    let named = executables.iter().filter_map(|path| AbsolutePath::parse(path).ok());
    named.for_each(|path| ask(None, &Subject::Binary(path), Children::Leave));
    ask(None, &Subject::Everyone, Children::Leave);
    answers
}

/// The events of an operation that a binary is allowed.
#[derive(Debug, Clone)]
pub struct Allowed<'policy> {
    /// One line for each part of the set: a path pattern, `not` before an exclusion, addresses with ports, a name,
    /// `everything else`. On a host without sensor and group, for a process without ancestors that a document names.
    pub parts: Vec<String>,
    /// The exceptions that apply.
    pub exceptions: Vec<&'policy Exemption>,
    /// Where the allowed events differ.
    pub otherwise: Vec<Otherwise<'policy>>,
}

/// The events that a binary is allowed on some hosts, or below some ancestors.
#[derive(Debug, Clone)]
pub struct Otherwise<'policy> {
    /// The sensor or group.
    pub scope: &'policy Scope,
    /// The exception for the children of a parent.
    pub exception: Option<&'policy Exemption>,
    /// The ancestor whose confinement it inherits.
    pub below: Option<&'policy Subject>,
    /// As in [`Allowed::parts`].
    pub parts: Vec<String>,
}

/// Returns the events of an operation that a binary is allowed, and where they differ.
#[must_use]
pub fn what<'policy>(side: &'policy Side<'policy>, binary: &str, operation: Operation) -> Allowed<'policy> {
    let index = Index::new(side.confinements());
    let ask = |scope: &Scope, line: &[String]| {
        let mut process = on_host(&Event::new(operation), scope);
        process.binary = Some(binary.to_owned());
        process.parent = line.first().cloned();
        process.ancestors = Some(line.to_vec());
        words(&super::analysis::allowed_to(&index, &process))
    };
    let init = ["/sbin/init".to_owned()];
    let parts = ask(&Scope::Fleet, &init);
    let mut answer = Allowed { parts, exceptions: Vec::new(), otherwise: Vec::new() };
    let mut add = |scope: &'policy Scope,
                   exception: Option<&'policy Exemption>,
                   below: Option<&'policy Subject>,
                   line: &[String]| {
        let parts = ask(scope, line);
        let base = if exception.is_none() && below.is_none() { &Scope::Fleet } else { scope };
        let is_known =
            |known: &Otherwise<'_>| (known.scope, known.exception, known.below) == (scope, exception, below);
        if parts != ask(base, &init) && !answer.otherwise.iter().any(is_known) {
            answer.otherwise.push(Otherwise { scope, exception, below, parts });
        }
    };
    let on_operation = side.confinements().iter().filter(|confinement| confinement.operation == operation);
    for confinement in on_operation {
        if confinement.subject.matches(binary) {
            add(&confinement.scope, None, None, &init);
            for exemption in &confinement.exemptions {
                if exemption.process.as_ref().is_some_and(|pattern| !pattern.contains(binary)) {
                    continue;
                }
                let parents =
                    exemption.parent.as_ref().map(|pattern| [pattern].into_iter().collect::<PathSet>());
                match parents {
                    Some(parents) => {
                        if let Some(parent) = parents.witness() {
                            add(&confinement.scope, Some(exemption), None, &[parent]);
                        }
                    }
                    None => answer.exceptions.push(exemption),
                }
            }
        } else if confinement.children == Children::Inherit {
            let above = match &confinement.subject {
                Subject::Everyone => continue,
                Subject::Binary(path) => path.as_str().to_owned(),
                Subject::BaseName(name) => format!("/usr/bin/{name}"),
            };
            add(&confinement.scope, None, Some(&confinement.subject), &["/sbin/init".to_owned(), above]);
        }
    }
    answer
}

/// Returns the event with only those fields of its process that the verdict depends on, and the verdict.
fn judge<'policy>(index: &Index<'policy>, process: &Event, action: &Action) -> (Event, Verdict<'policy>) {
    let mut event = Event::of(process.operation, binary(process), action);
    let mut verdict = index.judge(&event);
    // Each round adds a field.
    for _ in 0..4 {
        if verdict.depends_on.is_empty() {
            break;
        }
        event.take(verdict.depends_on, process);
        verdict = index.judge(&event);
    }
    (event, verdict)
}

/// Returns the process on a host without sensor and group, and on one of each scope.
fn on_hosts(process: &Event, confinements: &[&Confinement]) -> Vec<Event> {
    let mut scopes = vec![&Scope::Fleet];
    for confinement in confinements {
        if !scopes.contains(&&confinement.scope) {
            scopes.push(&confinement.scope);
        }
    }
    scopes.into_iter().map(|scope| on_host(process, scope)).collect()
}

fn on_host(process: &Event, scope: &Scope) -> Event {
    let (sensor, group) = match scope {
        Scope::Fleet => ("", ""),
        Scope::Sensor(name) => (name.as_str(), ""),
        Scope::Group(name) => ("", name.as_str()),
    };
    Event { sensor: Some(sensor.to_owned()), group: Some(group.to_owned()), ..process.clone() }
}

fn subject(piece: &super::Piece<'_>) -> Option<Subject> {
    let binary = piece.binary?;
    match AbsolutePath::parse(binary) {
        Ok(path) => Some(Subject::Binary(path)),
        Err(_) => Some(Subject::BaseName(binary.to_owned())),
    }
}
