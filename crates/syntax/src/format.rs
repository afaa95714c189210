//! The text of a policy file -> the same documents in the one form that every file has.
//!
//! What is laid out anew: line ends, the indentation of blocks (two spaces, lists in mappings too), one space behind a
//! dash, spaces at line ends, runs of blank lines, the order of a document's own fields (that of its kind), and
//! quotes around text that a YAML 1.1 reader would take for something else. Everything else stays as it was written:
//! comments and their words, lists in brackets, quoted and block text, the order of everything below.
//!
//! The result is read again and held against what the text said before; a difference is an error and not a result.

mod layout;
mod meaning;
mod order;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};

use crate::field::Record;
use crate::{Comment, Mapping, Tree, parse};

use layout::Layout;

/// Gives the fields of a document in the order of its kind; none when it has no order.
pub type FieldOrder = fn(&Mapping) -> Option<&'static Record>;

/// Why a text is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unformatted {
    /// It is not free of errors.
    NotRead,
    /// Another layout would say something else, or might.
    Unsafe,
}

/// Passes until a text is at rest. The first does the work; a comment that stood between two columns may take one more.
const PASSES: usize = 4;

/// Returns the text in its form. Formatting the result again gives the same bytes.
///
/// # Errors
/// When the text has errors, or cannot be laid out without a doubt.
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
    // Text that keeps the blank lines behind it takes others with it when it moves.
    let moved_well = |after: &Parsed| meaning::equal(&laid_out, &between, &sorted, after);
    Ok(if Parsed::of(&sorted).is_some_and(|after| moved_well(&after)) { sorted } else { laid_out })
}

/// A text without errors, and what stands in it.
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
                trees.push(Tree { root: tree.root.detached(), flaws: tree.flaws });
            });
        }
        let sound = sink.error_count() == 0 && trees.iter().all(|tree| tree.flaws == 0);
        sound.then_some(Self { trees, comments })
    }
}
