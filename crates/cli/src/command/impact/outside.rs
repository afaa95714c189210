//! Custom rules and TracingPolicies -> what Tetragon would do with each event of a history.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use telovix_compare::{EngineOpinion, Outside};
use telovix_policy::confine::{Effect, Operation};
use telovix_policy::judge::Event;
use telovix_replay::{Decider, Described, Opinion};

use super::policy::Policy;

/// The custom rules and TracingPolicies of a policy.
#[derive(Debug)]
pub(super) struct TracingPolicies<'policy> {
    outside: Outside<'policy>,
    /// The operations that some of them may deny or kill.
    operations: Vec<Operation>,
    /// What decided so far.
    described: Mutex<BTreeMap<Decider, Described>>,
}

impl<'policy> TracingPolicies<'policy> {
    pub(super) fn new(policy: &'policy Policy) -> Self {
        let outside = Outside::new(&policy.lowered, &policy.sources);
        let may_act = |operation: &Operation| !outside.not_evaluated_on(&Event::new(*operation)).is_empty();
        let operations = Operation::ALL.into_iter().filter(may_act).collect();
        Self { outside, operations, described: Mutex::default() }
    }

    /// Remembers what decided; of one place with several effects, the strongest.
    fn remember(&self, decider: Decider, opinion: EngineOpinion) {
        let mut described = self.described.lock().unwrap_or_else(PoisonError::into_inner);
        let EngineOpinion { document, hook, source, effect, .. } = opinion;
        let known = described.entry(decider).or_insert_with(|| Described {
            kind: document.kind.into(),
            id: document.id,
            name: document.name,
            hook,
            effect,
            source,
        });
        known.effect = known.effect.max(effect);
    }
}

impl telovix_replay::Outside for TracingPolicies<'_> {
    fn may_act(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    fn opinions(&self, event: &Event) -> Vec<Opinion> {
        // What a policy only reports is no violation of it.
        let acting = self.outside.opinions(event).into_iter().filter(|opinion| opinion.effect > Effect::Log);
        let told = acting.filter_map(|opinion| {
            let decider = Decider { policy: u32::try_from(opinion.policy).ok()?, offset: opinion.span.start };
            let least = if opinion.at_least > Effect::Log { opinion.at_least } else { Effect::Allow };
            let told = Opinion { least, most: opinion.effect, fields: opinion.fields, decider };
            self.remember(decider, opinion);
            Some(told)
        });
        told.collect()
    }

    fn describe(&self, decider: Decider) -> Option<Described> {
        self.described.lock().unwrap_or_else(PoisonError::into_inner).get(&decider).cloned()
    }
}
