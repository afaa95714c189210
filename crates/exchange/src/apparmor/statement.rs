//! The text of a file -> its statements: rules, and the heads and ends of blocks.

/// How a statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A comma, or the end of the line of an include or of a variable.
    Rule,
    /// `{`: a block starts.
    Open,
    /// `}`: a block ends.
    Close,
}

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// The line on which it starts, from 1.
    pub(super) line: u32,
    /// Its words, without quotes.
    pub(super) words: Vec<String>,
    pub(super) end: End,
}

/// Splits a text. A `{` after a space opens a block, and one within a word is a part of a pattern.
///
/// # Errors
/// With the line of what is not closed.
pub(super) fn split(text: &str) -> Result<Vec<Statement>, String> {
    let mut reader = Reader { statements: Vec::new(), words: Vec::new(), word: String::new(), start: 1 };
    let (mut line, mut nesting, mut quoted) = (1u32, 0usize, None);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if reader.is_empty() {
            reader.start = line;
        }
        match letter {
            '\0' => return Err(format!("line {line}: has a NUL byte")),
            '\\' => {
                reader.word.push(letter);
                reader.word.extend(letters.next_if(|letter| *letter != '\n'));
            }
            '"' => {
                quoted = if quoted.is_some() { None } else { Some(line) };
            }
            _ if quoted.is_some() => {
                if letter == '\n' {
                    return Err(format!("line {line}: a quote is not closed"));
                }
                reader.word.push(letter);
            }
            '\n' => {
                if nesting > 0 {
                    return Err(format!("line {line}: a bracket is not closed"));
                }
                reader.end_word();
                if reader.ends_with_line() {
                    reader.end(End::Rule);
                }
                line += 1;
            }
            '#' if reader.word.is_empty() && nesting == 0 => {
                let rest: String = std::iter::from_fn(|| letters.next_if(|letter| *letter != '\n')).collect();
                if let Some(file) = rest.strip_prefix("include").filter(|_| reader.words.is_empty()) {
                    reader.words.push("include".to_owned());
                    reader.words.extend(file.split_whitespace().map(str::to_owned));
                }
            }
            letter if letter.is_whitespace() && nesting == 0 => reader.end_word(),
            '{' if reader.word.is_empty() => reader.end(End::Open),
            '}' if nesting == 0 => {
                reader.end_word();
                if !reader.words.is_empty() {
                    return Err(format!("line {line}: a rule has no comma at its end"));
                }
                reader.end(End::Close);
            }
            ',' if nesting == 0 && letters.peek().is_none_or(|next| next.is_whitespace() || *next == '#') => {
                reader.end_word();
                reader.end(End::Rule);
            }
            _ => {
                match letter {
                    '{' | '(' | '[' => nesting += 1,
                    '}' | ')' | ']' => nesting = nesting.saturating_sub(1),
                    _ => {}
                }
                reader.word.push(letter);
            }
        }
    }
    reader.end_word();
    if reader.ends_with_line() {
        reader.end(End::Rule);
    }
    if nesting > 0 || quoted.is_some() || !reader.words.is_empty() {
        return Err(format!("line {}: a statement is not complete", reader.start));
    }
    Ok(reader.statements)
}

struct Reader {
    statements: Vec<Statement>,
    words: Vec<String>,
    word: String,
    start: u32,
}

impl Reader {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.word.is_empty()
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn end(&mut self, end: End) {
        let words = std::mem::take(&mut self.words);
        self.statements.push(Statement { line: self.start, words, end });
    }

    /// Returns whether the words are an include or a variable, which have no comma.
    fn ends_with_line(&self) -> bool {
        let Some(first) = self.words.first() else { return false };
        let is_assigned = ["}=", "}+="].iter().any(|sign| first.contains(sign));
        let is_next =
            self.words.get(1).is_some_and(|word| ["=", "+="].iter().any(|sign| word.starts_with(sign)));
        first == "include" || first.starts_with("@{") && (is_assigned || is_next)
    }
}
