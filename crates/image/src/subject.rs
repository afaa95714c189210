//! An image -> the executables of each domain, as patterns.

use std::collections::BTreeMap;

use telovix_bpf_programs::layout::{Header, Section, Subject};

use telovix_policy::confine::PrefixList;
use telovix_policy::value::{AbsolutePath, PathPattern};

use super::read::{Reader, Unreadable};

/// A set of executables: those of a path, a base name, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executables {
    /// Their domain.
    pub domain: u32,
    /// Paths, in the notation of documents; empty for any path that no other subject names.
    pub paths: Vec<String>,
    /// Base names; empty for any name that no other subject names.
    pub names: Vec<String>,
}

impl Reader<'_> {
    /// Returns the executables of each domain. All others are in domain 0.
    ///
    /// # Errors
    /// Names the content that no compile packs.
    pub fn executables(&mut self) -> Result<Vec<Executables>, Unreadable> {
        let image = self.image();
        let header: Header = image.record(Section::Header, 0).ok_or(Unreadable("no header"))?;
        let (_, paths) = self.class_map(header.subjects)?;
        let names =
            if header.names.child == 0 { PrefixList::default() } else { self.class_map(header.names)?.1 };
        let (paths, names) = (by_class(&paths), by_class(&names));
        let prefixes =
            |known: &BTreeMap<u32, Vec<Vec<u8>>>, class| known.get(&class).cloned().unwrap_or_default();
        let named = |(subject, domain): (Subject, u32)| Executables {
            domain,
            paths: patterns(&prefixes(&paths, subject.path)),
            names: prefixes(&names, subject.name).iter().filter_map(|name| base_name(name)).collect(),
        };
        Ok(image.entries::<Subject, u32>(Section::Subjects).map(named).collect())
    }
}

/// Groups prefixes by class; class 0 is everything else and has none.
fn by_class(entries: &PrefixList<u32>) -> BTreeMap<u32, Vec<Vec<u8>>> {
    let mut classes: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    for (prefix, class) in entries.iter().filter(|(_, class)| *class != 0) {
        classes.entry(class).or_default().push(prefix.to_vec());
    }
    classes
}

/// Returns byte prefixes in the notation of documents: `/a/b`, `/a/b/` or `/a/b*`.
#[must_use]
pub fn patterns(prefixes: &[Vec<u8>]) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let has = |bytes: &[u8], end: u8| prefixes.iter().any(|prefix| **prefix == [bytes, &[end]].concat());
    let pattern = |prefix: &Vec<u8>| match prefix.split_last() {
        Some((0, path)) => Some(text(path)),
        // `/a/b` is the file and all below it; its two prefixes are one pattern.
        Some((b'/', path)) if has(path, 0) => None,
        Some((b'/', _)) | None => Some(text(prefix)),
        Some(_) => Some(format!("{}*", text(prefix))),
    };
    prefixes.iter().filter_map(pattern).collect()
}

/// Returns byte prefixes as patterns; those that no pattern has are omitted.
pub(super) fn path_patterns(prefixes: &[Vec<u8>]) -> Vec<PathPattern> {
    let has = |bytes: &[u8], end: u8| prefixes.iter().any(|prefix| **prefix == [bytes, &[end]].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let pattern = |prefix: &Vec<u8>| match prefix.split_last() {
        Some((0, path)) if has(path, b'/') => PathPattern::parse(&text(path)?).ok(),
        Some((0, path)) => AbsolutePath::parse(&text(path)?).ok().map(PathPattern::File),
        Some((b'/', path)) if has(path, 0) => None,
        Some((b'/', _)) | None => PathPattern::parse(&text(prefix)?).ok(),
        Some(_) => PathPattern::parse(&format!("{}*", text(prefix)?)).ok(),
    };
    prefixes.iter().filter_map(pattern).collect()
}

fn base_name(prefix: &[u8]) -> Option<String> {
    let name = prefix.strip_suffix(&[0])?.strip_prefix(b"/")?;
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
}
