//! Policies and an operation -> complete events, one for each case that the policies distinguish.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use telovix_policy::confine::{Access, AccessSet, Operation, SocketType};
use telovix_policy::judge::Event;
use telovix_policy::value::{Capability, Syscall};

use super::call::Source;
use super::decided::{Decided, DecidedHook};
use super::path_cells::PathCells;
use super::place::Fire;
use super::reach::Reach;
use super::test::Test;
use super::text_set::{Comparison, TextSet};

/// At most this many events are made.
const MOST: usize = 1 << 16;

/// At most this many lines of descent are made.
const LINES: usize = 64;

/// What policies distinguish in the events of one operation.
#[derive(Debug)]
pub struct Representatives {
    operation: Operation,
    binaries: PathCells,
    parents: PathCells,
    /// Sets of which a process may descend from a member.
    lineage: Vec<TextSet>,
    paths: PathCells,
    has_paths: bool,
    addresses: BTreeSet<IpAddr>,
    ports: BTreeSet<u16>,
    syscalls: BTreeSet<Syscall>,
    every_syscall: bool,
    accesses: AccessSet,
    by_protocol: bool,
    numbers: Vec<Source>,
    sensors: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Representatives {
    /// Starts with nothing distinguished.
    #[must_use]
    pub fn of(operation: Operation) -> Self {
        Self {
            operation,
            binaries: PathCells::default(),
            parents: PathCells::default(),
            lineage: Vec::new(),
            paths: PathCells::default(),
            has_paths: false,
            addresses: BTreeSet::new(),
            ports: BTreeSet::new(),
            syscalls: BTreeSet::new(),
            every_syscall: false,
            accesses: AccessSet::default(),
            by_protocol: false,
            numbers: Vec::new(),
            sensors: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Adds what some hooks of a policy distinguish. Returns whether there is a hook that sees the operation.
    pub fn add(&mut self, policy: &Decided, counts: impl Fn(&DecidedHook) -> bool) -> bool {
        let mut sees = false;
        for call in policy.calls_of(self.operation) {
            let hook = policy.hooks().get(call.hook);
            if !hook.is_some_and(|hook| counts(hook) && !call.is_other_view(hook)) {
                continue;
            }
            sees = true;
            match call.fire {
                Fire::Surely => {}
                // An access for which the hook may be called is decided as one for which it is.
                Fire::ByAccess(surely, perhaps, _) => {
                    let accesses = if surely.is_empty() { perhaps } else { surely };
                    self.accesses = accesses.iter().fold(self.accesses, AccessSet::with);
                }
                Fire::OfSyscall(syscall) | Fire::Perhaps(Reach::Syscall(syscall), _) => {
                    self.syscalls.insert(syscall);
                }
                Fire::OfTcp(_) => self.by_protocol = true,
                Fire::Perhaps(Reach::Operations(_), _) => self.every_syscall = true,
                Fire::Perhaps(Reach::Any, _) => {}
            }
            for test in call.rules.iter().flat_map(|rule| &rule.tests) {
                self.cut(test);
            }
        }
        sees
    }

    fn cut(&mut self, test: &Test) {
        match test {
            Test::Constant(_) | Test::Fact(_) => {}
            Test::Path { set, .. } => {
                self.paths.add(set);
                self.has_paths = true;
            }
            Test::Binary { set, follow, .. } => {
                self.binaries.add(set);
                if *follow {
                    self.lineage.push(set.clone());
                }
            }
            Test::Parent { set, follow, .. } => {
                self.parents.add(set);
                if *follow {
                    self.lineage.push(set.clone());
                }
            }
            Test::Inside { set, .. } => {
                self.paths.add(set);
                self.has_paths = true;
            }
            Test::FileType { .. } => {
                self.has_paths = true;
                self.accesses = [Access::Read, Access::Write, Access::Execute]
                    .into_iter()
                    .fold(self.accesses, AccessSet::with);
            }
            Test::Expression(condition) => condition.sources().for_each(|source| self.cut_number(source)),
            Test::Number { source, .. } => self.cut_number(*source),
            Test::Address { set, .. } => self.addresses.extend(set.edges()),
            Test::Port { set, .. } => {
                self.ports.extend(set.edges().filter_map(|port| u16::try_from(port).ok()));
            }
            Test::Family(_) => {}
        }
    }

    fn cut_number(&mut self, source: Source) {
        if !self.numbers.contains(&source) {
            self.numbers.push(source);
        }
    }

    /// Distinguishes executables that are equal to a path, or end in it.
    pub fn cut_binary(&mut self, path: &str, is_end: bool) {
        let comparison = if is_end { Comparison::Postfix } else { Comparison::Equal };
        self.binaries.add(&TextSet::new(comparison, [path]));
    }

    /// Distinguishes files that are equal to a path, or begin with it.
    pub fn cut_path(&mut self, path: &str, is_beginning: bool) {
        let comparison = if is_beginning { Comparison::Prefix } else { Comparison::Equal };
        self.paths.add(&TextSet::new(comparison, [path]));
        self.has_paths = true;
    }

    /// Distinguishes parents that are equal to a path, or begin with it.
    pub fn cut_parent(&mut self, path: &str, is_beginning: bool) {
        let comparison = if is_beginning { Comparison::Prefix } else { Comparison::Equal };
        self.parents.add(&TextSet::new(comparison, [path]));
    }

    /// Distinguishes executables that a process may descend from.
    pub fn cut_lineage(&mut self, path: &str, is_end: bool) {
        let comparison = if is_end { Comparison::Postfix } else { Comparison::Equal };
        self.lineage.push(TextSet::new(comparison, [path]));
    }

    /// Distinguishes executables that begin with a text.
    pub fn cut_binaries_below(&mut self, text: &str) {
        self.binaries.add(&TextSet::new(Comparison::Prefix, [text]));
    }

    /// Distinguishes addresses from this one on.
    pub fn cut_address(&mut self, address: IpAddr) {
        self.addresses.insert(address);
    }

    /// Distinguishes ports from this one on.
    pub fn cut_port(&mut self, port: u16) {
        self.ports.insert(port);
    }

    /// Distinguishes every value of the other parameters: accesses, capabilities, system calls, families and types.
    pub fn cut_everything_else(&mut self) {
        self.accesses = Access::ALL.into_iter().collect();
        self.every_syscall = true;
        [Source::Capability, Source::Family, Source::SocketType]
            .into_iter()
            .for_each(|source| self.cut_number(source));
    }

    /// Distinguishes a sensor.
    pub fn cut_sensor(&mut self, sensor: &str) {
        self.sensors.insert(sensor.to_owned());
    }

    /// Distinguishes a group of sensors.
    pub fn cut_group(&mut self, group: &str) {
        self.groups.insert(group.to_owned());
    }

    /// Returns the events. Returns nothing if there are too many to make.
    #[must_use]
    pub fn events(&self) -> Option<Vec<Event>> {
        let mut events = vec![Event::new(self.operation)];
        let lines = self.lines()?;
        events = product(&events, &lines, |event, line| {
            event.parent = line.first().cloned();
            event.ancestors = Some(line.clone());
        })?;
        let binaries = self.binaries.paths(&["/usr/bin/example"], false)?;
        events = product(&events, &binaries, |event, path| event.binary = Some(path.clone()))?;
        let hosts =
            |names: &BTreeSet<String>| std::iter::once(String::new()).chain(names.iter().cloned()).collect();
        let sensors: Vec<String> = hosts(&self.sensors);
        events = product(&events, &sensors, |event, name| event.sensor = Some(name.clone()))?;
        let groups: Vec<String> = hosts(&self.groups);
        events = product(&events, &groups, |event, name| event.group = Some(name.clone()))?;
        self.deeds(events)
    }

    /// Returns the events of one process, of which the executable, its ancestors and the host are known. Returns nothing if
    /// there are too many to make.
    #[must_use]
    pub fn events_of(&self, process: &Event) -> Option<Vec<Event>> {
        self.deeds(vec![Event { operation: self.operation, ..process.clone() }])
    }

    /// Returns one executable of each kind that is distinguished. Returns nothing if there are too many.
    #[must_use]
    pub fn executables(&self) -> Option<Vec<String>> {
        if self.binaries.is_empty() {
            Some(Vec::new())
        } else {
            self.binaries.paths(&["/usr/bin/example"], false)
        }
    }

    /// Adds what is done.
    fn deeds(&self, mut events: Vec<Event>) -> Option<Vec<Event>> {
        match self.operation {
            Operation::Exec => {
                let paths = self.files("/bin/sh")?;
                let mut files: Vec<Option<String>> = paths.into_iter().map(Some).collect();
                files.push(None);
                events = product(&events, &files, |event, path| {
                    event.anonymous = Some(path.is_none());
                    event.path.clone_from(path);
                })?;
            }
            Operation::Open => {
                events = product(&events, &self.files("/etc/shadow")?, |event, path| {
                    event.path = Some(path.clone());
                })?;
                let some: Vec<Access> = self.accesses.iter().collect();
                let accesses = if some.is_empty() { vec![Access::Read] } else { some };
                events = product(&events, &accesses, |event, access| {
                    event.access = Some(AccessSet::default().with(*access));
                })?;
            }
            Operation::Connect => {
                let (events_of, ports) = self.destinations();
                events = product(&events, &events_of, |event, address| event.address = Some(*address))?;
                events = product(&events, &ports, |event, port| event.port = Some(*port))?;
                let protocols: &[&str] = if self.by_protocol { &["tcp", "udp"] } else { &[""] };
                events = product(&events, protocols, |event, protocol| {
                    event.protocol = (!protocol.is_empty()).then(|| (*protocol).to_owned());
                })?;
            }
            Operation::Capability | Operation::Capset => {
                let all: Vec<Capability> = Capability::all().collect();
                let some = if self.numbers.is_empty() { all.get(..1)? } else { &all };
                events = product(&events, some, |event, capability| event.capability = Some(*capability))?;
            }
            Operation::Syscall => {
                let all: Vec<Syscall> = Syscall::all().collect();
                let other = all.iter().find(|call| !self.syscalls.contains(call)).copied();
                let named: Vec<Syscall> = self.syscalls.iter().copied().chain(other).collect();
                let every = self.every_syscall || !self.numbers.is_empty();
                events = product(&events, if every { &all } else { &named }, |event, call| {
                    event.syscall = Some(*call);
                })?;
            }
            Operation::Socket => {
                let has = |source| self.numbers.contains(&source);
                let families: Vec<u16> = if has(Source::Family) { (0..=50).collect() } else { vec![2] };
                let types =
                    if has(Source::SocketType) { &SocketType::ALL[..] } else { &[SocketType::Stream] };
                events = product(&events, &families, |event, family| event.family = Some(*family))?;
                events = product(&events, types, |event, kind| event.socket_type = Some(*kind))?;
            }
            _ => {}
        }
        Some(events)
    }

    fn files(&self, familiar: &str) -> Option<Vec<String>> {
        self.paths.paths(&[familiar], self.has_paths)
    }

    fn destinations(&self) -> (Vec<IpAddr>, Vec<u16>) {
        let familiar: &[&str] = match self.addresses.is_empty() {
            true => &["192.0.2.1", "2001:db8::1"],
            false => &["192.0.2.1", "2001:db8::1", "0.0.0.0", "::"],
        };
        let familiar = familiar.iter().filter_map(|text| text.parse().ok());
        let distinct = |address: &IpAddr| match address {
            // An event has the IPv4 address instead.
            IpAddr::V6(address) => address.to_ipv4_mapped().is_none(),
            IpAddr::V4(_) => true,
        };
        let addresses: BTreeSet<IpAddr> =
            self.addresses.iter().copied().filter(distinct).chain(familiar).collect();
        let first = (!self.ports.is_empty()).then_some(0);
        let ports: BTreeSet<u16> = self.ports.iter().copied().chain(first).chain([443]).collect();
        // The familiar ones first, so that witnesses have them.
        let mut addresses: Vec<IpAddr> = addresses.into_iter().collect();
        addresses.sort_by_key(|address| !matches!(address.to_string().as_str(), "192.0.2.1" | "2001:db8::1"));
        let mut ports: Vec<u16> = ports.into_iter().collect();
        ports.sort_by_key(|port| *port != 443);
        (addresses, ports)
    }

    /// Returns lines of descent, nearest first: one for each parent and each set of executables above it that the
    /// policies distinguish.
    fn lines(&self) -> Option<Vec<Vec<String>>> {
        let mut above = PathCells::default();
        self.lineage.iter().for_each(|set| above.add(set));
        let signature =
            |path: &String| self.lineage.iter().map(|set| set.contains(path)).collect::<Vec<bool>>();
        let mut unions: BTreeMap<Vec<bool>, Vec<String>> =
            BTreeMap::from([(vec![false; self.lineage.len()], Vec::new())]);
        if !above.is_empty() {
            for path in above.paths(&[], false)? {
                let own = signature(&path);
                for (known, line) in unions.clone() {
                    let union: Vec<bool> = known.iter().zip(&own).map(|(one, two)| *one || *two).collect();
                    unions.entry(union).or_insert_with(|| line.into_iter().chain([path.clone()]).collect());
                }
                if unions.len() > LINES {
                    return None;
                }
            }
        }
        // The parent is one of the line: it must be cut by both.
        let mut parents = PathCells::default();
        self.lineage.iter().for_each(|set| parents.add(set));
        let mut lines = Vec::new();
        parents.join(&self.parents);
        for parent in parents.paths(&["/sbin/init"], false)? {
            for line in unions.values() {
                lines.push(std::iter::once(parent.clone()).chain(line.iter().cloned()).collect());
            }
        }
        if !parents.is_empty() {
            lines.push(Vec::new());
        }
        Some(lines)
    }
}

/// Returns each event with each value; nothing if there are too many.
fn product<T>(events: &[Event], values: &[T], put: impl Fn(&mut Event, &T)) -> Option<Vec<Event>> {
    if events.len().saturating_mul(values.len()) > MOST {
        return None;
    }
    let filled = events.iter().flat_map(|event| {
        values.iter().map(|value| {
            let mut event = event.clone();
            put(&mut event, value);
            event
        })
    });
    Some(filled.collect())
}
