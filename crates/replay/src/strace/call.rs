//! The text of a system call -> its name, arguments and result.

/// A finished call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call<'text> {
    pub(super) name: &'text str,
    pub(super) arguments: Vec<&'text str>,
    /// What it returned, with what `-y` shows of it: `3</etc/hosts>`, `-1 ENOENT (No such file or directory)`.
    pub(super) result: &'text str,
}

impl<'text> Call<'text> {
    /// Reads a call; none when it is not complete.
    pub(super) fn parse(text: &'text str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let mut arguments = Vec::new();
        let (mut depth, mut shown, mut quoted) = (0_usize, 0_usize, false);
        let mut start = 0;
        let mut before = b' ';
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'<' if before.is_ascii_alphanumeric() || shown > 0 => shown += 1,
                b'>' if shown > 0 && before != b'-' => shown -= 1,
                _ if shown > 0 => {}
                b'(' | b'[' | b'{' => depth += 1,
                b')' if depth == 0 => {
                    arguments.extend(rest.get(start..at).map(str::trim));
                    let result = rest.get(at + 1..)?.trim_start().strip_prefix('=')?;
                    return Some(Self { name, arguments, result: result.trim() });
                }
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    arguments.extend(rest.get(start..at).map(str::trim));
                    start = at + 1;
                }
                _ => {}
            }
            before = byte;
        }
        None
    }

    /// Returns an argument; empty when there are fewer.
    pub(super) fn argument(&self, at: usize) -> &'text str {
        self.arguments.get(at).copied().unwrap_or_default()
    }

    /// Returns the error, if it failed.
    pub(super) fn error(&self) -> Option<&'text str> {
        self.result.strip_prefix("-1 ").map(|rest| rest.split(' ').next().unwrap_or_default())
    }

    /// Returns the number it returned.
    pub(super) fn number(&self) -> Option<u32> {
        let digits = self.result.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.result.len());
        self.result.get(..digits)?.parse().ok()
    }
}
