//! Documents and artifacts -> groups that share no artifact: what one emits never depends on another.

use telovix_diagnostic::source::Span;
use telovix_document::lower::{Policy, PolicyDocument};

use super::Emitted;

/// Documents, and the artifacts that were made from them alone.
#[derive(Debug, Default)]
pub(super) struct Group<'run> {
    pub(super) documents: Vec<&'run PolicyDocument>,
    pub(super) emitted: Vec<&'run Emitted>,
}

/// Returns the groups, in the order of their first documents.
pub(super) fn groups<'run>(policy: &'run Policy, emitted: &'run [Emitted]) -> Vec<Group<'run>> {
    let documents = &policy.documents;
    let mut leaders: Vec<usize> = (0..documents.len()).collect();
    let mut homes = Vec::with_capacity(emitted.len());
    for artifact in emitted {
        let mut own = artifact.sources.iter().filter_map(|span| holder(documents, *span));
        let first = own.next();
        if let Some(first) = first {
            for other in own {
                let (one, two) = (leader(&mut leaders, first), leader(&mut leaders, other));
                if let Some(place) = leaders.get_mut(one.max(two)) {
                    *place = one.min(two);
                }
            }
        }
        homes.push(first);
    }
    let mut groups: Vec<Group<'run>> = documents.iter().map(|_| Group::default()).collect();
    for (at, document) in documents.iter().enumerate() {
        if let Some(group) = groups.get_mut(leader(&mut leaders, at)) {
            group.documents.push(document);
        }
    }
    for (artifact, home) in emitted.iter().zip(homes) {
        if let Some(group) = home.and_then(|home| groups.get_mut(leader(&mut leaders, home))) {
            group.emitted.push(artifact);
        }
    }
    groups.retain(|group| !group.documents.is_empty());
    groups
}

/// Returns whether an artifact was made from a document of the policy.
pub(super) fn has_document(policy: &Policy, artifact: &Emitted) -> bool {
    artifact.sources.iter().any(|span| holder(&policy.documents, *span).is_some())
}

/// Returns the document that a place is in.
fn holder(documents: &[PolicyDocument], span: Span) -> Option<usize> {
    let begins = |document: &PolicyDocument| {
        let own = document.span();
        (own.source, own.start) <= (span.source, span.start)
    };
    let at = documents.partition_point(begins).checked_sub(1)?;
    documents.get(at).filter(|document| document.span().source == span.source).map(|_| at)
}

fn leader(leaders: &mut [usize], at: usize) -> usize {
    let mut top = at;
    while let Some(above) = leaders.get(top).filter(|above| **above != top) {
        top = *above;
    }
    // The next search is short.
    if let Some(place) = leaders.get_mut(at) {
        *place = top;
    }
    top
}
