//! Paths that one binary used -> patterns for its files, each with the reason, and the paths that need a decision.
//!
//! Three things make a pattern out of paths: a part of the name that changes (a date, a number of a process), names in a
//! folder that are new all the time, and a limit on the number of entries. Everything else stays an exact path.

mod fold;
mod heads;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use telovix_policy::value::{AbsolutePath, PathPattern};
use telovix_replay::observe::Seen;

use crate::entry::{Reason, Review, Why};
use crate::evidence::Evidence;
use crate::pattern::{self, covers, opened, reduced, refusal};
use crate::world::World;
use crate::{sensitive, volatile};
use heads::{FEW, Name};
use tree::Node;

/// The share of all events of a binary that may be the first of their name before a folder is opened.
const NOVELTY: f64 = 2e-4;
/// Folders with patterns after which the folder that contains them is opened.
const SIBLINGS: usize = 8;
/// Bytes of the longest entry that Tetragon compares.
const LONGEST: usize = 255;

/// What was learned about files or programs.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) patterns: Vec<(PathPattern, Reason)>,
    pub(crate) review: Vec<Review>,
}

/// What may be generalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generalise {
    /// Parts that change, new names, and more where the limit asks for it.
    Files,
    /// Parts that change only: of programs, a folder is never learned.
    Programs,
    /// Nothing.
    Nothing,
}

/// Learns from the paths of one binary. What `admitted` contains is learned although it is sensitive.
pub(crate) fn learn(
    seen: &BTreeMap<Box<str>, Seen>,
    how: Generalise,
    world: &World<'_>,
    admitted: &[PathPattern],
    most: usize,
) -> Learned {
    let mut learned = Learned::default();
    let mut plain: Vec<(&str, &Seen)> = Vec::new();
    let mut listed: Vec<(&str, &Seen)> = Vec::new();
    for (path, seen) in seen {
        let admitted = admitted.iter().any(|pattern| pattern.contains(path));
        let why = match PathPattern::parse(path) {
            Ok(PathPattern::Tree(_)) if admitted => None,
            _ if path.len() > LONGEST => Some(Why::Unwritable),
            Ok(PathPattern::Tree(_)) => sensitive::of_path(path).map(Why::Sensitive).or_else(|| {
                let writable = how == Generalise::Programs && is_writable(path);
                writable.then_some(Why::WritableProgram)
            }),
            _ => Some(Why::Unwritable),
        };
        match why {
            Some(why) => learned.review.push(Review::new(path.to_string(), seen, why)),
            None if how != Generalise::Programs && world.is_directory(path) => listed.push((path, seen)),
            // It may be a folder that the binary listed, unless it was executed.
            None if how == Generalise::Files && !admitted && is_wide(path, world) => {
                learned.review.push(Review::new(path.to_string(), seen, Why::Folder));
            }
            None => plain.push((path, seen)),
        }
    }
    let mut drafts = Drafts::default();
    drafts.draft(&plain, how);
    for folder in &drafts.without_beginning {
        let Ok(pattern) = PathPattern::parse(folder) else { continue };
        let evidence = Evidence::of(within(seen, &pattern).map(|(_, seen)| seen));
        learned.review.push(Review { value: folder.clone(), why: Why::NoBeginning, evidence });
    }
    if how == Generalise::Files {
        fold::fold(&mut drafts.patterns, most, world);
    }
    let lists = list(&listed, &plain, &mut drafts, world, admitted, &mut learned.review);
    drafts.patterns.extend(lists);
    learned.patterns = drafts.reduced();
    learned
}

/// Returns whether a path may be a folder that must not be allowed with everything in it. What was executed is none.
fn is_wide(path: &str, world: &World<'_>) -> bool {
    !world.is_program(path) && PathPattern::parse(path).is_ok_and(|pattern| refusal(&pattern).is_some())
}

/// Folders in which not only root can replace a program.
fn is_writable(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "/home/", "/run/user/"].iter().any(|folder| path.starts_with(folder))
}

/// Patterns with their reasons.
#[derive(Debug, Default)]
struct Drafts {
    patterns: BTreeMap<PathPattern, Reason>,
    without_beginning: Vec<String>,
}

impl Drafts {
    fn draft(&mut self, plain: &[(&str, &Seen)], how: Generalise) {
        let mut root = Node::default();
        let mut tokens = BTreeMap::new();
        for (path, seen) in plain {
            let changing = volatile::find(path).filter(|_| how != Generalise::Nothing);
            let cut = changing.and_then(|(at, token)| {
                let text = path.get(..at)?;
                let (folder, head) = text.rsplit_once('/')?;
                let pattern = opened(folder, head)?;
                refusal(&pattern).is_none().then_some((text, token))
            });
            match cut {
                Some((text, token)) => {
                    tokens.insert(text, token);
                    root.add(text.get(1..).unwrap_or_default(), true, seen);
                }
                None => root.add(path.get(1..).unwrap_or_default(), false, seen),
            }
        }
        let walk = Walk { how, all: root.events, tokens: &tokens, without_beginning: Default::default() };
        self.patterns = walk.node("", &root);
        self.without_beginning = walk.without_beginning.into_inner();
    }

    /// Returns the patterns that no other one covers.
    fn reduced(self) -> Vec<(PathPattern, Reason)> {
        let kept = reduced(self.patterns.keys().cloned().collect());
        kept.into_iter()
            .filter_map(|pattern| self.patterns.get(&pattern).copied().map(|reason| (pattern, reason)))
            .collect()
    }
}

struct Walk<'run> {
    how: Generalise,
    /// Folders in which new names appear, and no pattern for them may be allowed.
    without_beginning: std::cell::RefCell<Vec<String>>,
    all: u64,
    tokens: &'run BTreeMap<&'run str, volatile::Token>,
}

impl Walk<'_> {
    /// Returns the patterns for what is at and below a path.
    fn node(&self, path: &str, node: &Node<'_>) -> BTreeMap<PathPattern, Reason> {
        let mut patterns = BTreeMap::new();
        if node.used {
            let pattern = match node.cut {
                true => path.rsplit_once('/').and_then(|(folder, head)| opened(folder, head)),
                false => PathPattern::parse(path).ok(),
            };
            let token = self.tokens.get(path).copied().filter(|_| node.cut);
            patterns.extend(pattern.map(|pattern| (pattern, token.map_or(Reason::Exact, Reason::Changing))));
        }
        let mut generalised = BTreeSet::new();
        for (name, child) in &node.children {
            let below = self.node(&format!("{path}/{name}"), child);
            if below.values().any(|reason| *reason != Reason::Exact) {
                generalised.insert(*name);
            }
            patterns.extend(below);
        }
        if self.how != Generalise::Files {
            return patterns;
        }
        let new = self.new_names(node);
        let wide = (generalised.len() >= SIBLINGS).then_some(generalised);
        let reasons = [
            new.map(|names| (Reason::New { names: names.len() }, names)),
            wide.map(|names| (Reason::Siblings { folders: names.len() }, names)),
        ];
        for (reason, new) in reasons.into_iter().flatten() {
            let names: Vec<Name<'_>> =
                node.children.keys().map(|text| Name { text, new: new.contains(text) }).collect();
            let allowed = |head: &str| opened(path, head).is_some_and(|pattern| refusal(&pattern).is_none());
            let heads = heads::heads(&names, &allowed);
            if heads.is_empty() && matches!(reason, Reason::New { .. }) {
                self.without_beginning.borrow_mut().push(format!("{path}/"));
            }
            for head in heads {
                let Some(pattern) = opened(path, &head) else { continue };
                patterns.retain(|narrow, _| !covers(&pattern, narrow));
                patterns.insert(pattern, reason);
            }
        }
        patterns
    }

    /// Returns the names in a folder that were used on one occasion, or came late, if there are so many of them that more
    /// will come: by the estimate of Good and Turing, the share of the former in all events is the chance that the next
    /// one has a new name.
    fn new_names<'node>(&self, node: &Node<'node>) -> Option<BTreeSet<&'node str>> {
        let named = || node.children.iter().filter(|(name, _)| !name.is_empty());
        let events = |child: &Node<'_>| match (node.is_brief(child), node.is_late(child)) {
            (true, _) => child.events,
            (false, late) => u64::from(late),
        };
        let sum: u64 = named().map(|(_, child)| events(child)).sum();
        let share = sum as f64 / self.all.max(1) as f64;
        let new: BTreeSet<&str> =
            named().filter(|(_, child)| events(child) > 0).map(|(name, _)| *name).collect();
        (new.len() >= FEW && share > NOVELTY && !node.is_complete()).then_some(new)
    }
}

/// Returns patterns for folders that were listed: a profile has no way to allow a folder without what is in it, so
/// only a folder from which the binary also uses files, and no other binary does, is allowed as a whole.
fn list(
    listed: &[(&str, &Seen)],
    plain: &[(&str, &Seen)],
    drafts: &mut Drafts,
    world: &World<'_>,
    admitted: &[PathPattern],
    review: &mut Vec<Review>,
) -> Vec<(PathPattern, Reason)> {
    let mut found = Vec::new();
    for (path, seen) in listed {
        if drafts.patterns.keys().any(|pattern| pattern.contains(path)) {
            continue;
        }
        let Ok(folder) = AbsolutePath::parse(path) else { continue };
        let tree = PathPattern::Tree(folder.clone());
        let is_open = drafts.patterns.contains_key(&PathPattern::Below(folder));
        let admitted = admitted.iter().any(|pattern| covers(pattern, &tree) || *pattern == tree);
        // The paths are sorted, so those below the folder follow each other.
        let below = pattern::start(&tree);
        let first = plain.partition_point(|(file, _)| **file < *below);
        let uses = plain.get(first).is_some_and(|(file, _)| file.starts_with(&below));
        let fine = refusal(&tree).is_none() && (is_open || (uses && world.foreign(&tree) == 0));
        if admitted || fine {
            found.push((tree, Reason::Listed));
        } else {
            review.push(Review::new((*path).to_owned(), seen, Why::Folder));
        }
    }
    found
}

/// Returns the values that a pattern was learned from.
pub(crate) fn within<'seen>(
    seen: &'seen BTreeMap<Box<str>, Seen>,
    pattern: &PathPattern,
) -> impl Iterator<Item = (&'seen str, &'seen Seen)> {
    let stem: Box<str> = match pattern {
        PathPattern::Tree(path) | PathPattern::File(path) => path.as_str().into(),
        PathPattern::Below(_) | PathPattern::Prefix(_) => pattern::start(pattern).into(),
    };
    let begins = stem.clone();
    let pattern = pattern.clone();
    let from = seen.range(stem..).take_while(move |(path, _)| path.starts_with(&*begins));
    from.filter(move |(path, _)| pattern.contains(path)).map(|(path, seen)| (&**path, seen))
}
