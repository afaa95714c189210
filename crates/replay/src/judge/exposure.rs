//! Confinements -> the processes they are about, to skip events quickly and to count the events of each part.

use rustc_hash::FxHashMap;

use crate::vocabulary::{Children, ConfinedSubject, Confinement, Operation};

/// The process that a part of a policy confines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// Every process.
    Everyone,
    /// Some binary or base name, by number.
    Some(u32),
}

/// The process and operation that a part of a policy confines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Exposed {
    pub(crate) subject: Subject,
    pub(crate) operation: Operation,
}

/// A set of operations.
#[derive(Debug, Clone, Copy, Default)]
struct Operations(u32);

impl Operations {
    fn add(&mut self, operation: Operation) {
        self.0 |= 1 << operation as u32;
    }

    fn has(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u32) != 0
    }
}

/// The subjects of a policy.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    by_binary: FxHashMap<String, u32>,
    by_base_name: FxHashMap<String, u32>,
    /// The operations confined for each subject.
    operations: Vec<Operations>,
    /// The operations confined for every process, or for child processes.
    anyone: Operations,
    /// The operations confined for any subject.
    all: Operations,
}

impl Subjects {
    pub(super) fn new(confinements: &[Confinement]) -> Self {
        let mut subjects = Self::default();
        for confinement in confinements {
            subjects.all.add(confinement.operation);
            if confinement.children == Children::Inherit {
                subjects.anyone.add(confinement.operation);
            }
            let (names, name) = match &confinement.subject {
                ConfinedSubject::Everyone => {
                    subjects.anyone.add(confinement.operation);
                    continue;
                }
                ConfinedSubject::Binary(path) => (&mut subjects.by_binary, path.as_str()),
                ConfinedSubject::BaseName(name) => (&mut subjects.by_base_name, name.as_str()),
            };
            let next = subjects.operations.len();
            let number = *names.entry(name.to_owned()).or_insert(u32::try_from(next).unwrap_or(u32::MAX));
            if number as usize == next {
                subjects.operations.push(Operations::default());
            }
            if let Some(operations) = subjects.operations.get_mut(number as usize) {
                operations.add(confinement.operation);
            }
        }
        subjects
    }

    /// Returns whether some part of the policy is about the binary; an unknown binary could be any.
    pub(super) fn may_name(&self, operation: Operation, binary: Option<&str>) -> bool {
        let Some(binary) = binary else { return self.all.has(operation) };
        self.anyone.has(operation) || self.of(operation, binary).next().is_some()
    }

    /// Returns the subjects that a binary is, of those that the policy confines in this operation.
    pub(crate) fn of(&self, operation: Operation, binary: &str) -> impl Iterator<Item = Subject> {
        let by_binary = self.by_binary.get(binary);
        let by_base_name = if self.by_base_name.is_empty() {
            None
        } else {
            self.by_base_name.get(binary.rsplit('/').next().unwrap_or_default())
        };
        let speaks = move |number: &u32| {
            self.operations.get(*number as usize).is_some_and(|operations| operations.has(operation))
        };
        by_binary.into_iter().chain(by_base_name).copied().filter(speaks).map(Subject::Some)
    }

    /// Returns whether the policy confines an operation.
    pub(crate) fn confine(&self, operation: Operation) -> bool {
        self.all.has(operation)
    }

    /// Returns the process and operation of a confinement.
    pub(super) fn exposed(&self, confinement: &Confinement) -> Exposed {
        let number = match &confinement.subject {
            ConfinedSubject::Everyone => None,
            ConfinedSubject::Binary(path) => self.by_binary.get(path.as_str()),
            ConfinedSubject::BaseName(name) => self.by_base_name.get(name),
        };
        let subject = number.map_or(Subject::Everyone, |number| Subject::Some(*number));
        Exposed { subject, operation: confinement.operation }
    }
}
