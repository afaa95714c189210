//! Patterns of paths: what contains what, and which of them are too wide to be learned.

use telovix_policy::value::PathPattern;

use crate::sensitive;

/// Folders of the system that many programs share: opening one of them is not learning.
const ROOTS: [&str; 38] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/usr/local",
    "/usr/src",
    "/usr/include",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/local/etc",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/var/cache",
    "/var/tmp",
    "/var/mail",
    "/run/user",
    "/run/lock",
    "/dev/shm",
    "/dev/disk",
    "/sys/class",
    "/sys/devices",
    "/sys/fs",
    "/sys/kernel",
    "/sys/bus",
    "/sys/block",
    "/sys/module",
    "/proc/sys",
    "/etc/ssl",
    "/etc/systemd",
    "/lib/modules",
    "/var/backups",
];
/// Bytes of a name that a prefix in such a folder has at least.
const HEAD: usize = 3;
/// Where everybody makes files, names of temporary files begin with two letters.
const SHARED_HEAD: usize = 2;

/// Returns the text that every path below a pattern begins with.
pub(crate) fn start(pattern: &PathPattern) -> String {
    match pattern {
        PathPattern::Prefix(text) => text.to_string(),
        PathPattern::Tree(path) | PathPattern::Below(path) if path.as_str() == "/" => "/".to_owned(),
        PathPattern::Tree(path) | PathPattern::Below(path) => format!("{path}/"),
        PathPattern::File(path) => path.as_str().to_owned(),
    }
}

/// Returns whether a pattern contains everything that another one contains.
pub(crate) fn covers(wide: &PathPattern, narrow: &PathPattern) -> bool {
    match (wide, narrow) {
        (_, PathPattern::File(path)) => wide.contains(path.as_str()),
        (PathPattern::File(_), _) => false,
        (_, PathPattern::Tree(path)) => {
            wide.contains(path.as_str()) && start(narrow).starts_with(&start_of_all(wide))
        }
        (_, PathPattern::Below(_) | PathPattern::Prefix(_)) => start(narrow).starts_with(&start(wide)),
    }
}

/// As [`start`]; for the folder that a tree names itself as well.
fn start_of_all(pattern: &PathPattern) -> String {
    match pattern {
        PathPattern::Tree(path) | PathPattern::File(path) => path.as_str().to_owned(),
        PathPattern::Below(_) | PathPattern::Prefix(_) => start(pattern),
    }
}

/// Returns the patterns that no other one covers, sorted.
pub(crate) fn reduced(mut patterns: Vec<PathPattern>) -> Vec<PathPattern> {
    patterns.sort_by(|left, right| {
        let key = |pattern: &PathPattern| (start_of_all(pattern), matches!(pattern, PathPattern::Tree(_)));
        key(left).cmp(&key(right))
    });
    patterns.dedup();
    let mut kept: Vec<PathPattern> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        // What covers it begins with the same text and comes before it, except for a longer form of the same folder.
        let covered = kept.iter().rev().any(|wide| covers(wide, &pattern));
        if !covered {
            kept.retain(|narrow| !covers(&pattern, narrow));
            kept.push(pattern);
        }
    }
    kept
}

/// Returns the pattern of everything in a folder, or of the names in it that begin with a text.
pub(crate) fn opened(folder: &str, head: &str) -> Option<PathPattern> {
    let text = format!("{folder}{}{head}", if folder.ends_with('/') { "" } else { "/" });
    PathPattern::parse(&if head.is_empty() { text } else { format!("{text}*") }).ok()
}

/// Why a generalisation is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It would contain a sensitive path.
    Sensitive(&'static str),
    /// It would contain a folder that many programs share.
    Shared,
}

/// Returns why a generalisation is not made.
pub(crate) fn refusal(pattern: &PathPattern) -> Option<Refusal> {
    if let Some(why) = sensitive::of_pattern(pattern) {
        return Some(Refusal::Sensitive(why));
    }
    if sensitive::is_file(pattern) {
        return None;
    }
    let start = start(pattern);
    let is_root = |folder: &str| folder.matches('/').count() <= 1 || ROOTS.contains(&folder);
    let (folder, head) = start.rsplit_once('/').unwrap_or(("", ""));
    let least = match sensitive::SHARED.iter().any(|shared| shared.strip_suffix('/') == Some(folder)) {
        true => SHARED_HEAD,
        false => HEAD,
    };
    let contains_root = ROOTS.iter().any(|root| root.starts_with(&start));
    (contains_root || (is_root(folder) && head.len() < least)).then_some(Refusal::Shared)
}

#[cfg(test)]
mod tests {
    use telovix_policy::value::PathPattern;

    use super::{covers, reduced, refusal};

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).expect("a pattern")
    }

    #[test]
    fn covered_patterns_are_left_out() {
        let of = |texts: &[&str]| {
            let reduced = reduced(texts.iter().map(|text| pattern(text)).collect());
            reduced.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of(&["/a/b", "/a/b/", "/a/bc", "/a/b/c", "/a/b/c*"]), ["/a/b", "/a/bc"]);
        assert_eq!(of(&["/a/b*", "/a/b", "/a/bc/d", "/a/b/"]), ["/a/b*"]);
        assert_eq!(of(&["/a/b/", "/a/b/x*", "/a/c"]), ["/a/b/", "/a/c"]);
        assert!(!covers(&pattern("/a/b/"), &pattern("/a/b")));
    }

    #[test]
    fn wide_patterns_are_refused() {
        for wide in [
            "/usr/",
            "/usr/lib/",
            "/etc/",
            "/usr/l*",
            "/opt/",
            "/tmp/a*",
            "/var/log/a*",
            "/var/lib/x/",
            "/e*",
        ] {
            assert!(refusal(&pattern(wide)).is_some(), "{wide}");
        }
        for fine in [
            "/usr/lib/python3.11/",
            "/tmp/cc*",
            "/var/log/amf*",
            "/opt/amf/lib/",
            "/etc/amf/",
            "/var/lib/x/a*",
        ] {
            assert_eq!(refusal(&pattern(fine)), None, "{fine}");
        }
    }
}
