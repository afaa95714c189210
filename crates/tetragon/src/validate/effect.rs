//! Actions of a policy -> findings: those that contradict each other or the mode, and those that hit every process.

use telovix_diagnostic::{Diagnostic, Sink, Treatment};

use crate::codes::{CONTRADICTING_ACTIONS, POLICY_MODE, UNFILTERED_ENFORCEMENT};
use crate::{Action, ActionKind, Hook, Selector, Text, TracingPolicy};

/// Reports a mode in which the written actions do not act, or that has none to act with.
pub(super) fn check_mode(policy: &TracingPolicy, sink: &mut Sink) {
    let Some(mode) = mode(policy) else { return };
    let actions = policy.spec.hooks.iter().flat_map(|hook| &hook.selectors);
    let first = actions.flat_map(|selector| &selector.actions).find(|action| action.kind.value.enforces());
    match (mode.value.as_ref(), first) {
        ("monitor", Some(action)) => {
            let message = format!("`{}` does not act in the mode `monitor`", action.kind.value.name());
            let help = "set `policy-mode` to `enforce`, or remove the action if the policy only reports";
            let diagnostic = Diagnostic::new(&POLICY_MODE, action.kind.span, message);
            // The mode is as written; it is the action that has no effect.
            sink.report(diagnostic.related(mode.span, "the mode").help(help).tetragon(Treatment::Takes));
        }
        ("enforce", None) => {
            let message =
                "no action of this policy enforces, so Tetragon loads it in the mode `monitor_only`";
            let help = "add the action that should act, or remove the option";
            sink.report(Diagnostic::new(&POLICY_MODE, mode.span, message).help(help));
        }
        _ => {}
    }
}

/// Returns the value of the option `policy-mode`; the last one counts.
fn mode<'policy>(policy: &'policy TracingPolicy<'_>) -> Option<&'policy Text<'policy>> {
    let option = policy.spec.options.iter().rfind(|option| option.name.value == "policy-mode");
    option.map(|option| &option.value)
}

/// Reports actions of a hook that contradict each other, and those that hit every process.
pub(super) fn check(hook: &Hook, policy: &TracingPolicy, sink: &mut Sink) {
    let monitors = mode(policy).is_some_and(|mode| mode.value == "monitor");
    for selector in &hook.selectors {
        for actions in [&selector.actions, &selector.return_actions] {
            check_contradiction(actions, sink);
        }
        let strikes = |action: &&Action| {
            matches!(
                action.kind.value,
                ActionKind::Sigkill | ActionKind::Signal | ActionKind::Override | ActionKind::NotifyEnforcer
            )
        };
        let Some(action) = selector.actions.iter().find(strikes) else { continue };
        let is_first =
            hook.selectors.first().is_some_and(|first| std::ptr::eq(first.as_ref(), selector.as_ref()));
        let workloads = policy.spec.workloads.iter().any(|workload| !workload.is_empty);
        if is_first && is_unfiltered(selector) && !monitors && !workloads {
            let message = format!("`{}` hits every process that reaches this hook", action.kind.value.name());
            let help = "add a filter on the process or an argument, or write the exceptions in a selector before this one";
            sink.report(Diagnostic::new(&UNFILTERED_ENFORCEMENT, action.span, message).help(help));
        }
    }
}

/// Returns whether nothing limits what a selector matches. On return, its filters on the returned value do.
fn is_unfiltered(selector: &Selector) -> bool {
    selector.matches_everything()
}

fn check_contradiction(actions: &[Action], sink: &mut Sink) {
    let find = |kind: ActionKind| actions.iter().find(|action| action.kind.value == kind);
    let (Some(post), Some(no_post)) = (find(ActionKind::Post), find(ActionKind::NoPost)) else { return };
    let message = "`NoPost` suppresses the event that `Post` asks for";
    let diagnostic = Diagnostic::new(&CONTRADICTING_ACTIONS, no_post.span, message);
    sink.report(diagnostic.related(post.span, "the event is asked for here").help("remove one of the two"));
}
