//! An entry of an invariant and Tetragon policies -> an event that violates it, or that there is none.

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{Action, Confinement, Effect, Endpoint, Operation, Subject};
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::{Children, PathPattern, Scope};
use telovix_tetragon::interpret::Representatives;

use super::demand::Demand;
use super::{Must, Party, decided};
use crate::cuts::{cut, cut_condition, cut_pattern, cut_scope};
use crate::outside::Outside;

/// Maximum number of confinements whose cases are distinguished.
const CONFINEMENTS: usize = 256;

/// An event that violates an invariant.
pub(super) struct Broken {
    pub(super) event: Event,
    pub(super) effect: Effect,
    /// Whether the effect is certain; if not, it is the strongest that is possible.
    pub(super) is_certain: bool,
    /// The line that decides, and why.
    pub(super) place: Option<(Span, &'static str)>,
}

/// The result of a search.
pub(super) enum Search {
    /// There is such an event.
    Found(Box<Broken>),
    /// There is none.
    None,
    /// There are too many events to try.
    TooMany,
}

/// Searches an event of a party that violates an entry, with the Tetragon policies.
pub(super) fn search(
    index: &Index<'_>,
    outside: &Outside<'_>,
    demand: &Demand,
    must: Must,
    party: &Party<'_>,
) -> Search {
    let Some(events) = events(index, outside, demand, party) else { return Search::TooMany };
    let region = demand.region();
    let concerns =
        |event: &&Event| is_of(party, event) && action(event).is_some_and(|deed| region.contains(&deed));
    for event in events.iter().filter(concerns) {
        let verdict = index.judge(event);
        let opinions: Vec<_> = outside.policies().iter().map(|policy| policy.judge(event)).collect();
        let least = opinions.iter().map(|opinion| opinion.least).fold(verdict.at_least, Effect::max);
        let found = |effect, is_certain, place| {
            let short = Event { parent: None, ancestors: None, sensor: None, group: None, ..event.clone() };
            let range = |event: &Event| {
                let verdict = index.judge(event);
                let opinions = outside.policies().iter().map(|policy| policy.judge(event));
                opinions.fold((verdict.at_least, verdict.effect), |(least, most), opinion| {
                    (least.max(opinion.least), most.max(opinion.most))
                })
            };
            let event = if range(&short) == range(event) { short } else { event.clone() };
            Search::Found(Box::new(Broken { event, effect, is_certain, place }))
        };
        match must {
            Must::BeStopped(effect) if least < effect => return found(least, true, decided(&verdict)),
            Must::BeStopped(_) => {}
            Must::Pass => {
                let strongest = opinions.iter().max_by_key(|opinion| (opinion.most, opinion.least));
                if let Some(opinion) = strongest.filter(|opinion| opinion.most >= Effect::Kill) {
                    let span = opinion.decider.map(|decider| decider.span(event));
                    let place = span.map(|span| (span, "stopped by this selector"));
                    return found(opinion.most, opinion.least == opinion.most, place);
                }
            }
        }
    }
    Search::None
}

fn events(
    index: &Index<'_>,
    outside: &Outside<'_>,
    demand: &Demand,
    party: &Party<'_>,
) -> Option<Vec<Event>> {
    let mut events = Representatives::of(demand.operation);
    for policy in outside.policies() {
        policy.decided().into_iter().for_each(|decided| {
            events.add(decided, |_| true);
        });
        cut_scope(&mut events, policy.scope());
    }
    let may_apply = |confinement: &&&Confinement| {
        confinement.operation == demand.operation
            && match (&confinement.subject, &party.subject) {
                (Subject::Everyone, _) | (_, Subject::Everyone) => true,
                (one, Subject::Binary(path)) => {
                    one.matches(path.as_str()) || confinement.children == Children::Inherit
                }
                (Subject::Binary(path), other) => {
                    other.matches(path.as_str()) || confinement.children == Children::Inherit
                }
                (one, other) => one == other || confinement.children == Children::Inherit,
            }
    };
    let confinements: Vec<_> = index.confinements().iter().collect();
    let confinements: Vec<_> = confinements.iter().filter(may_apply).collect();
    if confinements.len() > CONFINEMENTS {
        return None;
    }
    confinements.iter().for_each(|confinement| cut(&mut events, confinement));
    cut_condition(&mut events, demand.condition());
    match &party.subject {
        Subject::Everyone => {}
        Subject::Binary(path) => events.cut_binary(path.as_str(), false),
        Subject::BaseName(name) => events.cut_binary(&format!("/{name}"), true),
    }
    cut_scope(&mut events, &party.scope);
    let lists = [party.within, party.except].into_iter().flatten();
    let patterns = lists.flat_map(|list| &list.items).map(|pattern| &pattern.value);
    patterns.for_each(|pattern: &PathPattern| cut_pattern(&mut events, pattern));
    events.events()
}

/// Returns whether the process of a complete event is one of the party.
fn is_of(party: &Party<'_>, event: &Event) -> bool {
    let binary = event.binary.as_deref().unwrap_or_default();
    let descends = || {
        let mut line = event.ancestors.iter().flatten();
        party.children == Children::Inherit && line.any(|above| party.subject.matches(above))
    };
    let (sensor, group) = match &party.scope {
        Scope::Fleet => ("", ""),
        Scope::Sensor(sensor) => (sensor.as_str(), ""),
        Scope::Group(group) => ("", group.as_str()),
    };
    (party.subject.matches(binary) || descends())
        && party.includes(event)
        && (event.sensor.as_deref(), event.group.as_deref()) == (Some(sensor), Some(group))
}

/// Returns what a complete event does, with one access.
fn action(event: &Event) -> Option<Action> {
    Some(match event.operation {
        Operation::Exec => Action::Exec(event.path.clone()),
        Operation::Open => Action::Open(event.path.clone()?, event.access?.iter().next()?),
        Operation::Connect => Action::Connect(Endpoint { address: event.address?, port: event.port? }),
        Operation::Capability | Operation::Capset => Action::Capability(event.capability?),
        Operation::Syscall => Action::Syscall(event.syscall?),
        Operation::Socket => Action::Socket(event.family?, event.socket_type?),
        _ => Action::Whole,
    })
}
