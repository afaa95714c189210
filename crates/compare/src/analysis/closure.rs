//! A policy -> events that a profile denies but allows indirectly, through the programs its process may start.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_policy::confine::{Confinement, Effect, Operation, Region, Subject};
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Children;

use super::code::REACHED_THROUGH_SPAWN;
use crate::change::at_least;

/// Operations that are checked: use files, connect, use capabilities.
const REACHES: [Operation; 3] = [Operation::Open, Operation::Connect, Operation::Capability];

/// Reports, for each profile and operation, the first event that it denies and that a program its process may start,
/// directly or through others, is allowed. Only programs with a profile are checked: one without a profile may do
/// anything, which is another finding.
pub(super) fn report(policy: &Policy, sink: &mut Sink) {
    let index = Index::new(&policy.confinements);
    let mut profiles: BTreeMap<&str, Vec<&Confinement>> = BTreeMap::new();
    for confinement in &policy.confinements {
        if let Subject::Binary(path) = &confinement.subject {
            profiles.entry(path.as_str()).or_default().push(confinement);
        }
    }
    let starts = |binary: &str| -> Vec<&str> {
        let may = allowed(&index, binary, Operation::Exec);
        let spawns =
            profiles.get(binary).into_iter().flatten().filter(|one| one.operation == Operation::Exec);
        // Without an allowlist it may start every program: a finding about the few with a profile would be noise.
        if spawns.clone().next().is_none() || spawns.clone().any(|one| one.children == Children::Inherit) {
            return Vec::new();
        }
        let runs =
            |path: &&str| may.contains(&telovix_policy::confine::Action::Exec(Some((*path).to_owned())));
        spawns
            .flat_map(|one| &one.members)
            .flat_map(|member| match &member.value {
                telovix_policy::confine::MemberValue::Path(pattern) => {
                    profiles.keys().copied().filter(|path| pattern.contains(path)).collect()
                }
                _ => Vec::new(),
            })
            .filter(runs)
            .collect()
    };
    for (binary, own) in &profiles {
        let mut reached: BTreeSet<&str> = BTreeSet::from([*binary]);
        let mut waiting: VecDeque<&str> = starts(binary).into();
        let mut reported: BTreeSet<Operation> = BTreeSet::new();
        while let Some(program) = waiting.pop_front() {
            if !reached.insert(program) {
                continue;
            }
            waiting.extend(starts(program));
            for operation in REACHES {
                let beyond =
                    allowed(&index, program, operation).difference(&allowed(&index, binary, operation));
                let confines = own.iter().find(|confinement| confinement.operation == operation);
                let (Some(confines), Some(action)) = (confines, beyond.witnesses().into_iter().next()) else {
                    continue;
                };
                if reported.insert(operation) {
                    let event = Event::of(operation, program, &action);
                    let message =
                        format!("`{binary}` is denied this, but a program it may start is not: `{event}`");
                    sink.report(Diagnostic::new(&REACHED_THROUGH_SPAWN, confines.span, message));
                }
            }
        }
    }
}

/// Returns the events that a program is allowed without exceptions.
pub(crate) fn allowed(index: &Index<'_>, binary: &str, operation: Operation) -> Region {
    let init = "/sbin/init".to_owned();
    let host = Some(String::new());
    allowed_to(
        index,
        &Event {
            binary: Some(binary.to_owned()),
            parent: Some(init.clone()),
            ancestors: Some(vec![init]),
            sensor: host.clone(),
            group: host,
            ..Event::new(operation)
        },
    )
}

/// Returns the events that a process is allowed. Of the event, only the process and the operation are used.
pub(crate) fn allowed_to(index: &Index<'_>, process: &Event) -> Region {
    let operation = process.operation;
    let confining: Vec<_> = index.confining(process).into_iter().map(|(_, found)| found).collect();
    Region::every(operation).difference(&at_least(operation, &confining, Effect::Kill))
}
