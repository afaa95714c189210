//! Anchors of a document -> the values that aliases repeat.

use std::collections::BTreeMap;

use telovix_diagnostic::Diagnostic;

use super::limits;
use super::node::{Node, Value};

/// Most anchors, aliases and merge keys that are noted for one document.
const NOTED: usize = 20;

/// The anchors of one document.
#[derive(Default)]
pub(super) struct Sharing<'text> {
    /// The values with an anchor, by its number.
    values: BTreeMap<usize, Shared<'text>>,
    /// Anchors whose value is not complete, innermost last: the number, and how many collections are around the value.
    pending: Vec<(usize, usize)>,
    /// What would be reported where sharing is not allowed.
    findings: Vec<Diagnostic>,
    /// How many scalars and collections were copied, for anchors and for aliases.
    copied: usize,
}

/// A value with an anchor.
struct Shared<'text> {
    /// None when there were too many to copy.
    node: Option<Node<'text>>,
    size: Size,
}

/// The size of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// How many scalars and collections it is.
    pub(super) nodes: usize,
    /// How many collections are inside each other.
    pub(super) depth: usize,
}

impl<'text> Sharing<'text> {
    /// Expects a value with an anchor: the next one that is placed where this many collections are open around it.
    pub(super) fn expect(&mut self, number: usize, around: usize) {
        self.pending.push((number, around));
    }

    /// Notes what would be reported where sharing is not allowed.
    pub(super) fn note(&mut self, refusal: Diagnostic) {
        if self.findings.len() < NOTED {
            self.findings.push(refusal);
        }
    }

    /// Keeps a value that is complete, if it has an anchor.
    pub(super) fn finish(&mut self, node: &Node<'text>, around: usize) {
        while let Some((number, _)) = self.pending.pop_if(|(_, expected)| *expected == around) {
            let size = size(node);
            let node = self.admits(size).then(|| node.clone());
            self.values.insert(number, Shared { node, size });
        }
    }

    /// Returns the size of the value with an anchor; none while it is not complete.
    pub(super) fn size(&self, number: usize) -> Option<Size> {
        self.values.get(&number).map(|shared| shared.size)
    }

    /// Returns a copy of the value with an anchor; none when there are too many copies.
    pub(super) fn repeat(&mut self, number: usize) -> Option<Node<'text>> {
        let size = self.size(number)?;
        if !self.admits(size) {
            return None;
        }
        self.values.get(&number)?.node.clone()
    }

    /// Counts a copy, and returns whether it may be made.
    fn admits(&mut self, size: Size) -> bool {
        self.copied = self.copied.saturating_add(size.nodes);
        self.copied <= limits::SHARED_NODES
    }

    /// Returns what was noted.
    pub(super) fn take_findings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.findings)
    }
}

/// Counts without recursion.
fn size(node: &Node<'_>) -> Size {
    let (mut pending, mut size) = (vec![(node, 1)], Size { nodes: 0, depth: 0 });
    while let Some((node, depth)) = pending.pop() {
        size.nodes += 1;
        match &node.value {
            Value::Sequence(items) => {
                size.depth = size.depth.max(depth);
                pending.extend(items.iter().map(|item| (item, depth + 1)));
            }
            Value::Mapping(mapping) => {
                size.depth = size.depth.max(depth);
                pending.extend(mapping.entries.iter().map(|entry| (&entry.value, depth + 1)));
            }
            Value::Scalar { .. } | Value::Unreadable => {}
        }
    }
    size
}
