//! A blocked system call that only 32-bit programs have -> a finding that it blocks nothing for 64-bit programs.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("syscall_only_32_bit.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::blocked_syscalls(document).flat_map(|list| &list.items) {
        if item.value.operation().any(|call| call.number().is_some()) {
            continue;
        }
        let message =
            format!("`{}` exists for 32-bit programs only: nothing is blocked for 64-bit ones", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("list the system call that 64-bit programs use for this, see `man 2 syscalls`"),
        );
    }
}
