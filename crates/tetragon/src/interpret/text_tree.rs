//! Texts as a tree of letters, and the links between its places (Aho-Corasick).

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};

/// A tree of letters. Its places are numbers; 0 is the start.
#[derive(Debug, Default)]
pub(super) struct Tree {
    next: FxHashMap<(usize, char), usize>,
    size: usize,
}

impl Tree {
    /// Adds a text, and returns the place of its end.
    pub(super) fn add(&mut self, text: &str) -> usize {
        let mut at = 0;
        for letter in text.chars() {
            let fresh = self.size + 1;
            at = *self.next.entry((at, letter)).or_insert(fresh);
            self.size = self.size.max(at);
        }
        at
    }

    /// Returns the place after a letter, if a text goes on so.
    pub(super) fn step(&self, at: usize, letter: char) -> Option<usize> {
        self.next.get(&(at, letter)).copied()
    }
}

/// Returns for each place the longest other place that ends like it, and the longest text that ends there.
pub(super) fn links(tree: &Tree, ending: &FxHashSet<usize>) -> (Vec<usize>, Vec<Option<usize>>) {
    let mut edges: Vec<(usize, char, usize)> =
        tree.next.iter().map(|((from, letter), to)| (*from, *letter, *to)).collect();
    edges.sort_unstable();
    let mut below: BTreeMap<usize, Vec<(char, usize)>> = BTreeMap::new();
    for (from, letter, to) in edges {
        below.entry(from).or_default().push((letter, to));
    }
    let mut fail = vec![0; tree.size + 1];
    let mut ends: Vec<Option<usize>> = vec![None; tree.size + 1];
    let mut waiting = VecDeque::from([0]);
    while let Some(at) = waiting.pop_front() {
        let above = fail.get(at).and_then(|above| ends.get(*above).copied().flatten());
        if let Some(end) = ends.get_mut(at) {
            *end = if ending.contains(&at) { Some(at) } else { above };
        }
        for (letter, to) in below.get(&at).into_iter().flatten() {
            let mut shorter = at;
            let target = loop {
                if shorter == 0 {
                    break (at != 0).then(|| tree.step(0, *letter)).flatten().unwrap_or(0);
                }
                shorter = fail.get(shorter).copied().unwrap_or(0);
                if let Some(next) = tree.step(shorter, *letter) {
                    break next;
                }
            };
            if let Some(link) = fail.get_mut(*to) {
                *link = target;
            }
            waiting.push_back(*to);
        }
    }
    (fail, ends)
}
