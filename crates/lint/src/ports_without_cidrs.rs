//! Allowed ports without CIDR blocks -> the addresses they allow.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("ports_without_cidrs.md")), check: Check::Profile(check) };

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
