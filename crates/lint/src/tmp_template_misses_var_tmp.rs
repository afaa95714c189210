//! A rule with `block-execve-tmp` -> the writable folder it does not cover.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("tmp_template_misses_var_tmp.md")), check: Check::Rule(check) };

fn check(rule: &EnforcementRule, sink: &mut Sink) {
    if rule.template.value != Template::BlockExecveTmp || !rule.enabled {
        return;
    }
    sink.report(
        Diagnostic::new(&LINT.code, rule.template.span, "the template does not cover `/var/tmp`").help(
            "mount `/var/tmp` with `noexec`, or confine the spawns of exposed functions in their profiles",
        ),
    );
}
