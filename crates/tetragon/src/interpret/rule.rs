//! A selector of a hook -> tests and an outcome.

use std::borrow::Cow;
use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_policy::judge::Event;

use super::expression::Condition;
use super::fact::{Assumptions, FactId, Register};
use super::filter::{Compared, is_number};
use super::outcome::{Mode, Outcome};
use super::place::{Call, Place};
use super::process;
use super::shared::SharedMaps;
use super::test::Test;
use super::truth::Truth;
use crate::lsm_hook::reads_as;
use crate::{Argument, ArgumentFilter, Fit, Hook, LsmHook, Operator, Section, Selector, Spec, Text};

/// A selector in its decided form.
#[derive(Debug)]
pub(super) struct Rule {
    /// What an event must pass.
    pub(super) tests: Vec<Test>,
    /// What happens then.
    pub(super) outcome: Arc<Outcome>,
    /// The first action that enforces, or the selector.
    pub(super) span: Span,
    /// The lists of positive filters, to find the value that decided.
    listings: Vec<Listing>,
}

/// The values of a filter on an argument, each with its place.
#[derive(Debug)]
struct Listing {
    compared: Compared,
    values: Arc<[(Box<str>, Span)]>,
}

impl Rule {
    /// Returns whether the selector matches an event.
    pub(super) fn matches(&self, event: &Event, assumed: Assumptions) -> Truth {
        let mut result = Truth::Yes;
        for test in &self.tests {
            result = result.and(|| test.of(event, assumed));
            if result == Truth::No {
                break;
            }
        }
        result
    }

    /// Returns the listed value that an event matches, with its place.
    pub(super) fn member(&self, event: &Event) -> Option<(&str, Span)> {
        self.listings.iter().find_map(|listing| {
            let matching = |value: &&(Box<str>, Span)| {
                let one = std::iter::once(value.0.as_ref());
                let test = listing.compared.test(one, &mut Register::default(), "", "");
                test.of(event, Assumptions::default()) == Truth::Yes
            };
            listing.values.iter().find(matching).map(|(text, span)| (text.as_ref(), *span))
        })
    }
}

/// What the rules of a hook are made from.
#[derive(Clone, Copy)]
pub(super) struct Context<'policy> {
    pub(super) spec: &'policy Spec<'policy>,
    pub(super) hook: &'policy Hook<'policy>,
    pub(super) place: &'policy Place,
    pub(super) mode: Mode,
    pub(super) shared: &'policy SharedMaps<'policy>,
}

/// Returns the rules of a hook, in order, for one of its calls. A hook without selectors reports every event.
pub(super) fn rules(context: Context<'_>, call: &Call, register: &mut Register) -> Arc<[Rule]> {
    let Context { hook, place, mode, .. } = context;
    if hook.selectors.is_empty() {
        let outcome = Outcome::of(&[], &hook.point, place.is_syscall, mode, register);
        let rule = Rule { tests: Vec::new(), outcome: outcome.into(), span: hook.span, listings: Vec::new() };
        return Arc::new([rule]);
    }
    let selectors = hook.selectors.iter().enumerate();
    selectors
        .map(|(at, selector)| rule(context, at, &expanded(context.spec, selector), call, register))
        .collect()
}

fn rule(
    context: Context<'_>,
    at: usize,
    selector: &Selector<'_>,
    call: &Call,
    register: &mut Register,
) -> Rule {
    let Context { hook, place, mode, shared, .. } = context;
    let mut tests: Vec<Test> = Vec::new();
    let mut listings = Vec::new();
    tests.extend(shared.binaries(hook, at, &selector.binaries).iter().filter_map(process::binary));
    tests.extend(selector.parent_binaries.iter().filter_map(process::parent));
    process::facts(selector, register, &mut tests);
    for name in selector.macros.iter().filter(|name| !is_macro(context.spec, name)) {
        tests.push(Test::Fact(
            register.number(format!("macro {}", name.value), "a macro that does not exist"),
        ));
    }
    for filter in &selector.arguments {
        let operator = filter.operator.value;
        let key = argument_key(&place.key, hook, filter);
        let words = format!("`{}` on an argument of `{}`", operator.name(), place.name);
        // Only kprobes and uprobes evaluate expressions.
        let section = hook.point.section();
        if operator == Operator::CelExpression && !matches!(section, Section::Kprobes | Section::Uprobes) {
            tests.push(Test::Constant(false));
            continue;
        }
        if operator == Operator::CelExpression {
            let other = register.number(key, words);
            tests.push(expression(context, filter, call, other).unwrap_or(Test::Fact(other)));
            continue;
        }
        let Some(argument) = hook.argument_of(filter).filter(|_| !shared.confuses(hook, filter)) else {
            tests.push(Test::Fact(register.number(key, words)));
            continue;
        };
        let source = call.source(argument.index.value, path_of(argument)).filter(|_| reads(place, argument));
        let compared = Compared { operator, kind: argument.kind.value, source };
        let values = filter.values.iter().map(|value| value.value.as_ref());
        let test = compared.test(values, register, &key, &words);
        if !operator.is_negative() && !matches!(test, Test::Fact(_) | Test::Constant(_)) {
            listings.push(Listing { compared, values: listed(&filter.values) });
        }
        tests.push(test);
    }
    for filter in &selector.data {
        let key = data_key(&place.key, hook, filter);
        let words = format!("`matchData` of `{}`", place.name);
        let class = hook.data_of(filter).map(|declared| declared.kind.value.class());
        tests.push(match class.map(|class| class.fit(filter.operator.value)) {
            Some(Fit::Never) => Test::Constant(false),
            _ => Test::Fact(register.number(key, words)),
        });
    }
    // A cheap test first, and one that is never true alone.
    if let Some(never) = tests.iter().find(|test| matches!(test, Test::Constant(false))) {
        tests = vec![never.clone()];
    }
    tests.retain(|test| !matches!(test, Test::Constant(true)));
    let outcome = Outcome::of(&selector.actions, &hook.point, place.is_syscall, mode, register);
    let enforcing = selector.actions.iter().find(|action| action.kind.value.enforces());
    let span = enforcing.map_or(selector.span, |action| action.span);
    Rule { tests, outcome: outcome.into(), span, listings }
}

/// Returns the decided form of an expression on the arguments of a call; none if Tetragon refuses it.
fn expression(context: Context<'_>, filter: &ArgumentFilter<'_>, call: &Call, other: FactId) -> Option<Test> {
    let Context { hook, place, .. } = context;
    let [text] = filter.values.as_slice() else { return None };
    let arguments: Vec<_> = hook
        .arguments
        .iter()
        .map(|argument| {
            let kind = argument.kind.value;
            let source = call
                .source(argument.index.value, path_of(argument))
                .filter(|source| reads(place, argument) && is_number(*source, kind.class(), kind));
            (kind, source)
        })
        .collect();
    Condition::read(&text.value, &arguments, other).map(|condition| Test::Expression(condition.into()))
}

fn listed(values: &[Text<'_>]) -> Arc<[(Box<str>, Span)]> {
    values.iter().map(|value| (value.value.as_ref().into(), value.span)).collect()
}

fn path_of<'argument>(argument: &'argument Argument<'_>) -> &'argument str {
    argument.resolve.as_ref().map_or("", |path| path.value.as_ref())
}

/// Returns whether an argument of an LSM hook can be read as its declared type. Tetragon does not check that.
fn reads(place: &Place, argument: &Argument<'_>) -> bool {
    let Some(hook) = place.hook().filter(|_| argument.resolve.is_none()) else { return true };
    LsmHook::named(hook).all(|prototype| {
        let found = prototype.arguments.get(argument.index.value as usize);
        found.is_some_and(|c_type| reads_as(c_type, argument.kind.value))
    })
}

/// Returns the key of a filter on an argument. An expression may use each of them.
pub(super) fn argument_key(place: &str, hook: &Hook<'_>, filter: &ArgumentFilter<'_>) -> String {
    let key = key(place, "argument", filter, hook.argument_of(filter));
    if filter.operator.value != Operator::CelExpression {
        return key;
    }
    let declared = hook.arguments.iter().map(|one| (one.index.value, one.kind.value.name(), path_of(one)));
    format!("{key} of {:?}", declared.collect::<Vec<_>>())
}

/// Returns the key of a filter on data.
pub(super) fn data_key(place: &str, hook: &Hook<'_>, filter: &ArgumentFilter<'_>) -> String {
    let declared = hook.data_of(filter);
    let source = declared.map(|one| {
        let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.value.to_string());
        (text(&one.source), text(&one.btf_type))
    });
    format!("{source:?} {}", key(place, "data", filter, declared))
}

/// Returns the key of a filter that no event decides.
pub(super) fn key(
    place: &str,
    section: &str,
    filter: &ArgumentFilter<'_>,
    argument: Option<&Argument<'_>>,
) -> String {
    let declared = argument.map(|one| (one.index.value, one.kind.value.name(), path_of(one)));
    let index = filter.index.map(|index| index.value);
    let positions: Vec<_> = filter.positions.iter().map(|position| position.value).collect();
    let at = if declared.is_some() { String::new() } else { format!("{index:?} {positions:?}") };
    format!(
        "{place} {section} {declared:?} {at} {} {:?}",
        filter.operator.value.name(),
        process::sorted(&filter.values)
    )
}

fn is_macro(spec: &Spec<'_>, name: &Text<'_>) -> bool {
    spec.macros.iter().any(|(known, _)| known.value == name.value)
}

/// Returns a selector with the sections of its macros, where it has none of its own.
pub(super) fn expanded<'policy>(
    spec: &'policy Spec<'_>,
    selector: &'policy Selector<'policy>,
) -> Cow<'policy, Selector<'policy>> {
    if selector.macros.is_empty() {
        return Cow::Borrowed(selector);
    }
    let mut whole = selector.clone();
    let named = selector.macros.iter().filter_map(|name| {
        spec.macros.iter().find(|(known, _)| known.value == name.value).map(|(_, selector)| selector)
    });
    for included in named {
        fill(&mut whole.binaries, &included.binaries);
        fill(&mut whole.parent_binaries, &included.parent_binaries);
        fill(&mut whole.pids, &included.pids);
        fill(&mut whole.namespaces, &included.namespaces);
        fill(&mut whole.namespace_changes, &included.namespace_changes);
        fill(&mut whole.capabilities, &included.capabilities);
        fill(&mut whole.capability_changes, &included.capability_changes);
        fill(&mut whole.arguments, &included.arguments);
        fill(&mut whole.data, &included.data);
        fill(&mut whole.return_arguments, &included.return_arguments);
        fill(&mut whole.actions, &included.actions);
        fill(&mut whole.return_actions, &included.return_actions);
    }
    Cow::Owned(whole)
}

fn fill<T: Clone>(own: &mut Vec<T>, included: &[T]) {
    if own.is_empty() {
        own.extend_from_slice(included);
    }
}
