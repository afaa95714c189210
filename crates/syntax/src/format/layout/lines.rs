//! A text -> its lines, and the place of a byte in its line.

/// The lines of a text.
pub(super) struct Lines<'text> {
    pub(super) text: &'text str,
    /// Where each line begins; one more than there are lines.
    starts: Vec<usize>,
}

impl<'text> Lines<'text> {
    /// Finds every line.
    pub(super) fn of(text: &'text str) -> Self {
        let mut starts: Vec<usize> = vec![0];
        starts.extend(text.match_indices('\n').map(|(end, _)| end + 1));
        if !text.ends_with('\n') {
            starts.push(text.len());
        }
        Self { text, starts }
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns the byte at which a line begins.
    pub(super) fn start_of(&self, line: usize) -> Option<usize> {
        self.starts.get(line).copied()
    }

    /// Returns the line with this byte.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
            .min(self.count().saturating_sub(1))
    }

    /// Returns the text of a line without its end.
    pub(super) fn text_of(&self, line: usize) -> &'text str {
        let (start, end) = (self.starts.get(line).copied(), self.starts.get(line + 1).copied());
        let whole = start.zip(end).and_then(|(start, end)| self.text.get(start..end));
        whole.unwrap_or_default().trim_end_matches('\n')
    }

    /// Returns the column of the first byte that is no space.
    pub(super) fn column_of(&self, line: usize) -> usize {
        let text = self.text_of(line);
        text.len() - text.trim_start_matches(' ').len()
    }

    /// Returns the part of the line before a byte.
    pub(super) fn before(&self, offset: usize) -> &'text str {
        let start = self.starts.get(self.line_of(offset)).copied().unwrap_or_default();
        self.text.get(start..offset).unwrap_or_default()
    }

    /// Returns whether only spaces are before a byte.
    pub(super) fn begins_line(&self, offset: usize) -> bool {
        self.before(offset).bytes().all(|byte| byte == b' ')
    }

    /// Returns whether only spaces and dashes are before a byte.
    pub(super) fn follows_dash(&self, offset: usize) -> bool {
        let before = self.before(offset);
        before.contains('-') && before.bytes().all(|byte| matches!(byte, b' ' | b'-'))
    }

    /// Returns the next line that is neither blank nor a comment.
    pub(super) fn next_line_in_use(&self, after: usize) -> Option<usize> {
        let used = |line: &usize| {
            let text = self.text_of(*line).trim_start();
            !text.is_empty() && !text.starts_with('#')
        };
        (after + 1..self.count()).find(used)
    }
}
