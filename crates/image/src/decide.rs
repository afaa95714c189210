//! An image and an action of a task -> the verdict, by the same steps and from the same bytes as in the kernel.

use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{
    ANY_DOMAIN, Access, Address, Automaton, CHUNK, CONFINEMENT_BLOCKS, CONFINEMENT_HAS_EXEMPTIONS,
    Confinement, Decision, Domain, EdgeKey, Effect, Endpoints, Exemption, Header, NODE_HAS_EDGES,
    NODE_HAS_PREFIXES, NODE_NUMBER, Operation, PathState, Port, PrefixKey, Record, SEARCH_STEPS,
    SYSCALLS_IA32, SYSCALLS_IA32_START, SYSCALLS_X32, SYSCALLS_X86_64, Section, Subject, SyscallTable,
};

use super::automaton::chunk;

/// Decides events from the packed bytes alone.
#[derive(Debug)]
pub struct Interpreter<'image> {
    image: &'image Image,
    /// By scope number: whether confinements of that scope are active on this host.
    active: Vec<bool>,
}

/// The task: its executable, its parent's, and those of further ancestors, nearest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Task<'event> {
    /// Path of its executable; unknown or anonymous when absent.
    pub binary: Option<&'event str>,
    /// Path of its parent's executable.
    pub parent: Option<&'event str>,
    /// Paths of the executables of further ancestors.
    pub ancestors: &'event [String],
}

/// An action as the kernel's hooks see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'event> {
    /// Execute a file.
    Exec(&'event str),
    /// Execute a file without a path.
    AnonymousExec,
    /// Access a file with these [`Access`] bits.
    File(&'event str, u16),
    /// Connect or send to an address of the 128-bit space, where IPv4 is mapped.
    Connect(u128, u16),
    /// Use a capability.
    Capability(u8),
    /// Enter a system call.
    Syscall(Entry, u32),
    /// An operation without a condition.
    Other(Operation),
}

/// The entry path of a system call, which defines its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The 64-bit entry. Numbers with bit 30 set are of the x32 ABI.
    X86_64,
    /// The 32-bit entry.
    Ia32,
}

/// The effect and the confinement that decided. A denial without a confinement means that no decision was possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The effect.
    pub effect: Effect,
    /// Index of the confinement.
    pub rule: Option<u32>,
}

/// Bit of a system-call number that selects the x32 ABI (`__X32_SYSCALL_BIT`).
const X32_BIT: u32 = 1 << 30;

const ALLOW: Outcome = Outcome { effect: Effect::Allow, rule: None };

impl<'image> Interpreter<'image> {
    /// Returns an interpreter for a host on which the scopes are active that `holds` accepts. It is called with
    /// `sensor:NAME` and `group:NAME`; confinements of the whole fleet are always active.
    pub fn new(image: &'image Image, holds: impl Fn(&str) -> bool) -> Self {
        let scopes = image.records::<u32>(Section::Scopes);
        let active = scopes.map(|offset| offset == 0 || image.string(offset).is_some_and(&holds)).collect();
        Self { image, active }
    }

    /// Decides one event.
    pub fn decide(&self, task: Task<'_>, action: Action<'_>) -> Outcome {
        let own = self.domain_of(task.binary);
        let parent = self.domain_of(task.parent);
        let process = Process { own, parent };
        let forebears = task.ancestors.iter().map(|path| self.domain_of(Some(path))).chain([parent]);
        let mut inherited: Vec<u32> =
            forebears.filter_map(|domain| self.domain(domain)).map(|domain| domain.inherits).collect();
        inherited.sort_unstable();
        inherited.dedup();
        inherited
            .into_iter()
            .filter(|domain| *domain != 0)
            .map(|domain| self.decide_in(domain, process, action))
            .fold(self.decide_in(own, process, action), |left, right| self.stronger(left, right))
    }

    /// Returns the domain of a task by the path it was executed from.
    pub fn domain_of(&self, binary: Option<&str>) -> u32 {
        let header: Option<Header> = self.image.record(Section::Header, 0);
        let (Some(binary), Some(header)) = (binary, header) else { return 0 };
        let path = self.walk(header.subjects, binary).exact;
        let base = binary.rsplit('/').next().expect("a split has at least one part");
        let name = if header.names.child == 0 { 0 } else { self.step(header.names, base).exact };
        self.image.find(Section::Subjects, &Subject { path, name }).unwrap_or(0)
    }

    fn domain(&self, number: u32) -> Option<Domain> {
        self.image.record(Section::Domains, number)
    }

    fn decide_in(&self, number: u32, process: Process, action: Action<'_>) -> Outcome {
        let Some(domain) = self.domain(number) else { return ALLOW };
        let operation = action.operation();
        if domain.operations & operation.bit() == 0 {
            return ALLOW;
        }
        let decided = match action {
            Action::Exec(path) => Some(self.class(&domain.exec, self.walk(domain.exec.root, path).exact)),
            Action::File(path, access) => return self.decide_file(&domain, process, path, access),
            Action::AnonymousExec => Some(domain.anonymous_exec),
            Action::Connect(address, port) => Some(self.endpoint(&domain.endpoints, address, port)),
            Action::Capability(capability) => domain.capabilities.get(usize::from(capability)).copied(),
            Action::Syscall(entry, number) => self.syscall(&domain, entry, number),
            Action::Other(operation) => operation.slot().and_then(|slot| domain.slots.get(slot)).copied(),
        };
        match decided {
            Some(decision) => self.resolve(decision, Access::ALL, process),
            None => undecided(&domain, operation),
        }
    }

    /// A rename also moves everything below a directory, so everything below is judged; other accesses are judged by the
    /// file alone.
    fn decide_file(&self, domain: &Domain, process: Process, path: &str, access: u16) -> Outcome {
        let state = self.walk(domain.file.root, path);
        let moved = self.resolve(self.class(&domain.file, state.subtree), access & Access::RENAME, process);
        self.stronger(self.resolve(self.class(&domain.file, state.exact), access, process), moved)
    }

    /// Walks a path from the root, however deep it is. Rules are no deeper than what the kernel keeps of a path.
    fn walk(&self, root: PathState, path: &str) -> PathState {
        path.split('/').filter(|name| !name.is_empty()).fold(root, |state, name| self.step(state, name))
    }

    /// Walks one component, chunk by chunk.
    fn step(&self, mut state: PathState, name: &str) -> PathState {
        let mut rest = name.as_bytes();
        loop {
            let node = state.child & NODE_NUMBER;
            let key = EdgeKey { node, chunk: chunk(rest) };
            let edge =
                if state.child & NODE_HAS_EDGES == 0 { None } else { self.image.find(Section::Edges, &key) };
            match (edge, rest.get(CHUNK..)) {
                (Some(next), Some(more)) => (state, rest) = (next, more),
                (Some(next), None) => return next,
                (None, _) => {
                    let class = self.longest_prefix(&state, key.chunk).unwrap_or(state.below);
                    return PathState { child: 0, exact: class, below: class, subtree: class };
                }
            }
        }
    }

    fn longest_prefix(&self, state: &PathState, chunk: [u8; CHUNK]) -> Option<u32> {
        if state.child & NODE_HAS_PREFIXES == 0 {
            return None;
        }
        let node = state.child & NODE_NUMBER;
        (1..CHUNK).rev().find_map(|length| {
            let mut prefix = chunk;
            prefix.get_mut(length..)?.fill(0);
            let bits = 32 + 8 * u32::try_from(length).ok()?;
            self.image.find(Section::Prefixes, &PrefixKey { bits, node, chunk: prefix })
        })
    }

    fn class(&self, table: &Automaton, class: u32) -> u32 {
        self.decision(table.classes, class)
    }

    /// Returns the decision of a table's class.
    fn decision(&self, classes: u32, class: u32) -> u32 {
        let index = class.checked_sub(1).and_then(|class| classes.checked_add(class));
        index.and_then(|index| self.image.record(Section::Classes, index)).unwrap_or(0)
    }

    fn endpoint(&self, table: &Endpoints, address: u128, port: u16) -> u32 {
        let place = ((address >> 64) as u64, address as u64);
        let found = self.search(Section::Addresses, table.start, table.count, |boundary: &Address| {
            (boundary.high, boundary.low) <= place
        });
        let class = found.map_or(0, |boundary| {
            if boundary.port_count == 0 {
                return boundary.class;
            }
            let start = boundary.ports;
            let at = |boundary: &Port| boundary.first <= u32::from(port);
            self.search(Section::Ports, start, boundary.port_count, at).map_or(0, |boundary| boundary.class)
        });
        self.decision(table.classes, class)
    }

    /// Returns the last record of a run that is not greater than the searched one.
    fn search<R: Record>(
        &self,
        section: Section,
        start: u32,
        count: u32,
        not_after: impl Fn(&R) -> bool,
    ) -> Option<R> {
        let (mut low, mut high) = (0, count);
        for _ in 0..SEARCH_STEPS {
            if low >= high {
                break;
            }
            let middle = low + (high - low) / 2;
            if self.image.record(section, start + middle).is_some_and(|record| not_after(&record)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.image.record(section, start + low.checked_sub(1)?)
    }

    fn syscall(&self, domain: &Domain, entry: Entry, number: u32) -> Option<u32> {
        let plain = number & !X32_BIT;
        let limit = if number == plain { SYSCALLS_X86_64 } else { SYSCALLS_X86_64 + SYSCALLS_X32 };
        let cell = match entry {
            Entry::X86_64 => usize::try_from(plain).ok().filter(|cell| *cell < limit),
            Entry::Ia32 => usize::try_from(number).ok().filter(|cell| *cell < SYSCALLS_IA32),
        };
        let offset = if entry == Entry::Ia32 { SYSCALLS_IA32_START } else { 0 };
        // The kernel has no system call with other numbers: they fail anyway.
        let Some(cell) = cell else { return Some(0) };
        let table: SyscallTable =
            self.image.record(Section::Syscalls, domain.syscalls.table.checked_sub(1)?)?;
        let class = table.classes.get(cell + offset)?;
        Some(self.decision(domain.syscalls.classes, u32::from(*class)))
    }

    /// Follows the chain of a decision to the first confinement that applies.
    fn resolve(&self, decision: u32, access: u16, process: Process) -> Outcome {
        let mut at = decision;
        while at != 0 {
            let cell: Option<Decision> = self.image.record(Section::Decisions, at);
            let Some(cell) = cell else { break };
            let rule: Option<Confinement> = self.image.record(Section::Confinements, cell.confinement);
            if let Some(rule) = rule
                && self.active.get(usize::from(rule.scope)) == Some(&true)
                && rule.access & access != 0
                && !self.is_exempt(&rule, cell.confinement, process)
            {
                let effect = Effect::from_number(rule.effect).unwrap_or(Effect::Allow);
                return Outcome { effect, rule: Some(cell.confinement) };
            }
            at = cell.next;
        }
        ALLOW
    }

    /// The stronger effect; of equal ones the block list, then the first confinement.
    fn stronger(&self, left: Outcome, right: Outcome) -> Outcome {
        let weight = |outcome: &Outcome| {
            let rule =
                outcome.rule.and_then(|rule| self.image.record::<Confinement>(Section::Confinements, rule));
            let blocks = rule.is_some_and(|rule| rule.flags & CONFINEMENT_BLOCKS != 0);
            (outcome.effect, blocks, std::cmp::Reverse(outcome.rule))
        };
        if weight(&right) > weight(&left) { right } else { left }
    }

    fn is_exempt(&self, rule: &Confinement, confinement: u32, process: Process) -> bool {
        let Process { own, parent } = process;
        let keys = [(ANY_DOMAIN, parent), (own, parent), (own, ANY_DOMAIN)];
        rule.flags & CONFINEMENT_HAS_EXEMPTIONS != 0
            && keys.into_iter().any(|(own, parent)| {
                let key = Exemption { confinement, own, parent };
                self.image.find::<_, u32>(Section::Exemptions, &key).is_some()
            })
    }
}

impl Action<'_> {
    /// Returns the operation whose tables decide.
    fn operation(self) -> Operation {
        match self {
            Self::Exec(_) | Self::AnonymousExec => Operation::Exec,
            Self::File(..) => Operation::File,
            Self::Connect(..) => Operation::Connect,
            Self::Capability(_) => Operation::Capability,
            Self::Syscall(..) => Operation::Syscall,
            Self::Other(operation) => operation,
        }
    }
}

/// The domains that exemptions refer to.
#[derive(Debug, Clone, Copy)]
struct Process {
    own: u32,
    parent: u32,
}

/// The outcome if no decision is possible: denied if the subject itself is confined, otherwise allowed.
fn undecided(domain: &Domain, operation: Operation) -> Outcome {
    let effect = if domain.strict & operation.bit() == 0 { Effect::Allow } else { Effect::Deny };
    Outcome { effect, rule: None }
}
