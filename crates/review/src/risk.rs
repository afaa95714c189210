//! A rule -> how likely it fires on legitimate work, and who should be exempt.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use telovix_policy::confine::Operation;

use crate::agent;

/// How likely a rule fires on legitimate work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Risk {
    /// The level.
    pub level: Level,
    /// Why.
    pub reasons: Vec<String>,
    /// Exceptions to consider, each with the agent it is for. Whether the agent runs there is not known.
    pub allowlist: Vec<Exempt>,
}

/// A level of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A legitimate match is unlikely, or costs nothing.
    Low,
    /// A legitimate match is possible.
    Medium,
    /// Agents of the platform, or normal work, match.
    High,
}

/// An executable that may have to be exempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exempt {
    /// What it is.
    pub agent: String,
    /// Its usual executables.
    pub executables: Vec<String>,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

impl Risk {
    /// Returns a level with its reason.
    pub(crate) fn new(level: Level, reason: impl Into<String>) -> Self {
        Self { level, reasons: vec![reason.into()], allowlist: Vec::new() }
    }

    /// Adds a reason; the higher level counts, and the reason of the level comes first.
    pub(crate) fn and(mut self, level: Level, reason: impl Into<String>) -> Self {
        let at = if level > self.level { 0 } else { self.reasons.len() };
        self.level = self.level.max(level);
        self.reasons.insert(at, reason.into());
        self
    }

    /// Adds the platform's own agents that do these operations, unless an exception already names one of their
    /// executables.
    pub(crate) fn with_agents(mut self, operations: &[Operation], exempt: &[String]) -> Self {
        let mut names = Vec::new();
        for agent in operations.iter().flat_map(|operation| agent::that_do(*operation)) {
            let is_exempt = |path: &&str| exempt.iter().any(|pattern| pattern == path);
            if names.contains(&agent.name) || agent.executables.iter().any(is_exempt) {
                continue;
            }
            names.push(agent.name);
            let executables = agent.executables.iter().map(|path| (*path).to_owned()).collect();
            self.allowlist.push(Exempt { agent: agent.name.to_owned(), executables });
        }
        if names.is_empty() {
            return self;
        }
        let reason = format!("agents of a platform do this in normal work: {}", names.join(", "));
        self.and(Level::High, reason)
    }
}

#[cfg(test)]
mod tests {
    use telovix_policy::confine::Operation;

    use super::{Level, Risk};

    #[test]
    fn the_reason_of_the_level_comes_first() {
        let risk = Risk::new(Level::Low, "one").and(Level::High, "two").and(Level::Medium, "three");
        assert_eq!(
            (risk.level, risk.reasons),
            (Level::High, ["two", "one", "three"].map(String::from).to_vec())
        );
    }

    #[test]
    fn an_agent_with_an_exception_is_not_proposed_again() {
        let proposed = |exempt: &[String]| {
            let risk = Risk::new(Level::Medium, "all").with_agents(&[Operation::ModuleLoad], exempt);
            risk.allowlist.iter().map(|exempt| exempt.agent.clone()).collect::<Vec<_>>()
        };
        assert!(proposed(&[]).contains(&"module loader".to_owned()));
        assert!(!proposed(&["/usr/bin/kmod".to_owned()]).contains(&"module loader".to_owned()));
    }
}
