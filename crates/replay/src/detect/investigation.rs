//! Matches of `create_investigation` -> groups of related ones: of one detection, on one host, in one process tree,
//! with no gap that is longer than the window.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::identity::Process;
use super::violation::{PolicyName, Violation};
use crate::moment::Moment;

/// Investigations that are open at a time; the one that was quiet for longest is closed when there are more.
const MOST_OPEN: usize = 1_000;
/// Processes of one tree that are remembered.
const MOST_PROCESSES: usize = 4_096;
/// Names kept of one investigation.
const MOST_NAMES: usize = 20;

/// Related matches of one detection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Investigation {
    /// Its id, which is the same for the same events: `inv_` and 16 hexadecimal digits.
    pub id: String,
    /// Whether it was opened or closed.
    pub state: InvestigationState,
    /// The detection.
    pub policy: PolicyName,
    /// File and line.
    pub source: String,
    /// The severity of the detection.
    pub severity: String,
    /// The controls that the detection gives evidence for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compliance_tags: Vec<String>,
    /// The host.
    pub host: Option<String>,
    /// The first match.
    pub opened_at: Option<String>,
    /// The last match so far.
    pub last_seen: Option<String>,
    /// Matches so far.
    pub events: u64,
    /// The executables of the matches, the first ones.
    pub processes: Vec<String>,
    /// Where the first match was found.
    pub found: String,
}

/// The state of an investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvestigationState {
    /// It has its first match.
    Opened,
    /// There was no match for the length of the window, or the stream ended.
    Closed,
}

/// An open investigation.
#[derive(Debug)]
struct Open {
    told: Investigation,
    members: BTreeSet<Box<str>>,
    last: Option<Moment>,
    /// The order of the last matches, for events without a time.
    turn: u64,
}

/// The investigations of a stream.
#[derive(Debug)]
pub(super) struct Investigations {
    window: i64,
    open: BTreeMap<u64, Open>,
    /// The open investigations that a process belongs to, by its `exec_id`, in the order in which they were opened.
    of_process: HashMap<Box<str>, Vec<u64>>,
    /// The open investigations by the turn of their last match.
    by_turn: BTreeMap<u64, u64>,
    next: u64,
    turn: u64,
    /// The latest second at which open investigations were looked through.
    checked: Option<Moment>,
}

impl Investigations {
    /// `window` is in seconds.
    pub(super) fn new(window: i64) -> Self {
        Self {
            window,
            open: BTreeMap::new(),
            of_process: HashMap::new(),
            by_turn: BTreeMap::new(),
            next: 0,
            turn: 0,
            checked: None,
        }
    }

    pub(super) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Lets process trees grow with an execution.
    pub(super) fn executed(&mut self, process: &Process) {
        let (Some(id), Some(parent)) = (&process.exec_id, &process.parent_exec_id) else { return };
        let Some(keys) = self.of_process.get(parent.as_str()).cloned() else { return };
        keys.into_iter().for_each(|key| self.remember(key, id));
    }

    /// Adds a process to the tree of an investigation.
    fn remember(&mut self, key: u64, id: &str) {
        let Some(open) = self.open.get_mut(&key) else { return };
        if open.members.len() < MOST_PROCESSES && open.members.insert(id.into()) {
            let keys = self.of_process.entry(id.into()).or_default();
            keys.insert(keys.partition_point(|known| *known < key), key);
        }
    }

    /// Returns the first open investigation that a match is related to.
    fn related(&self, violation: &Violation) -> Option<u64> {
        let is_same = |open: &Open| {
            let told = &open.told;
            told.policy == violation.policy && told.source == violation.source && told.host == violation.host
        };
        let Process { exec_id, parent_exec_id, binary, .. } = &violation.process;
        if exec_id.is_none() {
            // Without ids: the same executable.
            let binary = binary.as_ref()?;
            let mut open = self.open.iter();
            let found = open.find(|(_, open)| is_same(open) && open.told.processes.contains(binary));
            return found.map(|(key, _)| *key);
        }
        let ids = exec_id.iter().chain(parent_exec_id);
        let keys = ids.filter_map(|id| self.of_process.get(id.as_str())).flatten().copied();
        keys.filter(|key| self.open.get(key).is_some_and(is_same)).min()
    }

    /// Closes the investigations that were quiet for longer than the window.
    pub(super) fn expire(&mut self, now: Option<Moment>) -> Vec<Investigation> {
        let Some(now) = now.filter(|now| Some(*now) > self.checked) else { return Vec::new() };
        self.checked = Some(now);
        let quiet = |open: &Open| open.last.is_some_and(|last| now.since(last) > self.window);
        let quiet: Vec<u64> = self.open.iter().filter(|(_, open)| quiet(open)).map(|(key, _)| *key).collect();
        quiet.into_iter().filter_map(|key| self.close(key)).collect()
    }

    /// Adds a match to the investigation it is related to, or opens one. Returns its id, and what has to be told.
    pub(super) fn add(&mut self, violation: &Violation, now: Option<Moment>) -> (String, Vec<Investigation>) {
        self.turn += 1;
        let process = &violation.process;
        let known = self.related(violation);
        let mut told = Vec::new();
        let key = known.unwrap_or_else(|| {
            if self.open.len() >= MOST_OPEN {
                let quietest = self.by_turn.first_key_value().map(|(_, key)| *key);
                told.extend(quietest.and_then(|key| self.close(key)));
            }
            self.next += 1;
            self.open.insert(self.next, opened(violation));
            self.next
        });
        let Some(open) = self.open.get_mut(&key) else { return (String::new(), told) };
        self.by_turn.remove(&open.turn);
        self.by_turn.insert(self.turn, key);
        open.turn = self.turn;
        open.last = open.last.max(now);
        open.told.events += 1;
        if violation.timestamp.is_some() {
            open.told.last_seen.clone_from(&violation.timestamp);
        }
        if let Some(binary) = &process.binary
            && open.told.processes.len() < MOST_NAMES
            && !open.told.processes.contains(binary)
        {
            open.told.processes.push(binary.clone());
        }
        // Everything descends from the first process: it relates nothing.
        let parent =
            process.parent_exec_id.as_ref().filter(|_| process.parent_pid.is_some_and(|pid| pid > 1));
        let id = open.told.id.clone();
        if known.is_none() {
            told.push(open.told.clone());
        }
        process.exec_id.iter().chain(parent).for_each(|id| self.remember(key, id));
        (id, told)
    }

    /// Closes everything, in the order in which it was opened.
    pub(super) fn finish(&mut self) -> Vec<Investigation> {
        let keys: Vec<u64> = self.open.keys().copied().collect();
        keys.into_iter().filter_map(|key| self.close(key)).collect()
    }

    fn close(&mut self, key: u64) -> Option<Investigation> {
        let open = self.open.remove(&key)?;
        self.by_turn.remove(&open.turn);
        for id in &open.members {
            if let Some(keys) = self.of_process.get_mut(id) {
                keys.retain(|known| *known != key);
                if keys.is_empty() {
                    self.of_process.remove(id);
                }
            }
        }
        Some(Investigation { state: InvestigationState::Closed, ..open.told })
    }
}

fn opened(violation: &Violation) -> Open {
    // The same event has the same id in every file; one that nothing tells apart has that of its place.
    let named = violation.timestamp.is_some() || violation.process.exec_id.is_some();
    let parts = [
        Some(violation.policy.name.as_str()),
        violation.host.as_deref(),
        violation.timestamp.as_deref(),
        violation.process.exec_id.as_deref(),
        Some(violation.detail.as_str()),
        Some(violation.found.as_str()).filter(|_| !named),
    ];
    let told = Investigation {
        id: format!("inv_{:016x}", digest(&parts)),
        state: InvestigationState::Opened,
        policy: violation.policy.clone(),
        source: violation.source.clone(),
        severity: violation.severity.clone(),
        compliance_tags: violation.compliance_tags.clone(),
        host: violation.host.clone(),
        opened_at: violation.timestamp.clone(),
        last_seen: violation.timestamp.clone(),
        events: 0,
        processes: Vec::new(),
        found: violation.found.clone(),
    };
    Open { told, members: BTreeSet::new(), last: None, turn: 0 }
}

/// Returns the 64-bit FNV-1a digest of the parts, which is the same on every machine.
fn digest(parts: &[Option<&str>]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.unwrap_or_default().bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_fnv_1a() {
        // The published value for `a` is 0xaf63dc4c8601ec8c; a zero byte follows each part.
        let one = 0xaf63_dc4c_8601_ec8c_u64.wrapping_mul(0x0000_0100_0000_01b3);
        assert_eq!(super::digest(&[Some("a")]), one);
    }
}
