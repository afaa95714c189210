//! A package manager among the allowed spawns.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;
use telovix_policy::value::PathPattern;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("package_manager_spawn.md")), check: Check::Profile(check) };

const MANAGERS: [&str; 16] = [
    "apk", "apt", "apt-get", "cargo", "dnf", "dpkg", "flatpak", "gem", "microdnf", "npm", "pip", "pip3",
    "rpm", "snap", "yum", "zypper",
];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for item in profile.allowed_spawns.iter().flat_map(|list| &list.items) {
        let PathPattern::Tree(path) = &item.value else { continue };
        if MANAGERS.contains(&path.base_name()) {
            let message = format!("`{path}` installs programs and runs their scripts");
            sink.report(
                Diagnostic::new(&LINT.code, item.span, message)
                    .help("install what the program needs beforehand, in its image or package"),
            );
        }
    }
}
