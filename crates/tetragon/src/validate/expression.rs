//! Values of `CelExpr` -> findings: expressions that Tetragon does not compile, and those that it never evaluates.

use telovix_diagnostic::{Diagnostic, Sink};

use crate::cel;
use crate::codes::{LIMIT, NEVER_MATCHES, VALUE};
use crate::{Argument, ArgumentFilter, ArgumentType, Hook, Operator, Section, TracingPolicy};

/// Most expressions of a hook; under multi-kprobe and multi-uprobe links, of a policy.
const EXPRESSIONS: usize = 8;

/// Checks an expression against the declared arguments it can use.
pub(super) fn check(hook: &Hook, filter: &ArgumentFilter, arguments: &[Argument<'_>], sink: &mut Sink) {
    let [expression] = filter.values.as_slice() else {
        let message = "`CelExpr` takes exactly one expression";
        sink.report(Diagnostic::new(&VALUE, filter.span, message));
        return;
    };
    let types: Vec<ArgumentType> = arguments.iter().map(|argument| argument.kind.value).collect();
    if let Err(cel::Refusal(reason)) = cel::condition(&expression.value, &types) {
        let message = format!("the expression {reason}");
        let help = "compare equal types: `int` arguments with `int32(1)`, `uint32` with `uint32(1u)`, `int64` with `1`, `uint64` with `1u`";
        sink.report(Diagnostic::new(&VALUE, expression.span, message).help(help));
    }
    if !matches!(hook.point.section(), Section::Kprobes | Section::Uprobes) {
        let message = format!("`CelExpr` never matches in `{}`", hook.point.section().name());
        sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
    }
}

/// Reports more expressions than Tetragon has functions for.
pub(super) fn check_count(policy: &TracingPolicy, sink: &mut Sink) {
    let mut count = 0;
    for hook in &policy.spec.hooks {
        if !super::shared::shares_maps(hook, policy) {
            count = 0;
        }
        let filters = hook.selectors.iter().flat_map(|selector| &selector.arguments);
        for filter in filters.filter(|filter| filter.operator.value == Operator::CelExpression) {
            count += 1;
            if count == EXPRESSIONS + 1 {
                let message = format!("Tetragon supports at most {EXPRESSIONS} expressions here");
                let help = "write the other expressions in another policy";
                sink.report(Diagnostic::new(&LIMIT, filter.span, message).help(help));
            }
        }
    }
}
