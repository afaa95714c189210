//! A line of strace -> process, time and what it is about.

use crate::moment::Moment;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'text> {
    /// The process; none for the first one, as long as it is the only one.
    pub(super) pid: Option<u32>,
    pub(super) time: Option<Moment>,
    pub(super) content: Content<'text>,
}

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content<'text> {
    /// A signal, a notice.
    Nothing,
    /// The process ended.
    Exit,
    /// `openat(...) = 3`.
    Call(&'text str),
    /// `openat(... <unfinished ...>`, without the mark.
    Start(&'text str),
    /// `<... openat resumed>...) = 3`: name and rest.
    Rest(&'text str, &'text str),
}

/// Returns whether the first line of a file is one of strace.
pub(crate) fn is_of_strace(line: &[u8]) -> bool {
    let line = std::str::from_utf8(line).ok().map(|line| line.trim_end_matches(['\n', '\r']));
    line.and_then(Line::parse).is_some()
}

impl<'text> Line<'text> {
    /// Reads a line; none when it is not one of strace.
    pub(super) fn parse(text: &'text str) -> Option<Self> {
        let text = text.trim_end_matches('\r');
        if text.starts_with("strace: Process ") {
            return Some(Self { pid: None, time: None, content: Content::Nothing });
        }
        let (pid, rest) = pid(text);
        let (time, rest) = time(rest);
        let content = content(rest)?;
        Some(Self { pid, time, content })
    }
}

/// `[pid 12] ` or `12 `.
fn pid(text: &str) -> (Option<u32>, &str) {
    let bracketed = text.strip_prefix("[pid").and_then(|rest| rest.trim_start().split_once(']'));
    let found = bracketed.or_else(|| text.split_once(' '));
    match found.and_then(|(digits, rest)| Some((digits.trim().parse().ok()?, rest.trim_start()))) {
        Some((pid, rest)) => (Some(pid), rest),
        None => (None, text),
    }
}

/// `1700000000.123456 `; a time of day without a date is skipped.
fn time(text: &str) -> (Option<Moment>, &str) {
    let Some((word, rest)) = text.split_once(' ') else { return (None, text) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((seconds, fraction)) = word.split_once('.')
        && digits(seconds)
        && digits(fraction)
    {
        return (seconds.parse().ok().map(Moment::from_seconds), rest.trim_start());
    }
    let of_day =
        word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    if of_day { (None, rest.trim_start()) } else { (None, text) }
}

fn content(text: &str) -> Option<Content<'_>> {
    if text.starts_with("+++ ") && text.ends_with(" +++") {
        return Some(Content::Exit);
    }
    if text.starts_with("--- ") && text.ends_with(" ---") {
        return Some(Content::Nothing);
    }
    if let Some(rest) = text.strip_prefix("<... ") {
        let (name, rest) = rest.split_once(" resumed>")?;
        return is_name(name).then_some(Content::Rest(name, rest));
    }
    let (name, _) = text.split_once('(')?;
    if !is_name(name) {
        return None;
    }
    match text.strip_suffix("<unfinished ...>") {
        Some(start) => Some(Content::Start(start)),
        None => Some(Content::Call(text)),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
