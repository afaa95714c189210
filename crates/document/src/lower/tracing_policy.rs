//! A policy of Tetragon -> the confinements with the same meaning, and what prevents the rest.
//!
//! Tetragon evaluates the selectors of a hook in order, and only the first that matches acts. A confinement has no
//! order. So each selector that acts becomes the exact set of what it matches and no earlier selector does.
//!
//! A hook is lowered as a whole or not at all: a filter that no confinement can express is an obstacle at its place.
//! Where the native runtime sees more or less than Tetragon at the same hook, that is a difference. Facts about
//! Tetragon are those of the crate `telovix-tetragon`; facts about the runtime those of `bpf-programs/bpf`.

mod action;
mod argument;
mod assemble;
mod clause;
mod corner;
mod events;
mod first_match;
mod number;
mod obstacle;
mod place;
mod process;
mod weaker;

use telovix_diagnostic::Sink;
use telovix_policy::confine::Confinement;
use telovix_tetragon::{Hook, PolicyKind, Spec, read};

pub(super) use assemble::Header;
use assemble::Lowered;
pub use obstacle::{Difference, Direction, NativeForm, Obstacle};

use crate::TracingPolicyDocument;

/// Appends the confinements of a policy, and returns what they do not contain. A policy that only reports has none.
pub(super) fn lower(
    policy: &TracingPolicyDocument,
    header: &Header,
    confinements: &mut Vec<Confinement>,
) -> NativeForm {
    let mut form = NativeForm::default();
    if policy.actions.enforcing.is_none() {
        return form;
    }
    let mut findings = Sink::default();
    let model = read(&policy.node, &mut findings);
    let Some(model) = model.filter(|_| !findings.has_errors()) else {
        let first = findings.into_sorted().into_iter().next();
        let span = first.as_ref().and_then(|finding| finding.span).unwrap_or(policy.name.span);
        let why = first.map_or_else(String::new, |finding| format!(": {}", finding.message));
        form.obstacles.push(Obstacle::new(span, format!("Tetragon rejects the document{why}")));
        return form;
    };
    form.obstacles.extend(of_workloads(&model.spec));
    if model.kind == PolicyKind::Namespaced {
        let span = model.metadata.namespace.as_ref().map_or(model.metadata.name.span, |name| name.span);
        form.obstacles
            .push(Obstacle::new(span, "the native runtime does not know the namespaces of Kubernetes"));
    }
    if !form.obstacles.is_empty() {
        return form;
    }
    let mut lowered = Lowered::new(header);
    for hook in model.spec.hooks.iter().filter(|hook| may_act(hook)) {
        lowered.add(hook, &model.spec, &mut form);
    }
    lowered.report_mixed_effects(&mut form);
    let start = confinements.len();
    confinements.extend(lowered.into_confinements());
    form.confinements = start..confinements.len();
    form
}

/// Returns whether a selector of the hook enforces, or may do so through a macro.
fn may_act(hook: &Hook<'_>) -> bool {
    hook.selectors.iter().any(|selector| action::may_act(selector))
}

fn of_workloads<'spec>(spec: &'spec Spec<'_>) -> impl Iterator<Item = Obstacle> + 'spec {
    // An empty `hostSelector` has no effect on a host.
    let selecting =
        spec.workloads.iter().filter(|selector| selector.key.value != "hostSelector" || !selector.is_empty);
    selecting.map(|selector| {
        let reason = format!("the native runtime does not know the workloads of `{}`", selector.key.value);
        Obstacle::new(selector.key.span, reason)
    })
}
