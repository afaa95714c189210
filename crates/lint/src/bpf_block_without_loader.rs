//! A rule with `block-bpf-load` and no exception -> a host that no later policy can reach.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "bpf-block-without-loader",
        title: "`block-bpf-load` exempts no loader",
        severity: Severity::Warning,
        explanation: "Whatever puts policies into the kernel loads BPF programs: the engine when it starts or reads a \
        policy, `telovix apply` when a policy needs a hook that no program holds yet. A rule that exempts no \
        process stops them too, and the host then keeps the policy it has until it is restarted.\n\nExempt the \
        loader by its path, with an owner and a last day.",
        fires: Example::Text(
            "kind: EnforcementRule\n\
             name: no programs\n\
             template: block-bpf-load\n",
        ),
        silent: Example::Text(
            "kind: EnforcementRule\n\
             name: no programs\n\
             template: block-bpf-load\n\
             exceptions:\n\
             \x20 - process: /opt/telovix/bin/\n\
             \x20   reason: the sensor loads programs at start\n\
             \x20   owner: platform\n",
        ),
    },
    check: Check::Rule(check),
};

fn check(rule: &EnforcementRule, sink: &mut Sink) {
    if rule.template.value != Template::BlockBpfLoad || !rule.enabled || !rule.exceptions.is_empty() {
        return;
    }
    sink.report(
        Diagnostic::new(
            &LINT.code,
            rule.template.span,
            "nobody may load BPF programs, neither the engine nor `telovix apply`",
        )
        .help("add an exception for the program that loads policies, such as `process: /opt/telovix/bin/`"),
    );
}
