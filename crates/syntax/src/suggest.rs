//! An unknown word -> the known word that was probably meant.

use strsim::osa_distance;
use telovix_diagnostic::Certainty;

/// Longer words get no suggestion: no name in a policy is nearly this long.
const LONGEST: usize = 64;

/// Returns the candidate nearest to `word`, when one is near enough to suggest.
/// Of equally near candidates the first wins.
pub fn nearest<'word>(word: &str, candidates: impl IntoIterator<Item = &'word str>) -> Option<&'word str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let folded = fold(word);
    let tolerance = word.len().div_ceil(4).min(3);
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns how sure it is that a near word is meant: certain if only its spelling differs, in case or `-` for `_`.
#[must_use]
pub fn certainty(word: &str, near: &str) -> Certainty {
    if fold(word) == fold(near) { Certainty::Meant } else { Certainty::Guess }
}

/// Returns the only candidate that has all the words of `key`, singular or plural: `allowed_dst_ports` for
/// `allowed_ports`.
pub(super) fn containing<'word>(
    key: &str,
    candidates: impl IntoIterator<Item = &'word str>,
) -> Option<&'word str> {
    let words = |text: &str| -> Vec<String> {
        fold(text).split('_').map(|word| word.trim_end_matches('s').to_owned()).collect()
    };
    let wanted = words(key);
    if wanted.iter().any(|word| word.len() < 3) {
        return None;
    }
    let mut found = candidates.into_iter().filter(|candidate| {
        let has = words(candidate);
        wanted.iter().all(|word| has.contains(word))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Spelling that does not matter: upper case, and `-` or a space for `_`. Each byte becomes one character, because the
/// tolerance is in bytes.
fn fold(word: &str) -> String {
    let lower = |byte: u8| if matches!(byte, b'-' | b' ') { b'_' } else { byte.to_ascii_lowercase() };
    word.bytes().map(lower).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{containing, nearest};

    #[test]
    fn finds_the_only_name_with_these_words() {
        let fields = ["allowed_files", "allowed_spawns", "allowed_dst_ports", "blocked_files", "mode"];
        assert_eq!(containing("allowed_ports", fields), Some("allowed_dst_ports"));
        assert_eq!(containing("allowed_dst_port", fields), Some("allowed_dst_ports"));
        assert_eq!(containing("spawns", fields), Some("allowed_spawns"));
        assert_eq!(containing("files", fields), None);
        assert_eq!(containing("s", fields), None);
    }

    #[test]
    fn counts_a_swap_of_neighbours_as_one_edit() {
        assert_eq!(nearest("moed", ["name", "mode"]), Some("mode"));
        assert_eq!(nearest("mdoe", ["name", "mode"]), Some("mode"));
        assert_eq!(nearest("edom", ["mode"]), None);
    }

    #[test]
    fn counts_bytes_of_other_scripts() {
        assert_eq!(nearest("m\u{f6}de_of", ["mode_of"]), Some("mode_of"));
        assert_eq!(nearest("m\u{f6}d", ["mod"]), None);
    }

    #[test]
    fn suggests_the_nearest_known_word() {
        let fields = ["allowed_files", "allowed_spawns", "mode", "name"];
        assert_eq!(nearest("allowed_file", fields), Some("allowed_files"));
        assert_eq!(nearest("allowed-spawns", fields), Some("allowed_spawns"));
        assert_eq!(nearest("Mode", fields), Some("mode"));
        assert_eq!(nearest("x", fields), None);
        assert_eq!(nearest("blocked_syscalls", fields), None);
        assert_eq!(nearest(&"mode".repeat(1000), fields), None);
    }
}
