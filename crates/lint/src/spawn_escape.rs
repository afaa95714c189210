//! An allowed program that runs others -> a bypass of the profile.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{GuardianProfile, ProfileMode};
use telovix_policy::value::Children;
use telovix_policy::value::PathPattern;

use super::program::{USUAL, runner};
use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("spawn_escape.md")), check: Check::Profile(check) };

fn check(profile: &GuardianProfile, sink: &mut Sink) {
    if profile.children.value == Children::Inherit || profile.mode.value == ProfileMode::Observe {
        return;
    }
    for item in profile.allowed_spawns.iter().flat_map(|list| &list.items) {
        let Some(message) = escape(&item.value) else { continue };
        sink.report(
            Diagnostic::new(&LINT.code, item.span, message)
                .help("allow the programs that are actually run, or write `children: inherit`"),
        );
    }
}

fn escape(pattern: &PathPattern) -> Option<String> {
    if let PathPattern::Tree(path) = pattern
        && let Some(kind) = runner(path.base_name())
    {
        return Some(format!("`{path}` is {}, through which the binary can run anything", kind.name()));
    }
    let begins = |path: &&str| path.starts_with(pattern.stem());
    let inside = USUAL.into_iter().filter(begins).find(|path| pattern.contains(path))?;
    Some(format!("`{pattern}` includes `{inside}`, through which the binary can run anything"))
}
