//! A blocked system call that an earlier entry includes.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("syscall_listed_twice.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for list in super::list::blocked_syscalls(document) {
        for (position, later) in list.items.iter().enumerate() {
            let is_same = |first: &&telovix_diagnostic::source::Spanned<telovix_policy::value::Syscall>| {
                first.value == later.value || first.value.operation().any(|call| call == later.value)
            };
            let Some(first) = list.items[..position].iter().find(is_same) else { continue };
            let message = format!("`{}` is blocked already by `{}`", later.value, first.value);
            sink.report(
                Diagnostic::new(&LINT.code, later.span, message)
                    .related(first.span, "this entry includes it")
                    .help("remove it")
                    .fix_by(Fix::remove(Certainty::SameMeaning, later.span)),
            );
        }
    }
}
