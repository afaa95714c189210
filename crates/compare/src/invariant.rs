//! Invariants and a policy -> for each violated invariant an event, with the lines of the invariant and the policy.

mod code;
mod demand;
mod engine;
mod requirement;

pub(super) use code::CODES;
pub(super) use demand::demands;

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_document::{Document, GuardMode, Invariant, InvariantMode, List, ProfileMode};
use telovix_policy::confine::{Action, Effect, Gate, Operation, Region, Subject};
use telovix_policy::judge::{Decision, Event, Index, Reason, Verdict};
use telovix_policy::value::PathPattern;
use telovix_policy::value::{Children, Scope};
use telovix_tetragon::interpret::Representatives;

use self::code::{INVARIANT_BROKEN, INVARIANT_WITHOUT_SUBJECT};
use self::demand::Demand;
use self::engine::{Broken, Search};
use super::change::at_least;
use super::outside::Outside;
use super::piece::{Origin, Piece, Side};
use super::process::{World, binary};

/// Reports every violation of an invariant.
pub fn check_invariants(policy: &Policy, sources: &SourceSet, sink: &mut Sink) {
    let invariants = policy.documents.iter().filter_map(|placed| match &placed.document {
        Document::Invariant(invariant) => Some(invariant),
        _ => None,
    });
    let mut invariants = invariants.peekable();
    if invariants.peek().is_none() {
        return;
    }
    let side = Side::of_policy(policy, sources);
    let checker = Checker {
        outside: Outside::new(policy, sources),
        index: Index::new(&policy.confinements),
        world: World::new(&policy.confinements),
        pieces: side.pieces(),
    };
    invariants.for_each(|invariant| checker.check(invariant, sink));
}

/// The policy that invariants are checked against.
struct Checker<'policy> {
    outside: Outside<'policy>,
    index: Index<'policy>,
    world: World<'policy>,
    pieces: &'policy [Piece<'policy>],
}

/// A process that is checked: that of a document, or one that no document names.
struct Party<'policy> {
    subject: Subject,
    children: Children,
    scope: Scope,
    /// Reported as its place if no confinement decides.
    span: Option<Span>,
    /// Its executable is one of these.
    within: Option<&'policy List<PathPattern>>,
    /// Its executable is none of these.
    except: Option<&'policy List<PathPattern>>,
}

impl Party<'_> {
    fn includes(&self, process: &Event) -> bool {
        let binary = binary(process);
        let inside =
            |list: &List<PathPattern>| list.items.iter().any(|pattern| pattern.value.contains(binary));
        self.within.is_none_or(inside) && !self.except.is_some_and(inside)
    }
}

impl<'policy> Checker<'policy> {
    fn check(&self, invariant: &Invariant, sink: &mut Sink) {
        let concerned: Vec<_> = self.pieces.iter().filter(|piece| self.concerns(invariant, piece)).collect();
        if concerned.is_empty() && !invariant.subjects.everyone {
            let message =
                format!("no document matches the subjects of the invariant `{}`", invariant.name.value);
            sink.report(Diagnostic::new(&INVARIANT_WITHOUT_SUBJECT, invariant.name.span, message));
        }
        for piece in &concerned {
            requirement::check(invariant, piece, sink);
        }
        let everyone = invariant.subjects.everyone.then_some(Party {
            subject: Subject::Everyone,
            children: Children::Leave,
            scope: Scope::Fleet,
            span: None,
            within: invariant.subjects.binaries.as_ref(),
            except: invariant.subjects.except.as_ref(),
        });
        let except = invariant.subjects.except.as_ref();
        let named = concerned.iter().filter_map(|piece| Some(Party { except, ..party(piece)? }));
        let parties: Vec<_> = named.chain(everyone).collect();
        let never: Vec<_> = invariant.never.iter().flat_map(demands).collect();
        let always: Vec<_> = invariant.always.iter().flat_map(demands).collect();
        for party in &parties {
            self.demand(invariant, &never, Must::BeStopped(invariant.at_least), party, sink);
            self.demand(invariant, &always, Must::Pass, party, sink);
        }
    }

    /// Returns whether a document is a subject.
    fn concerns(&self, invariant: &Invariant, piece: &Piece<'policy>) -> bool {
        let subjects = &invariant.subjects;
        let Some(mode) = mode(piece) else { return false };
        let acts = || subjects.modes.is_empty() && mode != InvariantMode::Observe;
        let binary = piece.binary.unwrap_or_default();
        let within = |list: &Option<List<PathPattern>>, unsaid| {
            list.as_ref()
                .map_or(unsaid, |list| list.items.iter().any(|pattern| pattern.value.contains(binary)))
        };
        let role = match piece.origin {
            Origin::Document(_, placed) => match &placed.document {
                Document::GuardianProfile(profile) => {
                    profile.target_nf_role.as_ref().map(|role| role.value.as_str())
                }
                _ => None,
            },
            _ => None,
        };
        let named =
            |role: Option<&str>| subjects.roles.iter().any(|wanted| Some(wanted.value.as_str()) == role);
        (acts() || subjects.modes.iter().any(|wanted| wanted.value == mode))
            && within(&subjects.binaries, true)
            && !within(&subjects.except, false)
            && (subjects.roles.is_empty() || named(role))
            && (!subjects.network_facing || self.reaches_network(piece))
    }

    fn reaches_network(&self, piece: &Piece<'policy>) -> bool {
        let Some(party) = party(piece) else { return false };
        self.processes(&party, Operation::Connect).iter().any(|process| {
            !Region::every(Operation::Connect).difference(&self.stopped(process, Effect::Kill)).is_empty()
        })
    }

    /// Reports the first violated demand for a party, with an event, and counts the others.
    fn demand(
        &self,
        invariant: &Invariant,
        demands: &[Demand],
        must: Must,
        party: &Party<'_>,
        sink: &mut Sink,
    ) {
        let mut broken =
            demands.iter().filter_map(|demand| Some((demand, self.broken(demand, must, party)?)));
        let Some((demand, found)) = broken.next() else { return };
        let more = broken.count();
        let word = match must {
            Must::BeStopped(_) => "never",
            Must::Pass => "always",
        };
        let name = &invariant.name.value;
        let Broken { event, effect, is_certain, place } = found;
        let verb = if is_certain { "is" } else { "may be" };
        let message = format!("invariant `{name}` violated: `{event}` {verb} {}", participle(effect));
        let mut diagnostic = Diagnostic::new(&INVARIANT_BROKEN, demand.span, message)
            .label(format!("{word} {}", demand.words))
            .help(invariant.reason.value.clone());
        if more > 0 {
            diagnostic = diagnostic.help(format!("{more} more entries of the invariant are violated there"));
        }
        sink.report(match place.or(party.span.map(|span| (span, "no document confines this event here"))) {
            Some((span, why)) => diagnostic.related(span, why),
            None => diagnostic,
        });
    }

    /// Returns an event of a party that violates a demand. Where confinements alone do not decide, Tetragon policies do.
    fn broken(&self, demand: &Demand, must: Must, party: &Party<'_>) -> Option<Broken> {
        let confined = self.broken_by_confinements(demand, must, party);
        let sees = self.outside.policies().iter().any(|policy| {
            let decided = policy.decided();
            decided.is_none_or(|decided| Representatives::of(demand.operation).add(decided, |_| true))
        });
        let is_open = matches!((must, &confined), (Must::BeStopped(_), Some(_)) | (Must::Pass, None));
        if !sees || !is_open {
            return confined;
        }
        match engine::search(&self.index, &self.outside, demand, must, party) {
            Search::Found(broken) => Some(*broken),
            Search::None => None,
            Search::TooMany => confined,
        }
    }

    fn broken_by_confinements(&self, demand: &Demand, must: Must, party: &Party<'_>) -> Option<Broken> {
        self.processes(party, demand.operation).into_iter().find_map(|process| {
            let wrong = match must {
                Must::BeStopped(effect) => demand.region().difference(&self.stopped(&process, effect)),
                Must::Pass => demand.region().intersection(&self.stopped(&process, Effect::Kill)),
            };
            let (event, verdict) = wrong.witnesses().first().map(|action| self.event(&process, action))?;
            let place = decided(&verdict);
            Some(Broken { event, effect: verdict.effect, is_certain: true, place })
        })
    }

    /// Returns processes that represent every process of a party.
    fn processes(&self, party: &Party<'_>, operation: Operation) -> Vec<Event> {
        let cut: Vec<_> =
            [party.within, party.except].into_iter().flatten().flat_map(|list| &list.items).collect();
        let cut: Vec<_> = cut.into_iter().map(|pattern| &pattern.value).collect();
        let mut processes = self.world.processes_of(operation, (&party.subject, party.children), &cut);
        processes.retain(|process| party.includes(process));
        for process in &mut processes {
            match &party.scope {
                Scope::Fleet => {}
                Scope::Sensor(sensor) => process.sensor = Some(sensor.clone()),
                Scope::Group(group) => process.group = Some(group.clone()),
            }
        }
        processes
    }

    /// Returns the events of a process with at least this effect.
    fn stopped(&self, process: &Event, effect: Effect) -> Region {
        let confining: Vec<_> = self.index.confining(process).into_iter().map(|(_, found)| found).collect();
        at_least(process.operation, &confining, effect)
    }

    /// Returns the event with every known field of its process, and its verdict.
    fn event(&self, process: &Event, action: &Action) -> (Event, Verdict<'policy>) {
        let binary = binary(process);
        let short = Event::of(process.operation, binary, action);
        let verdict = self.index.judge(&short);
        if verdict.depends_on.is_empty() {
            return (short, verdict);
        }
        let (parent, ancestors) = (process.parent.clone(), process.ancestors.clone());
        let (sensor, group) = (process.sensor.clone(), process.group.clone());
        let whole = Event { parent, ancestors, sensor, group, ..short };
        let verdict = self.index.judge(&whole);
        (whole, verdict)
    }
}

/// What a demand requires of each of its events.
#[derive(Debug, Clone, Copy)]
enum Must {
    /// At least this effect.
    BeStopped(Effect),
    /// An effect that does not stop it.
    Pass,
}

/// Returns the effect as a participle for messages.
fn participle(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allowed",
        Effect::Observe => "only observed",
        Effect::Log => "only logged",
        Effect::Kill => "killed after the fact",
        Effect::Deny => "denied",
    }
}

/// Returns the line that decided, and why.
fn decided(verdict: &Verdict<'_>) -> Option<(Span, &'static str)> {
    let Decision { confinement, reason, .. } = verdict.decision.as_ref()?;
    Some(match reason {
        Reason::Lists(member) => (member.span, "allowed by this entry"),
        Reason::Exempts(exemption) => (exemption.span, "exempted by this exception"),
        Reason::Names(Some(member)) => (member.span, "decided by this entry"),
        Reason::Names(None) => (confinement.span, "decided by this list"),
    })
}

/// Returns the process of a document; `None` if the document applies to every process, or to none.
fn party<'policy>(piece: &Piece<'_>) -> Option<Party<'policy>> {
    let (subject, children, scope, span) = match piece.origin {
        Origin::Document(_, placed) => match &placed.document {
            Document::GuardianProfile(profile) => {
                let subject = Subject::Binary(profile.target_binary.value.clone());
                (subject, profile.children.value, placed.scope(), profile.name.span)
            }
            _ => return None,
        },
        Origin::Process(_, placed, _, process) => {
            let subject = Subject::BaseName(process.name.value.clone());
            (subject, Children::Leave, placed.scope(), process.name.span)
        }
        Origin::Confinements => return None,
    };
    Some(Party { subject, children, scope, span: Some(span), within: None, except: None })
}

/// Returns the mode of a document as invariants name it; `None` if it has no mode.
fn mode(piece: &Piece<'_>) -> Option<InvariantMode> {
    let (mode, gate) = match piece.origin {
        Origin::Document(_, placed) => match &placed.document {
            Document::GuardianProfile(profile) => match profile.mode.value {
                ProfileMode::Observe => (InvariantMode::Observe, placed.gate),
                ProfileMode::Audit => (InvariantMode::Audit, placed.gate),
                ProfileMode::Enforce => (InvariantMode::Enforce, placed.gate),
            },
            Document::EnforcementRule(rule) if rule.enabled => (InvariantMode::Enforce, placed.gate),
            _ => return None,
        },
        Origin::Process(_, placed, guard, _) => match guard.mode.value {
            GuardMode::Enforce => (InvariantMode::Enforce, placed.gate),
            GuardMode::Audit | GuardMode::Alert => (InvariantMode::Observe, placed.gate),
        },
        Origin::Confinements => return None,
    };
    Some(if gate == Gate::Held { InvariantMode::Observe } else { mode })
}

#[cfg(test)]
mod tests;
