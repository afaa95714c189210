//! The text of a policy file -> the same documents in the standard format.
//!
//! What changes: line ends, the indentation of blocks (two spaces, also for lists in mappings; in TracingPolicies, lists
//! that are no deeper than their key stay there), one space after a dash, a colon and each comma of a list in brackets on
//! one line, spaces at line ends, runs of blank lines, the order of the top-level fields of a document (that of its kind),
//! and quotes around text that a YAML 1.1 reader would not read as text. Everything else is unchanged: comments, where
//! a list in brackets has its lines, quoted and block text, the order of everything below the top level.
//!
//! The result is parsed again and compared with the original; a difference is an error.

mod layout;
mod meaning;
mod order;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};

use crate::field::Record;
use crate::{Comment, Mapping, Tree, parse};

use layout::Layout;

/// Returns the fields of a document in the order of its kind; none when it has no order.
pub type FieldOrder = fn(&Mapping) -> Option<&'static Record>;

/// Why a text is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unformatted {
    /// It has errors.
    NotRead,
    /// Formatting would change its meaning, or might.
    Unsafe,
}

/// Most passes until a text no longer changes. One is usually enough; a comment between two columns may take another.
const PASSES: usize = 4;

/// Returns the formatted text. Formatting the result again gives the same bytes.
///
/// # Errors
/// When the text has errors, or cannot be formatted safely.
pub fn format(text: &str, order: FieldOrder) -> Result<String, Unformatted> {
    let mut text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    for _ in 0..PASSES {
        let formatted = lay_out(&text, order)?;
        if formatted == text {
            return Ok(text);
        }
        text = formatted;
    }
    Err(Unformatted::Unsafe)
}

fn lay_out(text: &str, order: FieldOrder) -> Result<String, Unformatted> {
    let before = Parsed::of(text).ok_or(Unformatted::NotRead)?;
    let laid_out = Layout::of(text, &before).ok_or(Unformatted::Unsafe)?.write();
    let between = Parsed::of(&laid_out).ok_or(Unformatted::Unsafe)?;
    if !meaning::equal(text, &before, &laid_out, &between) {
        return Err(Unformatted::Unsafe);
    }
    let sorted = order::sort(&laid_out, &between, order);
    // A block of text that keeps its trailing blank lines (`|+`) takes more of them when it moves.
    let moved_well = |after: &Parsed| meaning::equal(&laid_out, &between, &sorted, after);
    Ok(if Parsed::of(&sorted).is_some_and(|after| moved_well(&after)) { sorted } else { laid_out })
}

/// A text without errors, and its documents.
struct Parsed {
    trees: Vec<Tree<'static>>,
    comments: Vec<Comment>,
}

impl Parsed {
    fn of(text: &str) -> Option<Self> {
        let sources = SourceSet::single("text", text);
        let mut sink = Sink::new(Levels::default());
        let mut trees = Vec::new();
        let mut comments = Vec::new();
        for (id, source) in sources.iter() {
            comments = parse(id, source, &mut sink, |tree, _| {
                trees.push(Tree { root: tree.root.detached(), flaws: tree.flaws, sharing: tree.sharing });
            });
        }
        let sound = sink.error_count() == 0 && trees.iter().all(|tree| tree.flaws == 0);
        sound.then_some(Self { trees, comments })
    }
}
