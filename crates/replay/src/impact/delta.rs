//! How two policies differ on a history.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Count, RuleImpact, Words, top};
use crate::tally::{ByRule, Tally};

/// How a policy differs from another one on this history.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Delta {
    /// Events that the base names.
    pub base_events: u64,
    /// Allowed by the base, named by the policy.
    pub newly_affected: u64,
    /// Named by the base, allowed by the policy.
    pub no_longer_affected: u64,
    /// Named by both, with another effect.
    pub changed_effect: u64,
    /// Events where one of the verdicts depends on something they do not tell.
    pub uncertain: u64,
    /// The binaries with the most events that are treated differently.
    pub top_binaries: Vec<Count>,
    /// What names the newly affected.
    pub newly_affected_by_rule: Vec<RuleImpact>,
    /// What named those that are no longer affected: rules of the base.
    pub no_longer_affected_by_rule: Vec<RuleImpact>,
    /// What decides the events whose effect is another.
    pub changed_effect_by_rule: Vec<RuleImpact>,
}

/// Returns the difference.
pub(super) fn delta(tally: &Tally, words: &Words<'_>) -> Delta {
    let delta = &tally.delta;
    let events = |by_rule: &ByRule| by_rule.rules.values().map(|of| of.events).sum();
    Delta {
        base_events: delta.affected_before,
        newly_affected: events(&delta.gained),
        no_longer_affected: events(&delta.lost),
        changed_effect: events(&delta.changed),
        uncertain: delta.uncertain,
        top_binaries: top(&delta.binaries),
        newly_affected_by_rule: words.rules(&delta.gained),
        no_longer_affected_by_rule: words
            .before
            .map(|before| words.rules_of(before, &delta.lost))
            .unwrap_or_default(),
        changed_effect_by_rule: words.rules(&delta.changed),
    }
}
