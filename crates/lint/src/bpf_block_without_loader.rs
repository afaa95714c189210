//! A rule with `block-bpf-load` and no exception -> a finding that policies can no longer be loaded.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("bpf_block_without_loader.md")), check: Check::Rule(check) };

fn check(rule: &EnforcementRule, sink: &mut Sink) {
    if rule.template.value != Template::BlockBpfLoad || !rule.enabled || !rule.exceptions.is_empty() {
        return;
    }
    sink.report(
        Diagnostic::new(
            &LINT.code,
            rule.template.span,
            "no process may load BPF programs, not even Tetragon or `telovix apply`",
        )
        .help("add an exception for the program that loads policies, such as `process: /opt/telovix/bin/`"),
    );
}
