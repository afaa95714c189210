//! Data files of ids and titles -> which control a tag names.
//!
//! A tag is `PREFIX:ID`, such as `attack:T1611` or `cis-kubernetes:5.2.2`. Techniques of ATT&CK are also known by their
//! bare id and as Sigma writes them: `T1611`, `attack.t1611`. Any other tag belongs to the operator.

use std::sync::LazyLock;

use telovix_syntax::nearest;

/// The files, by prefix. Each has a head of `# key: value` lines, then `id<TAB>title` lines.
const FILES: [&str; 7] = [
    include_str!("../data/3gpp-33.117.tsv"),
    include_str!("../data/3gpp-33.515.tsv"),
    include_str!("../data/3gpp-33.527.tsv"),
    include_str!("../data/attack.tsv"),
    include_str!("../data/cis-kubernetes.tsv"),
    include_str!("../data/oran-104104.tsv"),
    include_str!("../data/oran-104105.tsv"),
];

static ALL: LazyLock<Vec<Vocabulary>> = LazyLock::new(|| FILES.into_iter().map(Vocabulary::read).collect());

/// The prefix of ATT&CK.
const ATTACK: &str = "attack";

/// A list of controls of one standard.
#[derive(Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// What tags start with, before the colon: `cis-kubernetes`.
    pub prefix: &'static str,
    /// The name of the standard.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Where ids and titles are from.
    pub source: &'static str,
    /// Whether the file has every id of that version.
    pub extent: Extent,
    /// Id and title, in the order of the file.
    controls: Vec<(&'static str, &'static str)>,
}

/// How much of a standard a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every id.
    Complete,
    /// Those that could be confirmed: an id that is not listed may exist.
    Selection,
}

/// A control of a vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// The vocabulary.
    pub vocabulary: &'static Vocabulary,
    /// Its id there.
    pub id: &'static str,
    /// Its title, or for a requirement without one the title of its clause.
    pub title: &'static str,
}

/// What a tag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A control.
    Control(Control),
    /// Nothing that the vocabulary has.
    Unknown {
        /// The vocabulary of its prefix.
        vocabulary: &'static Vocabulary,
        /// What was probably meant.
        near: Option<Near>,
    },
    /// A tag of the operator's own, or of a standard without a vocabulary here.
    Other,
}

/// A tag that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The tag.
    pub tag: String,
    /// Whether it differs in letter case, spaces or the separator only, so that nothing else can be meant.
    pub is_certain: bool,
}

/// Returns every vocabulary, by prefix.
#[must_use]
pub fn all() -> &'static [Vocabulary] {
    &ALL
}

/// Returns what a tag names.
#[must_use]
pub fn meaning(tag: &str) -> Meaning {
    let Some((prefix, id)) = tag.split_once(':').or_else(|| technique(tag).map(|id| (ATTACK, id))) else {
        return Meaning::Other;
    };
    let folded = prefix.trim().to_ascii_lowercase();
    let Some(vocabulary) = ALL.iter().find(|vocabulary| vocabulary.prefix == folded) else {
        return Meaning::Other;
    };
    let wanted = id.trim();
    let same = |(listed, _): &&(&'static str, &'static str)| listed.eq_ignore_ascii_case(wanted);
    match vocabulary.controls.iter().find(same) {
        Some(&(id, title)) if is_written_so(tag, vocabulary, id) => {
            Meaning::Control(Control { vocabulary, id, title })
        }
        Some((id, _)) => Meaning::Unknown { vocabulary, near: Some(vocabulary.near(id, true)) },
        None => {
            let ids = vocabulary.controls.iter().map(|(id, _)| *id);
            let near = nearest(wanted, ids).map(|id| vocabulary.near(id, false));
            Meaning::Unknown { vocabulary, near }
        }
    }
}

/// Returns the technique in a tag without a colon: `T1611` and `attack.t1055.008`.
fn technique(tag: &str) -> Option<&str> {
    let id = tag.strip_prefix("attack.").unwrap_or(tag);
    let digits = id.strip_prefix(['T', 't'])?.as_bytes();
    let shape = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    match digits.len() {
        4 => shape(digits).then_some(id),
        8 => (digits[4] == b'.' && shape(&digits[..4]) && shape(&digits[5..])).then_some(id),
        _ => None,
    }
}

/// Sigma writes techniques in lower case after `attack.`; every other form is as listed.
fn is_written_so(tag: &str, vocabulary: &Vocabulary, id: &str) -> bool {
    tag == id
        || tag.split_once(':') == Some((vocabulary.prefix, id))
        || tag.strip_prefix("attack.").is_some_and(|technique| technique.eq_ignore_ascii_case(id))
}

impl Vocabulary {
    /// Returns every control, in the order of the file.
    pub fn controls(&'static self) -> impl Iterator<Item = Control> {
        self.controls.iter().map(move |&(id, title)| Control { vocabulary: self, id, title })
    }

    fn near(&self, id: &str, is_certain: bool) -> Near {
        Near { tag: format!("{}:{id}", self.prefix), is_certain }
    }

    /// Reads a file; the tests check that each one has a whole head.
    fn read(text: &'static str) -> Self {
        let head = |key: &str| {
            let lines = text.lines().map_while(|line| line.strip_prefix("# "));
            lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == key)
        };
        let value = |key| head(key).map_or("", |(_, value)| value);
        let extent = if value("extent") == "complete" { Extent::Complete } else { Extent::Selection };
        let controls =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
        Self {
            prefix: value("prefix"),
            name: value("name"),
            version: value("version"),
            source: value("source"),
            extent,
            controls: controls.collect(),
        }
    }
}

impl Control {
    /// Returns the tag: `attack:T1611`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{}:{}", self.vocabulary.prefix, self.id)
    }

    /// Returns whether it is a technique of ATT&CK, which is a threat and not a requirement.
    #[must_use]
    pub fn is_threat(&self) -> bool {
        self.vocabulary.prefix == ATTACK
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Extent, FILES, Meaning, Vocabulary, all, meaning};

    fn known(tag: &str) -> Option<&'static str> {
        match meaning(tag) {
            Meaning::Control(control) => Some(control.title),
            Meaning::Unknown { .. } | Meaning::Other => None,
        }
    }

    fn near(tag: &str) -> Option<(String, bool)> {
        match meaning(tag) {
            Meaning::Unknown { near, .. } => near.map(|near| (near.tag, near.is_certain)),
            Meaning::Control(_) | Meaning::Other => None,
        }
    }

    #[test]
    fn files_have_a_whole_head_and_unique_ids() {
        for (vocabulary, text) in all().iter().zip(FILES) {
            for value in [vocabulary.prefix, vocabulary.name, vocabulary.version, vocabulary.source] {
                assert!(!value.is_empty(), "{vocabulary:?}");
            }
            assert!(text.contains("# extent: complete\n") != text.contains("# extent: selection\n"));
            let rows = text.lines().filter(|line| !line.starts_with('#')).count();
            let ids: BTreeSet<_> = vocabulary.controls().map(|control| control.id).collect();
            assert_eq!(ids.len(), rows, "{}: a line without a tab, or an id twice", vocabulary.prefix);
            assert!(
                vocabulary
                    .controls()
                    .all(|control| !control.title.is_empty() && control.title == control.title.trim())
            );
        }
        assert!(all().iter().any(|vocabulary| vocabulary.extent == Extent::Complete));
    }

    #[test]
    fn a_technique_is_known_in_each_form() {
        for tag in ["attack:T1611", "T1611", "attack.t1611"] {
            assert_eq!(known(tag), Some("Escape to Host"), "{tag}");
        }
    }

    #[test]
    fn each_control_is_what_its_own_tag_names() {
        for control in all().iter().flat_map(Vocabulary::controls) {
            assert_eq!(meaning(&control.tag()), Meaning::Control(control));
        }
    }

    #[test]
    fn only_letter_case_and_spaces_are_certain() {
        assert_eq!(near("ATTACK:t1611"), Some(("attack:T1611".to_owned(), true)));
        assert_eq!(near("cis-kubernetes: 5.2.2"), Some(("cis-kubernetes:5.2.2".to_owned(), true)));
        assert_eq!(near("cis-kubernetes:5.2.99").map(|(_, is_certain)| is_certain), Some(false));
    }

    #[test]
    fn tags_of_others_are_left_alone() {
        for tag in ["nis2_directive", "nis2:21", "cis_benchmark-4.1", "T16111", "Team", "T10é55é08"] {
            assert_eq!(meaning(tag), Meaning::Other, "{tag}");
        }
    }
}
