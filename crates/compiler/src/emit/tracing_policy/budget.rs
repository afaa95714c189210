//! The policies of a host -> the programs that Tetragon attaches, and findings about limits that policies share.
//!
//! Tetragon attaches two programs for each entry of an LSM hook, and a third for `imaHash` (`createLsmSensorFromEntry` in
//! `pkg/sensors/tracing/genericlsm.go`); the kernel takes 38 programs at one hook. What follows children needs an id for
//! each selector at each function (`ParseMatchBinary` in `pkg/selectors/kernel.go`), of which there are 64.

use std::collections::BTreeMap;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::value::Scope;
use telovix_tetragon::{DIGEST_HOOKS, Hook, HookPoint, TracingPolicy};

use super::codes::{FOLLOW_CHILDREN, FOLLOW_CHILDREN_ALONE, HOOK_SLOTS, HOOK_SLOTS_ALONE};
use crate::assessment::TRAMPOLINE_SLOTS;

/// Programs that Tetragon attaches for one entry of an LSM hook: one filters, one reports.
const PROGRAMS_OF_ENTRY: usize = 2;
/// Ids that Tetragon has for filters that follow children (`pkg/mbset`).
const FOLLOW_IDS: usize = 64;
/// Policies and places that one finding names.
const NAMED: usize = 100;

/// What one entry of a policy takes of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    scope: Scope,
    /// The name of the policy's file.
    policy: String,
    /// Where the programs are attached.
    at: Attached,
    programs: usize,
    /// Ids for following children.
    ids: usize,
    span: Span,
}

/// Where programs are attached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Attached {
    /// At an LSM hook, whose trampoline has a limited number of slots.
    Lsm(String),
    /// At functions, tracepoints or programs, each with so many.
    Elsewhere(Vec<String>),
}

/// Returns what a policy uses.
pub(super) fn uses(policy: &TracingPolicy<'_>, path: &str, scope: &Scope) -> Vec<Use> {
    let of_hook = |hook: &Hook<'_>| {
        let follows = hook.selectors.iter().flat_map(|selector| &selector.binaries);
        let follows = follows.filter(|filter| filter.follow_children).count();
        let (at, programs, functions) = match &hook.point {
            HookPoint::Lsm { hook: name } => {
                (Attached::Lsm(name.value.to_string()), PROGRAMS_OF_ENTRY + usize::from(hashes(hook)), 1)
            }
            _ => {
                let functions = functions(hook, policy);
                let count = functions.len().max(1);
                (Attached::Elsewhere(functions), 1 + usize::from(hook.returns), count)
            }
        };
        let (scope, policy) = (scope.clone(), path.to_owned());
        Use { scope, policy, at, programs, ids: follows * functions, span: hook.span }
    };
    policy.spec.hooks.iter().map(of_hook).collect()
}

/// Returns what entries of an LSM hook use that are not part of a policy yet.
pub(super) fn entries(hook: &str, count: usize, scope: &Scope, span: Span) -> Use {
    let at = Attached::Lsm(hook.to_owned());
    let programs = count * PROGRAMS_OF_ENTRY;
    Use { scope: scope.clone(), policy: String::new(), at, programs, ids: 0, span }
}

/// Returns whether an entry of an LSM hook needs the program that reads digests.
fn hashes(hook: &Hook<'_>) -> bool {
    let HookPoint::Lsm { hook: name } = &hook.point else { return false };
    let mut actions = hook.selectors.iter().flat_map(|selector| &selector.actions);
    DIGEST_HOOKS.contains(&&*name.value) && actions.any(|action| action.ima_hash)
}

/// Returns what a hook other than an LSM hook attaches to; a hook on a list attaches to each function of it.
fn functions(hook: &Hook<'_>, policy: &TracingPolicy<'_>) -> Vec<String> {
    match &hook.point {
        HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } => {
            let name = call.value.strip_prefix("list:");
            let list = name.and_then(|name| policy.spec.lists.iter().find(|list| list.name.value == name));
            match list {
                Some(list) => list.values.iter().map(|function| function.value.to_string()).collect(),
                None => vec![call.value.to_string()],
            }
        }
        HookPoint::Tracepoint { subsystem, event, .. } => {
            vec![format!("{}:{}", subsystem.value, event.value)]
        }
        HookPoint::Uprobe { path, symbols, .. } if !symbols.is_empty() => {
            symbols.iter().map(|symbol| format!("{}:{}", path.value, symbol.value)).collect()
        }
        HookPoint::Uprobe { path, .. } => vec![path.value.to_string()],
        HookPoint::Usdt { path, provider, name } => {
            vec![format!("{}:{}:{}", path.value, provider.value, name.value)]
        }
        HookPoint::Lsm { hook } => vec![hook.value.to_string()],
    }
}

/// Refuses a policy that needs more than a host has even when it is the only one, and so never loads.
pub(super) fn check_alone(uses: &[Use], path: &str, sink: &mut Sink) -> bool {
    let mut loads = true;
    for (hook, entries) in by_hook(uses.iter()) {
        let programs: usize = entries.iter().map(|used| used.programs).sum();
        let Some(first_over) = first_over(&entries) else { continue };
        let message = format!(
            "`{path}` has {} entries of the hook `{hook}`, for which Tetragon attaches {programs} programs; the kernel takes {TRAMPOLINE_SLOTS} at one hook",
            entries.len(),
        );
        sink.report(
            Diagnostic::new(&HOOK_SLOTS_ALONE, first_over.span, message)
                .label("Tetragon refuses the whole policy: `argument list too long`")
                .help("list fewer distinct values, split the hosts, or use a native target"),
        );
        loads = false;
    }
    let mut spans = uses.iter().flat_map(|used| std::iter::repeat_n(used.span, used.ids));
    let Some(first_over) = spans.nth(FOLLOW_IDS) else { return loads };
    let ids = spans.count() + FOLLOW_IDS + 1;
    let message = format!("`{path}` follows children {ids} times, but Tetragon has {FOLLOW_IDS} ids");
    let help = "block fewer calls, write `children: leave`, or use a native target";
    sink.report(Diagnostic::new(&FOLLOW_CHILDREN_ALONE, first_over, message).help(help));
    false
}

/// Reports where the policies of one host together exceed a limit: those of the fleet, of one group and of one sensor.
pub(super) fn check(uses: &[Use], sink: &mut Sink) {
    let mut sorted: Vec<&Use> = uses.iter().collect();
    sorted.sort_by(|left, right| (&left.scope, &left.policy).cmp(&(&right.scope, &right.policy)));
    for (hook, entries) in by_hook(sorted.iter().copied()) {
        let entries = on_worst_host(&entries, |used| used.programs);
        let programs: usize = entries.iter().map(|used| used.programs).sum();
        if first_over(&entries).is_none() {
            continue;
        }
        let message = format!(
            "{} need {} entries of the hook `{hook}`, for which Tetragon attaches {programs} programs; the kernel takes {TRAMPOLINE_SLOTS} at one hook",
            words(&entries),
            entries.len(),
        );
        let (loaded, refused) = split(&entries);
        report_refused(&message, loaded, &refused, sink);
    }
    let followers: Vec<&Use> = sorted.into_iter().filter(|used| used.ids > 0).collect();
    let followers = on_worst_host(&followers, |used| used.ids);
    let mut spans = followers.iter().flat_map(|used| std::iter::repeat_n(used.span, used.ids));
    let Some(first_over) = spans.nth(FOLLOW_IDS) else { return };
    let ids = spans.count() + FOLLOW_IDS + 1;
    let message =
        format!("{} follow children {ids} times, but Tetragon has {FOLLOW_IDS} ids", words(&followers));
    let help = "use `children: inherit` for fewer profiles, or a native target";
    sink.report(Diagnostic::new(&FOLLOW_CHILDREN, first_over, message).help(help));
}

/// Returns whether a host has no room for so many entries of one LSM hook.
pub(super) fn is_too_many(entries: usize) -> bool {
    entries * PROGRAMS_OF_ENTRY > TRAMPOLINE_SLOTS
}

/// Documents of one scope that share the entries of a hook, which are too many all the same.
pub(super) struct Overflow<'run> {
    /// The hosts.
    pub(super) scope: &'run Scope,
    /// The LSM hook.
    pub(super) hook: &'run str,
    /// The entries that they need together.
    pub(super) entries: usize,
    /// The files and places of the documents, in order.
    pub(super) documents: Vec<(&'run str, Span)>,
    /// How many of them fit.
    pub(super) fitting: usize,
}

/// Reports documents that do not fit although they share the entries of a hook.
pub(super) fn report_overflow(overflow: &Overflow<'_>, sink: &mut Sink) {
    let Overflow { scope, hook, entries, documents, fitting } = overflow;
    let message = format!(
        "{} documents for {} need {entries} entries of the hook `{hook}` even when they share them, for which Tetragon attaches {} programs; the kernel takes {TRAMPOLINE_SLOTS} at one hook",
        documents.len(),
        hosts([*scope]),
        entries * PROGRAMS_OF_ENTRY,
    );
    report_refused(&message, *fitting, documents.get(*fitting..).unwrap_or_default(), sink);
}

/// Reports policies that do not load after others.
fn report_refused(message: &str, loaded: usize, refused: &[(&str, Span)], sink: &mut Sink) {
    let Some((_, first)) = refused.first() else { return };
    let mut diagnostic = Diagnostic::new(&HOOK_SLOTS, *first, message)
        .label("Tetragon has no room for this one when those before it are loaded");
    for (policy, span) in refused.iter().skip(1).take(NAMED) {
        diagnostic = diagnostic.related(*span, format!("`{policy}` does not load either"));
    }
    let names: Vec<String> = refused.iter().take(NAMED).map(|(policy, _)| format!("`{policy}`")).collect();
    let more = refused.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let help = format!("in order, {loaded} load; these {} do not: {}{more}", refused.len(), names.join(", "));
    sink.report(
        diagnostic.help(help).help(
            "scope documents to sensors or groups, give profiles the same lists, or use a native target",
        ),
    );
}

/// Returns the programs by hook or function, each on the host with the most.
pub(super) fn programs(uses: &[Use]) -> BTreeMap<String, usize> {
    let mut by_place: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for used in uses {
        let places = match &used.at {
            Attached::Lsm(hook) => std::slice::from_ref(hook),
            Attached::Elsewhere(functions) => functions,
        };
        for place in places {
            by_place.entry(place).or_default().push(used);
        }
    }
    let count = |uses: Vec<&Use>| {
        on_worst_host(&uses, |used| used.programs).iter().map(|used| used.programs).sum::<usize>()
    };
    by_place.into_iter().map(|(place, uses)| (place.to_owned(), count(uses))).collect()
}

/// Returns the LSM hooks that have more entries on some host than Tetragon can attach.
pub(super) fn crowded(uses: &[Use]) -> Vec<String> {
    let is_crowded = |(hook, entries): (&str, Vec<&Use>)| {
        let entries = on_worst_host(&entries, |used| used.programs);
        first_over(&entries).map(|_| hook.to_owned())
    };
    by_hook(uses.iter()).into_iter().filter_map(is_crowded).collect()
}

fn by_hook<'uses>(uses: impl Iterator<Item = &'uses Use>) -> BTreeMap<&'uses str, Vec<&'uses Use>> {
    let mut hooks: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for used in uses {
        if let Attached::Lsm(hook) = &used.at {
            hooks.entry(hook).or_default().push(used);
        }
    }
    hooks
}

/// Returns the uses on the host with the most: those of the fleet, of one group and of one sensor. Nothing says which
/// sensors are in which group, so the group and the sensor with the most can be those of one host.
fn on_worst_host<'uses>(uses: &[&'uses Use], amount: impl Fn(&Use) -> usize) -> Vec<&'uses Use> {
    let mut amounts: BTreeMap<&Scope, usize> = BTreeMap::new();
    for used in uses {
        *amounts.entry(&used.scope).or_default() += amount(used);
    }
    // The first of those with the most, so that the order of files does not matter.
    let most = |wanted: fn(&Scope) -> bool| {
        let scopes = amounts.iter().filter(|(scope, _)| wanted(scope));
        scopes.rev().max_by_key(|(_, amount)| **amount).map(|(scope, _)| *scope)
    };
    let (group, sensor) =
        (most(|scope| matches!(scope, Scope::Group(_))), most(|scope| matches!(scope, Scope::Sensor(_))));
    let is_there = |used: &&&Use| {
        used.scope == Scope::Fleet || Some(&used.scope) == group || Some(&used.scope) == sensor
    };
    uses.iter().filter(is_there).copied().collect()
}

/// Returns the first entry whose programs the kernel does not take.
fn first_over<'uses>(entries: &[&'uses Use]) -> Option<&'uses Use> {
    let mut taken = 0;
    entries.iter().copied().find(|used| {
        taken += used.programs;
        taken > TRAMPOLINE_SLOTS
    })
}

/// Returns the number of policies that load in this order, and the others: a policy loads as a whole or not at all.
fn split<'uses>(entries: &[&'uses Use]) -> (usize, Vec<(&'uses str, Span)>) {
    let (mut taken, mut loaded, mut refused) = (0, 0, Vec::new());
    for policy in entries.chunk_by(|left, right| (&left.scope, &left.policy) == (&right.scope, &right.policy))
    {
        let programs: usize = policy.iter().map(|used| used.programs).sum();
        let Some(first) = policy.first() else { continue };
        if taken + programs <= TRAMPOLINE_SLOTS {
            taken += programs;
            loaded += 1;
        } else {
            refused.push((first.policy.as_str(), first.span));
        }
    }
    (loaded, refused)
}

/// Names the policies for the hosts that get all of these.
fn words(uses: &[&Use]) -> String {
    let mut scopes: Vec<&Scope> = uses.iter().map(|used| &used.scope).collect();
    scopes.sort();
    scopes.dedup();
    format!("the policies for {}", hosts(scopes))
}

fn hosts<'scope>(scopes: impl IntoIterator<Item = &'scope Scope>) -> String {
    let parts: Vec<String> = scopes
        .into_iter()
        .map(|scope| match scope {
            Scope::Fleet => "every sensor".to_owned(),
            Scope::Group(group) => format!("the group `{group}`"),
            Scope::Sensor(sensor) => format!("the sensor `{sensor}`"),
        })
        .collect();
    parts.join(" and ")
}
