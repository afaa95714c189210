//! Selectors that may share the entries of one hook -> as few entries as Tetragon's limits allow.
//!
//! Every selector of a group matches the events that get one effect, so their order and their entry do not matter.
//! Exempting selectors come first in each entry: the first selector that matches acts alone.

use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::confine::Confinement;
use telovix_tetragon::{Action, Argument, BinaryFilter, Hook, HookPoint, Selector, fits};

use super::consequence::Direction;
use super::filter::Refusal;
use super::plan::{Part, Site};

/// Selectors at the same functions, with the same exemptions and the same actions.
#[derive(Debug, Clone)]
pub(super) struct Group<'text> {
    /// The file they are written to.
    pub(super) part: Part,
    /// The functions, all in one section.
    pub(super) sites: Vec<Site<'text>>,
    /// The confinements they come from.
    pub(super) confinements: Vec<&'text Confinement>,
    /// What the selectors read.
    pub(super) arguments: Vec<Argument<'text>>,
    /// The selectors that exempt.
    pub(super) exempting: Vec<Arc<Selector<'text>>>,
    /// The selectors that act.
    pub(super) selectors: Vec<Arc<Selector<'text>>>,
    /// What each of them does.
    pub(super) actions: Vec<Action<'text>>,
    /// Whether the values are an allowlist or a block list.
    pub(super) direction: Direction,
    /// The first source line.
    pub(super) span: Span,
}

impl<'text> Group<'text> {
    /// Adds a group to others: to one with which it may share entries, or as another one.
    pub(super) fn join(self, groups: &mut Vec<Self>) {
        match groups.iter_mut().find(|group| group.may_share(&self)) {
            Some(group) => group.extend(self),
            None => groups.push(self),
        }
    }

    /// Returns the hook, if it is an LSM hook.
    pub(super) fn lsm_hook(&self) -> Option<&str> {
        match self.sites.as_slice() {
            [Site { point: HookPoint::Lsm { hook }, .. }] => Some(&hook.value),
            _ => None,
        }
    }

    /// Returns the LSM hook, if documents may share a policy there: nobody is exempt.
    pub(super) fn shareable(&self) -> Option<&str> {
        self.lsm_hook().filter(|_| self.exempting.is_empty())
    }

    /// Returns whether the selectors of both keep their meaning in one entry. Only LSM hooks are joined: kprobes have no
    /// slots to save.
    fn may_share(&self, other: &Self) -> bool {
        self.lsm_hook().is_some()
            && self.lsm_hook() == other.lsm_hook()
            && self.part == other.part
            && read_the_same(&self.arguments, &other.arguments)
            && exempt_the_same(&self.exempting, &other.exempting)
            && act_the_same(&self.actions, &other.actions)
    }

    fn extend(&mut self, other: Self) {
        if other.arguments.len() > self.arguments.len() {
            self.arguments = other.arguments;
        }
        self.direction = self.direction.join(other.direction);
        self.confinements.extend(other.confinements);
        // A selector that matches everything does what the others do, and none after it is evaluated.
        let everything = |selector: &Arc<Selector<'_>>| selector.matches_everything();
        if self.selectors.iter().any(everything) {
            return;
        }
        if other.selectors.iter().any(everything) {
            self.selectors.clear();
        }
        self.selectors.extend(other.selectors);
    }

    /// Returns the entries: each is filled up to the limits of Tetragon before the next one begins.
    ///
    /// # Errors
    /// When a single selector exceeds the limits.
    pub(super) fn fill(&self) -> Result<Vec<Hook<'text>>, Refusal> {
        let Some(first) = self.sites.first() else { return Ok(Vec::new()) };
        let span = self.span;
        let mut hooks = Vec::new();
        // The limits are the same for every site of a section, so what fits the first site fits all.
        let mut hook = Hook { arguments: self.arguments.clone(), ..empty_hook(first.clone(), span) };
        hook.selectors.reserve_exact(self.exempting.len() + self.selectors.len());
        hook.selectors.extend_from_slice(&self.exempting);
        let too_large = || Refusal::cannot_express(span, "a single selector exceeds the limits of Tetragon");
        let mut filled = 0;
        for selector in &self.selectors {
            hook.selectors.push(Arc::clone(selector));
            filled += 1;
            if fits(&hook) {
                continue;
            }
            let overflow = hook.selectors.pop();
            if filled == 1 {
                return Err(too_large());
            }
            hooks.extend(at_each(&self.sites, &hook));
            hook.selectors.truncate(self.exempting.len());
            hook.selectors.extend(overflow);
            filled = 1;
            if !fits(&hook) {
                return Err(too_large());
            }
        }
        if filled > 0 {
            hooks.extend(at_each(&self.sites, &hook));
        }
        Ok(hooks)
    }
}

/// Returns whether one list of arguments starts with the other, so that the longer one serves both.
fn read_the_same(left: &[Argument<'_>], right: &[Argument<'_>]) -> bool {
    left.iter().zip(right).all(|(left, right)| {
        let field = |argument: &Argument<'_>| argument.resolve.as_ref().map(|path| path.value.to_string());
        left.index.value == right.index.value
            && left.kind.value == right.kind.value
            && field(left) == field(right)
    })
}

/// Returns whether both exempt the same executables; exempting selectors have filters on them and nothing else.
fn exempt_the_same(left: &[Arc<Selector<'_>>], right: &[Arc<Selector<'_>>]) -> bool {
    let same = |left: &[BinaryFilter<'_>], right: &[BinaryFilter<'_>]| {
        left.len() == right.len()
            && left.iter().zip(right).all(|(left, right)| {
                left.operator.value == right.operator.value
                    && left.values.len() == right.values.len()
                    && left.values.iter().zip(&right.values).all(|(left, right)| left.value == right.value)
            })
    };
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            same(&left.binaries, &right.binaries) && same(&left.parent_binaries, &right.parent_binaries)
        })
}

fn act_the_same(left: &[Action<'_>], right: &[Action<'_>]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            left.kind.value == right.kind.value
                && left.error.map(|error| error.value) == right.error.map(|error| error.value)
                && left.signal.map(|signal| signal.value) == right.signal.map(|signal| signal.value)
        })
}

/// Returns hooks that do the same at several sites.
fn at_each<'text>(sites: &[Site<'text>], hook: &Hook<'text>) -> impl Iterator<Item = Hook<'text>> {
    sites.iter().map(|site| Hook {
        arguments: hook.arguments.clone(),
        selectors: hook.selectors.clone(),
        ..empty_hook(site.clone(), hook.span)
    })
}

fn empty_hook(site: Site<'_>, span: Span) -> Hook<'_> {
    Hook {
        span,
        point: site.point,
        arguments: Vec::new(),
        data: Vec::new(),
        returns: false,
        return_argument: None,
        return_action: None,
        selectors: Vec::new(),
        message: None,
        tags: Vec::new(),
        ignore_missing: site.ignore_missing,
    }
}
