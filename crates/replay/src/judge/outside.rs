//! Policies that something else than our confinements evaluates, such as TracingPolicies: what a judge asks of them.

use std::fmt;

use crate::vocabulary::{Effect, Event, Fields, Operation};

/// Policies that are evaluated outside of the confinements.
///
/// Answers depend on their arguments only: they are remembered, and asked for by several threads.
pub trait Outside: fmt::Debug + Sync {
    /// Returns whether some of the policies may deny or kill on such an operation.
    fn may_act(&self, operation: Operation) -> bool;

    /// Returns what each policy that may deny or kill does with an event.
    fn opinions(&self, event: &Event) -> Vec<Opinion>;

    /// Returns what an opinion was decided by.
    fn describe(&self, decider: Decider) -> Option<Described>;
}

/// What a policy does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opinion {
    /// The weakest effect that is possible.
    pub least: Effect,
    /// The strongest effect that is possible.
    pub most: Effect,
    /// The fields that the event lacks and that decide between both; empty where they are equal, or something decides
    /// that no event tells.
    pub fields: Fields,
    /// What decides.
    pub decider: Decider,
}

/// A place in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decider {
    /// The number of the policy.
    pub policy: u32,
    /// Where it is in the text: the offset of its first byte.
    pub offset: u32,
}

/// A place in a policy, as answers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The kind of the document.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The hook.
    pub hook: String,
    /// The strongest effect.
    pub effect: Effect,
    /// File and line.
    pub source: String,
}
