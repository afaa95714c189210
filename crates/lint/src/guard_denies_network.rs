//! A guarded process without `allowed_network` -> what the absence means.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::RuntimeGuard;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("guard_denies_network.md")), check: Check::Guard(check) };

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in guard.processes.iter().filter(|process| process.allowed_network.is_none()) {
        let name = &process.name;
        let message = format!("`{}` lists no `allowed_network`, so it may not connect anywhere", name.value);
        sink.report(
            Diagnostic::new(&LINT.code, name.span, message)
                .help("write `allowed_network: []` if this is intended, or list where it may connect"),
        );
    }
}
