//! A file allowlist without the libraries -> a finding that the binary cannot start.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("missing_library_paths.md")), check: Check::Profile(check) };

const CACHE: &str = "/etc/ld.so.cache";
/// Paths of the C library in distributions, as the kernel resolves them.
const LIBRARIES: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/lib/ld-musl-x86_64.so.1",
];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(files) = profile.allowed_files.as_ref().filter(|_| profile.mode.value != ProfileMode::Observe)
    else {
        return;
    };
    let allows = |path: &str| files.items.iter().any(|item| item.value.contains(path));
    let missing = match (allows(CACHE), LIBRARIES.into_iter().any(allows)) {
        (true, true) => return,
        (false, true) => format!("does not list `{CACHE}`"),
        (true, false) => "lists no library folder".to_owned(),
        (false, false) => format!("lists neither `{CACHE}` nor a library folder"),
    };
    let message = format!("`allowed_files` {missing}, so `{}` cannot start", profile.target_binary.value);
    sink.report(
        Diagnostic::new(&LINT.code, files.span, message)
            .help(format!("add `{CACHE}` and `/usr/lib`, or ignore this if the binary is statically linked")),
    );
}
