//! `CHANGELOG.md` -> the section of one version, as the text of its release.

use anyhow::{bail, ensure};

/// The text below `## [version] - date`, up to the next version.
pub(crate) fn section(changelog: &str, version: &str) -> anyhow::Result<String> {
    let heading = format!("## [{version}]");
    let mut lines = changelog.lines().skip_while(|line| !line.starts_with(&heading));
    let Some(heading) = lines.next() else {
        bail!("CHANGELOG.md has no section `{heading}`");
    };
    let date = heading.rsplit_once(" - ").map(|(_, date)| date).unwrap_or_default();
    ensure!(is_date(date), "`{heading}` in CHANGELOG.md has no date: write `## [{version}] - YYYY-MM-DD`");
    // Links at the end of the file belong to no section.
    let lines = lines.take_while(|line| !line.starts_with("## ") && !is_link(line));
    let text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    ensure!(!text.is_empty(), "`{heading}` in CHANGELOG.md is empty");
    Ok(text + "\n")
}

fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00")
}

fn is_link(line: &str) -> bool {
    line.starts_with('[') && line.contains("]: ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-02\n\n### Added\n\n- two\n\n\
                             ## [0.1.0] - 2026-12-01\n\n- one\n\n[0.1.0]: https://example.org/v0.1.0\n";

    #[test]
    fn a_section_ends_at_the_next_version_or_at_the_links() {
        assert_eq!(section(CHANGELOG, "0.2.0").unwrap(), "### Added\n\n- two\n");
        assert_eq!(section(CHANGELOG, "0.1.0").unwrap(), "- one\n");
    }

    #[test]
    fn a_missing_an_empty_and_an_undated_section_stop_a_release() {
        let refused = |text: &str, version| section(text, version).unwrap_err().to_string();
        assert!(refused(CHANGELOG, "0.3.0").contains("no section `## [0.3.0]`"));
        assert!(
            refused("## [1.0.0] - 2027-01-02\n\n## [0.9.0] - 2026-12-01\n", "1.0.0").contains("is empty")
        );
        for undated in ["## [1.0.0]\n- a", "## [1.0.0] - soon\n- a", "## [1.0.0] - 2027-1-2\n- a"] {
            assert!(refused(undated, "1.0.0").contains("has no date"), "{undated}");
        }
    }

    #[test]
    fn the_version_of_this_workspace_has_a_section() {
        let text = std::fs::read_to_string(repository::root().join("CHANGELOG.md")).unwrap();
        section(&text, env!("CARGO_PKG_VERSION")).unwrap();
    }
}
