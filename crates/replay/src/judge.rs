//! A deed -> the verdict of a policy.

mod exposure;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::deed::Deed;
use crate::vocabulary::{Confinement, Effect, Event, Fields, Index, Operation, Reason, SourceSet, Verdict};
use exposure::Subjects;
pub(crate) use exposure::{Exposed, Subject};

/// A policy that is asked about many events.
#[derive(Debug)]
pub struct Judge<'policy> {
    index: Index<'policy>,
    sources: &'policy SourceSet,
    subjects: Subjects,
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
    /// What decided; none where nothing speaks of the event.
    pub(crate) rule: Option<Rule>,
}

impl Judgement {
    /// What happens to an event that no confinement can name.
    pub(crate) fn allowed() -> Self {
        Self { effect: Effect::Allow, at_least: Effect::Allow, depends_on: Fields::default(), rule: None }
    }

    /// Whether the policy names the event, whatever the fields are that it lacks.
    pub(crate) fn is_affected(&self) -> bool {
        self.at_least > Effect::Allow
    }

    /// Whether it depends on fields that the event lacks if the policy names it.
    pub(crate) fn is_possible(&self) -> bool {
        !self.is_affected() && self.effect > Effect::Allow
    }
}

/// What decided an event: a confinement, and the entry of its list where one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rule {
    confinement: u32,
    member: Option<u32>,
}

/// A rule, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleWords {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) dimension: &'static str,
    pub(crate) effect: &'static str,
    pub(crate) source: String,
    pub(crate) member: Option<String>,
}

impl<'policy> Judge<'policy> {
    /// Prepares a policy. The confinements are what `analyse` made of the sources.
    #[must_use]
    pub fn new(confinements: &'policy [Confinement], sources: &'policy SourceSet) -> Self {
        Self { index: Index::new(confinements), sources, subjects: Subjects::new(confinements) }
    }

    /// Tells whether any confinement can name the deed; when not, it is allowed. This is a look-up or two.
    pub(crate) fn may_name(&self, operation: Operation, binary: Option<&str>) -> bool {
        self.subjects.may_name(operation, binary)
    }

    /// Judges an event.
    pub(crate) fn judge(&self, event: &Event) -> Judgement {
        let verdict = self.index.judge(event);
        let rule = rule(&verdict);
        Judgement { effect: verdict.effect, at_least: verdict.at_least, depends_on: verdict.depends_on, rule }
    }

    /// Returns whom the policy speaks of, and about which operation.
    pub(crate) fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    /// Returns how many confinements there are.
    pub(crate) fn confinements(&self) -> &'policy [Confinement] {
        self.index.confinements()
    }

    /// Returns each confinement in words, with whom and what it speaks of.
    pub(crate) fn exposed(&self) -> impl Iterator<Item = (Exposed, RuleWords)> {
        (0..).zip(self.confinements()).map(|(at, confinement)| {
            (
                self.subjects.exposed(confinement),
                self.words(Rule { confinement: at, member: None }, confinement),
            )
        })
    }

    /// Puts a rule in words.
    pub(crate) fn describe(&self, rule: Rule) -> Option<RuleWords> {
        self.confinements().get(rule.confinement as usize).map(|confinement| self.words(rule, confinement))
    }

    fn words(&self, rule: Rule, confinement: &Confinement) -> RuleWords {
        let member = rule.member.and_then(|member| confinement.members.get(member as usize));
        let document = &confinement.document;
        RuleWords {
            kind: document.kind.name(),
            id: document.id.clone(),
            name: document.name.clone(),
            dimension: confinement.dimension.name(),
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
    Some(Rule {
        confinement: u32::try_from(decision.index).ok()?,
        member: member.and_then(|member| u32::try_from(member).ok()),
    })
}

/// Returns the event of a deed.
pub(crate) fn event(deed: &Deed<'_>) -> Event {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Event {
        binary: text(deed.binary),
        parent: text(deed.parent),
        uid: deed.uid,
        path: text(deed.path),
        access: deed.access,
        anonymous: deed.anonymous,
        address: deed.address,
        port: deed.port,
        protocol: text(deed.protocol),
        capability: deed.capability,
        syscall: deed.syscall,
        family: deed.family,
        socket_type: deed.socket_type,
        mode: deed.mode,
        ..Event::new(deed.operation)
    }
}

/// Reads an event of Telovix.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) fn read(line: &str) -> Result<Event, String> {
    let mut fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    // The number of a 32-bit call is another call's on x86-64.
    if fields.get("abi").is_some_and(|abi| abi != "x86-64") {
        fields.remove("syscall");
    }
    Event::from_fields(fields).map_err(|error| error.to_string())
}

/// Verdicts on deeds that came before: histories repeat themselves.
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

    /// Judges a deed, or remembers how it was judged. `place` gives the event the sensor and the group of its host.
    pub(crate) fn judge(
        &mut self,
        judge: &Judge<'_>,
        deed: &Deed<'_>,
        place: impl FnOnce(&mut Event),
    ) -> Judgement {
        self.key.clear();
        deed.write(&mut self.key);
        if let Some(known) = self.known.get(self.key.as_slice()) {
            return *known;
        }
        let mut event = event(deed);
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
    use super::read;
    use crate::vocabulary::Syscall;

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
