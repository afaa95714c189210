//! A tally -> the difference of two policies on a history.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Count, RuleImpact, Words, top};
use crate::tally::{ByRule, Tally};

/// How a policy differs from another one on this history.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Delta {
    /// Events that the base affects.
    pub base_events: u64,
    /// Events that only the policy affects.
    pub newly_affected: u64,
    /// Events that only the base affects.
    pub no_longer_affected: u64,
    /// Events that both affect, with a different effect.
    pub changed_effect: u64,
    /// Events for which one of the verdicts depends on missing fields.
    pub uncertain: u64,
    /// The binaries with the most events that are treated differently.
    pub top_binaries: Vec<Count>,
    /// The rules that decide the newly affected events.
    pub newly_affected_by_rule: Vec<RuleImpact>,
    /// The rules of the base that decided the events that are no longer affected.
    pub no_longer_affected_by_rule: Vec<RuleImpact>,
    /// The rules that decide the events with a different effect.
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
