//! A path through a common symbolic link -> the path that the kernel sees.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::Document;
use telovix_policy::value::{Date, PathPattern};

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("path_through_link.md")), check: Check::Document(check) };

/// Links of distributions with a merged /usr, and their targets.
const LINKS: [(&str, &str); 6] = [
    ("/bin", "/usr/bin"),
    ("/lib", "/usr/lib"),
    ("/lib64", "/usr/lib64"),
    ("/sbin", "/usr/sbin"),
    ("/var/lock", "/run/lock"),
    ("/var/run", "/run"),
];

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    if let Document::GuardianProfile(profile) = document {
        let binary = &profile.target_binary;
        if let Some(resolved) = resolved(binary.value.as_str()) {
            report("no process has the executable", binary.value.as_str(), &resolved, binary.span, sink);
        }
    }
    for paths in super::list::paths(document) {
        for item in &paths.list.items {
            if !lies_behind_link(item.value.stem()) {
                continue;
            }
            let written = item.value.to_string();
            let Some(resolved) = resolved(&written) else { continue };
            // Listing both is how one repository serves hosts of both kinds.
            let plain = resolved.trim_end_matches(['*', '/']);
            let inside = format!("{plain}/x");
            let is_listed = |other: &PathPattern| other.contains(plain) || other.contains(&inside);
            if !paths.list.items.iter().any(|other| is_listed(&other.value)) {
                report("nothing has the path", &written, &resolved, item.span, sink);
            }
        }
    }
}

fn report(what: &str, written: &str, resolved: &str, span: Span, sink: &mut Sink) {
    let message = format!("{what} `{written}` where that is a link: the kernel sees `{resolved}`");
    sink.report(Diagnostic::new(&LINT.code, span, message).help(format!("write `{resolved}`")));
}

fn lies_behind_link(path: &str) -> bool {
    LINKS.iter().any(|(link, _)| path.starts_with(link))
}

fn resolved(path: &str) -> Option<String> {
    LINKS.iter().find_map(|(link, target)| {
        let rest = path.strip_prefix(link)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
    })
}
