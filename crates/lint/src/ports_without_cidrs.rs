//! Ports without blocks -> the addresses they are open to.

use telovix_diagnostic::{Code, Diagnostic, Example, Severity, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "ports-without-cidrs",
        title: "ports are confined and addresses are not",
        severity: Severity::Note,
        explanation: "`allowed_dst_ports` and `allowed_dst_cidrs` are AND-ed, and an absent side is everything: with ports \
        alone the binary may reach any host of the internet on them. On port 443 that is most of the \
        internet.\n\nAdd `allowed_dst_cidrs` with the networks the function talks to.",
        fires: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_ports: [443]\n",
        ),
        silent: Example::Text(
            "kind: GuardianProfile\n\
             name: amf\n\
             target_binary: /opt/amf/bin/amf\n\
             allowed_dst_ports: [443]\n\
             allowed_dst_cidrs: [10.0.0.0/8]\n",
        ),
    },
    check: Check::Profile(check),
};

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    let Some(ports) = &profile.allowed_dst_ports else { return };
    if profile.allowed_dst_cidrs.is_some() || ports.items.is_empty() {
        return;
    }
    let message = format!("`{}` may reach these ports on every address", profile.name.value);
    sink.report(
        Diagnostic::new(&LINT.code, ports.span, message)
            .help("add `allowed_dst_cidrs` with the networks it talks to"),
    );
}
