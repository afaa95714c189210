//! Filters on the process (executables, ids, namespaces, capabilities) -> findings.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_syntax::{nearest, quote};

use super::{Context, value};
use crate::codes::{ALWAYS_MATCHES, EMPTY_VALUES, FIRST_ONLY, LIMIT, NEVER_MATCHES, UNAVAILABLE, VALUE};
use crate::{BinaryFilter, BinaryOperator, NamespaceKind, Selector};

const BINARY_BYTES: usize = 255;
const PREFIX_BYTES: usize = 256;
const POSTFIX_BYTES: usize = 127;
const PIDS: usize = 4;
const NAMESPACES: usize = 10;
const NAMESPACE_VALUES: usize = 4;

/// Reports filters that are rejected, misread or without effect.
pub(super) fn check(selector: &Selector, context: &Context, sink: &mut Sink) {
    for filter in selector.binaries.iter().chain(&selector.parent_binaries) {
        check_binaries(filter, sink);
    }
    if let Some(filter) = selector.parent_binaries.first().filter(|_| !context.engine.has_parents_map) {
        let message = "`matchParentBinaries` requires Tetragon's parents map (`--parents-map-enabled`)";
        sink.report(Diagnostic::new(&UNAVAILABLE, filter.span, message));
    }
    if let Some(span) = selector.workloads.filter(|_| !context.engine.has_kubernetes) {
        sink.report(Diagnostic::new(&UNAVAILABLE, span, "`matchWorkloads` requires Kubernetes"));
    }
    check_first_only(selector.pids.get(1).map(|filter| filter.span), "matchPIDs", sink);
    check_first_only(selector.capabilities.get(1).map(|filter| filter.span), "matchCapabilities", sink);
    check_first_only(
        selector.capability_changes.get(1).map(|filter| filter.span),
        "matchCapabilityChanges",
        sink,
    );
    for filter in &selector.pids {
        if let Some(fifth) = filter.values.get(PIDS) {
            let message = format!("Tetragon reads {PIDS} process ids and misreads the rest");
            sink.report(Diagnostic::new(&FIRST_ONLY, fifth.span, message));
        }
        check_empty(filter.values.is_empty(), filter.span, sink);
    }
    check_namespaces(selector, sink);
    for filter in selector.capabilities.iter().chain(&selector.capability_changes) {
        check_empty(filter.values.is_empty(), filter.span, sink);
        for name in filter.values.iter().filter(|name| value::capability(&name.value).is_none()) {
            let message = format!("{} is not a capability name of Tetragon", quote(&name.value));
            let diagnostic = Diagnostic::new(&VALUE, name.span, message);
            sink.report(if name.value.eq_ignore_ascii_case("CAP_DAC_OVERRIDE") {
                diagnostic.help("Tetragon's name is `DAC_OVERRIDE`").fix_by(Fix::value(
                    Certainty::Meant,
                    name.span,
                    "DAC_OVERRIDE",
                ))
            } else if let Some(whole) = whole_name(&name.value) {
                diagnostic.help(format!("write `{whole}`")).fix_by(Fix::value(
                    Certainty::Meant,
                    name.span,
                    whole,
                ))
            } else {
                diagnostic.help("write a name such as `CAP_SYS_ADMIN`")
            });
        }
    }
}

/// `sys_admin`, `CAP-SYS-ADMIN`
fn whole_name(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase().replace('-', "_");
    let whole = if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") };
    value::capability(&whole).is_some().then_some(whole)
}

fn check_binaries(filter: &BinaryFilter, sink: &mut Sink) {
    check_empty(filter.values.is_empty(), filter.span, sink);
    let operator = filter.operator.value;
    let is_exact = matches!(operator, BinaryOperator::In | BinaryOperator::NotIn);
    if filter.follow_children && !is_exact && !filter.values.is_empty() {
        let message = format!("`followChildren` is not supported with `{}`", operator.name());
        sink.report(Diagnostic::new(&VALUE, filter.span, message).help("use `In` with full paths"));
    }
    for path in &filter.values {
        let mut object = |code: &'static Code, message: String| {
            sink.report(Diagnostic::new(code, path.span, message));
        };
        let bytes = path.value.len();
        match operator {
            BinaryOperator::In | BinaryOperator::NotIn if bytes > BINARY_BYTES => {
                object(&LIMIT, format!("a path of {bytes} bytes is longer than {BINARY_BYTES}"));
            }
            BinaryOperator::Prefix | BinaryOperator::NotPrefix if bytes > PREFIX_BYTES => {
                object(&LIMIT, format!("a prefix of {bytes} bytes is longer than {PREFIX_BYTES}"));
            }
            BinaryOperator::Postfix | BinaryOperator::NotPostfix if bytes > POSTFIX_BYTES => {
                object(&LIMIT, format!("a postfix of {bytes} bytes is longer than {POSTFIX_BYTES}"));
            }
            _ if bytes == 0 => object(&ALWAYS_MATCHES, "an empty path matches every executable".to_owned()),
            BinaryOperator::Postfix | BinaryOperator::NotPostfix => {}
            _ if !path.value.starts_with('/') => {
                let message = format!(
                    "{} is not absolute: executables are compared by their full path",
                    quote(&path.value)
                );
                let found = Diagnostic::new(&NEVER_MATCHES, path.span, message);
                // `usr/bin/x` lacks a slash; `x` could be anywhere.
                sink.report(
                    if path.value.contains('/')
                        && path.value.starts_with(|first: char| first.is_alphanumeric())
                    {
                        found.fix_by(Fix::value(Certainty::Guess, path.span, format!("/{}", path.value)))
                    } else {
                        found
                    },
                );
            }
            BinaryOperator::Prefix | BinaryOperator::NotPrefix if bytes == PREFIX_BYTES => {
                object(
                    &NEVER_MATCHES,
                    format!("a prefix of {PREFIX_BYTES} bytes is truncated and cannot match"),
                );
            }
            _ => {}
        }
    }
}

fn check_namespaces(selector: &Selector, sink: &mut Sink) {
    if let Some(more) = selector.namespaces.get(NAMESPACES) {
        let message = format!("a selector has at most {NAMESPACES} filters on namespaces");
        sink.report(Diagnostic::new(&LIMIT, more.span, message));
    }
    for filter in &selector.namespaces {
        check_empty(filter.values.is_empty(), filter.span, sink);
        if let Some(fifth) = filter.values.get(NAMESPACE_VALUES) {
            let message = format!("a filter on namespaces has at most {NAMESPACE_VALUES} values");
            sink.report(Diagnostic::new(&LIMIT, fifth.span, message));
        }
        for inode in &filter.values {
            let is_number = inode.value.bytes().all(|byte| byte.is_ascii_digit());
            if inode.value != "host_ns" && !(is_number && inode.value.parse::<u32>().is_ok()) {
                let message = format!("{} is neither an inode number nor `host_ns`", quote(&inode.value));
                sink.report(Diagnostic::new(&VALUE, inode.span, message));
            }
        }
    }
    if let Some(second) = selector.namespace_changes.get(1) {
        sink.report(Diagnostic::new(&LIMIT, second.span, "`matchNamespaceChanges` supports one entry"));
    }
    for filter in &selector.namespace_changes {
        check_empty(filter.values.is_empty(), filter.span, sink);
        for name in &filter.values {
            if !NamespaceKind::ALL.iter().any(|kind| kind.name().eq_ignore_ascii_case(&name.value)) {
                let message = format!("{} is not a namespace", quote(&name.value));
                let found = Diagnostic::new(&VALUE, name.span, message);
                let near = nearest(&name.value, NamespaceKind::ALL.iter().map(|kind| kind.name()));
                sink.report(match near {
                    Some(near) => found.help(format!("did you mean `{near}`?")).fix_by(Fix::value(
                        Certainty::Guess,
                        name.span,
                        near,
                    )),
                    None => found,
                });
            }
        }
    }
}

fn check_first_only(second: Option<Span>, section: &str, sink: &mut Sink) {
    if let Some(span) = second {
        let message = format!("only the first entry of `{section}` is evaluated");
        sink.report(Diagnostic::new(&FIRST_ONLY, span, message));
    }
}

fn check_empty(is_empty: bool, span: Span, sink: &mut Sink) {
    if is_empty {
        sink.report(Diagnostic::new(&EMPTY_VALUES, span, "the filter has no values"));
    }
}
