//! One selector of a hook -> the processes and events it matches, and its effect.

use telovix_diagnostic::source::Span;
use telovix_tetragon::{Hook, Selector};

use super::action;
use super::argument::{self, Role};
use super::first_match::Clause;
use super::obstacle::Obstacle;
use super::place::Place;
use super::process::Who;

/// The most selectors of a hook; Tetragon rejects more.
const SELECTORS: usize = 5;

/// Returns the selectors of a hook up to the last that enforces: no later one can change what is denied or killed.
///
/// # Errors
/// Returns everything in them that has no native form.
pub(super) fn clauses(place: &Place, hook: &Hook<'_>) -> Result<Vec<Clause>, Vec<Obstacle>> {
    if let Some(sixth) = hook.selectors.get(SELECTORS) {
        return Err(vec![Obstacle::new(sixth.span, "Tetragon accepts at most 5 selectors of a hook")]);
    }
    let last = hook.selectors.iter().rposition(|selector| action::may_act(selector));
    let count = last.map_or(0, |last| last + 1);
    let mut obstacles = Vec::new();
    let clauses =
        hook.selectors.iter().take(count).map(|selector| clause(place, hook, selector, &mut obstacles));
    let clauses = clauses.collect();
    if obstacles.is_empty() { Ok(clauses) } else { Err(obstacles) }
}

fn clause(place: &Place, hook: &Hook<'_>, selector: &Selector<'_>, obstacles: &mut Vec<Obstacle>) -> Clause {
    obstacles.extend(unsupported(selector));
    let effect = action::effect(selector, place, obstacles);
    let role = if effect.is_some() { Role::Acts } else { Role::Reports };
    let who = Who::of(selector, obstacles);
    let (events, members, corners) = argument::events(place, hook, selector, role, obstacles);
    Clause { span: selector.span, who, events, effect, members, corners }
}

/// Returns the filters that no confinement has.
fn unsupported(selector: &Selector<'_>) -> Vec<Obstacle> {
    let first = |name: &str, span: Option<Span>| {
        span.map(|span| Obstacle::new(span, format!("`{name}` has no native form")))
    };
    let filters = [
        first("macros", selector.macros.first().map(|name| name.span)),
        first("matchPIDs", selector.pids.first().map(|filter| filter.span)),
        first("matchNamespaces", selector.namespaces.first().map(|filter| filter.span)),
        first("matchNamespaceChanges", selector.namespace_changes.first().map(|filter| filter.span)),
        first("matchCapabilities", selector.capabilities.first().map(|filter| filter.span)),
        first("matchCapabilityChanges", selector.capability_changes.first().map(|filter| filter.span)),
        first("matchData", selector.data.first().map(|filter| filter.span)),
        first("matchWorkloads", selector.workloads),
    ];
    filters.into_iter().flatten().collect()
}
