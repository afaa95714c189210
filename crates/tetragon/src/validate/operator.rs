//! Filters on arguments -> findings about the argument they refer to and the operator for its type.

use telovix_diagnostic::{Diagnostic, Sink};

use super::{Context, expression, value};
use crate::codes::{ALWAYS_MATCHES, ARGUMENT, EMPTY_VALUES, IGNORED, NEVER_MATCHES, OPERATOR};
use crate::{
    Argument, ArgumentClass, ArgumentFilter, ArgumentType, Fit, Hook, HookPoint, Operator, Section,
    TracingPolicy,
};

/// A hook, and what its filters are checked against.
struct Place<'run, 'policy> {
    hook: &'run Hook<'policy>,
    policy: &'run TracingPolicy<'policy>,
    context: &'run Context,
}

/// Reports filters that Tetragon rejects, and those that are true or false for every event.
pub(super) fn check(hook: &Hook, policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    let place = Place { hook, policy, context };
    for selector in &hook.selectors {
        for filter in &selector.arguments {
            if filter.operator.value == Operator::CelExpression {
                // An expression names its arguments; `index` is ignored.
                expression::check(hook, filter, &hook.arguments, sink);
                continue;
            }
            match hook.argument_of(filter) {
                Some(argument) => place.check_filter(filter, argument, &hook.arguments, sink),
                None => report_undeclared(filter, sink),
            }
        }
        for filter in &selector.data {
            match hook.data_of(filter) {
                Some(_) if filter.operator.value == Operator::CelExpression => {
                    let message = "`CelExpr` is supported in `matchArgs` only";
                    sink.report(Diagnostic::new(&OPERATOR, filter.operator.span, message));
                }
                Some(argument) => place.check_filter(filter, argument, &hook.data, sink),
                None => report_undeclared(filter, sink),
            }
        }
        place.check_return(&selector.return_arguments, sink);
    }
}

fn report_undeclared(filter: &ArgumentFilter, sink: &mut Sink) {
    let span = filter.index.map_or(filter.span, |index| index.span);
    let span = filter.positions.first().map_or(span, |position| position.span);
    let message = "the filter refers to an argument that is not declared";
    sink.report(Diagnostic::new(&ARGUMENT, span, message).help("declare it under `args`"));
}

impl Place<'_, '_> {
    fn check_return(&self, filters: &[ArgumentFilter], sink: &mut Sink) {
        let Some(first) = filters.first() else { return };
        if self.hook.point.section() == Section::LsmHooks {
            let message = "an LSM hook has no return value to filter";
            sink.report(Diagnostic::new(&OPERATOR, first.span, message));
            return;
        }
        let Some(argument) = self.hook.return_argument.as_ref().filter(|_| self.hook.returns) else {
            let message = "`matchReturnArgs` is ignored without `return: true`";
            sink.report(Diagnostic::new(&IGNORED, first.span, message));
            return;
        };
        let arguments = std::slice::from_ref(argument);
        for filter in filters {
            let position = filter.positions.first().map(|position| position.value);
            if filter.operator.value == Operator::CelExpression {
                expression::check(self.hook, filter, arguments, sink);
            } else if position
                .map_or(filter.index.map_or(0, |index| index.value) == argument.index.value, |at| at == 0)
            {
                self.check_filter(filter, argument, arguments, sink);
            } else {
                report_undeclared(filter, sink);
            }
        }
    }

    fn check_filter(
        &self,
        filter: &ArgumentFilter,
        argument: &Argument,
        arguments: &[Argument<'_>],
        sink: &mut Sink,
    ) {
        let operator = filter.operator.value;
        let kind = argument.kind.value;
        // The type comes from the event's format, which only the host has.
        if kind == ArgumentType::Auto && matches!(self.hook.point, HookPoint::Tracepoint { raw: false, .. }) {
            check_values_present(filter, sink);
            return;
        }
        if operator == Operator::CapabilitiesGained && !gains(filter, arguments) {
            let message = "`CapabilitiesGained` compares two capability sets";
            let help = "refer to the old and the new set: `args: [0, 1]`";
            sink.report(Diagnostic::new(&OPERATOR, filter.operator.span, message).help(help));
            return;
        }
        match kind.class().fit(operator) {
            Fit::Works => {}
            // The type is looked at for each value, so a filter without values is accepted.
            Fit::Rejected if filter.values.is_empty() && reads_type_per_value(operator) => {
                check_values_present(filter, sink);
                return;
            }
            Fit::Rejected => {
                let message =
                    format!("`{}` is not supported for the type `{}`", operator.name(), kind.name());
                report_fit(Diagnostic::new(&OPERATOR, filter.operator.span, message), operator, kind, sink);
                return;
            }
            Fit::Never => {
                let message = format!("`{}` on the type `{}` never matches", operator.name(), kind.name());
                sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
                value::check_unused(filter, kind, sink);
                return;
            }
            Fit::Always => {
                let message =
                    format!("`{}` on the type `{}` matches every event", operator.name(), kind.name());
                report_fit(
                    Diagnostic::new(&ALWAYS_MATCHES, filter.operator.span, message),
                    operator,
                    kind,
                    sink,
                );
                value::check_unused(filter, kind, sink);
                return;
            }
        }
        if matches!(operator, Operator::SubString | Operator::SubStringIgnoreCase)
            && self.hook.point.section() != Section::Uprobes
            && self.context.kernels.iter().any(|kernel| kernel.version() < (6, 17))
        {
            let message = format!("`{}` never matches before kernel 6.17", operator.name());
            sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
        }
        if operator == Operator::State && kind == ArgumentType::SocketBuffer {
            let message = "`State` on `skb` never matches";
            sink.report(Diagnostic::new(&NEVER_MATCHES, filter.operator.span, message));
        }
        check_values_present(filter, sink);
        let lists = self.policy.spec.lists.as_slice();
        let reads_lists = self.hook.point.section() == Section::Tracepoints;
        value::check(filter, kind, reads_lists.then_some(lists), sink);
    }
}

fn report_fit(diagnostic: Diagnostic, operator: Operator, kind: ArgumentType, sink: &mut Sink) {
    sink.report(match hint(operator, kind) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    });
}

/// Returns whether a filter compares two declared capability sets.
fn gains(filter: &ArgumentFilter, arguments: &[Argument<'_>]) -> bool {
    let is_mask = |position: u32| {
        let argument = usize::try_from(position).ok().and_then(|position| arguments.get(position));
        argument.is_some_and(|argument| argument.kind.value.class() == ArgumentClass::CapabilityMask)
    };
    filter.positions.len() == 2 && filter.positions.iter().all(|position| is_mask(position.value))
}

fn reads_type_per_value(operator: Operator) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Equal
            | O::NotEqual
            | O::GreaterThan
            | O::LessThan
            | O::Gt
            | O::Lt
            | O::Mask
            | O::InMap
            | O::NotInMap
            | O::InRange
            | O::NotInRange
    )
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
        _ => None,
    }
}
