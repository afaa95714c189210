//! Three trees -> edits of our text that apply their changes, and conflicts.
//!
//! Our text is unchanged except for the entries that they changed, which are inserted as they wrote them.

use telovix_syntax::{Entry, Mapping, Node, Value};

use super::Versions;
use super::edit::Edits;
use super::identity::{called, counterparts, names, same};
use super::text::{Text, after_key, separated, shifted, start};

/// The unit of a merge: if both sides changed the same unit, it is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    /// An entry of a list.
    Entry,
    /// A field of a document.
    Field,
    /// A document: every field in which its two versions differ is a conflict.
    Document,
}

/// Both sides changed the same unit differently.
pub(super) struct Contradicts;

/// Merges the documents of three texts.
pub(super) fn merge(
    versions: Versions<'_>,
    base: &[Node],
    ours: &[Node],
    theirs: &[Node],
    grain: Grain,
) -> Edits {
    let mut merge = Merge {
        ours: Text(versions.ours),
        theirs: Text(versions.theirs),
        grain,
        apart: false,
        edits: Edits::default(),
    };
    merge.documents(base, ours, theirs);
    merge.edits
}

pub(super) struct Merge<'text> {
    pub(super) ours: Text<'text>,
    pub(super) theirs: Text<'text>,
    grain: Grain,
    /// Whether both sides changed the current document and none of it is merged.
    apart: bool,
    pub(super) edits: Edits,
}

impl Merge<'_> {
    fn documents(&mut self, base: &[Node], ours: &[Node], theirs: &[Node]) {
        let (of_base, of_theirs) = (counterparts(ours, base), counterparts(ours, theirs));
        let base_theirs = counterparts(base, theirs);
        let at = |list: &[Option<usize>], place: usize| list.get(place).copied().flatten();
        for (place, our) in ours.iter().enumerate() {
            let before = at(&of_base, place);
            // A renamed document is identified by its base version.
            let after = at(&of_theirs, place).or_else(|| at(&base_theirs, before?));
            let (before, after) = (before.and_then(|at| base.get(at)), after.and_then(|at| theirs.get(at)));
            match (before, after) {
                (_, Some(their)) => self.document(before, our, their),
                (Some(before), None) if same(before, our) => {
                    let range = self.ours.document(our);
                    self.edits.replace(range, String::new());
                }
                (Some(_), None) => {
                    let range = self.ours.document(our);
                    self.edits.conflict(range, String::new(), format!("{}: they removed it", called(our)));
                }
                (None, None) => {}
            }
        }
        let to_ours = counterparts(theirs, ours);
        let to_base = counterparts(theirs, base);
        let base_ours = counterparts(base, ours);
        for (place, their) in theirs.iter().enumerate() {
            let before = at(&to_base, place);
            if at(&to_ours, place).or_else(|| at(&base_ours, before?)).is_some() {
                continue;
            }
            let end = self.ours.0.len();
            let added = separated(self.theirs.slice(self.theirs.document(their)));
            match before.and_then(|at| base.get(at)) {
                None => self.edits.replace(end..end, added),
                Some(before) if same(before, their) => {}
                Some(_) => {
                    self.edits.conflict(end..end, added, format!("{}: we removed it", called(their)));
                }
            }
        }
    }

    fn document(&mut self, before: Option<&Node>, our: &Node, their: &Node) {
        let changed = |side: &Node| before.is_none_or(|before| !same(before, side));
        if !changed(their) || same(our, their) {
            return;
        }
        self.apart = self.grain == Grain::Document && changed(our);
        let merged = match (&our.value, &their.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                self.mapping(before.and_then(Node::as_mapping), (our, one), (their, two), &called(our))
            }
            _ => Err(Contradicts),
        };
        if merged.is_err() {
            let (range, theirs) = (self.ours.document(our), self.theirs.document(their));
            let text = self.theirs.slice(theirs).to_owned();
            self.edits.conflict(range, text, called(our));
        }
    }

    /// Merges the entries of a mapping. A block mapping keeps its conflicts to the lines of an entry.
    fn mapping(
        &mut self,
        before: Option<&Mapping>,
        (our_node, ours): (&Node, &Mapping),
        (their_node, theirs): (&Node, &Mapping),
        place: &str,
    ) -> Result<(), Contradicts> {
        let block = !self.ours.is_flow(our_node);
        for our in &ours.entries {
            let key = our.key.value.as_ref();
            let (base, their) = (before.and_then(|before| before.get(key)), theirs.entry(key));
            let mark = self.edits.mark();
            if self.entry(base, our, their, (our_node, ours), place).is_ok() {
                continue;
            }
            if !block {
                return Err(Contradicts);
            }
            self.edits.undo(mark);
            let lines = their.map(|their| self.theirs.slice(self.theirs.lines(their)).to_owned());
            let range = self.ours.lines(our);
            self.edits.conflict(range, lines.unwrap_or_default(), format!("{place}: `{key}`"));
        }
        for (at, their) in theirs.entries.iter().enumerate() {
            let key = their.key.value.as_ref();
            if ours.entry(key).is_some() {
                continue;
            }
            match before.and_then(|before| before.get(key)) {
                Some(base) if same(base, &their.value) && !self.apart => continue,
                None if !self.apart => {
                    let previous =
                        theirs.entries.iter().take(at).rev().find_map(|entry| ours.entry(&entry.key.value));
                    self.insert_entry(previous, their, (our_node, ours), their_node)?;
                    continue;
                }
                _ => {}
            }
            // They changed an entry that we removed, or added one that conflicts with our changes.
            if !block {
                return Err(Contradicts);
            }
            let end = ours.entries.last().map_or(0, |last| self.ours.lines(last).end);
            let lines = self.theirs.slice(self.theirs.lines(their)).to_owned();
            self.edits.conflict(end..end, lines, format!("{place}: `{key}`, which we do not have"));
        }
        Ok(())
    }

    fn entry(
        &mut self,
        before: Option<&Node>,
        our: &Entry,
        their: Option<&Entry>,
        (node, ours): (&Node, &Mapping),
        place: &str,
    ) -> Result<(), Contradicts> {
        let untouched = before.is_some_and(|before| same(before, &our.value));
        if self.apart {
            let agrees = their.is_some_and(|their| same(&our.value, &their.value));
            return if agrees { Ok(()) } else { Err(Contradicts) };
        }
        let Some(their) = their else {
            // Missing in theirs: new in ours, or removed by them.
            return match before {
                None => Ok(()),
                Some(_) if untouched => {
                    let range = self.removal(our, node, ours);
                    self.edits.replace(range, String::new());
                    Ok(())
                }
                Some(_) => Err(Contradicts),
            };
        };
        if before.is_some_and(|before| same(before, &their.value)) || same(&our.value, &their.value) {
            return Ok(());
        }
        if !untouched && self.grain != Grain::Entry {
            return Err(Contradicts);
        }
        match (&our.value.value, &their.value.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                let place = format!("{place}: `{}`", our.key.value);
                let before = before.and_then(Node::as_mapping);
                self.mapping(before, (&our.value, one), (&their.value, two), &place)
            }
            (Value::Sequence(one), Value::Sequence(two))
                if before.is_some_and(|node| node.as_sequence().is_some()) =>
            {
                let before =
                    before.and_then(Node::as_sequence).expect("the guard checks that it is a sequence");
                let mark = self.edits.mark();
                let merged = self.sequence(before, (our, one), (their, two), place);
                if merged.is_err() && untouched {
                    self.edits.undo(mark);
                    return self.take_theirs(our, their);
                }
                merged
            }
            _ if untouched => self.take_theirs(our, their),
            _ => Err(Contradicts),
        }
    }

    /// Replaces our value by theirs.
    pub(super) fn take_theirs(&mut self, our: &Entry, their: &Entry) -> Result<(), Contradicts> {
        let text = self.theirs.slice(after_key(their));
        let shift = (self.ours.column(start(our)), self.theirs.column(start(their)));
        self.edits.replace(after_key(our), shifted(text, shift));
        Ok(())
    }

    fn sequence(
        &mut self,
        before: &[Node],
        (our, ours): (&Entry, &[Node]),
        (their, theirs): (&Entry, &[Node]),
        place: &str,
    ) -> Result<(), Contradicts> {
        let (Some(old), Some(one), Some(two)) = (names(before), names(ours), names(theirs)) else {
            return self.by_place(before, ours, theirs, place);
        };
        let mut removed = Vec::new();
        for (item, name) in ours.iter().zip(&one) {
            let base = old.iter().position(|other| other == name).and_then(|at| before.get(at));
            let other = two.iter().position(|other| other == name).and_then(|at| theirs.get(at));
            match (base, other) {
                (Some(base), None) if same(base, item) => removed.push(item),
                (Some(_), None) => return Err(Contradicts),
                (base, Some(other)) => self.item(base, item, other, place)?,
                (None, None) => {}
            }
        }
        let mut added = Vec::new();
        for (item, name) in theirs.iter().zip(&two) {
            if one.contains(name) {
                continue;
            }
            match old.iter().position(|other| other == name).and_then(|at| before.get(at)) {
                None => added.push(item),
                Some(base) if same(base, item) => {}
                Some(_) => return Err(Contradicts),
            }
        }
        self.change_list((our, ours), their, &removed, &added)
    }

    /// Merges lists whose order matters: only if no item was added or removed.
    fn by_place(
        &mut self,
        before: &[Node],
        ours: &[Node],
        theirs: &[Node],
        place: &str,
    ) -> Result<(), Contradicts> {
        if before.len() != ours.len() || ours.len() != theirs.len() {
            return Err(Contradicts);
        }
        let mut all = before.iter().zip(ours).zip(theirs);
        all.try_for_each(|((base, our), their)| self.item(Some(base), our, their, place))
    }

    fn item(
        &mut self,
        before: Option<&Node>,
        our: &Node,
        their: &Node,
        place: &str,
    ) -> Result<(), Contradicts> {
        if same(our, their) || before.is_some_and(|before| same(before, their)) {
            return Ok(());
        }
        match (&our.value, &their.value) {
            (Value::Mapping(one), Value::Mapping(two)) => {
                self.mapping(before.and_then(Node::as_mapping), (our, one), (their, two), place)
            }
            _ => Err(Contradicts),
        }
    }
}
