//! A pattern of `include` or `exclude` -> whether a path of the repository matches it.

/// A pattern for paths relative to the root.
///
/// `*` is any part of one name, `?` one character, `**` any number of folders. A pattern without a `/` before its end is
/// matched at any depth; one that matches a folder matches everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    names: Vec<Name>,
}

/// One part of a pattern, between two `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// `**`
    Folders,
    /// A name with wildcards.
    One(Vec<char>),
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains(['[', ']', '{', '}', '!', '\\']) {
            return Err(
                "has a character that patterns do not have: of wildcards there are `*`, `**` and `?`",
            );
        }
        let is_anchored = text.trim_end_matches('/').contains('/');
        let inner = text.strip_prefix("./").unwrap_or(text).trim_matches('/');
        let parts: Vec<&str> = inner.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err("is not a path below the root of the repository");
        }
        let start = (!is_anchored).then_some(Name::Folders);
        let names = parts.into_iter().map(|part| match part {
            "**" => Name::Folders,
            part => Name::One(part.chars().collect()),
        });
        Ok(Self { text: text.to_owned(), names: start.into_iter().chain(names).collect() })
    }

    /// Returns the pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the only path that it matches besides those below, if it is one.
    pub(crate) fn only(&self) -> Option<String> {
        let is_wild = |letter: &char| matches!(letter, '*' | '?');
        let plain = self.names.iter().map(|name| match name {
            Name::One(letters) if !letters.iter().any(is_wild) => Some(letters.iter().collect::<String>()),
            Name::One(_) | Name::Folders => None,
        });
        Some(plain.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// Returns whether a path, relative to the root and with `/`, matches or is below a folder that matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        // Whether the names so far can end before each part of the path.
        let mut reached = vec![false; path.len() + 1];
        reached[0] = true;
        for name in &self.names {
            let mut next = vec![false; path.len() + 1];
            for at in 0..=path.len() {
                match name {
                    Name::Folders => next[at] = reached[at] || (at > 0 && next[at - 1]),
                    Name::One(pattern) => {
                        next[at] = at > 0 && reached[at - 1] && is_name(pattern, path[at - 1]);
                    }
                }
            }
            reached = next;
        }
        // A match of nothing at all, as by `**`, is one of the folder at the root.
        reached.contains(&true)
    }
}

/// Returns whether a name matches a pattern of `*`, `?` and other characters.
fn is_name(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, seen));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    (at, seen) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(path)
    }

    #[test]
    fn patterns_match_names_folders_and_what_is_below() {
        for (pattern, path) in [
            ("values.yaml", "values.yaml"),
            ("values.yaml", "charts/web/values.yaml"),
            ("*.lock.json", "a/b.lock.json"),
            ("node_modules/", "web/node_modules/x/package.json"),
            ("charts/*/templates", "charts/web/templates/deep/p.yaml"),
            ("charts/**/p.yaml", "charts/p.yaml"),
            ("charts/**/p.yaml", "charts/a/b/p.yaml"),
            ("**", "a.yaml"),
            ("./policies/", "policies/a.yaml"),
            ("/a.yaml", "a.yaml"),
            ("p?*.yaml", "p1.yaml"),
            ("*a*b", "xaxbxb"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_do_not_match_other_places() {
        for (pattern, path) in [
            ("charts/*", "other/charts/a.yaml"),
            ("/a.yaml", "b/a.yaml"),
            ("policies/*.yaml", "policies/deep/a.yaml"),
            ("values.yaml", "my-values.yaml"),
            ("p?.yaml", "p.yaml"),
            ("*a*b", "xaxbx"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_that_would_mean_something_else_are_refused() {
        for pattern in ["", "/", "../a", "a//b", "{a,b}", "[ab]", "!a"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }
}
