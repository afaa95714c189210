//! A Tetragon policy -> its decided form, and the verdict on an event.

use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Effect, Operation};
use telovix_policy::judge::{Event, Fields};

use super::call::ways;
use super::content::content;
use super::fact::{Assumptions, Fact, FactId, Facts, Register};
use super::outcome::{Mode, Outcome};
use super::place::{Fire, Place};
use super::rule::{Context, Rule, expanded, rules};
use super::shared::SharedMaps;
use super::truth::{Needs, Truth};
use crate::{Action, ActionKind, ArgumentFilter, Fit, TracingPolicy};

/// A policy, prepared for events.
#[derive(Debug)]
pub struct Decided {
    hooks: Vec<DecidedHook>,
    /// By operation, the calls of hooks.
    calls: Vec<Vec<DecidedCall>>,
    register: Register,
    /// By operation, the fact of which way it is done, where there are several.
    way_facts: Vec<FactId>,
}

/// One place at which a policy is attached.
#[derive(Debug)]
pub struct DecidedHook {
    /// The hook, function or tracepoint.
    pub name: String,
    /// Equal for the same place in every version of a policy.
    pub identity: String,
    /// Equal for hooks that do the same, however they are written: without messages, tags, labels, comments and order
    /// of values.
    pub content: String,
    /// Whether it is known for an operation of ours when it is called. Other operations that it may see are then other
    /// views of the same event.
    is_known: bool,
    /// What a hook on the return may do, and what decides that.
    late: Option<(Effect, FactId)>,
}

#[derive(Debug)]
pub(super) struct DecidedCall {
    pub(super) hook: usize,
    pub(super) fire: Fire,
    pub(super) ways: u8,
    pub(super) rules: Arc<[Rule]>,
}

/// What a policy does to an event.
#[derive(Debug, Clone)]
pub struct Ruling<'policy> {
    /// The weakest effect that is possible.
    pub least: Effect,
    /// The strongest effect that is possible.
    pub most: Effect,
    /// What decides between both; empty exactly if they are equal.
    pub needs: Needs,
    /// What gives the strongest effect; none if no selector matches.
    pub decider: Option<Decider<'policy>>,
}

/// The selector that decides.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'policy> {
    hook: &'policy DecidedHook,
    rule: &'policy Rule,
}

impl<'policy> Decider<'policy> {
    /// Returns the hook.
    #[must_use]
    pub fn hook(&self) -> &'policy str {
        &self.hook.name
    }

    /// Returns the effects and actions of the selector.
    #[must_use]
    pub fn outcome(&self) -> &'policy Outcome {
        &self.rule.outcome
    }

    /// Returns the line that decides: that of the listed value, else that of the action or the selector.
    #[must_use]
    pub fn span(&self, event: &Event) -> Span {
        self.rule.member(event).map_or(self.rule.span, |(_, span)| span)
    }

    /// Returns the listed value that the event matches.
    #[must_use]
    pub fn member(&self, event: &Event) -> Option<&'policy str> {
        self.rule.member(event).map(|(text, _)| text)
    }
}

impl DecidedCall {
    /// Returns whether the hook sees the same event under another operation, where more is known.
    pub(super) fn is_other_view(&self, hook: &DecidedHook) -> bool {
        hook.is_known && matches!(self.fire, Fire::Perhaps(..))
    }
}

/// Where a hook's selectors lead.
struct Reached<'policy> {
    least: Effect,
    most: Effect,
    needs: Needs,
    rule: Option<&'policy Rule>,
}

impl Decided {
    /// Prepares a policy.
    #[must_use]
    pub fn new(policy: &TracingPolicy<'_>) -> Self {
        let spec = &policy.spec;
        let mut register = Register::default();
        let shared = SharedMaps::of(policy);
        let mode = mode(policy);
        let mut hooks = Vec::new();
        let mut calls: Vec<Vec<DecidedCall>> = Operation::ALL.map(|_| Vec::new()).into();
        for hook in &spec.hooks {
            for place in Place::of(spec, &hook.point) {
                let context = Context { spec, hook, place: &place, mode, shared: &shared };
                let mut without_arguments: Option<Arc<[Rule]>> = None;
                let mut is_known = false;
                for operation in Operation::ALL {
                    for call in place.calls(operation, &mut register) {
                        let rules = match &without_arguments {
                            Some(rules) if !call.has_arguments() => Arc::clone(rules),
                            _ => rules(context, &call, &mut register),
                        };
                        if !call.has_arguments() {
                            without_arguments = Some(Arc::clone(&rules));
                        }
                        let (fire, ways) = (call.fire, call.ways);
                        is_known |= !matches!(fire, Fire::Perhaps(..));
                        if let Some(found) = calls.get_mut(operation as usize) {
                            found.push(DecidedCall { hook: hooks.len(), fire, ways, rules });
                        }
                    }
                }
                let content = content(context);
                let late = late(context, &mut register);
                let Place { name, key: identity, .. } = place;
                hooks.push(DecidedHook { name, identity, content, is_known, late });
            }
        }
        let way_facts = Operation::ALL.map(|operation| {
            let several = ways(operation).count_ones() > 1;
            let words = format!("the interface by which `{operation}` is done");
            if several { register.number(format!("way of {operation}"), words) } else { FactId::OTHERS }
        });
        Self { hooks, calls, register, way_facts: way_facts.into() }
    }

    /// Returns the places at which the policy is attached.
    #[must_use]
    pub fn hooks(&self) -> &[DecidedHook] {
        &self.hooks
    }

    /// Returns the facts that its verdicts may depend on.
    pub fn facts(&self) -> impl Iterator<Item = (FactId, &Fact)> {
        self.register.iter()
    }

    /// Returns what some facts are, for a reader, each once.
    #[must_use]
    pub fn words(&self, facts: Facts) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for (_, fact) in self.register.iter().filter(|(id, _)| facts.contains(*id)) {
            if !words.contains(&fact.words.as_str()) {
                words.push(&fact.words);
            }
        }
        if facts.contains(FactId::OTHERS) {
            words.push("other facts");
        }
        words
    }

    /// Returns the names of the hooks that may enforce something on an event, each once.
    #[must_use]
    pub fn hooks_that_may_act(&self, event: &Event) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for call in self.calls_of(event.operation) {
            let most = self.reach(call, event, Assumptions::default()).most;
            if let Some(hook) = self.hooks.get(call.hook)
                && most > Effect::Log
                && !names.contains(&hook.name.as_str())
            {
                names.push(&hook.name);
            }
        }
        names
    }

    /// Judges one event. Reports that depend on facts that no event has do not count: they change nothing.
    #[must_use]
    pub fn judge(&self, event: &Event) -> Ruling<'_> {
        let calls = self.calls_of(event.operation);
        let all = ways(event.operation);
        if all == 1 {
            return in_way(&self.hooks, calls.iter().map(|call| (call, self.settled(call, event))), 1);
        }
        let bits = (0..u8::BITS).map(|bit| 1 << bit).filter(|way| all & way != 0);
        let rulings = bits
            .map(|way| in_way(&self.hooks, calls.iter().map(|call| (call, self.settled(call, event))), way))
            .reduce(|sum, next| {
                let mut needs = sum.needs.union(next.needs);
                if (sum.least, sum.most) != (next.least, next.most) {
                    let fact = self.way_facts.get(event.operation as usize).copied();
                    needs.facts = needs.facts.union(fact.unwrap_or(FactId::OTHERS).into());
                }
                let decider = if next.most > sum.most { next.decider } else { sum.decider };
                Ruling { least: sum.least.min(next.least), most: sum.most.max(next.most), needs, decider }
            });
        rulings.unwrap_or(Ruling {
            least: Effect::Allow,
            most: Effect::Allow,
            needs: Needs::default(),
            decider: None,
        })
    }

    /// Returns the effects that are possible for an event in one way, if some facts are assumed, by the hooks that
    /// `counts` accepts. Other views of events, such as the system call that opens a file, do not count.
    #[must_use]
    pub fn assuming(
        &self,
        event: &Event,
        way: u8,
        assumed: Assumptions,
        counts: impl Fn(&DecidedHook) -> bool,
    ) -> Ruling<'_> {
        let counts = |call: &&DecidedCall| {
            self.hooks.get(call.hook).is_some_and(|hook| counts(hook) && !call.is_other_view(hook))
        };
        let calls = self.calls_of(event.operation).iter().filter(counts);
        in_way(&self.hooks, calls.map(|call| (call, self.reach(call, event, assumed))), way)
    }

    pub(super) fn calls_of(&self, operation: Operation) -> &[DecidedCall] {
        self.calls.get(operation as usize).map_or(&[], Vec::as_slice)
    }

    /// As [`Self::reach`], without reports that depend on facts.
    fn settled<'policy>(&self, call: &'policy DecidedCall, event: &Event) -> Reached<'policy> {
        let mut reached = self.reach(call, event, Assumptions::default());
        if !reached.needs.facts.is_empty() && reached.most <= Effect::Log {
            reached.needs.facts = Facts::default();
            if reached.needs.fields.is_empty() {
                reached = Reached { least: Effect::Allow, most: Effect::Allow, rule: None, ..reached };
            }
        }
        reached
    }

    /// Tries the selectors of a hook in order.
    fn reach<'policy>(
        &self,
        call: &'policy DecidedCall,
        event: &Event,
        assumed: Assumptions,
    ) -> Reached<'policy> {
        let fires = call.fire.of(event, assumed);
        let mut range: Option<(Effect, Effect)> = None;
        let mut needs = Needs::default();
        let mut rule = None;
        let mut ends = false;
        if fires != Truth::No {
            for one in call.rules.iter() {
                let matched = one.matches(event, assumed);
                if matched == Truth::No {
                    continue;
                }
                if let Truth::Open(open) = matched {
                    needs = needs.union(open);
                }
                let (least, most) = effects(&one.outcome, assumed, &mut needs);
                if range.is_none_or(|(_, strongest)| most > strongest) {
                    rule = Some(one);
                }
                range = Some(range.map_or((least, most), |(low, high)| (low.min(least), high.max(most))));
                if matched == Truth::Yes {
                    ends = true;
                    break;
                }
            }
        }
        let (mut least, mut most) = range.unwrap_or_default();
        if !ends {
            least = Effect::Allow;
        }
        if let Truth::Open(open) = fires {
            least = Effect::Allow;
            needs = needs.union(open);
        }
        let late = self.hooks.get(call.hook).and_then(|hook| hook.late);
        if let Some((effect, fact)) = late.filter(|_| fires != Truth::No) {
            most = most.max(effect);
            needs.facts = needs.facts.union(fact.into());
        }
        if least == most {
            needs = Needs::default();
        }
        Reached { least, most, needs, rule }
    }
}

/// Joins the calls of one way: the strongest effect counts.
fn in_way<'policy>(
    hooks: &'policy [DecidedHook],
    calls: impl Iterator<Item = (&'policy DecidedCall, Reached<'policy>)>,
    way: u8,
) -> Ruling<'policy> {
    let mut ruling =
        Ruling { least: Effect::Allow, most: Effect::Allow, needs: Needs::default(), decider: None };
    for (call, reached) in calls.filter(|(call, _)| call.ways & way != 0) {
        ruling.least = ruling.least.max(reached.least);
        if reached.most > ruling.most || ruling.decider.is_none() {
            let decider = reached.rule.zip(hooks.get(call.hook));
            ruling.decider = decider.map(|(rule, hook)| Decider { hook, rule }).or(ruling.decider);
        }
        ruling.most = ruling.most.max(reached.most);
        ruling.needs = ruling.needs.union(reached.needs);
    }
    if ruling.least == ruling.most {
        ruling.needs = Needs::default();
    }
    ruling
}

/// Returns the range of an outcome.
fn effects(outcome: &Outcome, assumed: Assumptions, needs: &mut Needs) -> (Effect, Effect) {
    match outcome.open.map(|fact| Truth::fact(fact, assumed)) {
        None => (outcome.least, outcome.most),
        Some(Truth::Yes) => (outcome.most, outcome.most),
        Some(Truth::No) => (outcome.least, outcome.least),
        Some(Truth::Open(open)) => {
            *needs = needs.union(open);
            (outcome.least, outcome.most)
        }
    }
}

/// Returns whether a policy acts: it has an action that enforces, in a selector of its own, and no option against it.
fn mode(policy: &TracingPolicy<'_>) -> Mode {
    let spec = &policy.spec;
    let option = spec.options.iter().rfind(|option| option.name.value == "policy-mode");
    let selectors = spec.hooks.iter().flat_map(|hook| &hook.selectors);
    let enforces =
        selectors.flat_map(|selector| &selector.actions).any(|action| action.kind.value.enforces());
    if option.is_some_and(|option| option.value.value == "monitor") || !enforces {
        Mode::Monitor
    } else {
        Mode::Enforce
    }
}

/// Returns what the actions on the return may do. They run in any mode.
fn late(context: Context<'_>, register: &mut Register) -> Option<(Effect, FactId)> {
    let Context { spec, hook, place, .. } = context;
    let effect = |action: &Action<'_>| match action.kind.value {
        ActionKind::Sigkill | ActionKind::Signal => Effect::Kill,
        ActionKind::NotifyEnforcer => Effect::Deny,
        _ => Effect::Allow,
    };
    let returned = hook.return_argument.as_ref().map(|returned| returned.kind.value.class());
    let may_match = |filter: &ArgumentFilter<'_>| {
        returned.is_none_or(|class| class.fit(filter.operator.value) != Fit::Never)
    };
    let selectors = hook.selectors.iter().map(|selector| expanded(spec, selector));
    let selectors = selectors.filter(|selector| selector.return_arguments.iter().all(may_match));
    let effects =
        selectors.flat_map(|selector| selector.return_actions.iter().map(effect).collect::<Vec<_>>());
    let most = effects.max().filter(|effect| hook.returns && *effect > Effect::Allow)?;
    let content = content(context);
    Some((most, register.number(format!("return of {content}"), format!("what `{}` returns", place.name))))
}

impl Ruling<'_> {
    /// Returns the fields that the event lacks and the effect depends on.
    #[must_use]
    pub fn depends_on(&self) -> Fields {
        self.needs.fields
    }
}
