//! Path text -> absolute paths and path patterns.

use std::fmt;
use std::sync::Arc;

use super::character::is_invisible;

/// Longest path in bytes: PATH_MAX of Linux is 4,096 with the terminating NUL.
const PATH_BYTES: usize = 4_095;
/// Longest component in bytes: NAME_MAX of Linux.
const COMPONENT_BYTES: usize = 255;

/// A resolved path: absolute, without empty, `.` or `..` components and without a trailing slash. Copies share
/// their text, since a path travels from its document into confinements, members and subjects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsolutePath(Arc<str>);

impl AbsolutePath {
    /// Parses a path such as `/opt/amf/bin/amf`.
    ///
    /// # Errors
    /// Returns an error for text that is not the resolved form of an absolute path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let marks = check(text)?;
        if text.len() > 1 && text.ends_with('/') {
            return Err(PathError::TrailingSlash);
        }
        if text.ends_with(' ') {
            return Err(PathError::EdgeSpace);
        }
        // `[` is a program, so brackets are allowed in the path of one file.
        if marks & GLOB != 0
            && let Some(glob) = text.chars().find(|character| matches!(character, '*' | '?'))
        {
            return Err(PathError::Glob(glob));
        }
        Ok(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last component.
    #[must_use]
    pub fn base_name(&self) -> &str {
        let slash = self.0.bytes().rposition(|byte| byte == b'/');
        slash.and_then(|at| self.0.get(at + 1..)).unwrap_or(&self.0)
    }
}

impl fmt::Display for AbsolutePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An entry of a list of paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathPattern {
    /// `/a/b`: that file only. No list of ours is read as one; filters of Tetragon are.
    File(AbsolutePath),
    /// `/a/b`: that file, or everything below it if it is a directory; `/a/bc` is not inside.
    Tree(AbsolutePath),
    /// `/a/b/`: everything below, not the directory itself.
    Below(AbsolutePath),
    /// `/a/b*`: every path that starts with these bytes.
    Prefix(Arc<str>),
}

impl PathPattern {
    /// Parses a pattern such as `/usr/lib`, `/usr/lib/` or `/var/log/amf*`.
    ///
    /// # Errors
    /// Returns an error for relative paths, unresolved components and anything that looks like another glob.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let (body, prefix) = match text.strip_suffix('*') {
            Some(body) => (body, true),
            None => (text, false),
        };
        let marks = check(body)?;
        if marks & GLOB != 0
            && let Some(glob) = body.chars().find(|character| GLOBS.contains(*character))
        {
            return Err(PathError::Glob(glob));
        }
        if prefix {
            return Ok(Self::Prefix(body.into()));
        }
        if body.ends_with(' ') {
            return Err(PathError::EdgeSpace);
        }
        match body.strip_suffix('/') {
            Some("") => Ok(Self::Below(AbsolutePath("/".into()))),
            Some(directory) => Ok(Self::Below(AbsolutePath(directory.into()))),
            None => Ok(Self::Tree(AbsolutePath(body.into()))),
        }
    }

    /// Returns the byte prefixes that make up the pattern, over paths that end in a NUL byte.
    /// A prefix that ends in NUL is one exact path.
    pub fn prefixes(&self) -> impl Iterator<Item = Vec<u8>> {
        self.stems().map(|(stem, end)| {
            let mut prefix = Vec::with_capacity(stem.len() + 1);
            prefix.extend_from_slice(stem);
            prefix.extend(end);
            prefix
        })
    }

    /// Returns the same prefixes without a copy: the part in the text, and the `/` or NUL after it.
    pub fn stems(&self) -> impl Iterator<Item = (&[u8], Option<u8>)> {
        let (exact, ended) = match self {
            Self::File(path) => (Some(path), None),
            Self::Tree(path) => (Some(path), Some((path.as_str(), Some(b'/')))),
            Self::Below(path) => (None, Some((path.as_str(), Some(b'/')))),
            Self::Prefix(text) => (None, Some((&**text, None))),
        };
        let ended = ended.map(|(text, end)| match (text.as_bytes(), end) {
            ([directory @ .., b'/'], _) => (directory, Some(b'/')),
            plain => plain,
        });
        exact.map(|path| (path.as_str().as_bytes(), Some(0))).into_iter().chain(ended)
    }

    /// Returns the pattern without the `/` or `*` at its end.
    #[must_use]
    pub fn stem(&self) -> &str {
        match self {
            Self::File(path) | Self::Tree(path) | Self::Below(path) => path.as_str(),
            Self::Prefix(text) => text,
        }
    }

    /// Returns whether a resolved path is inside.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        let below = |directory: &AbsolutePath| match directory.as_str() {
            "/" => path.starts_with('/'),
            directory => path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')),
        };
        match self {
            Self::File(file) => path == file.as_str(),
            Self::Tree(root) => path == root.as_str() || below(root),
            Self::Below(root) => below(root),
            Self::Prefix(text) => path.starts_with(&**text),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Tree(path) => write!(formatter, "{path}"),
            Self::Below(path) if path.as_str() == "/" => formatter.write_str("/"),
            Self::Below(path) => write!(formatter, "{path}/"),
            Self::Prefix(text) => write!(formatter, "{text}*"),
        }
    }
}

/// Why a text is not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// Nothing was written.
    Empty,
    /// The first byte is not `/`.
    Relative,
    /// `//` inside.
    EmptyComponent,
    /// A `.` or `..` component.
    Unresolved,
    /// A NUL or another control character.
    Control,
    /// An invisible character other than a control character.
    Invisible(char),
    /// A component that starts or ends with a space.
    EdgeSpace,
    /// A variable or specifier, which is not expanded: `$USER`, `${HOME}`, `%u`, `~`.
    Placeholder,
    /// More bytes than the kernel accepts; the number is what was written.
    TooLong(usize),
    /// A component above 255 bytes.
    LongComponent(usize),
    /// A file path that ends in `/`.
    TrailingSlash,
    /// A character of an unsupported pattern language.
    Glob(char),
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("is empty"),
            Self::Relative => formatter.write_str("is not absolute"),
            Self::EmptyComponent => formatter.write_str("has an empty component (`//`)"),
            Self::Unresolved => formatter.write_str("has a `.` or `..` component"),
            Self::Control => formatter.write_str("has a control character"),
            Self::Invisible(character) => {
                write!(formatter, "has the invisible character U+{:04X}", u32::from(*character))
            }
            Self::EdgeSpace => formatter.write_str("has a component that starts or ends with a space"),
            Self::Placeholder => formatter.write_str("has a placeholder, which is not expanded"),
            Self::TooLong(bytes) => write!(formatter, "has {bytes} bytes, more than {PATH_BYTES}"),
            Self::LongComponent(bytes) => {
                write!(formatter, "has a component of {bytes} bytes, more than {COMPONENT_BYTES}")
            }
            Self::TrailingSlash => formatter.write_str("ends in `/`, so it is not a file"),
            Self::Glob(character) => write!(formatter, "has `{character}`, an unsupported pattern"),
        }
    }
}

/// A class of bytes in a path, as a bit; the bits of all bytes of a text are combined.
const SLASH: u8 = 1;
const DOT: u8 = 1 << 1;
const GLOB: u8 = 1 << 2;
/// A control character, or a part of a character that may be one.
const SUSPECT: u8 = 1 << 3;
/// A slash before another one or a dot.
const ODD_COMPONENT: u8 = 1 << 4;

/// A space, or the start of a placeholder.
const UNLIKELY: u8 = 1 << 5;

/// Characters of unsupported pattern languages.
const GLOBS: &str = "*?[]{}";

/// The class of each byte.
static MARKS: [u8; 256] = {
    let mut marks = [0; 256];
    let mut byte = 0;
    while byte < marks.len() {
        if byte < b' ' as usize || byte >= 0x7f {
            marks[byte] = SUSPECT;
        }
        byte += 1;
    }
    marks[b' ' as usize] = UNLIKELY;
    marks[b'$' as usize] = UNLIKELY;
    marks[b'%' as usize] = UNLIKELY;
    marks[b'~' as usize] = UNLIKELY;
    marks[b'/' as usize] = SLASH;
    marks[b'.' as usize] = DOT;
    let mut at = 0;
    while at < GLOBS.len() {
        marks[GLOBS.as_bytes()[at] as usize] = GLOB;
        at += 1;
    }
    marks
};

/// Returns the classes of all bytes of a text: nearly every path is accepted after this one pass.
fn marks(text: &str) -> u8 {
    let mut before = 0;
    text.bytes().fold(0, |seen, byte| {
        let mark = MARKS[usize::from(byte)];
        let is_odd = before == SLASH && mark & (SLASH | DOT) != 0;
        before = mark;
        seen | mark | if is_odd { ODD_COMPONENT } else { 0 }
    })
}

/// Checks a text against the rules for all paths, and returns its marks.
fn check(text: &str) -> Result<u8, PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    let Some(relative) = text.strip_prefix('/') else { return Err(PathError::Relative) };
    let marks = marks(text);
    if marks & SUSPECT != 0 && text.chars().any(char::is_control) {
        return Err(PathError::Control);
    }
    if marks & SUSPECT != 0
        && let Some(unseen) = text.chars().find(|character| is_invisible(*character))
    {
        return Err(PathError::Invisible(unseen));
    }
    if marks & UNLIKELY != 0 {
        check_unlikely(relative)?;
    }
    if text.len() > PATH_BYTES {
        return Err(PathError::TooLong(text.len()));
    }
    if marks & ODD_COMPONENT != 0 || text.len() > COMPONENT_BYTES {
        check_components(relative)?;
    }
    Ok(marks)
}

/// Refuses names that are mistakes. The end of a prefix is not the end of a component, so the caller checks a space
/// at the very end.
fn check_unlikely(relative: &str) -> Result<(), PathError> {
    let mut components = relative.split('/').peekable();
    while let Some(component) = components.next() {
        let ends_with_space = component.ends_with(' ') && components.peek().is_some();
        if component.starts_with(' ') || ends_with_space {
            return Err(PathError::EdgeSpace);
        }
        if is_placeholder(component) {
            return Err(PathError::Placeholder);
        }
    }
    Ok(())
}

/// Returns whether a component is a placeholder of shells, services or templates. `Outer$Inner.class`
/// is a file.
fn is_placeholder(component: &str) -> bool {
    let is_variable = component.strip_prefix('$').is_some_and(|name| {
        let name = name.as_bytes();
        name.first().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, b'_' | b'{' | b'('))
    });
    let is_specifier = matches!(component.as_bytes(), [b'%', letter] if letter.is_ascii_alphabetic());
    is_variable || is_specifier || component == "~" || component.contains("${") || component.contains("$(")
}

fn check_components(relative: &str) -> Result<(), PathError> {
    let body = relative.strip_suffix('/').unwrap_or(relative);
    if body.is_empty() {
        return if relative.is_empty() { Ok(()) } else { Err(PathError::EmptyComponent) };
    }
    for component in body.as_bytes().split(|byte| *byte == b'/') {
        match component {
            b"" => return Err(PathError::EmptyComponent),
            b"." | b".." => return Err(PathError::Unresolved),
            long if long.len() > COMPONENT_BYTES => return Err(PathError::LongComponent(long.len())),
            _ => {}
        }
    }
    Ok(())
}
