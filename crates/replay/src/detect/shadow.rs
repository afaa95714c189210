//! What a policy and a candidate found in one event -> their difference, and the differences of a stream by rule.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::judging::{By, Found};
use super::rules::Rules;
use super::violation::PolicyName;
use crate::judge::{Judge, Judgement, RuleWords};
use crate::vocabulary::Effect;

/// Pairs of rules that are told apart; more are counted together.
const MOST: usize = 10_000;

/// What one of the two policies does with an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Side {
    /// `allow`, `observe`, `log`, `kill` or `deny`; of a detection its action, or `none`.
    pub effect: &'static str,
    /// The document that decides; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyName>,
    /// File and line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// An event that the candidate treats differently.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// The time of the event.
    pub timestamp: Option<String>,
    /// The event as text.
    pub detail: String,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What the policy does.
    pub live: Side,
    /// What the candidate does.
    pub candidate: Side,
    /// The event in the format that `telovix why` reads; absent where the kind of the event is no operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// File and line of the event.
    pub found: String,
}

/// The events that one rule of each policy decides differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DifferenceOfRule {
    /// What the policy does.
    pub live: Side,
    /// What the candidate does.
    pub candidate: Side,
    /// The events.
    pub events: u64,
}

/// The differences of a stream.
#[derive(Debug, Default)]
pub(super) struct Differences {
    by_rule: BTreeMap<(Side, Side), u64>,
}

impl Differences {
    pub(super) fn count(&mut self, live: &Side, candidate: &Side) {
        let pair = (live.clone(), candidate.clone());
        if self.by_rule.len() >= MOST && !self.by_rule.contains_key(&pair) {
            let together = |side: &Side| Side { policy: None, source: None, ..side.clone() };
            *self.by_rule.entry((together(live), together(candidate))).or_default() += 1;
        } else {
            *self.by_rule.entry(pair).or_default() += 1;
        }
    }

    /// Returns the differences by rule, the most frequent first.
    pub(super) fn total(&self) -> Vec<DifferenceOfRule> {
        let mut total: Vec<_> = self
            .by_rule
            .iter()
            .map(|((live, candidate), events)| DifferenceOfRule {
                live: live.clone(),
                candidate: candidate.clone(),
                events: *events,
            })
            .collect();
        total.sort_by_key(|difference| std::cmp::Reverse(difference.events));
        total
    }
}

/// Returns how the two policies differ on an event: on its effect, and on each detection. Only what is certain counts.
pub(super) fn differences(
    live: (&Rules<'_>, &[Found]),
    candidate: (&Rules<'_>, &[Found]),
) -> Vec<(Side, Side)> {
    let mut differences = Vec::new();
    let (one, other) = (effect(live.0, live.1), effect(candidate.0, candidate.1));
    if one.effect != other.effect {
        differences.push((one, other));
    }
    let (one, other) = (detections(live.0, live.1), detections(candidate.0, candidate.1));
    let none = Side { effect: "none", policy: None, source: None };
    for (name, side) in &one {
        match other.get(name) {
            Some(same) if same.effect == side.effect => {}
            found => differences.push((side.clone(), found.unwrap_or(&none).clone())),
        }
    }
    let only = other.iter().filter(|(name, _)| !one.contains_key(*name));
    differences.extend(only.map(|(_, side)| (none.clone(), side.clone())));
    differences
}

/// Returns the strongest effect, and the line that decides it.
fn effect(rules: &Rules<'_>, found: &[Found]) -> Side {
    let mut strongest: Option<(Effect, Option<RuleWords>)> = None;
    let words =
        |judge: &Judge<'_>, judgement: &Judgement| judgement.rule.and_then(|rule| judge.describe(rule));
    for found in found.iter().filter(|found| found.is_certain()) {
        let (effect, words) = match &found.by {
            By::Guard(judgement) => (judgement.at_least, words(&rules.guards, judgement)),
            By::Other(judgement) => (judgement.at_least, words(&rules.others, judgement)),
            By::Detection(..) => continue,
        };
        if strongest.as_ref().is_none_or(|(so_far, _)| effect > *so_far) {
            strongest = Some((effect, words));
        }
    }
    match strongest {
        None => Side { effect: Effect::Allow.name(), policy: None, source: None },
        Some((effect, words)) => Side {
            effect: effect.name(),
            source: words.as_ref().map(|words| words.source.clone()),
            policy: words.map(|words| PolicyName { kind: words.kind, id: words.id, name: words.name }),
        },
    }
}

/// Returns the detections that match, by name.
fn detections(rules: &Rules<'_>, found: &[Found]) -> BTreeMap<String, Side> {
    let matched = found.iter().filter(|found| found.is_certain()).filter_map(|found| match found.by {
        By::Detection(number, _) => rules.detections.get(number),
        By::Guard(_) | By::Other(_) => None,
    });
    let side = |detection: &&telovix_document::GuardianPolicy| {
        let name = detection.name.value.clone();
        let side = Side {
            effect: detection.action.name(),
            policy: Some(PolicyName {
                kind: "GuardianPolicy".to_owned(),
                id: name.clone(),
                name: name.clone(),
            }),
            source: Some(rules.sources.locate(detection.span)),
        };
        (name, side)
    };
    matched.map(side).collect()
}
