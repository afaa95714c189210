//! A rule with `block-execve-tmp` -> the writable place it does not name.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "tmp-template-misses-var-tmp",
        title: "`block-execve-tmp` does not cover /var/tmp",
        severity: Severity::Note,
        explanation: "The product's template covers `/tmp`, `/dev` with `/dev/shm`, `/run/user` and `/proc/self/fd`. \
        `/var/tmp` is as writable as `/tmp` and survives reboots, and is not in the list.\n\nMount `/var/tmp` \
        with `noexec`, or confine what the exposed functions may spawn in their profiles. `/var/tmp` as a link \
        to `/tmp` is covered.",
        fires: Example::Text(
            "kind: EnforcementRule\n\
             name: no staging\n\
             template: block-execve-tmp\n",
        ),
        silent: Example::Text(
            "kind: EnforcementRule\n\
             name: no staging\n\
             template: block-memfd-create\n",
        ),
    },
    check: Check::Rule(check),
};

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
