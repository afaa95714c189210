//! A file and two changes of it -> one file with both changes, in our formatting, or conflicts.
//!
//! ```text
//! identity   trees   -> documents and entries of three files that correspond to each other
//! tree       trees   -> edits of ours that apply their changes, and conflicts
//! edit       edits   -> text
//! meaning    texts   -> an event whose effect in the merged text is wrong
//! ```
//!
//! Lists are merged by entry. Two changes of different entries can still contradict: a prefix that one side adds can
//! allow again what the other side removed, and an address that one side adds combines with a port that the other side
//! adds. Therefore the merged text is read and compared. An event may not have a weaker effect than in the side that
//! changed it, than in both sides if both changed it, or than before if neither did; and an event that only one side
//! allows must be allowed. Otherwise the fields, and then the documents, that both sides changed are a conflict.

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

/// One of the three versions of a file.
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
    /// Returns the name in output.
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
    /// The conflicts: document and field.
    pub conflicts: Vec<String>,
    /// An event on which the changes contradict although their fields do not.
    pub contradiction: Option<Contradiction>,
}

/// An event whose effect would be wrong after a merge by entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The event.
    pub event: Event,
    /// Its effect before, after our change, after their change, and after a merge by entries.
    pub effects: [Effect; 4],
}

/// A version that cannot be parsed as a policy, and why.
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
/// If one of the versions has an error.
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
        // If the text cannot be read, or does not contain both changes, try a coarser merge.
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

/// Returns whether merging again with either side changes nothing.
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
    /// Returns an event on which the changes disagree, with its effects.
    #[must_use]
    pub fn witness(&self) -> Witness {
        let [_, before, after, _] = self.effects;
        Witness { event: self.event.clone(), before, after }
    }
}

#[cfg(test)]
mod tests;
