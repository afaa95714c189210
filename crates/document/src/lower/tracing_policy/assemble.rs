//! The hooks of a policy -> its confinements.

use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::{
    Condition, Confinement, Dimension, DocumentReference, Effect, Exemption, Gate, Listing, Operation,
    Region, Subject,
};
use telovix_policy::value::{Children, Scope, Waiver};
use telovix_tetragon::{Hook, Spec};

use super::clause::clauses;
use super::first_match::{Clause, Piece, remaining};
use super::obstacle::{Direction, NativeForm, Obstacle};
use super::place::Place;
use super::process::{Base, Confined, subjects};
use super::weaker;

/// What every confinement of a document has.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The document.
    pub(crate) document: Arc<DocumentReference>,
    /// Where it applies.
    pub(crate) scope: Scope,
    /// Processes that the document exempts as a whole.
    pub(crate) exemptions: Vec<Exemption>,
    /// The weakenings that it accepts.
    pub(crate) waivers: Arc<[Waiver]>,
}

/// The confinements of a policy so far, each with its hook.
pub(super) struct Lowered<'header> {
    header: &'header Header,
    confinements: Vec<(Span, Confinement)>,
}

/// The most subjects and exemptions of one hook: selectors with thousands of executables multiply.
const ENTRIES: usize = 200_000;

/// The most pairs of confinements of different hooks that are compared.
const PAIRS: usize = 100_000;

impl<'header> Lowered<'header> {
    pub(super) fn new(header: &'header Header) -> Self {
        Self { header, confinements: Vec::new() }
    }

    /// Adds the confinements of a hook, or notes what prevents them.
    pub(super) fn add(&mut self, hook: &Hook<'_>, spec: &Spec<'_>, form: &mut NativeForm) {
        let lowered = Place::of(hook, spec).and_then(|place| {
            let clauses = clauses(&place, hook)?;
            let confinements = self.of_clauses(&place, &clauses).map_err(|obstacle| vec![obstacle])?;
            Ok((place, clauses, confinements))
        });
        let (place, clauses, (confinements, unseen)) = match lowered {
            Ok(lowered) => lowered,
            Err(obstacles) => return form.obstacles.extend(obstacles),
        };
        if let Some((span, text)) = unseen.zip(place.unseen()) {
            form.differ(Direction::Weaker, text, span);
        }
        if !confinements.is_empty() {
            place.differ(hook, form);
            weaker::report(&clauses, form);
            self.note_clauses(&place, &clauses, &confinements, form);
        }
        self.confinements.extend(confinements.into_iter().map(|one| (hook.span, one)));
    }

    /// Adds differences that depend on what the selectors are.
    fn note_clauses(&self, place: &Place, clauses: &[Clause], made: &[Confinement], form: &mut NativeForm) {
        for clause in clauses.iter().filter(|clause| clause.effect.is_some()) {
            if matches!(clause.who.base, Base::Descending(_)) {
                let text = "a descendant stays selected after it executes another program";
                form.differ(Direction::Different, text, clause.span);
            }
        }
        let killing = made.iter().find(|one| one.effect == Effect::Kill);
        if let Some(killing) = killing.filter(|_| !matches!(place, Place::Syscalls(_))) {
            let text = "a kill also prevents the operation";
            form.differ(Direction::Stricter, text, killing.span);
        }
        let nameless = made.iter().find(|one| {
            let Condition::Exec { paths, anonymous } = &one.condition else { return false };
            *anonymous && !paths.is_all()
        });
        if let Some(nameless) = nameless {
            let text = "a deleted program has no path, and is denied with every other program without one";
            form.differ(Direction::Stricter, text, nameless.span);
        }
    }

    /// Returns the confinements of a hook, and a selector that matches what the native runtime does not see.
    fn of_clauses(
        &self,
        place: &Place,
        clauses: &[Clause],
    ) -> Result<(Vec<Confinement>, Option<Span>), Obstacle> {
        let (mut confinements, mut unseen, mut entries) = (Vec::new(), None, 0_usize);
        for (at, clause) in clauses.iter().enumerate() {
            let Some(effect) = clause.effect else { continue };
            let pieces = remaining(clause, clauses.get(..at).unwrap_or_default()).map_err(|earlier| {
                let reason = "a later selector depends on which processes this one matches, and no exemption expresses them";
                Obstacle::new(earlier.span, reason)
            })?;
            for piece in pieces {
                let confined = subjects(&clause.who.base, &piece.binaries, &piece.parents)
                    .map_err(|reason| Obstacle::new(clause.span, reason))?;
                let own: usize = confined.iter().map(|who| 1 + who.exempt.len()).sum();
                entries = entries.saturating_add(own.saturating_mul(piece.events.regions.len()));
                if entries > ENTRIES {
                    let reason = "the selectors of the hook need more than 200,000 subjects and exemptions";
                    return Err(Obstacle::new(clause.span, reason));
                }
                if piece.events.unseen && !confined.is_empty() && place.unseen().is_some() {
                    unseen = unseen.or(Some(clause.span));
                }
                self.confine(clause, effect, &piece, &confined, &mut confinements);
            }
        }
        Ok((confinements, unseen))
    }

    fn confine(
        &self,
        clause: &Clause,
        effect: Effect,
        piece: &Piece,
        confined: &[Confined],
        confinements: &mut Vec<Confinement>,
    ) {
        for who in confined {
            for (operation, region) in &piece.events.regions {
                // Listed programs are those that execve opens; a mapping does not pass the hook.
                let listing = if *operation == Operation::Exec { Listing::Allows } else { Listing::Blocks };
                let members = if listing == Listing::Blocks { clause.members.clone() } else { Vec::new() };
                confinements.extend(conditions(region).into_iter().map(|condition| Confinement {
                    document: Arc::clone(&self.header.document),
                    dimension: Dimension::TracingPolicy,
                    span: clause.span,
                    subject: who.subject.clone(),
                    children: who.children,
                    operation: *operation,
                    condition,
                    effect,
                    gate: Gate::Active,
                    scope: self.header.scope.clone(),
                    exemptions: self.exemptions(clause, who),
                    listing,
                    members: members.clone(),
                    waivers: Arc::clone(&self.header.waivers),
                }));
            }
        }
    }

    fn exemptions(&self, clause: &Clause, who: &Confined) -> Vec<Exemption> {
        let own = who.exempt.iter().map(|(process, parent)| Exemption {
            process: process.clone(),
            parent: parent.clone(),
            span: clause.span,
            reason: "the selector does not match it, or an earlier one does".to_owned(),
            owner: None,
            expiry: None,
        });
        own.chain(self.header.exemptions.iter().cloned()).collect()
    }

    /// Tetragon runs every hook of a policy, so that one can kill and another deny the same event. The image has one
    /// effect for an event: the denial, without the kill.
    pub(super) fn report_mixed_effects(&self, form: &mut NativeForm) {
        let of = |effect| self.confinements.iter().filter(move |(_, one)| one.effect == effect);
        let pairs = of(Effect::Kill).count().saturating_mul(of(Effect::Deny).count());
        for (hook, denying) in of(Effect::Deny) {
            let mut others = of(Effect::Kill).filter(|(other, _)| other != hook);
            if others.any(|(_, killing)| pairs > PAIRS || may_meet(denying, killing)) {
                let reason = "another hook of the policy kills for the same event: natively the denial decides, and does not kill";
                form.obstacles.push(Obstacle::new(denying.span, reason));
                return;
            }
        }
    }

    pub(super) fn into_confinements(self) -> impl Iterator<Item = Confinement> {
        self.confinements.into_iter().map(|(_, confinement)| confinement)
    }
}

/// Returns whether one event of one process may match both.
fn may_meet(left: &Confinement, right: &Confinement) -> bool {
    let alone =
        |one: &Confinement| matches!(one.subject, Subject::Binary(_)) && one.children == Children::Leave;
    let apart = alone(left) && alone(right) && left.subject != right.subject;
    left.operation == right.operation && !apart && {
        // Of executions without a path only those of deleted files may match a filter on paths.
        let region = |one: &Confinement| match Region::of(one.operation, &one.condition) {
            Region::Exec { paths, anonymous } => {
                let anonymous = anonymous && paths.is_all();
                Region::Exec { paths, anonymous }
            }
            other => other,
        };
        !region(left).intersection(&region(right)).is_empty()
    }
}

/// Returns conditions that together match exactly a region.
fn conditions(region: &Region) -> Vec<Condition> {
    if region.is_empty() {
        return Vec::new();
    }
    match region {
        Region::Whole(_) => vec![Condition::Always],
        Region::Exec { paths, anonymous } => {
            vec![Condition::Exec { paths: paths.clone(), anonymous: *anonymous }]
        }
        Region::Open(opens) => opens
            .parts()
            .map(|(accesses, paths)| Condition::Open { paths: paths.clone(), accesses })
            .collect(),
        Region::Connect(set) => vec![Condition::Connect(set.clone())],
        Region::Capability(set) => vec![Condition::Capability(*set)],
        Region::Syscall(set) => vec![Condition::Syscall(set.clone())],
        Region::Socket(set) => vec![Condition::Socket(set.clone())],
    }
}
