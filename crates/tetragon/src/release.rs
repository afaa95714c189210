//! A policy and a release of Tetragon -> findings about what the release does not have yet.
//!
//! Source: the enumerations and fields of the CRD types in the tags v1.4.0, v1.5.0, v1.6.0 and v1.7.0 and in main
//! (`pkg/k8s/apis/cilium.io/v1alpha1`), and the filter on addresses (`bpf/process/types/basic.h`).

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_platform::Release;
use telovix_syntax::quote;

use super::codes::RELEASE;
use super::{ActionKind, ArgumentFilter, ArgumentType, Hook, Operator, Section, Selector, TracingPolicy};

/// Reports what a release rejects because it does not know it, or evaluates in another way.
pub fn check_release(policy: &TracingPolicy, release: Release, sink: &mut Sink) {
    let mut check = Check { release, sink };
    for selector in &policy.spec.workloads {
        match selector.key.value {
            "hostSelector" => check.since(Release::V1_7, "hostSelector", selector.key.span),
            "nodeSelector" => check.since(Release::Main, "nodeSelector", selector.key.span),
            _ => {}
        }
    }
    if let Some((name, _)) = policy.spec.macros.first() {
        check.since(Release::V1_7, "selectorsMacros", name.span);
    }
    for (_, selector) in &policy.spec.macros {
        check.selector(selector);
    }
    for hook in &policy.spec.hooks {
        check.hook(hook);
    }
}

struct Check<'run> {
    release: Release,
    sink: &'run mut Sink,
}

impl Check<'_> {
    /// Reports what the release does not have yet.
    fn since(&mut self, first: Release, what: &str, span: Span) {
        if self.release >= first {
            return;
        }
        let message = format!(
            "{} exists since Tetragon {}, and the target runs {}",
            quote(what),
            first.name(),
            self.release.name()
        );
        let help = "write it in another way, or update Tetragon there";
        self.sink.report(Diagnostic::new(&RELEASE, span, message).help(help));
    }

    fn hook(&mut self, hook: &Hook) {
        match hook.point.section() {
            Section::Fentries => self.since(Release::V1_7, "fentries", hook.span),
            Section::Usdts => self.since(Release::V1_6, "usdts", hook.span),
            Section::Kprobes | Section::Tracepoints | Section::LsmHooks | Section::Uprobes => {}
        }
        if hook.ignore_missing {
            self.since(Release::V1_5, "ignore.callNotFound", hook.span);
        }
        if let Some(first) = hook.data.first() {
            self.since(Release::V1_6, "data", first.span);
        }
        for argument in hook.arguments.iter().chain(&hook.data).chain(&hook.return_argument) {
            if let Some(first) = first_with_type(argument.kind.value) {
                self.since(first, argument.kind.value.name(), argument.kind.span);
            }
        }
        for selector in &hook.selectors {
            self.selector(selector);
        }
    }

    fn selector(&mut self, selector: &Selector) {
        if let Some(filter) = selector.parent_binaries.first() {
            self.since(Release::V1_7, "matchParentBinaries", filter.span);
        }
        if let Some(span) = selector.workloads {
            self.since(Release::Main, "matchWorkloads", span);
        }
        for filter in selector.arguments.iter().chain(&selector.data).chain(&selector.return_arguments) {
            if let Some(first) = first_with_operator(filter.operator.value) {
                self.since(first, filter.operator.value.name(), filter.operator.span);
            }
            self.addresses(filter);
        }
        for action in selector.actions.iter().chain(&selector.return_actions) {
            if action.kind.value == ActionKind::Set {
                self.since(Release::V1_6, "Set", action.kind.span);
            }
        }
    }

    /// A negated filter that lists addresses of one family only.
    fn addresses(&mut self, filter: &ArgumentFilter) {
        let is_negated = matches!(filter.operator.value, Operator::NotSAddr | Operator::NotDAddr);
        if !is_negated || self.release.negates_across_families() {
            return;
        }
        let is_inet6 = |text: &str| text.contains(':');
        let all_inet6 = filter.values.iter().all(|value| is_inet6(&value.value));
        if !all_inet6 && filter.values.iter().any(|value| is_inet6(&value.value)) {
            return;
        }
        let (listed, other) = if all_inet6 { ("IPv6", "IPv4") } else { ("IPv4", "IPv6") };
        let message = format!(
            "{} lists {listed} addresses only, and Tetragon {} then matches no {other} address",
            quote(filter.operator.value.name()),
            self.release.name()
        );
        let help = format!(
            "add an {other} block, or a selector with `Family`; Tetragon 1.5 and later match all of them"
        );
        self.sink.report(Diagnostic::new(&RELEASE, filter.operator.span, message).help(help));
    }
}

fn first_with_operator(operator: Operator) -> Option<Release> {
    match operator {
        Operator::CapabilitiesGained => Some(Release::V1_5),
        Operator::InRange | Operator::NotInRange => Some(Release::V1_6),
        Operator::SubString
        | Operator::SubStringIgnoreCase
        | Operator::CelExpression
        | Operator::FileType
        | Operator::NotFileType => Some(Release::V1_7),
        _ => None,
    }
}

fn first_with_type(kind: ArgumentType) -> Option<Release> {
    match kind.name() {
        "bpf_prog" => Some(Release::V1_6),
        "sint8" | "sint16" | "sint32" | "sint64" | "ulong" | "long" | "sockaddr_un" | "const_buf" => {
            Some(Release::V1_7)
        }
        _ => None,
    }
}
