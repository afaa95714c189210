//! A guarded process without `allowed_network` -> what the absence means.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::RuntimeGuard;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "guard-denies-network",
        title: "a guarded process may not use the network at all",
        severity: Severity::Warning,
        explanation: "In a runtime guard, an absent or empty `allowed_network` allows **no** network, unlike every other list. \
        A process that is listed for one of its other lists loses its connections with it.\n\nWrite \
        `allowed_network: []` if no network is meant, or list where it may connect; `\"*\"` is everywhere.",
        fires: Example::Text(
            "mode: enforce\n\
             processes:\n\
             \x20 soc-ingest:\n\
             \x20   blocked_files: [/etc/shadow]\n",
        ),
        silent: Example::Text(
            "mode: enforce\n\
             processes:\n\
             \x20 soc-ingest:\n\
             \x20   blocked_files: [/etc/shadow]\n\
             \x20   allowed_network: []\n",
        ),
    },
    check: Check::Guard(check),
};

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in guard.processes.iter().filter(|process| process.allowed_network.is_none()) {
        let name = &process.name;
        let message = format!("`{}` lists no `allowed_network`, so it may not connect anywhere", name.value);
        sink.report(
            Diagnostic::new(&LINT.code, name.span, message)
                .help("write `allowed_network: []` if that is meant, or list where it may connect"),
        );
    }
}
