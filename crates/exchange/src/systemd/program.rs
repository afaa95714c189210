//! `NoExecPaths=/` and `ExecPaths` -> `allowed_spawns`.

use telovix_policy::value::PathPattern;

use super::unit::Unit;
use crate::{Change, Effect};

/// Returns the paths below which programs may be executed, when everything else is denied.
pub(super) fn import(unit: &Unit, changes: &mut Vec<Change>) -> Option<Vec<String>> {
    let denied = unit.assigned("NoExecPaths");
    let first = denied.first()?;
    let mut tell = |line: u32, what: &str, why: &str, effect: Effect| {
        changes.push(Change { line, what: format!("`{what}`"), why: why.to_owned(), effect });
    };
    let words = || denied.iter().flat_map(|setting| setting.value.split_whitespace());
    if words().any(|word| bare(word) != "/") {
        let why = "not imported: a profile lists what may be executed, so only `NoExecPaths=/` can be written as one";
        tell(first.line, "NoExecPaths", why, Effect::Weaker);
        return None;
    }
    let mut spawns = Vec::new();
    for setting in unit.assigned("ExecPaths") {
        for word in setting.value.split_whitespace() {
            let path = bare(word);
            let is_plain = !path.contains(['%', '$', '*', '"', '\'', '\\']);
            match PathPattern::parse(path) {
                Ok(_) if is_plain => spawns.push(path.to_owned()),
                _ => tell(setting.line, word, "not imported: it is not a plain path", Effect::Stricter),
            }
        }
    }
    tell(
        first.line,
        "NoExecPaths",
        "imported for execution; mapping a library from there is not denied",
        Effect::Weaker,
    );
    let stricter =
        "a profile with paths also denies execution from memory, chroot, mounts and new name spaces";
    tell(first.line, "NoExecPaths", stricter, Effect::Stricter);
    Some(spawns)
}

/// Returns a path without the marks for a missing one (`-`) and for the root of the unit (`+`).
fn bare(word: &str) -> &str {
    word.trim_start_matches(['-', '+'])
}
