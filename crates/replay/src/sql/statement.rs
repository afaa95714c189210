//! SQL, the sets that travel with it, and who runs it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::partition::Block;

/// A table that is sent with a statement: a query has at most 256 KiB of text, and a user who may only read cannot
/// raise that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name in the statement.
    pub name: String,
    /// Its columns: `text String`.
    pub structure: String,
    /// Its rows, in the format `TabSeparated`.
    pub rows: Vec<u8>,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// The text, without a `FORMAT`.
    pub text: String,
    /// The sets that it names.
    pub sets: Vec<Set>,
}

/// The rows of an answer, each with its columns as text; `None` is `NULL`.
pub type Answer = Vec<Vec<Option<String>>>;

/// Who answers statements, completely or not at all.
pub trait Server {
    /// Why there is no answer.
    type Error;

    /// Runs a query.
    ///
    /// # Errors
    /// When the answer is not known to be complete.
    fn ask(&self, statement: &Statement) -> Result<Answer, Self::Error>;
}

/// Who reads a statement, and so where its sets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A server: they are sent next to the text.
    Sent,
    /// A person: they are in the text, so that it can be run by hand.
    Printed,
}

/// Collects the sets of a statement.
#[derive(Debug)]
pub(super) struct Sets {
    form: Form,
    sets: Vec<Set>,
}

impl Sets {
    pub(super) fn new(form: Form) -> Self {
        Self { form, sets: Vec::new() }
    }

    /// Returns the condition that a text is one of these. Equal sets with one name are sent once.
    pub(super) fn holds(&mut self, value: &str, name: &str, texts: &BTreeSet<Vec<u8>>) -> String {
        if texts.is_empty() {
            return "0".to_owned();
        }
        if self.form == Form::Printed {
            let list: Vec<_> = texts.iter().map(|text| literal(text)).collect();
            return format!("{value} IN ({})", list.join(", "));
        }
        self.add(name, "text String", || {
            let mut rows = Vec::new();
            for text in texts {
                tsv(text, &mut rows);
                rows.push(b'\n');
            }
            rows
        });
        format!("{value} IN (SELECT text FROM {name})")
    }

    /// Returns the condition that a text is one of those with this length.
    pub(super) fn holds_prefix(
        &mut self,
        value: &str,
        name: &str,
        texts: &BTreeSet<Vec<u8>>,
        length: usize,
    ) -> String {
        if self.form == Form::Printed {
            let list = texts.iter().filter(|text| text.len() == length).map(|text| literal(text));
            return format!("{value} IN ({})", list.collect::<Vec<_>>().join(", "));
        }
        self.add(name, "length UInt16, text String", || {
            let mut rows = Vec::new();
            for text in texts {
                rows.extend(format!("{}\t", text.len()).into_bytes());
                tsv(text, &mut rows);
                rows.push(b'\n');
            }
            rows
        });
        format!("{value} IN (SELECT text FROM {name} WHERE length = {length})")
    }

    /// Returns the condition that an address of two halves is the first one of a block of this length.
    pub(super) fn holds_block(
        &mut self,
        value: &str,
        name: &str,
        blocks: &BTreeSet<Block>,
        length: u8,
    ) -> String {
        if self.form == Form::Printed {
            let list = blocks.iter().filter(|(of, _)| *of == length).map(|(_, first)| {
                let (high, low) = halves(*first);
                format!("({high}, {low})")
            });
            let mut list: Vec<_> = list.collect();
            // A list of one would be read as one value.
            if let [one] = list.as_slice() {
                list.push(one.clone());
            }
            return format!("{value} IN ({})", list.join(", "));
        }
        self.add(name, "length UInt8, high UInt64, low UInt64", || {
            let row = |(length, first): &Block| {
                let (high, low) = halves(*first);
                format!("{length}\t{high}\t{low}\n")
            };
            blocks.iter().map(row).collect::<String>().into_bytes()
        });
        format!("{value} IN (SELECT high, low FROM {name} WHERE length = {length})")
    }

    /// Returns the condition that these texts together are one of these rows.
    pub(super) fn holds_row(&mut self, columns: &[String], name: &str, rows: &[&[String]]) -> String {
        let names: Vec<_> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        let structure: Vec<_> = names.iter().map(|name| format!("{name} String")).collect();
        self.add(name, &structure.join(", "), || {
            let mut text = Vec::new();
            for row in rows {
                for (at, value) in row.iter().enumerate() {
                    if at > 0 {
                        text.push(b'\t');
                    }
                    tsv(value.as_bytes(), &mut text);
                }
                text.push(b'\n');
            }
            text
        });
        match columns {
            [one] => format!("{one} IN (SELECT c0 FROM {name})"),
            columns => format!("({}) IN (SELECT {} FROM {name})", columns.join(", "), names.join(", ")),
        }
    }

    fn add(&mut self, name: &str, structure: &str, rows: impl FnOnce() -> Vec<u8>) {
        if self.sets.iter().all(|set| set.name != name) {
            self.sets.push(Set { name: name.to_owned(), structure: structure.to_owned(), rows: rows() });
        }
    }

    pub(super) fn statement(self, text: String) -> Statement {
        Statement { text, sets: self.sets }
    }
}

/// Returns the halves of an address.
pub(super) fn halves(address: u128) -> (u64, u64) {
    ((address >> 64) as u64, (address & u128::from(u64::MAX)) as u64)
}

/// Returns a string literal of ASCII, whatever the bytes are. ClickHouse reads `\` as the start of an escape.
pub(super) fn literal(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for byte in text {
        match byte {
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(*byte)),
            other => {
                let _infallible = write!(out, "\\x{other:02x}");
            }
        }
    }
    out.push('\'');
    out
}

/// Writes a value of the format `TabSeparated`.
pub(super) fn tsv(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            0 => out.extend(b"\\0"),
            other => out.push(*other),
        }
    }
}
