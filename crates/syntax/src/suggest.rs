//! A word nobody knows -> the known word it was probably meant to be.

/// Longer words get no suggestion: nothing that a policy can name comes near this length.
const LONGEST: usize = 64;

/// Returns the candidate nearest to `word`, when one is near enough to be worth asking about.
/// Of equally near candidates the first wins.
pub fn nearest<'word>(word: &str, candidates: impl IntoIterator<Item = &'word str>) -> Option<&'word str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let folded = fold(word);
    let tolerance = folded.len().div_ceil(4).min(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and the choice between `-`, `_` and a space are never what tells two words apart.
fn fold(word: &str) -> Vec<u8> {
    let lower = |byte: u8| if matches!(byte, b'-' | b' ') { b'_' } else { byte.to_ascii_lowercase() };
    word.bytes().map(lower).collect()
}

/// Counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous_byte = None;
    for (row, byte) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(right.len() + 1);
        current.push(row + 1);
        let mut other_before = None;
        let diagonals = last.windows(2).zip(right).enumerate();
        for (column, (above, other)) in diagonals {
            let (diagonal, up) = (above.first().copied().unwrap_or(0), above.last().copied().unwrap_or(0));
            let left_cell = current.last().copied().unwrap_or(0);
            let mut best = (diagonal + usize::from(byte != other)).min(up + 1).min(left_cell + 1);
            if previous_byte == Some(other) && other_before == Some(byte) {
                let swapped = column.checked_sub(1).and_then(|cell| before_last.get(cell)).copied();
                best = best.min(swapped.map_or(best, |cost| cost + 1));
            }
            current.push(best);
            other_before = Some(other);
        }
        previous_byte = Some(byte);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        for (left, right, expected) in [
            ("", "abc", 3),
            ("mode", "mode", 0),
            ("moed", "mode", 1),
            ("name", "nam", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left.as_bytes(), right.as_bytes()), expected, "{left} {right}");
            assert_eq!(distance(right.as_bytes(), left.as_bytes()), expected, "{right} {left}");
        }
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
