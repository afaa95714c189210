//! A block list of a guard that includes what every program loads.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::RuntimeGuard;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("guard_blocks_libraries.md")), check: Check::Guard(check) };

/// What a program opens before its first instruction.
const LOADED: [&str; 3] = ["/etc/ld.so.cache", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/libc.so.6"];

fn check(guard: &RuntimeGuard, sink: &mut Sink) {
    for process in &guard.processes {
        for item in process.blocked_files.iter().flat_map(|list| &list.items) {
            let Some(loaded) = LOADED.into_iter().find(|path| item.value.contains(path)) else { continue };
            let message = format!(
                "`{}` includes `{loaded}`, without which `{}` cannot start",
                item.value, process.name.value
            );
            let help = "block the files that matter, or list what is allowed in `allowed_files`";
            sink.report(Diagnostic::new(&LINT.code, item.span, message).help(help));
        }
    }
}
