//! The releases of Tetragon that people run, and which of them can do what.

/// A release of Tetragon. Older releases sort first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Release {
    /// March 2025.
    V1_4,
    /// July 2025.
    V1_5,
    /// October 2025.
    V1_6,
    /// April 2026.
    V1_7,
    /// The development branch, commit 4fbfe2d74 of August 2026: what the facts about Tetragon were measured on.
    #[default]
    Main,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 5] = [Self::V1_4, Self::V1_5, Self::V1_6, Self::V1_7, Self::Main];

    /// Returns the name: `1.6`, or `main`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_4 => "1.4",
            Self::V1_5 => "1.5",
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
            Self::Main => "main",
        }
    }

    /// Returns the release of a version such as `1.6`, `v1.6.1` or `main`.
    #[must_use]
    pub fn parse(version: &str) -> Option<Self> {
        let version = version.strip_prefix('v').unwrap_or(version);
        Self::ALL.into_iter().find(|release| {
            version.strip_prefix(release.name()).is_some_and(|patch| {
                let number =
                    |patch: &str| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit());
                patch.is_empty() || patch.strip_prefix('.').is_some_and(number)
            })
        })
    }

    /// Returns whether a negated filter on addresses matches those of a family that it lists none of; before, it
    /// matched none of them.
    #[must_use]
    pub fn negates_across_families(self) -> bool {
        self >= Self::V1_5
    }

    /// Returns whether Tetragon can compare the executable of the parent.
    #[must_use]
    pub fn has_parent_filters(self) -> bool {
        self >= Self::V1_7
    }
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn versions_are_parsed() {
        for release in Release::ALL {
            assert_eq!(Release::parse(release.name()), Some(release));
        }
        assert_eq!(Release::parse("v1.6.1"), Some(Release::V1_6));
        for unknown in ["1.60", "1.6.", "1.6.x", "0.9", "", "1.6-rc.1"] {
            assert_eq!(Release::parse(unknown), None, "{unknown}");
        }
    }
}
