//! A sentence with code in backticks -> its parts: words, and code.

/// A part of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'text> {
    /// Words.
    Words(&'text str),
    /// What is between two backticks.
    Code(&'text str),
}

/// Returns the parts of a sentence. A last backtick without a partner is left out.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let part = |(at, part)| if at % 2 == 0 { Part::Words(part) } else { Part::Code(part) };
    text.split('`').enumerate().map(part).filter(|part| !matches!(part, Part::Words("") | Part::Code("")))
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    #[test]
    fn code_and_words_take_turns() {
        let found: Vec<_> = parts("set `mode: observe`, then compile").collect();
        let expected = [Part::Words("set "), Part::Code("mode: observe"), Part::Words(", then compile")];
        assert_eq!(found, expected);
    }
}
