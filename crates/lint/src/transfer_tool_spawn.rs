//! A tool that moves files over the network among the allowed spawns.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::GuardianProfile;
use telovix_policy::value::PathPattern;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("transfer_tool_spawn.md")), check: Check::Profile(check) };

const TOOLS: [&str; 12] =
    ["aria2c", "curl", "ftp", "lftp", "nc", "ncat", "rsync", "scp", "sftp", "socat", "tftp", "wget"];

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    for item in profile.allowed_spawns.iter().flat_map(|list| &list.items) {
        let PathPattern::Tree(path) = &item.value else { continue };
        if TOOLS.contains(&path.base_name()) {
            let message = format!("`{path}` moves files over the network for whoever runs it");
            sink.report(
                Diagnostic::new(&LINT.code, item.span, message)
                    .help("write a profile for it that lists the addresses it may reach, or use a library"),
            );
        }
    }
}
