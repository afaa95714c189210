//! A blocked system call that only 32-bit programs have -> what it does not block.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "syscall-only-32-bit",
        title: "a blocked call exists for 32-bit programs only",
        severity: Severity::Warning,
        explanation: "Some names stand in the table of 32-bit programs alone, and no call of 64-bit programs is the same \
        operation: `socketcall`, `ipc`, `nice`. To block one does nothing to a 64-bit program.\n\nBlock what 64-bit \
        programs call as well: `socket`, `connect` and `bind` beside `socketcall`. Where 64-bit programs have the \
        operation by another name, either name blocks both: `umount` blocks `umount2`.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             blocked_syscalls: [vm86]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             blocked_syscalls: [umount]\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::blocked_syscalls(document).flat_map(|list| &list.items) {
        if item.value.operation().any(|call| call.number().is_some()) {
            continue;
        }
        let message =
            format!("`{}` exists for 32-bit programs only: nothing is blocked for 64-bit ones", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("list what 64-bit programs call for the same, see `man 2 syscalls`"),
        );
    }
}
