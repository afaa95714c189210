//! Targets and what is left out -> the text of `telovix.yaml`.

use std::fmt::Write as _;

use telovix_platform::Target;
use telovix_policy::value::Date;

/// A file or folder that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Its path, relative to the root.
    pub(super) path: String,
    /// Why.
    pub(super) reason: String,
}

impl LeftOut {
    /// Leaves out a path, unless no pattern matches it alone.
    pub(super) fn new(path: &str, reason: String) -> Option<Self> {
        let is_special = |letter: char| letter.is_control() || "[]{}!\\*?".contains(letter);
        let is_below = !path.starts_with('/') && !path.split('/').any(|part| matches!(part, "" | "." | ".."));
        (is_below && !path.contains(is_special)).then(|| Self { path: path.to_owned(), reason })
    }
}

/// The setting of a Tetragon in Kubernetes.
pub(super) const KUBERNETES: &str = "
# Policies select pods, so Tetragon runs in Kubernetes.
tetragon:
  kubernetes: true
";

/// Returns the text of the settings.
pub(super) fn text(targets: &[Target], output: &str, left_out: &[LeftOut], date: Date) -> String {
    let mut text = format!(
        "\
# yaml-language-server: $schema=.telovix/schemas/telovix.json
#
# Marks the root of this policy repository, which adopted Telovix on {date}. Paths are relative to it.

# The folder for compiled artifacts.
output: {output}

# What the artifacts must run on; `telovix compile --help` lists the names.
targets:
"
    );
    for target in targets {
        let _infallible = writeln!(text, "  - {target}");
    }
    if !left_out.is_empty() {
        text.push_str("\n# Left out when this repository adopted Telovix.\nexclude:\n");
        for LeftOut { path, reason } in left_out {
            text.push_str("  - ");
            // With a `/` before its end a pattern is matched at the root only.
            telovix_tetragon::push_quoted(&mut text, &format!("./{path}"));
            let reason: String = reason.chars().filter(|letter| !letter.is_control()).collect();
            let _infallible = writeln!(text, " # {reason}");
        }
    }
    text
}
