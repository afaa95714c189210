//! Two versions of a file -> a unified diff, which `patch` and `git apply` take.

use similar::TextDiff;

/// Returns the difference with three lines of context; empty if there is none.
pub(super) fn diff(path: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    difference.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn shows_lines_with_their_endings() {
        let shown = diff("p.yaml", "a: 1\r\nb: 2", "a: 1\r\nb: 3");
        assert_eq!(
            shown,
            "--- a/p.yaml\n+++ b/p.yaml\n@@ -1,2 +1,2 @@\n a: 1\r\n-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("p.yaml", "a", "a"), "");
    }
}
