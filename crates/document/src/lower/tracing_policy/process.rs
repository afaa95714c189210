//! Filters on processes -> sets of executables and of parents, and these -> subjects with exemptions.

use telovix_policy::confine::{PathSet, Subject};
use telovix_policy::value::{AbsolutePath, Children, PathPattern};
use telovix_tetragon::{BinaryFilter, BinaryOperator, Selector};

use super::obstacle::Obstacle;

/// The processes that a selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    /// What the executables below are a part of.
    pub(super) base: Base,
    /// Executables.
    pub(super) binaries: PathSet,
    /// Executables of parents.
    pub(super) parents: PathSet,
}

/// Processes that a set of executables alone does not express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// Every process.
    Anyone,
    /// Those whose executable has one of these base names.
    Named(Vec<String>),
    /// Those of these executables and all that descend from them.
    Descending(Vec<AbsolutePath>),
}

/// Processes as confinements name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Confined {
    pub(super) subject: Subject,
    pub(super) children: Children,
    /// Exempt executables, and exempt parents.
    pub(super) exempt: Vec<(Option<PathPattern>, Option<PathPattern>)>,
}

impl Who {
    /// Reads the filters on processes of a selector.
    pub(super) fn of(selector: &Selector<'_>, obstacles: &mut Vec<Obstacle>) -> Self {
        let mut who = Self { base: Base::Anyone, binaries: PathSet::all(), parents: PathSet::all() };
        // An entry without values is ignored.
        for filter in selector.binaries.iter().filter(|filter| !filter.values.is_empty()) {
            who.narrow(filter, obstacles);
        }
        for filter in selector.parent_binaries.iter().filter(|filter| !filter.values.is_empty()) {
            if filter.follow_children {
                obstacles.push(Obstacle::new(filter.span, "`followChildren` of a parent has no native form"));
            }
            match filter.operator.value {
                BinaryOperator::Postfix | BinaryOperator::NotPostfix => {
                    obstacles.push(Obstacle::new(filter.operator.span, NO_POSTFIX));
                }
                _ => who.parents = who.parents.intersection(&executables(filter, obstacles)),
            }
        }
        who
    }

    fn narrow(&mut self, filter: &BinaryFilter<'_>, obstacles: &mut Vec<Obstacle>) {
        match (filter.operator.value, filter.follow_children) {
            (BinaryOperator::In, true) => {
                self.base = Base::Descending(paths(filter, obstacles));
            }
            (_, true) => {
                let reason = "`followChildren` has a native form with the operator `In` only";
                obstacles.push(Obstacle::new(filter.span, reason));
            }
            (BinaryOperator::Postfix, false) => {
                let names = filter.values.iter().map(|value| {
                    let name =
                        value.value.strip_prefix('/').filter(|name| !name.is_empty() && !name.contains('/'));
                    name.map(str::to_owned).ok_or_else(|| Obstacle::new(value.span, NO_POSTFIX))
                });
                match names.collect() {
                    Ok(names) => self.base = Base::Named(names),
                    Err(obstacle) => obstacles.push(obstacle),
                }
            }
            (BinaryOperator::NotPostfix, false) => {
                obstacles.push(Obstacle::new(filter.operator.span, NO_POSTFIX));
            }
            _ => self.binaries = self.binaries.intersection(&executables(filter, obstacles)),
        }
    }
}

const NO_POSTFIX: &str = "natively an executable is selected by the end of its path only where that is `/` and its name, and the selector acts";

/// Returns the executables that a filter by paths or prefixes matches.
fn executables(filter: &BinaryFilter<'_>, obstacles: &mut Vec<Obstacle>) -> PathSet {
    let listed: PathSet = match filter.operator.value {
        BinaryOperator::Prefix | BinaryOperator::NotPrefix => {
            let mut patterns = Vec::with_capacity(filter.values.len());
            for value in &filter.values {
                match PathPattern::parse(&format!("{}*", value.value)) {
                    Ok(pattern) => patterns.push(pattern),
                    Err(error) => obstacles.push(invalid(value.span, &value.value, &error)),
                }
            }
            patterns.iter().collect()
        }
        _ => files(&paths(filter, obstacles)),
    };
    if filter.operator.value.is_negative() { listed.into_complement() } else { listed }
}

/// Returns the set of these files alone.
fn files(paths: &[AbsolutePath]) -> PathSet {
    let patterns: Vec<PathPattern> = paths.iter().cloned().map(PathPattern::File).collect();
    patterns.iter().collect()
}

fn paths(filter: &BinaryFilter<'_>, obstacles: &mut Vec<Obstacle>) -> Vec<AbsolutePath> {
    let mut paths = Vec::with_capacity(filter.values.len());
    for value in &filter.values {
        match AbsolutePath::parse(&value.value) {
            Ok(path) => paths.push(path),
            Err(error) => obstacles.push(invalid(value.span, &value.value, &error)),
        }
    }
    paths
}

fn invalid(
    span: telovix_diagnostic::source::Span,
    text: &str,
    error: &telovix_policy::value::PathError,
) -> Obstacle {
    Obstacle::new(span, format!("{} {error}", telovix_syntax::quote(text)))
}

/// Why processes have no subject.
pub(super) const BY_PREFIX: &str =
    "natively the processes that are confined are listed by their whole path, not by a prefix";
pub(super) const BY_PARENT: &str = "natively a parent can exempt a process, but not select it";
pub(super) const AMONG_DESCENDANTS: &str =
    "an earlier selector matches some of the descendants that `followChildren` selects";

/// Returns the subjects that together are these processes.
///
/// # Errors
/// Returns why there are none.
pub(super) fn subjects(
    base: &Base,
    binaries: &PathSet,
    parents: &PathSet,
) -> Result<Vec<Confined>, &'static str> {
    let outside = Outside::of(parents).ok_or(BY_PARENT)?;
    if !outside.islands.is_empty() {
        return Err(BY_PARENT);
    }
    let by_parent: Vec<_> = outside.patterns.into_iter().map(|parent| (None, Some(parent))).collect();
    let binary = |path: AbsolutePath| Confined {
        subject: Subject::Binary(path),
        children: Children::Leave,
        exempt: by_parent.clone(),
    };
    let (exempt, listed) = match Outside::of(binaries) {
        Some(outside) => (Some(outside.patterns), outside.islands),
        None => (None, listed_files(binaries).ok_or(BY_PREFIX)?),
    };
    let whole = |subject, children, exempt: &[PathPattern]| Confined {
        subject,
        children,
        exempt: exempt.iter().cloned().map(|who| (Some(who), None)).chain(by_parent.clone()).collect(),
    };
    let mut confined = Vec::new();
    match (base, exempt) {
        (Base::Anyone, Some(exempt)) => {
            confined.push(whole(Subject::Everyone, Children::Leave, &exempt));
            confined.extend(listed.into_iter().map(binary));
        }
        (Base::Anyone, None) => confined.extend(listed.into_iter().map(binary)),
        (Base::Named(names), exempt) => {
            if let Some(exempt) = exempt {
                let named = names.iter().cloned().map(Subject::BaseName);
                confined.extend(named.map(|subject| whole(subject, Children::Leave, &exempt)));
            }
            let named = |path: &AbsolutePath| names.iter().any(|name| name == path.base_name());
            confined.extend(listed.into_iter().filter(named).map(binary));
        }
        (Base::Descending(roots), Some(exempt)) if listed.is_empty() => {
            let roots = roots.iter().cloned().map(Subject::Binary);
            confined.extend(roots.map(|subject| whole(subject, Children::Inherit, &exempt)));
        }
        (Base::Descending(_), _) => return Err(AMONG_DESCENDANTS),
    }
    Ok(confined)
}

/// The complement of a set that has nearly every path.
struct Outside {
    patterns: Vec<PathPattern>,
    /// Files of the set below one of the patterns.
    islands: Vec<AbsolutePath>,
}

impl Outside {
    /// Returns the complement as patterns; none if the set lists what it has, or patterns do not express it.
    fn of(set: &PathSet) -> Option<Self> {
        let (everywhere, prefixes) = set.prefixes();
        if !everywhere {
            return None;
        }
        let mut outside = Self { patterns: Vec::new(), islands: Vec::new() };
        for (prefix, inside) in prefixes {
            match (inside, file(prefix)) {
                (true, path) => outside.islands.push(path?),
                (false, Some(path)) => outside.patterns.push(PathPattern::File(path)),
                (false, None) => {
                    let text = str::from_utf8(prefix).ok()?;
                    outside.patterns.push(PathPattern::parse(&format!("{text}*")).ok()?);
                }
            }
        }
        Some(outside)
    }
}

/// Returns the files of a set; none if it is more than files.
fn listed_files(set: &PathSet) -> Option<Vec<AbsolutePath>> {
    let (everywhere, prefixes) = set.prefixes();
    if everywhere {
        return None;
    }
    prefixes.map(|(prefix, inside)| file(prefix).filter(|_| inside)).collect()
}

fn file(prefix: &[u8]) -> Option<AbsolutePath> {
    AbsolutePath::parse(str::from_utf8(prefix.strip_suffix(&[0])?).ok()?).ok()
}
