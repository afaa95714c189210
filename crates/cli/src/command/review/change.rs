//! A revision -> the documents that changed since, and in which direction.

use serde::Serialize;
use telovix_compare::{Direction, compare};
use telovix_policy::value::Date;

use crate::command::diff::{Operands, presence, title};
use crate::failure::Failure;

/// What changed since a revision.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Change {
    /// The revision.
    pub(super) base: String,
    /// `equal`, `narrower`, `wider` or `incomparable`, of all documents together.
    pub(super) direction: &'static str,
    /// The documents that changed; what got wider first.
    pub(super) documents: Vec<Changed>,
}

/// A document that changed.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Changed {
    /// Kind, name and id.
    pub(super) document: String,
    /// Its direction.
    pub(super) direction: &'static str,
    /// `new` or `removed`; absent for one that both sides have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) presence: Option<&'static str>,
    /// File and line now; absent for a removed document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// An event that is treated differently: before, after, and the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) example: Option<String>,
}

impl Change {
    /// Compares the current repository with a revision.
    ///
    /// # Errors
    /// When one of them cannot be read, or has an error.
    pub(super) fn since(base: &str, as_of: Date) -> Result<Self, Failure> {
        let (before, after) = Operands::parse(&[base.to_owned()])?.load(as_of)?;
        let (old, new) = (before.side(), after.side());
        let difference = compare(&old, &new);
        let mut changed: Vec<_> =
            difference.subjects.iter().filter(|subject| !subject.is_unchanged()).collect();
        changed.sort_by_key(|subject| match subject.direction {
            Direction::Wider => 0,
            Direction::Incomparable => 1,
            Direction::Narrower => 2,
            Direction::Equal => 3,
        });
        let document = |subject: &&telovix_compare::SubjectDifference<'_>| {
            let now = new.sources().zip(subject.after.and_then(|piece| piece.span));
            let weaker = subject.witnesses.iter().max_by_key(|witness| witness.before > witness.after);
            Changed {
                document: title(subject),
                direction: subject.direction.name(),
                presence: presence(subject),
                source: now.map(|(sources, span)| sources.locate(span)),
                example: weaker.map(|witness| {
                    format!("{} -> {}: `{}`", witness.before.name(), witness.after.name(), witness.event)
                }),
            }
        };
        Ok(Self {
            base: base.to_owned(),
            direction: difference.direction.name(),
            documents: changed.iter().map(document).collect(),
        })
    }

    /// Returns the places of the documents that changed.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.documents.iter().filter_map(|document| document.source.as_deref())
    }
}
