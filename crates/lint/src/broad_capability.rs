//! A profile that allows a capability nearly equivalent to root -> what it allows.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("broad_capability.md")), check: Check::Profile(check) };

/// What each allows.
const BROAD: [(&str, &str); 10] = [
    ("BPF", "loads programs into the kernel"),
    ("DAC_OVERRIDE", "reads and writes every file"),
    ("DAC_READ_SEARCH", "opens every file by handle"),
    ("MAC_ADMIN", "changes mandatory access control"),
    ("SETFCAP", "gives capabilities to files"),
    ("SETUID", "becomes any user"),
    ("SYS_ADMIN", "mounts, enters namespaces, configures devices"),
    ("SYS_MODULE", "loads code into the kernel"),
    ("SYS_PTRACE", "takes over other processes"),
    ("SYS_RAWIO", "reads and writes memory and devices directly"),
];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for item in profile.allowed_capabilities.iter().flat_map(|list| &list.items) {
        let Some((_, power)) = BROAD.iter().find(|(name, _)| *name == item.value.short_name()) else {
            continue;
        };
        let message = format!("`{}` {power}: nearly equivalent to root", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("look for the narrower capability that the operation needs"),
        );
    }
}
