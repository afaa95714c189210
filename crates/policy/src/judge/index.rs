//! Confinements -> an index by subject, so that an event is checked only against those that may apply.

use rustc_hash::FxHashMap;

use super::truth::Truth;
use super::verdict::{Decision, Reason, Verdict};
use super::{Completions, Event, Fields, Spread, condition, lists, subject};
use crate::confine::{Confinement, Effect, Listing, Operation, Subject};
use crate::value::Children;

/// The result of one confinement for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// It matches: the event gets its effect.
    Names,
    /// It applies to the process and allows the event.
    Allows,
    /// It matches the event, but the process is exempt.
    Exempts,
    /// It depends on fields that the event lacks.
    Depends(Fields),
}

/// Confinements by subject. One event costs a look-up by its binary, one by its base name, and the
/// confinements of every process, however many profiles there are.
#[derive(Debug)]
pub struct Index<'policy> {
    confinements: &'policy [Confinement],
    everyone: FxHashMap<Operation, Vec<usize>>,
    by_binary: FxHashMap<&'policy str, Vec<usize>>,
    by_base_name: FxHashMap<&'policy str, Vec<usize>>,
    /// Confinements whose subject passes them on to what it starts.
    inheriting: Vec<usize>,
}

impl<'policy> Index<'policy> {
    /// Prepares confinements for judging.
    #[must_use]
    pub fn new(confinements: &'policy [Confinement]) -> Self {
        let mut index = Self {
            confinements,
            everyone: FxHashMap::default(),
            by_binary: FxHashMap::default(),
            by_base_name: FxHashMap::default(),
            inheriting: Vec::new(),
        };
        for (at, confinement) in confinements.iter().enumerate() {
            match &confinement.subject {
                Subject::Everyone => index.everyone.entry(confinement.operation).or_default().push(at),
                Subject::Binary(path) => index.by_binary.entry(path.as_str()).or_default().push(at),
                Subject::BaseName(name) => index.by_base_name.entry(name).or_default().push(at),
            }
            if confinement.children == Children::Inherit {
                index.inheriting.push(at);
            }
        }
        index
    }

    /// Returns the confinements, in the order they were given.
    #[must_use]
    pub fn confinements(&self) -> &'policy [Confinement] {
        self.confinements
    }

    /// Judges one event.
    #[must_use]
    pub fn judge(&self, event: &Event) -> Verdict<'policy> {
        let mut certain: Option<(usize, &'policy Confinement)> = None;
        let mut possible: Vec<(usize, &'policy Confinement)> = Vec::new();
        let candidates = self.candidates(event);
        for &(at, confinement) in &candidates {
            match names(confinement, event) {
                Truth::No => {}
                Truth::Yes if certain.is_some_and(|best| !outweighs(confinement, best.1)) => {}
                Truth::Yes => certain = Some((at, confinement)),
                Truth::Unknown(_) => possible.push((at, confinement)),
            }
        }
        let certain_effect = certain.map_or(Effect::Allow, |(_, confinement)| confinement.acting_effect());
        possible.retain(|(_, confinement)| confinement.acting_effect() > certain_effect);
        let spread = self.spread(event, &possible, certain_effect);
        let strongest = possible
            .iter()
            .copied()
            .filter(|(_, confinement)| confinement.acting_effect() == spread.most)
            .reduce(|best, next| if outweighs(next.1, best.1) { next } else { best });
        let decision = match strongest.or(certain) {
            Some((at, confinement)) => Some(Decision::names(at, confinement, event)),
            None => allowing(&candidates, event),
        };
        Verdict { effect: spread.most, at_least: spread.least, depends_on: spread.fields, decision }
    }

    /// Returns the range of a verdict, when one effect is certain and these confinements may give a stronger one.
    fn spread(&self, event: &Event, possible: &[(usize, &'policy Confinement)], certain: Effect) -> Spread {
        if possible.is_empty() {
            return Spread { least: certain, most: certain, fields: Fields::default() };
        }
        let possible: Vec<_> = possible.iter().map(|(_, confinement)| *confinement).collect();
        let completions = Completions::new(event, &possible);
        completions.spread(|complete| self.effect(complete)).unwrap_or_else(|| {
            // Events that were not tried may have any effect between the two.
            let most = possible.iter().map(|confinement| confinement.acting_effect()).max();
            Spread { least: certain, most: most.unwrap_or(certain), fields: completions.open() }
        })
    }

    /// Returns the effect of an event that lacks nothing.
    fn effect(&self, event: &Event) -> Effect {
        let candidates = self.candidates(event).into_iter();
        let naming = candidates.filter(|(_, confinement)| names(confinement, event) == Truth::Yes);
        naming.map(|(_, confinement)| confinement.acting_effect()).max().unwrap_or_default()
    }

    /// Returns the complete events for an incomplete one, as far as the confinements that may decide it distinguish
    /// them.
    #[must_use]
    pub fn completions(&self, event: &Event) -> Completions {
        let possible = self.candidates(event).into_iter();
        let possible =
            possible.filter(|(_, confinement)| matches!(names(confinement, event), Truth::Unknown(_)));
        Completions::new(event, &possible.map(|(_, confinement)| confinement).collect::<Vec<_>>())
    }

    /// Returns the result of every confinement that applies to an event, each with its place. An allowlist without the
    /// event matches it; a block list without it has no result.
    #[must_use]
    pub fn opinions(&self, event: &Event) -> Vec<(usize, &'policy Confinement, Opinion)> {
        let mut opinions = Vec::new();
        for (at, confinement) in self.candidates(event) {
            let named = condition::names(confinement.operation, &confinement.condition, event);
            let confined = subject::confines(confinement, event);
            let opinion = match (confined, named) {
                (Truth::Yes, Truth::Yes) => Opinion::Names,
                (Truth::Yes, Truth::No) if confinement.listing == Listing::Allows => Opinion::Allows,
                (Truth::No, Truth::Yes) if is_exempt(confinement, event) => Opinion::Exempts,
                (Truth::No, _) | (_, Truth::No) => continue,
                (one, other) => Opinion::Depends(one.fields().union(other.fields())),
            };
            opinions.push((at, confinement, opinion));
        }
        opinions
    }

    /// Returns the confinements on the operation of an event that certainly apply to its process, each
    /// with its place.
    pub fn confining(&self, process: &Event) -> Vec<(usize, &'policy Confinement)> {
        let mut confining = self.candidates(process);
        confining.retain(|(_, confinement)| subject::confines(confinement, process) == Truth::Yes);
        confining
    }

    /// Returns the confinements on the operation of an event whose subject certainly is its process, whatever their
    /// scope and exemptions.
    pub fn about(&self, process: &Event) -> Vec<&'policy Confinement> {
        let about = self.candidates(process).into_iter().map(|(_, confinement)| confinement);
        about.filter(|confinement| subject::subject(confinement, process) == Truth::Yes).collect()
    }

    /// Returns the confinements on the operation that may apply to the process, in order.
    fn candidates(&self, event: &Event) -> Vec<(usize, &'policy Confinement)> {
        let everyone = self.everyone.get(&event.operation).into_iter().flatten();
        let mut found: Vec<usize> = everyone.copied().collect();
        match &event.binary {
            Some(binary) => {
                let base_name = binary.rsplit('/').next().expect("a split has at least one part");
                found.extend(self.by_binary.get(binary.as_str()).into_iter().flatten());
                found.extend(self.by_base_name.get(base_name).into_iter().flatten());
                if event.ancestors.is_some() {
                    // Each inheriting confinement once, by the names of the ancestors.
                    for known in event.lineage() {
                        let base_name = known.rsplit('/').next().expect("a split has at least one part");
                        let of_known =
                            self.by_binary.get(known).into_iter().chain(self.by_base_name.get(base_name));
                        found.extend(of_known.flatten().filter(|at| {
                            self.confinements
                                .get(**at)
                                .is_some_and(|found| found.children == Children::Inherit)
                        }));
                    }
                } else {
                    found.extend(&self.inheriting);
                }
            }
            None => found = (0..self.confinements.len()).collect(),
        }
        found.sort_unstable();
        found.dedup();
        let confinements = found.into_iter().filter_map(|at| Some((at, self.confinements.get(at)?)));
        confinements.filter(|(_, confinement)| confinement.operation == event.operation).collect()
    }
}

/// Returns whether a confinement gives the event its effect.
fn names(confinement: &Confinement, event: &Event) -> Truth {
    subject::confines(confinement, event)
        .and(|| condition::names(confinement.operation, &confinement.condition, event))
}

/// Returns whether a later confinement decides instead of an earlier one: the stronger effect, and of
/// equal effects the block list, whose result has the member.
fn outweighs(later: &Confinement, earlier: &Confinement) -> bool {
    let weight =
        |confinement: &Confinement| (confinement.acting_effect(), confinement.listing == Listing::Blocks);
    weight(later) > weight(earlier)
}

/// Returns whether a confinement is about the process and may apply where it runs, whatever its exemptions.
fn speaks(confinement: &Confinement, event: &Event) -> bool {
    subject::subject(confinement, event) == Truth::Yes
        && subject::scope(&confinement.scope, event) != Truth::No
}

/// Returns whether the process is exempt from a confinement.
fn is_exempt(confinement: &Confinement, event: &Event) -> bool {
    speaks(confinement, event)
        && confinement.exemptions.iter().any(|exemption| subject::exempts(exemption, event) == Truth::Yes)
}

/// Returns what allows an event that no confinement matches: an entry of an allowlist, or an exemption.
fn allowing<'policy>(
    candidates: &[(usize, &'policy Confinement)],
    event: &Event,
) -> Option<Decision<'policy>> {
    let confining = || candidates.iter().filter(|(_, confinement)| speaks(confinement, event));
    let listed = confining().filter(|(_, confinement)| confinement.listing == Listing::Allows).find_map(
        |(index, confinement)| {
            let member = lists(confinement, event)?;
            Some(Decision { index: *index, confinement, reason: Reason::Lists(member) })
        },
    );
    listed.or_else(|| {
        confining().find_map(|(index, confinement)| {
            let named = condition::names(confinement.operation, &confinement.condition, event) == Truth::Yes;
            let exempts = |exemption: &&'policy crate::confine::Exemption| {
                subject::exempts(exemption, event) == Truth::Yes
            };
            let exemption = confinement.exemptions.iter().find(exempts).filter(|_| named)?;
            Some(Decision { index: *index, confinement, reason: Reason::Exempts(exemption) })
        })
    })
}
