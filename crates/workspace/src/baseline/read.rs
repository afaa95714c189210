//! The text of the file -> entries, or every mistake in it.

use std::sync::Arc;

use telovix_diagnostic::source::{SourceSet, Spanned};
use telovix_diagnostic::{Levels, Sink};
use telovix_document::codes::INVALID_DATE;
use telovix_policy::value::Date;
use telovix_syntax::field::Field;
use telovix_syntax::{Cursor, Node, Refusal};

use super::{BASELINE, Baseline, Entry, Origin, Place, Verb, field};
use crate::findings::Findings;

impl Baseline {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// With the mistakes in it, whose paths start with `shown_below`.
    pub fn parse(text: &str, shown_below: &str) -> Result<Self, Findings> {
        let sources = SourceSet::single(BASELINE, text);
        let mut sink = Sink::new(Levels::default());
        let mut baseline = None;
        for (id, source) in sources.iter() {
            telovix_syntax::parse(id, source, &mut sink, |tree, sink| {
                baseline = read(&tree.root, &sources, sink);
            });
        }
        match baseline {
            Some(baseline) if !sink.has_errors() => Ok(baseline),
            _ => {
                let diagnostics = sink.into_sorted();
                Err(Findings { sources, shown_below: shown_below.to_owned(), diagnostics, known: Vec::new() })
            }
        }
    }
}

fn read(node: &Node, sources: &SourceSet, sink: &mut Sink) -> Option<Baseline> {
    let cursor = Cursor::open(node, &field::RECORD, sink)?;
    let date = day(&cursor, &field::DATE, sink);
    let (owner, reason) = (cursor.text(&field::OWNER, sink), cursor.text(&field::REASON, sink));
    let mut lines = sources.lines();
    // The entries are read even when the origin has a mistake, so that all mistakes are reported.
    let origin = Arc::new(Origin {
        date: date.unwrap_or(Date::FIRST),
        owner: owner.map_or_else(String::new, |owner| owner.value),
        reason: reason.map_or_else(String::new, |reason| reason.value),
    });
    let entries = cursor
        .list(&field::FINDINGS, sink, |node, _, sink| read_entry(node, &origin, lines.line(node.span), sink));
    Some(Baseline { entries: entries?.1, origin })
}

fn read_entry(node: &Node, of_file: &Arc<Origin>, line: u32, sink: &mut Sink) -> Option<Entry> {
    let cursor = Cursor::open(node, &field::ENTRY_RECORD, sink)?;
    let (date, owner) = (day(&cursor, &field::OWN_DATE, sink), cursor.text(&field::OWN_OWNER, sink));
    let reason = cursor.text(&field::OWN_REASON, sink);
    let origin = if date.is_none() && owner.is_none() && reason.is_none() {
        Arc::clone(of_file)
    } else {
        let or =
            |own: Option<Spanned<String>>, other: &String| own.map_or_else(|| other.clone(), |own| own.value);
        Arc::new(Origin {
            date: date.unwrap_or(of_file.date),
            owner: or(owner, &of_file.owner),
            reason: or(reason, &of_file.reason),
        })
    };
    let mut text = |field: &Field| cursor.text(field, sink).map_or_else(String::new, |text| text.value);
    let place = Place {
        code: text(&field::CODE),
        file: text(&field::FILE),
        document: text(&field::DOCUMENT),
        field: text(&field::FIELD),
        text: text(&field::TEXT),
    };
    let count = cursor.integer::<usize>(&field::COUNT, sink).map_or(1, |count| count.value);
    let verb =
        cursor.choice(&field::COMMAND, &Verb::ALL, Verb::name, sink).map_or(Verb::Lint, |verb| verb.value);
    Some(Entry { verb, place, count, origin, line })
}

fn day(cursor: &Cursor<'_>, field: &Field, sink: &mut Sink) -> Option<Date> {
    let refused = |_| Refusal {
        meant: None,
        code: &INVALID_DATE,
        problem: "is not a date".to_owned(),
        help: "write the date as YYYY-MM-DD".to_owned(),
    };
    cursor.parsed(field, sink, |text| Date::parse(text).map_err(refused)).map(|date| date.value)
}
