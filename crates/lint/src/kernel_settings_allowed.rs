//! An allowlist of files that includes settings of the kernel -> the setting.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("kernel_settings_allowed.md")), check: Check::Document(check) };

/// Files with which a process with uid 0 changes the kernel for everybody, none of which needs a capability.
/// Source: `Documentation/admin-guide/sysctl/kernel.rst`, `Documentation/admin-guide/sysrq.rst` and
/// `Documentation/core-api/kobject.rst` of Linux 6.12.
const SETTINGS: [&str; 9] = [
    "/proc/sys/kernel/ftrace_enabled",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/sys/fs/bpf/telovix",
    "/sys/kernel/debug/tracing/kprobe_events",
    "/sys/kernel/security/x",
    "/sys/kernel/uevent_helper",
];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for item in super::list::allowed_files(document) {
        let Some(setting) = SETTINGS.into_iter().find(|path| item.value.contains(path)) else { continue };
        let message =
            format!("`{}` includes `{setting}`, which changes the kernel for every process", item.value);
        sink.report(Diagnostic::new(&LINT.code, item.span, message).help(
            "list the files that are read, such as `/proc/meminfo`; `/proc/1*` to `/proc/9*` are those of processes",
        ));
    }
}
