//! An operation -> the verdict of a policy.

mod exposure;
mod outside;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::vocabulary::{Confinement, Effect, Event, Fields, Index, Operation, Reason, SourceSet, Verdict};
use exposure::Subjects;
pub(crate) use exposure::{Exposed, Subject};
pub use outside::{Decider, Described, Opinion, Outside};

/// A policy that is asked about many events.
#[derive(Debug)]
pub struct Judge<'policy> {
    index: Index<'policy>,
    sources: &'policy SourceSet,
    subjects: Subjects,
    outside: Option<&'policy dyn Outside>,
}

/// What a policy does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The effect; the strongest that is possible where it depends on fields the event lacks.
    pub(crate) effect: Effect,
    /// The effect whatever those fields are.
    pub(crate) at_least: Effect,
    /// The fields that the event lacks and the effect depends on.
    pub(crate) depends_on: Fields,
    /// What decided; none when no confinement is about the event.
    pub(crate) rule: Option<Rule>,
}

impl Judgement {
    /// The verdict on an event that no confinement is about.
    pub(crate) fn allowed() -> Self {
        Self { effect: Effect::Allow, at_least: Effect::Allow, depends_on: Fields::default(), rule: None }
    }

    /// Adds what other policies do: the strongest effect counts, and of equal ones the first.
    fn with(mut self, opinions: &[Opinion]) -> Self {
        let at_least = opinions.iter().map(|opinion| opinion.least).fold(self.at_least, Effect::max);
        // What can be no stronger than what is certain changes nothing.
        if self.effect <= at_least {
            self.depends_on = Fields::default();
        }
        for opinion in opinions {
            if opinion.most > at_least {
                self.depends_on = self.depends_on.union(opinion.fields);
            }
            if (opinion.least, opinion.most) > (self.at_least, self.effect) {
                self.rule = Some(Rule::Outside(opinion.decider));
            }
            self.at_least = self.at_least.max(opinion.least);
            self.effect = self.effect.max(opinion.most);
        }
        self
    }

    /// Whether the event violates the policy, whatever its missing fields are.
    pub(crate) fn is_affected(&self) -> bool {
        self.at_least > Effect::Allow
    }

    /// Whether the event may violate the policy, depending on missing fields.
    pub(crate) fn is_possible(&self) -> bool {
        !self.is_affected() && self.effect > Effect::Allow
    }
}

/// What decided an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rule {
    /// A confinement, and the entry of its list where one did.
    Confinement { number: u32, member: Option<u32> },
    /// A policy that is evaluated outside of the confinements.
    Outside(Decider),
}

/// A rule as answers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleWords {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) dimension: String,
    pub(crate) effect: &'static str,
    pub(crate) source: String,
    pub(crate) member: Option<String>,
}

impl<'policy> Judge<'policy> {
    /// Prepares a policy. The confinements are what `analyse` made of the sources.
    #[must_use]
    pub fn new(confinements: &'policy [Confinement], sources: &'policy SourceSet) -> Self {
        let subjects = Subjects::new(confinements);
        Self { index: Index::new(confinements), sources, subjects, outside: None }
    }

    /// Judges by other policies as well: the strongest effect of any policy counts.
    #[must_use]
    pub fn and(self, outside: &'policy dyn Outside) -> Self {
        Self { outside: Some(outside), ..self }
    }

    /// Returns whether some confinement may deny the operation; if none, it is allowed. Costs a look-up or two.
    pub(crate) fn may_name(&self, operation: Operation, binary: Option<&str>) -> bool {
        self.subjects.may_name(operation, binary) || self.may_act_outside(operation)
    }

    /// Returns whether some part of the policy is about an operation.
    pub(crate) fn confine(&self, operation: Operation) -> bool {
        self.subjects.confine(operation) || self.may_act_outside(operation)
    }

    fn may_act_outside(&self, operation: Operation) -> bool {
        self.outside.is_some_and(|outside| outside.may_act(operation))
    }

    /// Judges an event.
    pub(crate) fn judge(&self, event: &Event) -> Judgement {
        let verdict = self.index.judge(event);
        let rule = rule(&verdict);
        let confined = Judgement {
            effect: verdict.effect,
            at_least: verdict.at_least,
            depends_on: verdict.depends_on,
            rule,
        };
        match self.outside {
            Some(outside) if outside.may_act(event.operation) => confined.with(&outside.opinions(event)),
            _ => confined,
        }
    }

    /// Returns the processes and operations that the policy confines.
    pub(crate) fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    /// Returns how many confinements there are.
    pub(crate) fn confinements(&self) -> &'policy [Confinement] {
        self.index.confinements()
    }

    /// Returns each confinement as answers name it, with its process and operation.
    pub(crate) fn exposed(&self) -> impl Iterator<Item = (Exposed, RuleWords)> {
        let confinements = self.confinements().iter();
        confinements.map(|confinement| (self.subjects.exposed(confinement), self.words(None, confinement)))
    }

    /// Returns the confinement of a rule, and its number.
    pub(crate) fn confinement(&self, rule: Rule) -> Option<(usize, &'policy Confinement)> {
        let Rule::Confinement { number, .. } = rule else { return None };
        let at = number as usize;
        self.confinements().get(at).map(|confinement| (at, confinement))
    }

    /// Returns a rule as answers name it.
    pub(crate) fn describe(&self, rule: Rule) -> Option<RuleWords> {
        match rule {
            Rule::Confinement { number, member } => {
                self.confinements().get(number as usize).map(|confinement| self.words(member, confinement))
            }
            Rule::Outside(decider) => {
                let Described { kind, id, name, hook, effect, source } = self.outside?.describe(decider)?;
                let effect = effect.name();
                Some(RuleWords { kind, id, name, dimension: hook, effect, source, member: None })
            }
        }
    }

    fn words(&self, member: Option<u32>, confinement: &Confinement) -> RuleWords {
        let member = member.and_then(|member| confinement.members.get(member as usize));
        let document = &confinement.document;
        RuleWords {
            kind: document.kind.name().to_owned(),
            id: document.id.clone(),
            name: document.name.clone(),
            dimension: confinement.dimension.name().to_owned(),
            effect: confinement.acting_effect().name(),
            source: self.sources.locate(member.map_or(confinement.span, |member| member.span)),
            member: member.map(|member| member.value.to_string()),
        }
    }
}

fn rule(verdict: &Verdict<'_>) -> Option<Rule> {
    let decision = verdict.decision.as_ref()?;
    let member = match decision.reason {
        Reason::Names(member) => member,
        Reason::Lists(member) => Some(member),
        Reason::Exempts(_) => None,
    };
    let member = member.and_then(|member| {
        decision.confinement.members.iter().position(|listed| std::ptr::eq(listed, member))
    });
    Some(Rule::Confinement {
        number: u32::try_from(decision.index).ok()?,
        member: member.and_then(|member| u32::try_from(member).ok()),
    })
}

/// Returns the event of an operation.
pub(crate) fn event(action: &Action<'_>) -> Event {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Event {
        binary: text(action.binary),
        parent: text(action.parent),
        uid: action.uid,
        path: text(action.path),
        access: action.access,
        anonymous: action.anonymous,
        address: action.address,
        port: action.port,
        protocol: text(action.protocol),
        capability: action.capability,
        syscall: action.syscall,
        family: action.family,
        socket_type: action.socket_type,
        mode: action.mode,
        ..Event::new(action.operation)
    }
}

/// Reads an event of Telovix.
///
/// # Errors
/// When it is not a valid event.
pub(crate) fn read(line: &str) -> Result<Event, String> {
    let mut fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    // The number of a 32-bit call is another call's on x86-64.
    if fields.get("abi").is_some_and(|abi| abi != "x86-64") {
        fields.remove("syscall");
    }
    Event::from_fields(fields).map_err(|error| error.to_string())
}

/// Verdicts on earlier operations: histories repeat themselves.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: FxHashMap<Box<[u8]>, Judgement>,
    key: Vec<u8>,
}

impl Memory {
    /// More are not kept at a time.
    const MOST: usize = 16_384;
    /// What takes more bytes to write down is not kept.
    const LONGEST: usize = 1_024;

    /// Judges an operation, or returns its earlier verdict. `place` gives the event the sensor and the group of its host.
    pub(crate) fn judge(
        &mut self,
        judge: &Judge<'_>,
        action: &Action<'_>,
        place: impl FnOnce(&mut Event),
    ) -> Judgement {
        self.key.clear();
        action.write(&mut self.key);
        if judge.outside.is_some() {
            action.write_rest(&mut self.key);
        }
        if let Some(known) = self.known.get(self.key.as_slice()) {
            return *known;
        }
        let mut event = event(action);
        place(&mut event);
        let judgement = judge.judge(&event);
        if self.key.len() <= Self::LONGEST {
            if self.known.len() >= Self::MOST {
                self.known.clear();
            }
            self.known.insert(self.key.as_slice().into(), judgement);
        }
        judgement
    }
}

#[cfg(test)]
mod tests {
    use telovix_diagnostic::source::SourceSet;

    use super::{Decider, Described, Judge, Opinion, Outside, Rule, read};
    use crate::vocabulary::{Effect, Event, Field, Fields, Operation, Syscall};

    /// Policies that say the same about every open.
    #[derive(Debug)]
    struct Says(Vec<Opinion>);

    impl Outside for Says {
        fn may_act(&self, operation: Operation) -> bool {
            operation == Operation::Open
        }

        fn opinions(&self, _: &Event) -> Vec<Opinion> {
            self.0.clone()
        }

        fn describe(&self, _: Decider) -> Option<Described> {
            None
        }
    }

    #[test]
    fn the_strongest_effect_of_any_policy_counts() {
        let sources = SourceSet::single("none.yaml", "");
        let uid: Fields = [Field::Uid].into_iter().collect();
        let opinion = |policy, least, most, fields| Opinion {
            least,
            most,
            fields,
            decider: Decider { policy, offset: 0 },
        };
        let maybe = opinion(0, Effect::Allow, Effect::Kill, uid);
        let surely = opinion(1, Effect::Deny, Effect::Deny, Fields::default());
        let judge = |opinions: &[Opinion], operation| {
            let outside = Says(opinions.to_vec());
            let judgement = Judge::new(&[], &sources).and(&outside).judge(&Event::new(operation));
            let policy = judgement.rule.map(|rule| match rule {
                Rule::Outside(decider) => decider.policy,
                Rule::Confinement { .. } => u32::MAX,
            });
            (judgement.at_least, judgement.effect, judgement.depends_on, policy)
        };
        let none = Fields::default();
        assert_eq!(judge(&[], Operation::Open), (Effect::Allow, Effect::Allow, none, None));
        assert_eq!(judge(&[surely], Operation::Exec), (Effect::Allow, Effect::Allow, none, None));
        assert_eq!(judge(&[maybe], Operation::Open), (Effect::Allow, Effect::Kill, uid, Some(0)));
        for both in [[maybe, surely], [surely, maybe]] {
            assert_eq!(judge(&both, Operation::Open), (Effect::Deny, Effect::Deny, none, Some(1)));
        }
    }

    #[test]
    fn calls_of_other_entries_are_unknown() {
        let call = |abi: &str, number: u32| {
            let line = format!(r#"{{"operation":"syscall","syscall":{number},"abi":"{abi}"}}"#);
            read(&line).expect("an event").syscall.map(Syscall::name)
        };
        assert_eq!(call("x86-64", 101), Some("ptrace"));
        assert_eq!((call("ia32", 101), call("ia32", 65_000)), (None, None));
    }
}
