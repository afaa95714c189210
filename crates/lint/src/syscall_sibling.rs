//! A blocked system call whose siblings are not blocked -> their names.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::{Document, List};
use telovix_policy::value::{Date, Syscall};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "syscall-sibling",
        title: "a call is blocked and another that does the same is not",
        severity: Severity::Warning,
        explanation: "Most operations have several system calls: `open`, `openat` and `openat2` open files, `clone`, \
        `clone3`, `fork` and `vfork` start processes. Who finds one of them blocked takes another, and the C library \
        does so without being asked.\n\nList the siblings too, or confine the operation itself: files by \
        `allowed_files`, programs by `allowed_spawns`, the network by `allowed_dst_cidrs`. The other entries of one \
        call need no line of their own: `setuid` blocks `setuid32` of 32-bit programs as well, `umount2` their \
        `umount`.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             blocked_syscalls: [init_module]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             mode: audit\n\
             blocked_syscalls: [init_module, finit_module]\n",
        ),
    },
    check: Check::Document(check),
};

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    super::list::blocked_syscalls(document).for_each(|list| look(list, sink));
}

fn look(list: &List<Syscall>, sink: &mut Sink) {
    let is_listed =
        |call: Syscall| call.operation().any(|entry| list.items.iter().any(|item| item.value == entry));
    let mut told: Vec<Syscall> = Vec::new();
    for item in &list.items {
        let missing: Vec<Syscall> = item
            .value
            .siblings()
            .into_iter()
            .filter(|sibling| !is_listed(*sibling) && !told.contains(sibling))
            .collect();
        if missing.is_empty() {
            continue;
        }
        told.extend(&missing);
        let quoted: Vec<String> = missing.iter().map(|call| format!("`{call}`")).collect();
        let written: Vec<&str> = missing.iter().map(|call| call.name()).collect();
        let message = format!(
            "`{}` is blocked, and {} {} not",
            item.value,
            quoted.join(", "),
            if missing.len() == 1 { "is" } else { "are" }
        );
        sink.report(Diagnostic::new(&LINT.code, item.span, message).help(format!(
            "write `{}, {}`, or confine the operation by its own list",
            item.value,
            written.join(", ")
        )));
    }
}
