//! Sets of texts -> one resolved path of each part into which they split all paths.
//!
//! A walk over all paths at once, letter by letter: the state is the place in the tree of whole texts and prefixes, the
//! last prefix passed, the place in the automaton of postfixes (Aho-Corasick), the texts passed, and the place in a component. Paths that
//! end in states with the same values are in the same sets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashSet;

use super::inside::{self, Inside, Passed};
use super::text_set::{Comparison, TextSet};
use super::text_tree::{Tree, links};

/// At most this many states are visited.
const STATES: usize = 1 << 17;

/// The texts that split paths.
#[derive(Debug, Default)]
pub(super) struct PathCells {
    whole: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    postfixes: BTreeSet<String>,
    inside: BTreeSet<String>,
    /// In lower case.
    inside_in_any_case: BTreeSet<String>,
}

/// What the sets can tell of a path: the whole text, the longest prefix and the longest postfix that it has, and the texts
/// inside.
type Key = (Option<usize>, Option<usize>, Option<usize>, u64);

impl PathCells {
    /// Adds the texts of a set.
    pub(super) fn add(&mut self, set: &TextSet) {
        let texts = match set.comparison() {
            Comparison::Equal => &mut self.whole,
            Comparison::Prefix => &mut self.prefixes,
            Comparison::Postfix => &mut self.postfixes,
            Comparison::Inside => &mut self.inside,
            Comparison::InsideInAnyCase => {
                self.inside_in_any_case.extend(set.values().map(str::to_ascii_lowercase));
                return;
            }
        };
        texts.extend(set.values().map(str::to_owned));
    }

    /// Adds the texts of other cells.
    pub(super) fn join(&mut self, other: &Self) {
        self.whole.extend(other.whole.iter().cloned());
        self.prefixes.extend(other.prefixes.iter().cloned());
        self.postfixes.extend(other.postfixes.iter().cloned());
        self.inside.extend(other.inside.iter().cloned());
        self.inside_in_any_case.extend(other.inside_in_any_case.iter().cloned());
    }

    /// Returns whether no text splits paths.
    pub(super) fn is_empty(&self) -> bool {
        self.texts().next().is_none()
    }

    /// Returns one path of each part, the root directory first if `with_root`; where there is a choice, a familiar one.
    /// Returns nothing if there are too many.
    pub(super) fn paths(&self, familiar: &[&str], with_root: bool) -> Option<Vec<String>> {
        if self.inside.len() + self.inside_in_any_case.len() > inside::MOST {
            return None;
        }
        let machine = Machine::new(self);
        let mut found: BTreeMap<Key, String> = BTreeMap::new();
        for path in familiar {
            if let Some(key) = machine.key(path) {
                found.entry(key).or_insert_with(|| (*path).to_owned());
            }
        }
        machine.walk(&mut found)?;
        let root = with_root.then(|| "/".to_owned());
        Some(root.into_iter().chain(found.into_values()).collect())
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        let ends = self.whole.iter().chain(&self.prefixes).chain(&self.postfixes);
        ends.chain(&self.inside).chain(&self.inside_in_any_case)
    }
}

/// Where a walk is in a component of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Start,
    Dot,
    DotDot,
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    /// The place in the tree of texts and prefixes; none outside it.
    tree: Option<usize>,
    prefix: Option<usize>,
    postfix: usize,
    passed: Passed,
    component: Component,
}

struct Machine {
    letters: Vec<char>,
    tree: Tree,
    whole: FxHashSet<usize>,
    prefixes: FxHashSet<usize>,
    endings: Tree,
    fail: Vec<usize>,
    /// By place in the automaton, that of the longest postfix that ends there.
    ends: Vec<Option<usize>>,
    inside: Inside,
}

impl Machine {
    fn new(cells: &PathCells) -> Self {
        let mut tree = Tree::default();
        let whole = cells.whole.iter().map(|text| tree.add(text)).collect();
        let prefixes = cells.prefixes.iter().map(|text| tree.add(text)).collect();
        let mut endings = Tree::default();
        let ending: FxHashSet<usize> = cells.postfixes.iter().map(|text| endings.add(text)).collect();
        let mut letters: BTreeSet<char> =
            cells.texts().flat_map(|text| text.chars()).filter(|one| *one != '\0').collect();
        letters.insert('/');
        // A letter that no text has stands for all others.
        let readable = ('a'..='z').cycle().skip(23).take(26).chain('0'..='9').chain("_-".chars());
        let fresh = readable.chain('\u{a1}'..).find(|letter| !letters.contains(letter));
        let letters = fresh.into_iter().chain(letters).collect();
        let (fail, ends) = links(&endings, &ending);
        let inside = Inside::new(cells.inside.iter(), cells.inside_in_any_case.iter());
        Self { letters, tree, whole, prefixes, endings, fail, ends, inside }
    }

    fn start(&self) -> Option<State> {
        let passed = Passed::default();
        let first = State { tree: Some(0), prefix: None, postfix: 0, passed, component: Component::Name };
        let first = State { prefix: self.prefixes.contains(&0).then_some(0), ..first };
        self.step(first, '/')
    }

    /// Returns the state after a letter; none if no resolved path goes on so.
    fn step(&self, state: State, letter: char) -> Option<State> {
        let component = match (state.component, letter) {
            (Component::Name, '/') => Component::Start,
            (_, '/') => return None,
            (Component::Start, '.') => Component::Dot,
            (Component::Dot, '.') => Component::DotDot,
            _ => Component::Name,
        };
        let tree = state.tree.and_then(|at| self.tree.step(at, letter));
        let prefix = tree.filter(|at| self.prefixes.contains(at)).or(state.prefix);
        let mut at = state.postfix;
        let postfix = loop {
            match self.endings.step(at, letter) {
                Some(next) => break next,
                None if at == 0 => break 0,
                None => at = self.fail.get(at).copied().unwrap_or(0),
            }
        };
        let passed = self.inside.step(state.passed, letter);
        Some(State { tree, prefix, postfix, passed, component })
    }

    fn key_of(&self, state: State) -> Option<Key> {
        (state.component == Component::Name).then(|| {
            let whole = state.tree.filter(|at| self.whole.contains(at));
            (whole, state.prefix, self.ends.get(state.postfix).copied().flatten(), state.passed.texts)
        })
    }

    fn key(&self, path: &str) -> Option<Key> {
        let mut letters = path.strip_prefix('/')?.chars();
        let state = letters.try_fold(self.start()?, |state, letter| self.step(state, letter))?;
        self.key_of(state)
    }

    /// Visits every state, the shortest paths first. Returns nothing if there are too many states.
    fn walk(&self, found: &mut BTreeMap<Key, String>) -> Option<()> {
        let Some(start) = self.start() else { return Some(()) };
        let mut seen: FxHashSet<State> = FxHashSet::default();
        let mut steps: Vec<(State, usize, char)> = vec![(start, 0, '/')];
        let mut waiting: VecDeque<usize> = VecDeque::from([0]);
        seen.insert(start);
        while let Some(at) = waiting.pop_front() {
            let (state, ..) = *steps.get(at)?;
            if let Some(key) = self.key_of(state) {
                found.entry(key).or_insert_with(|| spelled(&steps, at));
            }
            for letter in &self.letters {
                let Some(next) = self.step(state, *letter) else { continue };
                if seen.insert(next) {
                    if steps.len() >= STATES {
                        return None;
                    }
                    waiting.push_back(steps.len());
                    steps.push((next, at, *letter));
                }
            }
        }
        Some(())
    }
}

/// Returns the path that led to a step.
fn spelled(steps: &[(State, usize, char)], at: usize) -> String {
    let mut letters = Vec::new();
    let mut at = at;
    while let Some((_, before, letter)) = steps.get(at) {
        letters.push(*letter);
        if at == 0 {
            break;
        }
        at = *before;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::{Comparison, PathCells, TextSet};

    const TEXTS: &[&str] =
        &["/a", "/a/", "/a/b", "b", "/b", ".conf", "/a/b.conf", "f", "/", "a/b", "./x", "bb", "aB", ""];

    const COMPARISONS: &[Comparison] = &[
        Comparison::Equal,
        Comparison::Prefix,
        Comparison::Postfix,
        Comparison::Inside,
        Comparison::InsideInAnyCase,
    ];

    /// Returns every resolved path of up to this many letters.
    fn every(letters: &[char], most: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..most {
            let until = all.len();
            for at in from..until {
                for letter in letters {
                    all.push(format!("{}{letter}", all[at]));
                }
            }
            from = until;
        }
        let resolved = |rest: &String| rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
        all.retain(resolved);
        all.into_iter().map(|rest| format!("/{rest}")).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_path_is_in_the_part_of_one_that_is_returned(
            sets in proptest::collection::vec(
                (select(COMPARISONS), subsequence(TEXTS, 0..4)),
                0..4,
            ),
        ) {
            let sets: Vec<TextSet> = sets.into_iter().map(|(kind, texts)| TextSet::new(kind, texts)).collect();
            let mut cells = PathCells::default();
            sets.iter().for_each(|set| cells.add(set));
            let signature = |path: &String| sets.iter().map(|set| set.contains(path)).collect::<Vec<bool>>();
            let paths = cells.paths(&["/etc/shadow"], false).expect("few states");
            let known: BTreeSet<_> = paths.iter().map(signature).collect();
            for path in every(&['/', 'a', 'b', '.', 'f', 'x'], 5) {
                prop_assert!(known.contains(&signature(&path)), "{path} {sets:?}");
            }
            for path in &paths {
                prop_assert!(path.split('/').skip(1).all(|part| !matches!(part, "" | "." | "..")), "{path}");
            }
        }
    }
}
