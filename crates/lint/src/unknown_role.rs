//! A role -> a finding if the Console does not know it.

use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;
use telovix_syntax::nearest;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("unknown_role.md")), check: Check::Document(check) };

/// Roles that the Console knows.
const ROLES: [&str; 27] = [
    "amf",
    "ausf",
    "bgp_router",
    "bsf",
    "chf",
    "control_plane",
    "generic_linux",
    "gnb",
    "hss",
    "mme",
    "nef",
    "nrf",
    "nssf",
    "o_cloud",
    "o_cu",
    "o_du",
    "o_ru",
    "pcf",
    "pcrf",
    "pgw",
    "ric",
    "sgw",
    "smf",
    "smsf",
    "udm",
    "udr",
    "upf",
];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    let role = match document {
        Document::GuardianProfile(profile) => profile.target_nf_role.as_ref(),
        Document::PolicyPack(pack) => pack.target_role.as_ref(),
        _ => None,
    };
    let Some(role) = role.filter(|role| !ROLES.contains(&role.value.as_str())) else { return };
    let message = format!("`{}` is not a known role", role.value);
    let found = Diagnostic::new(&LINT.code, role.span, message)
        .help(format!("known roles: {}; keep yours if it is intended", ROLES.join(", ")));
    sink.report(match nearest(&role.value, ROLES) {
        Some(near) => found.fix_by(Fix::value(Certainty::Guess, role.span, near)),
        None => found,
    });
}
