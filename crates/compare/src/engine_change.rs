//! A Tetragon policy on both sides -> the events whose effect became weaker or stronger.
//!
//! Hooks are paired by place and content, so messages, tags, labels and order do not count. The hooks that differ are
//! judged on one event of each case that they distinguish, and under every assumption about the facts that no event
//! has. An event that another document still stops is not a difference.

use std::collections::{BTreeMap, BTreeSet};

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Confinement, Effect, Operation};
use telovix_policy::judge::{Event, Index};
use telovix_tetragon::interpret::{Assumptions, Decided, DecidedHook, FactId, Representatives, Ruling, ways};

use super::change::Witness;
use super::cuts::{cut, cut_scope};
use super::outside::{EnginePolicy, Outside};
use super::piece::Origin;
use super::{Direction, Piece, Side};

/// Maximum number of witnesses per document.
const MOST: usize = 100;

/// Maximum number of witnesses per pair of effects.
const MOST_OF_A_PART: usize = 8;

/// Maximum number of facts that are assumed at once.
const FACTS: usize = 8;

/// Maximum number of events and assumptions that are tried for a document.
const TRIALS: usize = 1 << 20;

/// Maximum number of other confinements whose cases are distinguished.
const OTHERS: usize = 256;

/// The result of comparing one Tetragon policy.
#[derive(Debug, Default)]
pub(super) struct EngineFound {
    pub(super) direction: Direction,
    pub(super) witnesses: Vec<Witness>,
    pub(super) left_out: usize,
    /// What decides events that have no witness: nothing that events have.
    pub(super) depends_on: BTreeSet<String>,
    /// Whether there was too much to compare, or an invalid policy.
    pub(super) is_opaque: bool,
}

/// Both sides with their Tetragon policies.
pub(super) struct Engines<'policy> {
    before: Engine<'policy>,
    after: Engine<'policy>,
}

struct Engine<'policy> {
    index: Index<'policy>,
    outside: Option<Outside<'policy>>,
}

/// One document on one side.
#[derive(Clone, Copy)]
struct Part<'side> {
    engine: &'side Engine<'side>,
    own: Option<&'side EnginePolicy>,
    facts: &'side BTreeMap<&'side str, FactId>,
    /// The contents of the hooks that only this side has.
    changed: &'side BTreeSet<&'side str>,
}

impl<'policy> Engines<'policy> {
    /// Prepares both sides.
    pub(super) fn new(before: &'policy Side<'policy>, after: &'policy Side<'policy>) -> Self {
        let engine = |side: &'policy Side<'policy>| Engine {
            index: Index::new(side.confinements()),
            outside: side.outside(),
        };
        Self { before: engine(before), after: engine(after) }
    }

    /// Compares one document in the context of both sides. Its other conditions are compared elsewhere.
    pub(super) fn examine(&self, before: Option<&Piece<'_>>, after: Option<&Piece<'_>>) -> EngineFound {
        let (old, new) = (self.before.policy_of(before), self.after.policy_of(after));
        let invalid = |policy: Option<&EnginePolicy>| policy.is_some_and(|policy| policy.decided().is_none());
        if invalid(old) || invalid(new) {
            return opaque();
        }
        let scope = |policy: Option<&'_ EnginePolicy>| policy.map(|policy| policy.scope().clone());
        let same_scope = old.is_none() || new.is_none() || scope(old) == scope(new);
        let (mut gone, mut come) = (contents(old), contents(new));
        if same_scope {
            let both: BTreeSet<&str> = gone.intersection(&come).copied().collect();
            gone.retain(|content| !both.contains(content));
            come.retain(|content| !both.contains(content));
        }
        if gone.is_empty() && come.is_empty() {
            return EngineFound::default();
        }
        let (old_facts, new_facts) = (facts(old), facts(new));
        let old = Part { engine: &self.before, own: old, facts: &old_facts, changed: &gone };
        let new = Part { engine: &self.after, own: new, facts: &new_facts, changed: &come };
        let mut comparison = Comparison { old, new, found: EngineFound::default(), trials: 0 };
        for operation in Operation::ALL {
            if comparison.examine(operation).is_none() {
                return opaque();
            }
        }
        comparison.found
    }
}

fn opaque() -> EngineFound {
    EngineFound { direction: Direction::Incomparable, is_opaque: true, ..EngineFound::default() }
}

fn contents(policy: Option<&EnginePolicy>) -> BTreeSet<&str> {
    let hooks = policy.and_then(EnginePolicy::decided).into_iter().flat_map(Decided::hooks);
    hooks.map(|hook| hook.content.as_str()).collect()
}

fn facts(policy: Option<&EnginePolicy>) -> BTreeMap<&str, FactId> {
    let facts = policy.and_then(EnginePolicy::decided).into_iter().flat_map(Decided::facts);
    facts.map(|(id, fact)| (fact.key.as_str(), id)).collect()
}

impl<'policy> Engine<'policy> {
    /// Returns the Tetragon policy of a document, if it acts.
    fn policy_of(&self, piece: Option<&Piece<'_>>) -> Option<&EnginePolicy> {
        let Origin::Document(_, placed) = piece?.origin else { return None };
        let span = placed.custom_policy()?.policy.span;
        self.policies().find(|policy| policy.span() == span)
    }

    fn policies(&self) -> impl Iterator<Item = &EnginePolicy> {
        self.outside.iter().flat_map(Outside::policies)
    }

    /// Returns the effect that documents other than one certainly give to an event.
    fn others(&self, own: Option<Span>, event: &Event) -> Effect {
        let confined = self.index.judge(event).at_least;
        let policies = self.policies().filter(|policy| Some(policy.span()) != own);
        policies.map(|policy| policy.judge(event).least).fold(confined, Effect::max)
    }

    /// Returns the effect of an event, if it is certain.
    fn whole(&self, event: &Event) -> Option<Effect> {
        let verdict = self.index.judge(event);
        let opinions = self.policies().map(|policy| policy.judge(event));
        let (least, most) = opinions.fold((verdict.at_least, verdict.effect), |(least, most), opinion| {
            (least.max(opinion.least), most.max(opinion.most))
        });
        (least == most).then_some(most)
    }

    /// Returns the confinements of an operation.
    fn confinements(&self, operation: Operation) -> impl Iterator<Item = &'policy Confinement> {
        self.index.confinements().iter().filter(move |confinement| confinement.operation == operation)
    }
}

impl<'side> Part<'side> {
    fn is_changed(&self, hook: &DecidedHook) -> bool {
        self.changed.contains(hook.content.as_str())
    }

    fn applies(&self, event: &Event) -> bool {
        self.own.is_some_and(|policy| policy.applies(event) == Ok(true))
    }

    /// Returns what the changed hooks do to an event in one way.
    fn changed_hooks(&self, event: &Event, way: u8, assumed: &[(&str, bool)]) -> Option<Ruling<'side>> {
        let decided = self.own.filter(|_| self.applies(event)).and_then(EnginePolicy::decided)?;
        let known = assumed.iter().filter_map(|(key, holds)| Some((*self.facts.get(key)?, *holds)));
        let assumptions = known.fold(Assumptions::default(), |all, (fact, holds)| all.with(fact, holds));
        Some(decided.assuming(event, way, assumptions, |hook| self.is_changed(hook)))
    }

    /// Returns the effect that everything but the changed hooks certainly gives to an event.
    fn context(&self, event: &Event, way: u8) -> Effect {
        let unchanged =
            self.own.filter(|_| self.applies(event)).and_then(EnginePolicy::decided).map(|decided| {
                decided.assuming(event, way, Assumptions::default(), |hook| !self.is_changed(hook)).least
            });
        let others = self.engine.others(self.own.map(EnginePolicy::span), event);
        unchanged.unwrap_or_default().max(others)
    }

    /// Returns the keys of the facts that a ruling depends on, and what they are; nothing if one has no number.
    fn open(&self, ruling: Option<&Ruling<'_>>) -> Option<Vec<(&'side str, &'side str)>> {
        let (Some(decided), Some(ruling)) = (self.own.and_then(EnginePolicy::decided), ruling) else {
            return Some(Vec::new());
        };
        let needed = ruling.needs.facts;
        if needed.contains(FactId::OTHERS) {
            return None;
        }
        let facts = decided.facts().filter(|(id, _)| needed.contains(*id));
        Some(facts.map(|(_, fact)| (fact.key.as_str(), fact.words.as_str())).collect())
    }
}

/// A comparison of one document.
struct Comparison<'side> {
    old: Part<'side>,
    new: Part<'side>,
    found: EngineFound,
    trials: usize,
}

/// The differences on events of one operation.
#[derive(Default)]
struct Pass {
    direction: Direction,
    /// The direction of events whose difference another document hides.
    hidden: Direction,
    witnesses: Vec<Witness>,
    depends_on: BTreeSet<String>,
}

impl<'side> Comparison<'side> {
    /// Compares the events of an operation. Returns nothing if there is too much to compare.
    fn examine(&mut self, operation: Operation) -> Option<()> {
        let (old, new) = (self.old, self.new);
        let mut events = Representatives::of(operation);
        let mut sees = false;
        for part in [old, new] {
            if let Some(policy) = part.own {
                sees |= policy.decided().is_some_and(|own| events.add(own, |hook| part.is_changed(hook)));
                cut_scope(&mut events, policy.scope());
            }
        }
        if !sees {
            return Some(());
        }
        let mut pass = self.pass(&events.events()?)?;
        if pass.hidden != Direction::Equal {
            // Other documents hide some of it: distinguish their cases as well.
            match self.in_context(operation, events).and_then(|events| events.events()) {
                Some(events) => pass = self.pass(&events)?,
                None => pass.direction = pass.direction.and(pass.hidden),
            }
        }
        let found = &mut self.found;
        found.direction = found.direction.and(pass.direction);
        found.depends_on.extend(pass.depends_on);
        let mut parts: BTreeMap<(Effect, Effect), usize> = BTreeMap::new();
        for witness in pass.witnesses {
            let part = parts.entry((witness.before, witness.after)).or_default();
            *part += 1;
            if *part > MOST_OF_A_PART || found.witnesses.len() >= MOST {
                found.left_out += 1;
            } else {
                found.witnesses.push(witness);
            }
        }
        Some(())
    }

    /// Adds what other documents distinguish; nothing if they are too many.
    fn in_context(&self, operation: Operation, mut events: Representatives) -> Option<Representatives> {
        for engine in [self.old.engine, self.new.engine] {
            if engine.confinements(operation).count() > OTHERS {
                return None;
            }
            engine.confinements(operation).for_each(|confinement| cut(&mut events, confinement));
            for policy in engine.policies() {
                policy.decided().into_iter().for_each(|decided| {
                    events.add(decided, |_| true);
                });
                cut_scope(&mut events, policy.scope());
            }
        }
        Some(events)
    }

    /// Compares both sides on each event.
    fn pass(&mut self, events: &[Event]) -> Option<Pass> {
        let mut pass = Pass::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for event in events {
            for way in ways(event.operation) {
                self.trials += 1;
                if self.trials > TRIALS {
                    return None;
                }
                let (old, new) = (self.old, self.new);
                let was = old.changed_hooks(event, way, &[]);
                let is = new.changed_hooks(event, way, &[]);
                let mut open = old.open(was.as_ref())?;
                open.extend(new.open(is.as_ref())?);
                let direction = if open.is_empty() {
                    direction(effect(was.as_ref()), effect(is.as_ref()), || {
                        (old.context(event, way), new.context(event, way))
                    })
                } else {
                    self.under_assumptions(event, way, open.iter().map(|(key, _)| *key).collect())?
                };
                let (visible, hidden) = direction;
                pass.hidden = pass.hidden.and(hidden);
                pass.direction = pass.direction.and(visible);
                if visible == Direction::Equal {
                    continue;
                }
                match self.witness(event) {
                    Some(witness) => {
                        // The first process and access of an event stand for all.
                        let deed = Event {
                            binary: None,
                            parent: None,
                            ancestors: None,
                            access: None,
                            ..witness.event.clone()
                        };
                        if seen.insert(format!("{} {} {}", witness.before, witness.after, deed.to_json())) {
                            pass.witnesses.push(witness);
                        }
                    }
                    None => pass.depends_on.extend(open.iter().map(|(_, words)| (*words).to_owned())),
                }
            }
        }
        Some(pass)
    }

    /// Compares both sides on an event under every assumption about facts.
    fn under_assumptions(
        &mut self,
        event: &Event,
        way: u8,
        mut keys: BTreeSet<&'side str>,
    ) -> Option<(Direction, Direction)> {
        let (old, new) = (self.old, self.new);
        'facts: loop {
            if keys.len() > FACTS {
                return None;
            }
            let (mut visible, mut hidden) = (Direction::Equal, Direction::Equal);
            for bits in 0..1_u32 << keys.len() {
                self.trials += 1;
                if self.trials > TRIALS {
                    return None;
                }
                let assumed: Vec<(&str, bool)> =
                    keys.iter().enumerate().map(|(at, key)| (*key, bits & (1 << at) != 0)).collect();
                let was = old.changed_hooks(event, way, &assumed);
                let is = new.changed_hooks(event, way, &assumed);
                let before = keys.len();
                keys.extend(old.open(was.as_ref())?.into_iter().map(|(key, _)| key));
                keys.extend(new.open(is.as_ref())?.into_iter().map(|(key, _)| key));
                if keys.len() > before {
                    continue 'facts;
                }
                let (was, is) = (effect(was.as_ref()), effect(is.as_ref()));
                let found = direction(was, is, || (old.context(event, way), new.context(event, way)));
                visible = visible.and(found.0);
                hidden = hidden.and(found.1);
            }
            return Some((visible, hidden));
        }
    }

    /// Returns the event with its effect on both sides, if both are certain and differ. Fields of its process are left
    /// out if they do not matter.
    fn witness(&self, event: &Event) -> Option<Witness> {
        let effects = |event: &Event| self.old.engine.whole(event).zip(self.new.engine.whole(event));
        let (before, after) = effects(event).filter(|(before, after)| before != after)?;
        let short = Event {
            parent: None,
            ancestors: None,
            sensor: None,
            group: None,
            protocol: None,
            ..event.clone()
        };
        let event = if effects(&short) == Some((before, after)) { short } else { event.clone() };
        Some(Witness { event, before, after })
    }
}

fn effect(ruling: Option<&Ruling<'_>>) -> Effect {
    ruling.map_or(Effect::Allow, |ruling| ruling.most)
}

/// Returns the direction from one effect to another, and the same if the other documents hide it.
fn direction(was: Effect, is: Effect, context: impl FnOnce() -> (Effect, Effect)) -> (Direction, Direction) {
    if was == is {
        return (Direction::Equal, Direction::Equal);
    }
    let (old, new) = context();
    let (found, is_hidden) =
        if was > is { (Direction::Wider, new >= was) } else { (Direction::Narrower, old >= is) };
    if is_hidden { (Direction::Equal, found) } else { (found, Direction::Equal) }
}

#[cfg(test)]
mod tests;
