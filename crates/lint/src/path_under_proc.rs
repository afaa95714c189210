//! A path below `/proc/self` or `/dev/fd` -> why no file has it.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "path-under-proc",
        title: "a path is one the kernel never sees",
        severity: Severity::Warning,
        explanation: "`/proc/self`, `/proc/thread-self`, `/dev/fd`, `/dev/stdin` and their like are links that the kernel \
        resolves before any hook: to `/proc/1234`, to a terminal, to a pipe. An entry of that name matches \
        nothing.\n\nWrite `/proc/` for all of it, or the file the link leads to.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_files: [/proc/self/status]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_files: [/proc/meminfo]\n",
        ),
    },
    check: Check::Document(check),
};

const LINKS: [&str; 6] =
    ["/dev/fd", "/dev/stderr", "/dev/stdin", "/dev/stdout", "/proc/self", "/proc/thread-self"];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for paths in super::list::paths(document) {
        for item in &paths.list.items {
            let Some(link) = LINKS.into_iter().find(|link| lies_below(item.value.stem(), link)) else {
                continue;
            };
            let message = format!(
                "no file has the path `{}`: `{link}` is resolved before `{}` is consulted",
                item.value, paths.field
            );
            sink.report(
                Diagnostic::new(&LINT.code, item.span, message)
                    .help("write `/proc/` for all of it, or the file that the link leads to"),
            );
        }
    }
}

fn lies_below(path: &str, link: &str) -> bool {
    path.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
