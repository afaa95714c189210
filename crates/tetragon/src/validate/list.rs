//! Lists and the references to them -> findings.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_syntax::quote;

use crate::codes::{IGNORED, LIMIT, LIST};
use crate::{HookPoint, NamedList, Text, TracingPolicy};

const ABIS: &[&str] = &["x64", "i386", "arm64", "arm32"];
const PREFIXES: &[&str] = &["__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__arm64_sys_", "sys_"];

/// Reports lists that break the rules of their type, and references to undefined lists.
pub(super) fn check(policy: &TracingPolicy, sink: &mut Sink) {
    for list in &policy.spec.lists {
        check_list(list, sink);
    }
    for hook in &policy.spec.hooks {
        if let HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } = &hook.point {
            check_reference(call, policy, sink);
        }
    }
    for call in policy.spec.enforcers.iter().flat_map(|enforcer| &enforcer.calls) {
        check_reference(call, policy, sink);
        let is_symbol = !call.value.starts_with("list:");
        let is_syscall = PREFIXES.iter().any(|prefix| call.value.starts_with(prefix));
        if is_symbol && !is_syscall && !call.value.starts_with("security_") {
            let message =
                format!("{} is neither a system call nor a `security_` function", quote(&call.value));
            sink.report(Diagnostic::new(&LIST, call.span, message));
        }
    }
    if let Some(second) = policy.spec.enforcers.get(1) {
        sink.report(Diagnostic::new(&LIMIT, second.span, "a policy supports one enforcer"));
    }
}

fn check_reference(call: &Text<'_>, policy: &TracingPolicy, sink: &mut Sink) {
    let Some(name) = call.value.strip_prefix("list:") else { return };
    if !policy.spec.lists.iter().any(|list| list.name.value == name) {
        let message = format!("list {} is not defined", quote(name));
        sink.report(Diagnostic::new(&LIST, call.span, message).help("define it under `lists`"));
    }
}

fn check_list(list: &NamedList, sink: &mut Sink) {
    let mut object = |span: Span, message: String| sink.report(Diagnostic::new(&LIST, span, message));
    match list.kind.as_ref().map(|kind| kind.value.as_ref()) {
        Some("syscalls") => {
            for value in list.values.iter().filter(|value| !is_listed_syscall(&value.value)) {
                object(
                    value.span,
                    format!("{} is not `sys_NAME`, a symbol or `ABI/sys_NAME`", quote(&value.value)),
                );
            }
        }
        Some(kind @ ("generated_syscalls" | "generated_ftrace")) => {
            if let Some(value) = list.values.first() {
                object(value.span, format!("a list of type `{kind}` must not have `values`"));
            }
            let pattern = list.pattern.as_ref().is_some_and(|pattern| !pattern.value.is_empty());
            if kind == "generated_ftrace" && !pattern {
                object(list.span, "a list of type `generated_ftrace` requires a `pattern`".to_owned());
            }
        }
        _ => {}
    }
    if let Some(validated) = list.validated.filter(|validated| validated.value) {
        let message = "`validated: true` makes Tetragon skip its check of the list";
        let fix = Fix::remove(Certainty::Meant, validated.span);
        sink.report(Diagnostic::new(&IGNORED, validated.span, message).help("remove it").fix_by(fix));
    }
}

fn is_listed_syscall(value: &str) -> bool {
    let name = match value.split_once('/') {
        Some((abi, name)) if ABIS.contains(&abi) => name,
        Some(_) => return false,
        None => value,
    };
    PREFIXES.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
}
