//! A policy or a list of confinements -> pieces to compare: one per document, and one per process of a guard.

use std::ops::Range;

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_document::{Document, GuardProcess, RuntimeGuard};
use telovix_policy::confine::{Confinement, DocumentKind, Exemption, Subject};

use super::outside::Outside;
use super::reading::Reading;

/// One side of a comparison.
#[derive(Debug)]
pub struct Side<'policy> {
    confinements: &'policy [Confinement],
    sources: Option<&'policy SourceSet>,
    policy: Option<&'policy Policy>,
    pieces: Vec<Piece<'policy>>,
}

impl<'policy> Side<'policy> {
    /// Returns the side of a policy that was read from sources.
    #[must_use]
    pub fn of_policy(policy: &'policy Policy, sources: &'policy SourceSet) -> Self {
        let pieces = policy.documents.iter().flat_map(|placed| pieces(policy, placed, sources)).collect();
        Self { confinements: &policy.confinements, sources: Some(sources), policy: Some(policy), pieces }
    }

    /// Returns the side read by [`read_both`](super::read_both) read.
    #[must_use]
    pub fn of_reading(reading: &'policy Reading, sources: &'policy SourceSet) -> Self {
        Self::of_policy(&reading.policy, sources)
    }

    /// Returns the side of confinements without documents, such as those of an image.
    #[must_use]
    pub fn of_confinements(confinements: &'policy [Confinement]) -> Self {
        let pieces = runs(confinements, 0..confinements.len()).into_iter().filter_map(|range| {
            let own = confinements.get(range.clone())?;
            let first = own.first()?;
            Some(Piece {
                kind: first.document.kind.name(),
                id: &first.document.id,
                name: &first.document.name,
                binary: binary(first),
                span: None,
                text: None,
                origin: Origin::Confinements,
                all: confinements,
                range,
            })
        });
        Self { confinements, sources: None, policy: None, pieces: pieces.collect() }
    }

    /// Returns every confinement.
    #[must_use]
    pub fn confinements(&self) -> &'policy [Confinement] {
        self.confinements
    }

    /// Returns the texts the side was read from.
    #[must_use]
    pub fn sources(&self) -> Option<&'policy SourceSet> {
        self.sources
    }

    /// Returns the documents outside the confinements; `None` if the side has only confinements.
    #[must_use]
    pub fn outside(&self) -> Option<Outside<'policy>> {
        Some(Outside::new(self.policy?, self.sources?))
    }

    /// Returns the pieces that were read, in the order of the documents.
    #[must_use]
    pub fn pieces(&self) -> &[Piece<'policy>] {
        &self.pieces
    }
}

/// One document, or one process of a guard.
#[derive(Debug, Clone)]
pub struct Piece<'policy> {
    /// The document's `kind`.
    pub kind: &'static str,
    /// The id in the product, or the name if it has none.
    pub id: &'policy str,
    /// The name.
    pub name: &'policy str,
    /// The binary or process name it applies to; `None` if it applies to every process.
    pub binary: Option<&'policy str>,
    /// The document.
    pub span: Option<Span>,
    text: Option<&'policy str>,
    pub(super) origin: Origin<'policy>,
    all: &'policy [Confinement],
    range: Range<usize>,
}

/// What a piece was made from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'policy> {
    /// A document, and the policy with its pack.
    Document(&'policy Policy, &'policy PolicyDocument),
    /// One process of a guard.
    Process(&'policy Policy, &'policy PolicyDocument, &'policy RuntimeGuard, &'policy GuardProcess),
    /// Confinements alone.
    Confinements,
}

impl<'policy> Piece<'policy> {
    /// Returns its confinements.
    #[must_use]
    pub fn confinements(&self) -> &'policy [Confinement] {
        self.all.get(self.range.clone()).expect("the range of a piece lies in its side")
    }

    /// Returns the range of its confinements among those of the side.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns whether it acts by Console conditions, whose effect is not computed here.
    pub(super) fn is_opaque(&self) -> bool {
        matches!(self.origin, Origin::Document(_, placed) if matches!(placed.document, Document::GuardianPolicy(_)))
    }

    /// Returns whether it is or contains a Tetragon policy.
    pub(super) fn has_engine_policy(&self) -> bool {
        matches!(self.origin, Origin::Document(_, placed) if placed.custom_policy().is_some())
    }

    /// Returns the state of the pack that contains it.
    pub(super) fn pack_state(&self) -> Option<&'static str> {
        let (Origin::Document(policy, placed) | Origin::Process(policy, placed, ..)) = self.origin else {
            return None;
        };
        let pack = policy.packs.iter().find(|pack| Some(&pack.name) == placed.pack.as_ref())?;
        Some(pack.state.name())
    }

    /// Returns the sort key of pieces in output.
    pub(super) fn sort_key(&self) -> (&'static str, String, String, Option<Span>) {
        (self.kind, self.name.to_owned(), self.id.to_owned(), self.span)
    }
}

/// Returns whether both pieces have the same source text, in packs with the same state.
pub(super) fn same_text(before: Option<&Piece<'_>>, after: Option<&Piece<'_>>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    before.text.is_some() && before.text == after.text && before.pack_state() == after.pack_state()
}

/// Returns whether two lists of confinements give every event the same effect for the same reasons.
pub(super) fn same_meaning<'policy>(
    before: impl ExactSizeIterator<Item = &'policy Confinement>,
    after: impl ExactSizeIterator<Item = &'policy Confinement>,
) -> bool {
    before.len() == after.len() && before.zip(after).all(|(before, after)| alike(before, after))
}

/// Returns whether two lists of confinements exempt the same processes, one by one.
pub(super) fn same_exemptions(before: &[&Confinement], after: &[&Confinement]) -> bool {
    before.len() == after.len() && before.iter().zip(after).all(|(before, after)| exempt_alike(before, after))
}

fn alike(before: &Confinement, after: &Confinement) -> bool {
    before.operation == after.operation
        && before.acting_effect() == after.acting_effect()
        && before.subject == after.subject
        && before.children == after.children
        && before.scope == after.scope
        && exempt_alike(before, after)
        && before.condition == after.condition
}

fn exempt_alike(before: &Confinement, after: &Confinement) -> bool {
    let alike =
        |left: &Exemption, right: &Exemption| left.process == right.process && left.parent == right.parent;
    before.exemptions.len() == after.exemptions.len()
        && before.exemptions.iter().zip(&after.exemptions).all(|(left, right)| alike(left, right))
}

fn pieces<'policy>(
    policy: &'policy Policy,
    placed: &'policy PolicyDocument,
    sources: &'policy SourceSet,
) -> Vec<Piece<'policy>> {
    let span = placed.document.span();
    let piece = |kind, id, name, binary, origin, range| Piece {
        kind,
        id,
        name,
        binary,
        span: Some(span),
        text: Some(sources.text(span)),
        origin,
        all: &policy.confinements,
        range,
    };
    let whole = Origin::Document(policy, placed);
    let range = placed.confinements.clone();
    match &placed.document {
        Document::GuardianProfile(profile) => {
            let binary = Some(profile.target_binary.value.as_str());
            vec![piece(
                "GuardianProfile",
                profile.profile_id.value.as_str(),
                &profile.name.value,
                binary,
                whole,
                range,
            )]
        }
        Document::EnforcementRule(rule) => {
            let id = &rule.rule_id.as_ref().unwrap_or(&rule.name).value;
            vec![piece("EnforcementRule", id, &rule.name.value, None, whole, range)]
        }
        Document::RuntimeGuard(guard) => {
            let runs = runs(&policy.confinements, range);
            let of = |process: &'policy GuardProcess| {
                let name = process.name.value.as_str();
                let own = runs.iter().find(|run| {
                    policy.confinements.get(run.start).is_some_and(|first| first.document.id == name)
                });
                let origin = Origin::Process(policy, placed, guard, process);
                piece(
                    DocumentKind::RuntimeGuard.name(),
                    name,
                    name,
                    Some(name),
                    origin,
                    own.cloned().unwrap_or(0..0),
                )
            };
            guard.processes.iter().map(of).collect()
        }
        Document::GuardianPolicy(policy) => {
            vec![piece("GuardianPolicy", &policy.name.value, &policy.name.value, None, whole, range)]
        }
        Document::PolicyPack(pack) => {
            vec![piece("PolicyPack", &pack.pack_id.value, &pack.pack_id.value, None, whole, range)]
        }
        Document::Invariant(invariant) => {
            vec![piece("Invariant", &invariant.name.value, &invariant.name.value, None, whole, range)]
        }
        Document::TracingPolicy(policy) => {
            vec![piece("TracingPolicy", &policy.name.value, &policy.name.value, None, whole, range)]
        }
    }
}

/// Splits a range of confinements by document.
fn runs(confinements: &[Confinement], range: Range<usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in range {
        let document = confinements.get(at).map(|confinement| &confinement.document);
        match runs.last_mut() {
            Some(run) if confinements.get(run.start).map(|first| &first.document) == document => {
                run.end = at + 1;
            }
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

fn binary(confinement: &Confinement) -> Option<&str> {
    match &confinement.subject {
        Subject::Everyone => None,
        Subject::Binary(path) => Some(path.as_str()),
        Subject::BaseName(name) => Some(name),
    }
}
