//! A hook of a policy -> a text that is equal for hooks that do the same.

use super::outcome::{Mode, Outcome};
use super::process;
use super::rule::{Context, argument_key, data_key, expanded, key};
use super::test::Test;
use crate::{BinaryFilter, Selector};

use super::fact::Register;

/// Returns the content of a hook: place, mode, and selectors in order. Values are sets, and filters of a selector have
/// no order.
pub(super) fn content(context: Context<'_>) -> String {
    let Context { spec, hook, place, mode, shared } = context;
    let mut text = format!("{}\n", place.key);
    let mode = match mode {
        Mode::Enforce => "enforce",
        Mode::Monitor => "monitor",
    };
    text.push_str(mode);
    for (at, selector) in hook.selectors.iter().enumerate() {
        let selector = expanded(spec, selector);
        text.push_str("\nselector ");
        text.push_str(&filters(context, &selector, shared.binaries(hook, at, &selector.binaries)));
        let outcome = Outcome::of(
            &selector.actions,
            &hook.point,
            place.is_syscall,
            context.mode,
            &mut Register::default(),
        );
        let Outcome { least, most, written, .. } = outcome;
        text.push_str(&format!(" -> {least} {most} {written}"));
        let signals: Vec<_> = selector.actions.iter().filter_map(|action| action.signal).collect();
        text.push_str(&format!(" {:?}", signals.iter().map(|signal| signal.value).collect::<Vec<_>>()));
        if hook.returns {
            let mut late: Vec<_> =
                selector.return_actions.iter().map(|action| action.kind.value.name()).collect();
            late.sort_unstable();
            text.push_str(&format!(" return {late:?}"));
        }
    }
    text
}

fn filters(context: Context<'_>, selector: &Selector<'_>, binaries: &[BinaryFilter<'_>]) -> String {
    let Context { hook, place, shared, .. } = context;
    let mut filters: Vec<String> = Vec::new();
    let by_path = |section: &str, filter: &BinaryFilter<'_>| {
        let values = process::sorted(&filter.values);
        (!values.is_empty()).then(|| {
            format!("{section} {} {} {values:?}", filter.operator.value.name(), filter.follow_children)
        })
    };
    filters.extend(binaries.iter().filter_map(|filter| by_path("binary", filter)));
    filters.extend(selector.parent_binaries.iter().filter_map(|filter| by_path("parent", filter)));
    let mut register = Register::default();
    let mut tests: Vec<Test> = Vec::new();
    process::facts(selector, &mut register, &mut tests);
    filters.extend(register.iter().map(|(_, fact)| fact.key.clone()));
    for filter in &selector.arguments {
        let shares = if shared.confuses(hook, filter) { "shared " } else { "" };
        filters.push(format!("{shares}{}", argument_key(&place.key, hook, filter)));
    }
    filters.extend(selector.data.iter().map(|filter| data_key(&place.key, hook, filter)));
    if hook.returns {
        let returned = hook.return_argument.as_ref();
        filters.extend(
            selector.return_arguments.iter().map(|filter| key(&place.key, "return", filter, returned)),
        );
    }
    filters.sort_unstable();
    filters.dedup();
    filters.join("; ")
}
