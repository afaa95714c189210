//! A process and an operation -> what Tetragon policies stop of it, one event for each line that decides.

use std::collections::BTreeMap;

use telovix_policy::confine::{Effect, Operation};
use telovix_policy::judge::{DocumentReport, Event, NotEvaluated};
use telovix_policy::value::Scope;
use telovix_tetragon::interpret::Representatives;

use super::{EnginePolicy, Outside};

/// Something that a line of a Tetragon policy stops, or may stop.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The document.
    pub document: DocumentReport,
    /// Where it applies.
    pub scope: Scope,
    /// The hook whose selector decides.
    pub hook: String,
    /// File and line of what decides: a listed value, an action or a selector.
    pub source: String,
    /// The effect; the strongest that is possible.
    pub effect: Effect,
    /// What decides whether it has this effect: nothing that events have. Empty if it is certain.
    pub undecided: Vec<String>,
    /// One event that it stops.
    pub event: Event,
}

impl Outside<'_> {
    /// Returns what each policy stops of a process, of which all but the host is known, and the policies of which that is not
    /// known: those that distinguish too many events, and invalid ones.
    #[must_use]
    pub fn stops(&self, process: &Event) -> (Vec<Stop>, Vec<NotEvaluated>) {
        let (mut stops, mut open) = (Vec::new(), Vec::new());
        for policy in &self.policies {
            match self.stops_of(policy, process) {
                Some(own) => stops.extend(own),
                None => open.extend(
                    policy
                        .may_act(process)
                        .map(|(hooks, most)| self.not_evaluated(policy, hooks, most, Vec::new())),
                ),
            }
        }
        (stops, open)
    }

    fn stops_of(&self, policy: &EnginePolicy, process: &Event) -> Option<Vec<Stop>> {
        let mut events = Representatives::of(process.operation);
        if !events.add(policy.decided()?, |_| true) {
            return Some(Vec::new());
        }
        let (sensor, group) = match policy.scope() {
            Scope::Fleet => ("", ""),
            Scope::Sensor(name) => (name.as_str(), ""),
            Scope::Group(name) => ("", name.as_str()),
        };
        let process =
            Event { sensor: Some(sensor.to_owned()), group: Some(group.to_owned()), ..process.clone() };
        let mut found: BTreeMap<_, Stop> = BTreeMap::new();
        for event in events.events_of(&process)? {
            let opinion = policy.judge(&event);
            if opinion.most <= Effect::Log {
                continue;
            }
            let span = opinion.decider.map_or(policy.span(), |decider| decider.span(&event));
            let hook = opinion.decider.map_or("policy", |decider| decider.hook());
            let undecided: Vec<String> = if opinion.least == opinion.most {
                Vec::new()
            } else {
                let fields = opinion.fields.iter().map(|field| format!("the field `{}`", field.name()));
                opinion.undecided.iter().cloned().chain(fields).collect()
            };
            let key = (span.source, span.start, opinion.most, undecided.is_empty());
            found.entry(key).or_insert_with(|| Stop {
                document: policy.document().clone(),
                scope: policy.scope().clone(),
                hook: hook.to_owned(),
                source: self.sources.locate(span),
                effect: opinion.most,
                undecided,
                event,
            });
        }
        Some(found.into_values().collect())
    }

    /// Returns an executable of each kind that the policies distinguish for an operation.
    #[must_use]
    pub fn executables(&self, operation: Operation) -> Vec<String> {
        let mut cases = Representatives::of(operation);
        for decided in self.policies.iter().filter_map(EnginePolicy::decided) {
            cases.add(decided, |_| true);
        }
        cases.executables().unwrap_or_default()
    }
}
