//! Policies and the findings about them -> what a careful reviewer writes before signing.
//!
//! ```text
//! technique, threat    operations, paths and functions -> techniques of MITRE ATT&CK
//! action               what a rule does -> what it may hit, and the way back
//! agent, risk          how likely a rule fires on legitimate work, and who should be exempt
//! rule                 documents -> the table: hook, threat, action, risk, and the reason of each field
//! scoping              where a document applies, and how a workload could leave it
//! correction           findings with fixes -> the corrected text
//! rollout              the steps from observe to enforce
//! routing              how events reach a SIEM
//! ```
//!
//! All of it is derived from the documents, and from a history where there is one. What cannot be known from them is
//! said, with the words "not known".

#![forbid(unsafe_code)]

mod action;
mod agent;
mod correction;
mod risk;
mod rollout;
mod routing;
mod rule;
mod scoping;
mod technique;
mod threat;

pub use action::Action;
pub use correction::{Change, Correction};
pub use risk::{Exempt, Level, Risk};
pub use rollout::Step;
pub use routing::{Class, Mapping, Routing};
pub use rule::{Field, Rule};
pub use scoping::Scoping;
pub use threat::Threat;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::Document;
use telovix_document::lower::Policy;
use telovix_replay::Impact;

/// The version of the format. It increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// A review of policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Review {
    /// The version of this format.
    pub version: u32,
    /// The rules, in the order of their places; those of changed documents first.
    pub rules: Vec<Rule>,
    /// Where each document applies.
    pub scoping: Vec<Scoping>,
    /// What the checks found, in the order of their places.
    pub findings: Vec<Finding>,
    /// The corrected files; those without a certain fix are left out.
    pub corrections: Vec<Correction>,
    /// The steps from observe to enforce.
    pub rollout: Vec<Step>,
    /// How events reach a SIEM.
    pub routing: Routing,
    /// What the review cannot know.
    pub not_known: Vec<String>,
}

/// A finding, shortened for a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its code.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// File and line; absent for one about no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What was found.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// Whether a fix is known and was not applied, because somebody must decide.
    pub fix_needs_decision: bool,
}

/// Reviews policies. `first` says for the place of a document whether it changed: those are reviewed first.
#[must_use]
pub fn review(
    policy: &Policy,
    sources: &SourceSet,
    findings: &[Diagnostic],
    history: Option<&Impact>,
    first: &dyn Fn(Span) -> bool,
) -> Review {
    let (mut rules, mut scoping, mut rollout) = (Vec::new(), Vec::new(), Vec::new());
    let mut documents: Vec<_> = policy.documents.iter().collect();
    documents.sort_by_key(|placed| !first(placed.span()));
    for placed in documents {
        let custom = placed.custom_policy();
        // Whatever is wrong with it is among the findings already.
        let tracing =
            custom.and_then(|custom| telovix_tetragon::read(&custom.policy.node, &mut Sink::default()));
        rules.extend(rule::confinement::rules(policy, placed, sources));
        if let (Some(custom), Some(tracing)) = (&custom, &tracing) {
            rules.extend(rule::hook::rules(tracing, custom, sources));
        }
        if let Document::GuardianPolicy(detection) = &placed.document {
            rules.push(rule::detection::rule(detection, &placed.scope(), sources));
        }
        scoping.extend(scoping::of(placed, tracing.as_ref(), sources));
        rollout.extend(rollout::steps(placed, tracing.as_ref(), sources));
    }
    (1..).zip(&mut rules).for_each(|(number, rule)| rule.number = number);
    (1..).zip(&mut rollout).for_each(|(number, step)| step.number = number);
    let mut not_known = vec![
        "not known: which agents run on the hosts, and where their executables are: the allowlists name usual ones".to_owned(),
    ];
    match history {
        Some(impact) => count(&mut rules, impact),
        None => not_known.push(
            "not known: how often each rule would have fired: give a history with `--history`".to_owned(),
        ),
    }
    Review {
        version: VERSION,
        scoping,
        findings: findings.iter().map(|found| finding(found, sources)).collect(),
        corrections: correction::of(findings, sources),
        rollout,
        routing: routing::of(&rules, policy, sources),
        not_known,
        rules,
    }
}

/// Adds the affected events of a history to the rules of confinements; others are not replayed.
fn count(rules: &mut [Rule], impact: &Impact) {
    for rule in rules {
        let is_replayed =
            !rule.document.starts_with("TracingPolicy") && !rule.document.starts_with("GuardianPolicy");
        if !is_replayed || !impact.has_data {
            continue;
        }
        let mine = impact.by_rule.iter().filter(|row| row.source == rule.source);
        rule.events_of_history = Some(mine.map(|row| row.events).sum());
    }
}

fn finding(found: &Diagnostic, sources: &SourceSet) -> Finding {
    Finding {
        code: found.code.id,
        severity: found.severity.name(),
        source: found.span.map(|span| sources.locate(span)),
        message: found.message.clone(),
        help: found.help.clone(),
        fix_needs_decision: found
            .fix
            .as_ref()
            .is_some_and(|fix| fix.certainty == telovix_diagnostic::Certainty::Guess),
    }
}
