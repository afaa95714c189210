//! A blocked system call whose siblings are not blocked -> their names.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::{Document, List};
use telovix_policy::value::{Date, Syscall};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("syscall_sibling.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    super::list::blocked_syscalls(document).for_each(|list| look(list, sink));
}

fn look(list: &List<Syscall>, sink: &mut Sink) {
    let is_listed =
        |call: Syscall| call.operation().any(|entry| list.items.iter().any(|item| item.value == entry));
    let mut reported: Vec<Syscall> = Vec::new();
    for item in &list.items {
        let missing: Vec<Syscall> = item
            .value
            .siblings()
            .into_iter()
            .filter(|sibling| !is_listed(*sibling) && !reported.contains(sibling))
            .collect();
        if missing.is_empty() {
            continue;
        }
        reported.extend(&missing);
        let quoted: Vec<String> = missing.iter().map(|call| format!("`{call}`")).collect();
        let written: Vec<&str> = missing.iter().map(|call| call.name()).collect();
        let message = format!(
            "`{}` is blocked, but {} {} not",
            item.value,
            quoted.join(", "),
            if missing.len() == 1 { "is" } else { "are" }
        );
        let help = format!(
            "write `{}, {}`, or confine the operation by its own list",
            item.value,
            written.join(", ")
        );
        // Certainly consistent, but it blocks more than today.
        let added = written.iter().map(|name| (*name).to_owned()).collect();
        let fix = Fix::insert_after(Certainty::Guess, item.span, added);
        sink.report(Diagnostic::new(&LINT.code, item.span, message).help(help).fix_by(fix));
    }
}
