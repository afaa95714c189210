//! A file and two changes of it -> one file with both, in the formatting of the first; conflicts where meanings conflict.
//!
//! ```text
//! identity   trees   -> which documents and entries of three files are the same one
//! tree       trees   -> edits of ours that bring in theirs, and what contradicts
//! edit       edits   -> text
//! meaning    texts   -> an event that the merged text gets wrong
//! ```
//!
//! Lists are merged by entry. That two changes do not touch the same entry does not mean that they agree: a prefix
//! that one side adds can allow again what the other side removed, and an address that one side adds meets a port that
//! the other side adds. So the merged text is read: no event may have a weaker effect than the side that changed it
//! gives it, than both give it where both did, or than it had where nobody did; and what one side alone let go must go.
//! Otherwise the fields, and then the documents, that both sides changed are a conflict.

mod edit;
mod identity;
mod meaning;
mod place;
mod text;
mod tree;

use edit::Edits;
use tree::Grain;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::confine::Effect;
use telovix_policy::judge::Event;
use telovix_policy::value::Date;
use telovix_syntax as syntax;
use telovix_syntax::Node;

use super::Witness;

/// What to merge.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'text> {
    /// The file before both changes.
    pub base: &'text str,
    /// The file after our change.
    pub ours: &'text str,
    /// The file after their change.
    pub theirs: &'text str,
}

/// Which of the three a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Before both changes.
    Base,
    /// After our change.
    Ours,
    /// After their change.
    Theirs,
}

impl Version {
    /// Returns the word users see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        }
    }
}

/// A merged file.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The text, with markers around each conflict.
    pub text: String,
    /// What contradicts: the document and the field.
    pub conflicts: Vec<String>,
    /// An event on which the changes contradict although no field does.
    pub contradiction: Option<Contradiction>,
}

/// An event that a merge by entries would treat as neither side did.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The event.
    pub event: Event,
    /// Its effect before, after our change, after their change, and after a merge by entries.
    pub effects: [Effect; 4],
}

/// One version that cannot be understood, and why.
#[derive(Debug)]
pub struct Refusal {
    /// Which one.
    pub version: Version,
    /// Its text, for rendering.
    pub sources: SourceSet,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Merges two changes of a file. Conflict markers are `marker` characters long.
///
/// # Errors
/// When one of the versions has an error: what it means is not guessed.
pub fn merge(versions: Versions<'_>, name: &str, marker: usize, as_of: Date) -> Result<Merged, Box<Refusal>> {
    let read = |version, text: &str| meaning::Meaning::read(version, name, text, as_of);
    let base = read(Version::Base, versions.base)?;
    let ours = read(Version::Ours, versions.ours)?;
    let theirs = read(Version::Theirs, versions.theirs)?;
    let trees = [trees(versions.base), trees(versions.ours), trees(versions.theirs)];
    let mut contradiction = None;
    for grain in [Grain::Entry, Grain::Field, Grain::Document] {
        let [before, left, right] = &trees;
        let edits = tree::merge(versions, before, left, right, grain);
        let conflicts = edits.conflicts();
        let text = edits.apply(versions.ours, marker);
        if !conflicts.is_empty() {
            return Ok(Merged { text, conflicts, contradiction });
        }
        // A text that does not read back, or not as both changes, is a mistake of the finer grain.
        let Ok(merged) = read(Version::Ours, &text) else { continue };
        if !holds_both(versions, &text) {
            continue;
        }
        match meaning::contradiction(&base, &ours, &theirs, &merged) {
            None => return Ok(Merged { text, conflicts, contradiction: None }),
            found => contradiction = contradiction.or(found),
        }
    }
    let edits = Edits::whole_file(versions);
    let conflicts = edits.conflicts();
    Ok(Merged { text: edits.apply(versions.ours, marker), conflicts, contradiction })
}

/// Tells whether merging again with either side brings nothing in.
fn holds_both(versions: Versions<'_>, merged: &str) -> bool {
    let (base, text) = (trees(versions.base), trees(merged));
    [versions.ours, versions.theirs].into_iter().all(|side| {
        let again = Versions { base: versions.base, ours: merged, theirs: side };
        tree::merge(again, &base, &text, &trees(side), Grain::Entry).is_empty()
    })
}

fn trees(text: &str) -> Vec<Node<'static>> {
    let sources = SourceSet::single("", text);
    let mut trees = Vec::new();
    for (id, source) in sources.iter() {
        syntax::parse(id, source, &mut Sink::default(), |tree, _| trees.push(tree.root.detached()));
    }
    trees
}

impl Contradiction {
    /// Returns the event with the effects of both changes, as a witness of what they disagree on.
    #[must_use]
    pub fn witness(&self) -> Witness {
        let [_, before, after, _] = self.effects;
        Witness { event: self.event.clone(), before, after }
    }
}

#[cfg(test)]
mod tests;
