//! A process name of a guard with a space in it.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::RuntimeGuard;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("space_in_process_name.md")), check: Check::Guard(check) };

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in guard.processes.iter().filter(|process| process.name.value.contains(' ')) {
        let message = format!("the process name `{}` contains a space", process.name.value);
        sink.report(
            Diagnostic::new(&LINT.code, process.name.span, message)
                .help("give each process its own entry, unless this is the name of the executable"),
        );
    }
}
