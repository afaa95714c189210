//! Filters on arguments -> findings about the argument they refer to and the operator for its type.

use telovix_diagnostic::{Diagnostic, Sink};

use super::{Context, value};
use crate::codes::{ALWAYS_MATCHES, ARGUMENT, EMPTY_VALUES, IGNORED, NEVER_MATCHES, OPERATOR, VALUE};
use crate::{Argument, ArgumentFilter, ArgumentType, Fit, Hook, HookPoint, Operator, Section};

/// Reports filters that Tetragon rejects, and those that are true or false for every event.
pub(super) fn check(hook: &Hook, context: &Context, sink: &mut Sink) {
    for selector in &hook.selectors {
        for filter in &selector.arguments {
            match hook.argument_of(filter) {
                Some(argument) => check_filter(hook, filter, argument, context, sink),
                None if filter.operator.value == Operator::CelExpression => {
                    check_expression(hook, filter, sink);
                }
                None => report_undeclared(filter, sink),
            }
        }
        for filter in &selector.data {
            let position = filter.index.map_or(0, |index| index.value as usize);
            match hook.data.get(position) {
                Some(_) if filter.operator.value == Operator::CelExpression => {
                    let message = "`CelExpr` is supported in `matchArgs` only";
                    sink.report(Diagnostic::new(&OPERATOR, filter.operator.span, message));
                }
                Some(argument) => check_filter(hook, filter, argument, context, sink),
                None => report_undeclared(filter, sink),
            }
        }
        check_return(hook, &selector.return_arguments, context, sink);
    }
}

fn check_return(hook: &Hook, filters: &[ArgumentFilter], context: &Context, sink: &mut Sink) {
    let Some(first) = filters.first() else { return };
    if hook.point.section() == Section::LsmHooks {
        let message = "an LSM hook has no return value to filter";
        sink.report(Diagnostic::new(&OPERATOR, first.span, message));
        return;
    }
    let argument = hook.return_argument.as_ref().filter(|_| hook.returns);
    let Some(argument) = argument else {
        let message = "`matchReturnArgs` is ignored without `return: true`";
        sink.report(Diagnostic::new(&IGNORED, first.span, message));
        return;
    };
    for filter in filters {
        if filter.index.map_or(0, |index| index.value) == argument.index.value {
            check_filter(hook, filter, argument, context, sink);
        } else {
            report_undeclared(filter, sink);
        }
    }
}

fn report_undeclared(filter: &ArgumentFilter, sink: &mut Sink) {
    let span = filter.index.map_or(filter.span, |index| index.span);
    let span = filter.positions.first().map_or(span, |position| position.span);
    let message = "the filter refers to an argument that is not declared";
    sink.report(Diagnostic::new(&ARGUMENT, span, message).help("declare it under `args`"));
}

fn check_filter(
    hook: &Hook,
    filter: &ArgumentFilter,
    argument: &Argument,
    context: &Context,
    sink: &mut Sink,
) {
    let operator = filter.operator.value;
    let kind = argument.kind.value;
    if operator == Operator::CelExpression {
        check_expression(hook, filter, sink);
        return;
    }
    // The type comes from the event's format, which only the host has.
    if kind == ArgumentType::Auto && matches!(hook.point, HookPoint::Tracepoint { raw: false, .. }) {
        check_values_present(filter, sink);
        return;
    }
    let unpaired = operator == Operator::CapabilitiesGained && filter.positions.len() != 2;
    let fit = if unpaired { Fit::Rejected } else { kind.class().fit(operator) };
    match fit {
        Fit::Works => {}
        Fit::Rejected => {
            let message = format!("`{}` is not supported for the type `{}`", operator.name(), kind.name());
            let diagnostic = Diagnostic::new(&OPERATOR, filter.operator.span, message);
            sink.report(match hint(operator, kind) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
            return;
        }
        Fit::Never => {
            let message = format!("`{}` on the type `{}` never matches", operator.name(), kind.name());
            sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
            return;
        }
        Fit::Always => {
            let message = format!("`{}` on the type `{}` matches every event", operator.name(), kind.name());
            let diagnostic = Diagnostic::new(&ALWAYS_MATCHES, filter.operator.span, message);
            sink.report(match hint(operator, kind) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
            return;
        }
    }
    if matches!(operator, Operator::SubString | Operator::SubStringIgnoreCase)
        && hook.point.section() != Section::Uprobes
        && context.kernels.iter().any(|kernel| kernel.version() < (6, 17))
    {
        let message = format!("`{}` never matches before kernel 6.17", operator.name());
        sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
    }
    if operator == Operator::State && kind == ArgumentType::SocketBuffer {
        sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, "`State` on `skb` never matches"));
    }
    check_values_present(filter, sink);
    value::check(filter, kind, sink);
}

fn check_values_present(filter: &ArgumentFilter, sink: &mut Sink) {
    let operator = filter.operator.value;
    if filter.values.is_empty() && takes_values(operator) {
        let message = format!("`{}` has no values", operator.name());
        sink.report(
            Diagnostic::new(&EMPTY_VALUES, filter.span, message).help("list the values to compare with"),
        );
    }
}

fn takes_values(operator: Operator) -> bool {
    !matches!(
        operator,
        Operator::SPortPriv
            | Operator::NotSPortPriv
            | Operator::DPortPriv
            | Operator::NotDPortPriv
            | Operator::CapabilitiesGained
    )
}

fn hint(operator: Operator, kind: ArgumentType) -> Option<&'static str> {
    match (kind, operator) {
        (ArgumentType::Capability | ArgumentType::BpfCommand, _) => {
            Some("declare the argument as `int` and compare the number")
        }
        (ArgumentType::Filename, _) => Some("use a hook that has the resolved file or path"),
        (
            ArgumentType::SocketAddress,
            Operator::DPort | Operator::NotDPort | Operator::DAddr | Operator::NotDAddr,
        ) => Some("Tetragon treats the address that is passed as the source side: use `SPort` and `SAddr`"),
        (_, Operator::CapabilitiesGained) => Some("refer to the old and the new set: `args: [0, 1]`"),
        _ => None,
    }
}

/// Checks the form of a CEL expression: one value, a boolean result, integer arguments.
fn check_expression(hook: &Hook, filter: &ArgumentFilter, sink: &mut Sink) {
    let [expression] = filter.values.as_slice() else {
        let message = "`CelExpr` supports one expression";
        sink.report(Diagnostic::new(&VALUE, filter.span, message));
        return;
    };
    let text = expression.value.as_ref();
    let is_boolean =
        ["==", "!=", "<", ">", "&&", "||", "!", "true", "false"].iter().any(|sign| text.contains(sign));
    if !is_boolean {
        let message = "the expression has no comparison: expected a boolean result";
        sink.report(Diagnostic::new(&VALUE, expression.span, message));
    }
    for name in
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| word.starts_with("arg"))
    {
        let position = name.strip_prefix("arg").and_then(|digits| digits.parse::<usize>().ok());
        let argument = position.and_then(|position| hook.arguments.get(position));
        if argument
            .is_none_or(|argument| argument.kind.value.class().fit(Operator::CelExpression) != Fit::Works)
        {
            let message = format!("`{name}` is not a 32-bit or 64-bit integer argument of the hook");
            sink.report(Diagnostic::new(&VALUE, expression.span, message));
        }
    }
    if !matches!(hook.point.section(), Section::Kprobes | Section::Uprobes) {
        let message = format!("`CelExpr` never matches in `{}`", hook.point.section().name());
        sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
    }
}
