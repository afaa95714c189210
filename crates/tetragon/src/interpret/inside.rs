//! Texts that may be inside of a path -> which of them a walk along the path has passed.

use rustc_hash::FxHashSet;

use super::text_tree::{Tree, links};

/// More texts are not told apart.
pub(super) const MOST: usize = 64;

/// Where a walk is: in the automaton of texts as written, in that of texts in any case, and the texts passed, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Passed {
    exact: usize,
    folded: usize,
    pub(super) texts: u64,
}

/// Both automatons (Aho-Corasick).
#[derive(Debug)]
pub(super) struct Inside {
    exact: Automaton,
    folded: Automaton,
}

impl Inside {
    /// Builds the automatons of at most [`MOST`] texts, those in any case in lower case.
    pub(super) fn new<'text>(
        exact: impl ExactSizeIterator<Item = &'text String>,
        folded: impl ExactSizeIterator<Item = &'text String>,
    ) -> Self {
        let first = exact.len();
        Self { exact: Automaton::new(exact, 0), folded: Automaton::new(folded, first) }
    }

    /// Returns where the walk is after a letter.
    pub(super) fn step(&self, passed: Passed, letter: char) -> Passed {
        let exact = self.exact.step(passed.exact, letter);
        let folded = self.folded.step(passed.folded, letter.to_ascii_lowercase());
        Passed { exact, folded, texts: passed.texts | self.exact.ends(exact) | self.folded.ends(folded) }
    }
}

#[derive(Debug)]
struct Automaton {
    tree: Tree,
    fail: Vec<usize>,
    /// By place, the texts that end there, as bits.
    ends: Vec<u64>,
}

impl Automaton {
    fn new<'text>(texts: impl Iterator<Item = &'text String>, first: usize) -> Self {
        let mut tree = Tree::default();
        let ending: Vec<usize> = texts.map(|text| tree.add(text)).collect();
        let (fail, _) = links(&tree, &FxHashSet::default());
        let mut own = vec![0_u64; fail.len()];
        for (bit, at) in (first..).zip(ending) {
            if let (Some(bits), Ok(bit)) = (own.get_mut(at), u32::try_from(bit)) {
                *bits |= 1_u64.checked_shl(bit).unwrap_or(0);
            }
        }
        let all = |at: usize| {
            let shorter = std::iter::successors(Some(at), |at| fail.get(*at).copied().filter(|_| *at != 0));
            shorter.filter_map(|at| own.get(at)).fold(0, |sum, bits| sum | bits)
        };
        let ends = (0..fail.len()).map(all).collect();
        Self { tree, fail, ends }
    }

    fn step(&self, mut at: usize, letter: char) -> usize {
        loop {
            match self.tree.step(at, letter) {
                Some(next) => return next,
                None if at == 0 => return 0,
                None => at = self.fail.get(at).copied().unwrap_or(0),
            }
        }
    }

    fn ends(&self, at: usize) -> u64 {
        self.ends.get(at).copied().unwrap_or(0)
    }
}
