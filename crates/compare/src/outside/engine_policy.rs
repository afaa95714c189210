//! A Tetragon policy -> the hooks at which it acts, and its strongest effect.

use std::sync::Arc;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Levels, Sink};
use telovix_document::Document;
use telovix_document::lower::{CustomPolicy, Policy, PolicyDocument};
use telovix_policy::confine::{Effect, Gate};
use telovix_policy::judge::{DocumentReport, Event};
use telovix_policy::value::Scope;
use telovix_tetragon::{
    Action, ActionKind, Hook, HookPoint, Selector, Spec, SyscallFlag, TracingPolicy, read,
};

use super::filter::Filter;
use super::hook::Reach;

/// An enforcing Tetragon policy.
#[derive(Debug)]
pub(super) struct EnginePolicy {
    document: DocumentReport,
    span: Span,
    scope: Scope,
    strongest: Effect,
    /// Each hook at which it acts; `None` if the policy is invalid, so that it may act anywhere.
    hooks: Option<Vec<ActingHook>>,
}

/// A hook at which a policy acts.
#[derive(Debug)]
struct ActingHook {
    name: String,
    reach: Reach,
    /// The filters of each selector that acts.
    filters: Arc<[Filter]>,
}

impl ActingHook {
    fn sees(&self, event: &Event) -> bool {
        self.reach.sees(event) && self.filters.iter().any(|filter| filter.may_match(event))
    }
}

impl EnginePolicy {
    /// Returns the document of the policy.
    pub(super) fn document(&self) -> &DocumentReport {
        &self.document
    }

    /// Returns the span of the policy.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// Returns the strongest effect it may give.
    pub(super) fn strongest(&self) -> Effect {
        self.strongest
    }

    /// Returns the hooks that may see an event; none if the policy cannot act on it.
    pub(super) fn hooks_that_see(&self, event: &Event) -> Option<Vec<String>> {
        let here = |place: &Option<String>, name: &str| place.as_deref().is_none_or(|place| place == name);
        let holds = match &self.scope {
            Scope::Fleet => true,
            Scope::Sensor(name) => here(&event.sensor, name),
            Scope::Group(name) => here(&event.group, name),
        };
        if !holds {
            return None;
        }
        let Some(hooks) = &self.hooks else { return Some(Vec::new()) };
        let mut seeing: Vec<String> = Vec::new();
        for hook in hooks.iter().filter(|hook| hook.sees(event)) {
            if !seeing.contains(&hook.name) {
                seeing.push(hook.name.clone());
            }
        }
        (!seeing.is_empty()).then_some(seeing)
    }
}

/// Returns the enforcing Tetragon policies: those with an enforcing action, unless they or their pack only
/// monitor.
pub(super) fn acting(policy: &Policy) -> Vec<EnginePolicy> {
    let active = policy.custom_policies().filter(|custom| custom.placed.gate == Gate::Active);
    active
        .filter_map(|CustomPolicy { placed, policy: custom, .. }| {
            // `lint` reports its errors.
            let document = read(&custom.node, &mut Sink::new(Levels::default()));
            let (strongest, hooks) = match &document {
                Some(document) => acts(document)?,
                None => (Effect::Deny, None),
            };
            let report = name(placed, &custom.name.value);
            Some(EnginePolicy {
                document: report,
                span: custom.span,
                scope: placed.scope(),
                strongest,
                hooks,
            })
        })
        .collect()
}

fn name(placed: &PolicyDocument, name: &str) -> DocumentReport {
    match &placed.document {
        Document::EnforcementRule(rule) => DocumentReport {
            kind: "EnforcementRule".into(),
            id: rule.rule_id.as_ref().unwrap_or(&rule.name).value.clone(),
            name: name.to_owned(),
        },
        _ => DocumentReport { kind: "TracingPolicy".into(), id: name.to_owned(), name: name.to_owned() },
    }
}

type Acts = (Effect, Option<Vec<ActingHook>>);

/// Returns the strongest effect and the hooks of a document; `None` if it only reports events.
fn acts(document: &TracingPolicy<'_>) -> Option<Acts> {
    let spec = &document.spec;
    let monitors = |option: &telovix_tetragon::PolicyOption<'_>| {
        option.name.value == "policy-mode" && option.value.value == "monitor"
    };
    if spec.options.iter().any(monitors) {
        return None;
    }
    let mut strongest = Effect::Allow;
    let mut hooks = Vec::new();
    for hook in &spec.hooks {
        let effect = actions(spec, hook).map(effect).max().unwrap_or_default();
        if effect == Effect::Allow {
            continue;
        }
        strongest = strongest.max(effect);
        let mut places = reaches(spec, hook);
        if actions(spec, hook).any(|action| action.kind.value == ActionKind::NotifyEnforcer) {
            let calls = spec.enforcers.iter().flat_map(|enforcer| &enforcer.calls);
            places.extend(calls.flat_map(|call| functions(spec, &call.value, true)));
        }
        let filters = filters(hook);
        let hook = |(name, reach)| ActingHook { name, reach, filters: Arc::clone(&filters) };
        hooks.extend(places.into_iter().map(hook));
    }
    (strongest > Effect::Allow).then_some((strongest, Some(hooks)))
}

/// Returns every action of a hook, including those of macros.
fn actions<'a>(spec: &'a Spec<'_>, hook: &'a Hook<'_>) -> impl Iterator<Item = &'a Action<'a>> {
    let own = hook.selectors.iter().map(AsRef::as_ref);
    let has_macros = hook.selectors.iter().any(|selector| !selector.macros.is_empty());
    let included = spec.macros.iter().filter(move |_| has_macros).map(|(_, selector)| selector);
    own.chain(included).flat_map(|selector| selector.actions.iter().chain(&selector.return_actions))
}

/// Returns the filters of each selector that acts, or may act through a macro.
fn filters(hook: &Hook<'_>) -> Arc<[Filter]> {
    let acts = |selector: &&Arc<Selector<'_>>| {
        let mut actions = selector.actions.iter().chain(&selector.return_actions);
        !selector.macros.is_empty() || actions.any(|action| effect(action) > Effect::Allow)
    };
    hook.selectors.iter().filter(acts).map(|selector| Filter::of(hook, selector)).collect()
}

fn effect(action: &Action<'_>) -> Effect {
    match action.kind.value {
        ActionKind::Sigkill | ActionKind::Signal => Effect::Kill,
        ActionKind::Override | ActionKind::NotifyEnforcer | ActionKind::Set => Effect::Deny,
        ActionKind::Post
        | ActionKind::GetUrl
        | ActionKind::DnsLookup
        | ActionKind::NoPost
        | ActionKind::TrackSock
        | ActionKind::UntrackSock
        | ActionKind::CleanupEnforcerNotification => Effect::Allow,
    }
}

/// Returns the names of a hook, and the operations each can see.
fn reaches(spec: &Spec<'_>, hook: &Hook<'_>) -> Vec<(String, Reach)> {
    match &hook.point {
        HookPoint::Lsm { hook } => vec![(hook.value.to_string(), Reach::of_lsm_hook(&hook.value))],
        HookPoint::Kprobe { call, syscall } | HookPoint::Fentry { call, syscall } => {
            functions(spec, &call.value, *syscall != SyscallFlag::Function)
        }
        HookPoint::Tracepoint { subsystem, event, .. } => {
            let name = format!("{}/{}", subsystem.value, event.value);
            let reach = Reach::of_tracepoint(&subsystem.value, &event.value);
            vec![(name, reach)]
        }
        HookPoint::Uprobe { path, .. } | HookPoint::Usdt { path, .. } => {
            vec![(path.value.to_string(), Reach::Any)]
        }
    }
}

/// Returns the functions that a `call` names: itself, or the members of a list. A generated list may
/// contain any function.
fn functions(spec: &Spec<'_>, call: &str, syscall: bool) -> Vec<(String, Reach)> {
    let one = |name: &str| (name.to_owned(), Reach::of_function(name, syscall));
    let Some(name) = call.strip_prefix("list:") else { return vec![one(call)] };
    let list = spec.lists.iter().find(|list| list.name.value == name);
    let written = list.filter(|list| list.pattern.is_none() && !list.values.is_empty());
    match written {
        Some(list) => list.values.iter().map(|value| one(&value.value)).collect(),
        None => vec![(call.to_owned(), Reach::Any)],
    }
}
