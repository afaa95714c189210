//! YAML tree -> selectors with their filters and actions.

use telovix_diagnostic::source::Spanned;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::{Node, Value};

use super::fields::{Fields, read_long, read_unsigned, wrong_type};
use crate::codes::SCHEMA;
use crate::{
    Action, ActionKind, ArgumentFilter, BinaryFilter, BinaryOperator, CapabilityFilter, CapabilitySetKind,
    Membership, NamespaceChangeFilter, NamespaceFilter, NamespaceKind, Operator, PidFilter, Selector,
};

const SELECTOR: &[&str] = &[
    "label",
    "macros",
    "matchActions",
    "matchArgs",
    "matchBinaries",
    "matchCapabilities",
    "matchCapabilityChanges",
    "matchData",
    "matchNamespaceChanges",
    "matchNamespaces",
    "matchPIDs",
    "matchParentBinaries",
    "matchReturnActions",
    "matchReturnArgs",
    "matchWorkloads",
];
const ACTION: &[&str] = &[
    "action",
    "argError",
    "argFqdn",
    "argIndex",
    "argNewAddr",
    "argNewOffset",
    "argNewSymbol",
    "argRegs",
    "argSig",
    "argSock",
    "argUrl",
    "argValue",
    "imaHash",
    "kernelStackTrace",
    "rateLimit",
    "rateLimitScope",
    "userStackTrace",
];

pub(super) fn read_selector(node: &Node, sink: &mut Sink) -> Option<Selector<'static>> {
    if !matches!(node.value, Value::Mapping(_)) {
        wrong_type(node, "a selector", sink);
        return None;
    }
    let fields = Fields::open(node, "a selector", SELECTOR, sink)?;
    let binaries = |key: &str, sink: &mut Sink| {
        let filters = fields.list(key, sink, read_binary_filter);
        if let Some(second) = filters.get(1) {
            let message = format!("`{key}` supports one entry");
            let help = "put the paths into one entry, or write one selector for each";
            sink.report(Diagnostic::new(&SCHEMA, second.span, message).help(help));
        }
        filters
    };
    Some(Selector {
        span: node.span,
        label: fields.text("label", sink),
        macros: fields.texts("macros", sink),
        binaries: binaries("matchBinaries", sink),
        parent_binaries: binaries("matchParentBinaries", sink),
        pids: fields.list("matchPIDs", sink, read_pid_filter),
        namespaces: fields.list("matchNamespaces", sink, read_namespace_filter),
        namespace_changes: fields.list("matchNamespaceChanges", sink, read_namespace_change_filter),
        capabilities: fields.list("matchCapabilities", sink, read_capability_filter),
        capability_changes: fields.list("matchCapabilityChanges", sink, read_capability_filter),
        arguments: fields.list("matchArgs", sink, read_argument_filter),
        data: fields.list("matchData", sink, read_argument_filter),
        return_arguments: fields.list("matchReturnArgs", sink, read_argument_filter),
        actions: fields.list("matchActions", sink, read_action),
        return_actions: fields.list("matchReturnActions", sink, read_action),
        workloads: fields.node("matchWorkloads").map(|node| node.span),
    })
}

fn read_binary_filter(node: &Node, sink: &mut Sink) -> Option<BinaryFilter<'static>> {
    let fields =
        Fields::open(node, "a filter on executables", &["followChildren", "operator", "values"], sink)?;
    let operator = fields.required_word("operator", BinaryOperator::ALL, BinaryOperator::name, sink);
    let values = fields.required_texts("values", sink);
    let follow_children = fields.flag("followChildren", sink);
    Some(BinaryFilter { span: node.span, operator: operator?, values, follow_children })
}

fn read_pid_filter(node: &Node, sink: &mut Sink) -> Option<PidFilter> {
    let keys = &["followForks", "isNamespacePID", "operator", "values"];
    let fields = Fields::open(node, "a filter on process ids", keys, sink)?;
    let operator = read_membership(&fields, sink);
    if fields.node("values").is_none() {
        fields.report_missing("values", sink);
    }
    Some(PidFilter {
        span: node.span,
        values: fields.list("values", sink, read_unsigned),
        is_namespace_pid: fields.flag("isNamespacePID", sink),
        follow_forks: fields.flag("followForks", sink),
        operator: operator?,
    })
}

fn read_namespace_filter(node: &Node, sink: &mut Sink) -> Option<NamespaceFilter<'static>> {
    let keys = &["namespace", "operator", "values"];
    let fields = Fields::open(node, "a filter on namespaces", keys, sink)?;
    let namespace = fields.required_word("namespace", NamespaceKind::ALL, NamespaceKind::name, sink);
    let operator = read_membership(&fields, sink);
    let values = fields.required_texts("values", sink);
    Some(NamespaceFilter { span: node.span, namespace: namespace?, operator: operator?, values })
}

fn read_namespace_change_filter(node: &Node, sink: &mut Sink) -> Option<NamespaceChangeFilter<'static>> {
    let fields = Fields::open(node, "a filter on namespace changes", &["operator", "values"], sink)?;
    let operator = read_membership(&fields, sink);
    let values = fields.required_texts("values", sink);
    Some(NamespaceChangeFilter { span: node.span, operator: operator?, values })
}

fn read_capability_filter(node: &Node, sink: &mut Sink) -> Option<CapabilityFilter<'static>> {
    let keys = &["isNamespaceCapability", "operator", "type", "values"];
    let fields = Fields::open(node, "a filter on capabilities", keys, sink)?;
    let effective = Spanned::new(CapabilitySetKind::Effective, node.span);
    let set = match fields.text_or_null("type", sink) {
        None => Some(effective),
        Some(_) => fields.word("type", CapabilitySetKind::ALL, CapabilitySetKind::name, sink),
    };
    let operator = read_membership(&fields, sink);
    let values = fields.required_texts("values", sink);
    Some(CapabilityFilter {
        span: node.span,
        set: set?.value,
        is_namespace_capability: fields.flag("isNamespaceCapability", sink),
        operator: operator?,
        values,
    })
}

fn read_membership(fields: &Fields<'_>, sink: &mut Sink) -> Option<Spanned<Membership>> {
    fields.required_word("operator", Membership::ALL, Membership::name, sink)
}

fn read_argument_filter(node: &Node, sink: &mut Sink) -> Option<ArgumentFilter<'static>> {
    let fields =
        Fields::open(node, "a filter on an argument", &["args", "index", "operator", "values"], sink)?;
    let operator = fields.required_word("operator", Operator::ALL, Operator::name, sink);
    Some(ArgumentFilter {
        span: node.span,
        index: fields.unsigned("index", sink),
        positions: fields.list("args", sink, read_unsigned),
        values: fields.texts("values", sink),
        operator: operator?,
    })
}

fn read_action(node: &Node, sink: &mut Sink) -> Option<Action<'static>> {
    let fields = Fields::open(node, "an action", ACTION, sink)?;
    let kind = fields.required_word("action", ActionKind::ALL, ActionKind::name, sink);
    let mut others = Vec::new();
    for key in ["argIndex", "argNewAddr", "argNewOffset", "argSock", "argValue"] {
        let number = fields.node(key).and_then(|node| read_long(node, sink));
        others.extend(number.map(|number| Spanned::new(key, number.span)));
    }
    for key in ["argFqdn", "argNewSymbol", "argUrl"] {
        others.extend(fields.text(key, sink).map(|value| Spanned::new(key, value.span)));
    }
    if let Some(node) = fields.node("argRegs") {
        fields.texts("argRegs", sink);
        others.push(Spanned::new("argRegs", node.span));
    }
    let replacements = ["argNewAddr", "argNewOffset", "argNewSymbol"];
    if others.iter().filter(|other| replacements.contains(&other.value)).count() > 1 {
        let message = "an action has more than one of `argNewSymbol`, `argNewAddr` and `argNewOffset`";
        sink.report(Diagnostic::new(&SCHEMA, node.span, message));
    }
    let stack_trace = ["kernelStackTrace", "userStackTrace"].into_iter().find(|key| fields.flag(key, sink));
    Some(Action {
        span: node.span,
        error: fields.signed("argError", sink),
        signal: fields.unsigned("argSig", sink),
        rate_limit: fields.text("rateLimit", sink),
        rate_limit_scope: fields.text("rateLimitScope", sink),
        stack_trace: stack_trace.and_then(|key| fields.node(key)).map(|node| node.span),
        ima_hash: fields.flag("imaHash", sink),
        kind: kind?,
        others,
    })
}
