//! A policy -> findings outside its hooks: kind, version, sections, options, workloads, macros.

use telovix_diagnostic::{Diagnostic, Fix, Sink};
use telovix_syntax::{certainty, nearest, quote};

use super::{Context, name};
use crate::codes::{HIDDEN_ENFORCEMENT, IGNORED, MACRO, OPTION, SCHEMA, SECTIONS, UNAVAILABLE};
use crate::{PolicyKind, PolicyOption, Section, Selector, TracingPolicy};

const API_VERSION: &str = "cilium.io/v1alpha1";
const BOOLEANS: &[&str] = &["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

/// Reports problems outside the hooks.
pub(super) fn check(policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    name::check(&policy.metadata, policy.kind, sink);
    check_api_version(policy, sink);
    check_sections(policy, sink);
    check_workloads(policy, context, sink);
    check_macros(policy, sink);
    check_enforcement_is_visible(policy, sink);
    for option in &policy.spec.options {
        check_option(option, sink);
    }
}

fn check_api_version(policy: &TracingPolicy, sink: &mut Sink) {
    if policy.api_version.as_ref().is_some_and(|version| version.value == API_VERSION) {
        return;
    }
    let span = policy.api_version.as_ref().map_or(policy.span, |version| version.span);
    let message = format!("`apiVersion` is not `{API_VERSION}`");
    let help = "Tetragon ignores it, but Kubernetes and the Console check it";
    sink.report(Diagnostic::new(&IGNORED, span, message).help(help));
}

fn check_sections(policy: &TracingPolicy, sink: &mut Sink) {
    let first = policy.spec.hooks.first();
    let Some(first) = first else { return };
    let other = policy.spec.hooks.iter().find(|hook| hook.point.section() != first.point.section());
    if let Some(other) = other {
        let (one, two) = (first.point.section(), other.point.section());
        let message = format!("a policy cannot have both `{}` and `{}`", one.name(), two.name());
        let diagnostic = Diagnostic::new(&SECTIONS, other.span, message);
        sink.report(diagnostic.related(first.span, "the first section").help("write one document for each"));
    }
    let namespaced = policy.kind == PolicyKind::Namespaced;
    let user = policy.spec.hooks.iter();
    for hook in
        user.filter(|hook| namespaced && matches!(hook.point.section(), Section::Uprobes | Section::Usdts))
    {
        sink.report(Diagnostic::new(
            &UNAVAILABLE,
            hook.span,
            "a namespaced policy cannot have uprobes or USDTs",
        ));
    }
}

fn check_workloads(policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    let host = policy.spec.workloads.iter().find(|selector| selector.key.value == "hostSelector");
    if let Some(host) = host.filter(|_| policy.kind == PolicyKind::Namespaced) {
        let message = "a `TracingPolicyNamespaced` cannot have a `hostSelector`";
        sink.report(Diagnostic::new(&SCHEMA, host.key.span, message).help("remove it"));
    }
    if context.engine.has_kubernetes {
        return;
    }
    for selector in &policy.spec.workloads {
        let (key, span) = (selector.key.value, selector.key.span);
        if matches!(key, "podSelector" | "containerSelector") {
            let message = format!("`{key}` requires Kubernetes; Tetragon rejects it without");
            sink.report(Diagnostic::new(&UNAVAILABLE, span, message));
        } else {
            let message = format!("`{key}` has no effect outside Kubernetes");
            sink.report(Diagnostic::new(&IGNORED, span, message));
        }
    }
    if policy.kind == PolicyKind::Namespaced {
        let message = "outside Kubernetes a namespaced policy applies to every process";
        sink.report(Diagnostic::new(&IGNORED, policy.metadata.span, message));
    }
}

fn check_macros(policy: &TracingPolicy, sink: &mut Sink) {
    let macros = &policy.spec.macros;
    for (name, selector) in macros {
        if let Some(inner) = selector.macros.first() {
            let message = format!("macro {} uses other macros", quote(&name.value));
            sink.report(Diagnostic::new(&MACRO, inner.span, message));
        }
        if let Some(span) = selector.workloads {
            sink.report(Diagnostic::new(&IGNORED, span, "`matchWorkloads` of a macro is ignored"));
        }
    }
    let selectors = policy.spec.hooks.iter().flat_map(|hook| &hook.selectors);
    for selector in selectors.filter(|selector| !selector.macros.is_empty()) {
        let mut filled = filled_sections(selector);
        for used in &selector.macros {
            let Some((_, defined)) = macros.iter().find(|(name, _)| name.value == used.value) else {
                let message = format!("macro {} is not defined", quote(&used.value));
                let diagnostic = Diagnostic::new(&MACRO, used.span, message);
                let near = nearest(&used.value, macros.iter().map(|(name, _)| name.value.as_ref()));
                sink.report(match near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("define it under `selectorsMacros`"),
                });
                continue;
            };
            let sections = filled_sections(defined);
            if let Some(twice) = sections.iter().find(|section| filled.contains(section)) {
                let message = format!("`{twice}` is set twice, once by macro {}", quote(&used.value));
                sink.report(Diagnostic::new(&MACRO, used.span, message));
            }
            filled.extend(sections);
        }
    }
}

fn filled_sections(selector: &Selector) -> Vec<&'static str> {
    let sections = [
        ("matchPIDs", selector.pids.is_empty()),
        ("matchArgs", selector.arguments.is_empty()),
        ("matchData", selector.data.is_empty()),
        ("matchActions", selector.actions.is_empty()),
        ("matchReturnArgs", selector.return_arguments.is_empty()),
        ("matchReturnActions", selector.return_actions.is_empty()),
        ("matchBinaries", selector.binaries.is_empty()),
        ("matchParentBinaries", selector.parent_binaries.is_empty()),
        ("matchNamespaces", selector.namespaces.is_empty()),
        ("matchNamespaceChanges", selector.namespace_changes.is_empty()),
        ("matchCapabilities", selector.capabilities.is_empty()),
        ("matchCapabilityChanges", selector.capability_changes.is_empty()),
    ];
    sections.into_iter().filter(|(_, is_empty)| !is_empty).map(|(name, _)| name).collect()
}

/// Tetragon decides from `matchActions` of selectors, before macros are merged, whether a policy enforces.
fn check_enforcement_is_visible(policy: &TracingPolicy, sink: &mut Sink) {
    let selectors = || policy.spec.hooks.iter().flat_map(|hook| &hook.selectors);
    let enforces = |selector: &Selector| selector.actions.iter().any(|action| action.kind.value.enforces());
    for selector in selectors() {
        let mut returned = selector.return_actions.iter();
        if let Some(action) = returned.find(|action| action.kind.value.enforces()) {
            let message = format!(
                "`{}` is under `matchReturnActions`, which does not enable enforcement",
                action.kind.value.name()
            );
            let help = "move it to `matchActions`: on return it acts in monitoring mode too and cannot undo the call";
            sink.report(Diagnostic::new(&HIDDEN_ENFORCEMENT, action.span, message).help(help));
        }
    }
    if selectors().any(|selector| enforces(selector)) {
        return;
    }
    for used in selectors().flat_map(|selector| &selector.macros) {
        let macros = &policy.spec.macros;
        if macros.iter().any(|(name, selector)| name.value == used.value && enforces(selector)) {
            let message = format!("the only enforcing action is in macro {}", quote(&used.value));
            let help = "write the action in the selector's `matchActions`";
            sink.report(Diagnostic::new(&HIDDEN_ENFORCEMENT, used.span, message).help(help));
        }
    }
}

fn check_option(option: &PolicyOption, sink: &mut Sink) {
    let value = option.value.value.as_ref();
    let (accepted, expected) = match option.name.value.as_ref() {
        "disable-kprobe-multi" | "disable-uprobe-multi" => {
            (BOOLEANS.contains(&value), "`\"true\"` or `\"false\"`")
        }
        "override-method" => {
            (matches!(value, "fmod-ret" | "override-return"), "`fmod-ret` or `override-return`")
        }
        "policy-mode" => (matches!(value, "enforce" | "monitor"), "`enforce` or `monitor`"),
        "sleepable-preload-size" => (value.parse::<u32>().is_ok_and(|size| size > 0), "a number above 0"),
        name => {
            let known = ["disable-kprobe-multi", "disable-uprobe-multi", "override-method", "policy-mode"];
            let message = format!("unknown option {}: Tetragon ignores it", quote(name));
            let diagnostic = Diagnostic::new(&IGNORED, option.name.span, message);
            sink.report(match nearest(name, known) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix_by(Fix::value(
                    certainty(name, near),
                    option.name.span,
                    near,
                )),
                None => diagnostic.help("remove it"),
            });
            return;
        }
    };
    if !accepted {
        let message = format!("{} is not a valid value of `{}`", quote(value), option.name.value);
        sink.report(Diagnostic::new(&OPTION, option.value.span, message).help(format!("write {expected}")));
    }
}
