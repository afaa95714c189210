//! A profile that allows a capability which is nearly root -> what it amounts to.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "broad-capability",
        title: "an allowed capability is nearly all of root",
        severity: Severity::Note,
        explanation: "`CAP_SYS_ADMIN`, `CAP_SYS_MODULE`, `CAP_SYS_PTRACE`, `CAP_SYS_RAWIO`, `CAP_DAC_OVERRIDE`, `CAP_SETUID`, \
        `CAP_BPF` and their like each lead to everything else: a process that may use one of them can take the \
        rest.\n\nName the operation that needs it and look for the narrower capability; or keep it and know that \
        the other dimensions carry the profile.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_capabilities: [SYS_ADMIN]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_capabilities: [NET_BIND_SERVICE]\n",
        ),
    },
    check: Check::Profile(check),
};

/// What each amounts to.
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
        let message = format!("`{}` {power}: nearly all of root", item.value);
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("look for the narrower capability that the operation needs"),
        );
    }
}
