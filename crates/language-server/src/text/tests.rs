use proptest::prelude::*;

use super::{Refusal, Text};
use crate::position::{Encoding, Position, Range};

const LIMIT: usize = 200;

fn place() -> impl Strategy<Value = Position> {
    (0_u32..12, prop_oneof![0_u32..12, Just(u32::MAX)])
        .prop_map(|(line, character)| Position { line, character })
}

fn edit() -> impl Strategy<Value = (Range, String, Encoding)> {
    let encoding = prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf16)];
    (place(), place(), "[a\\r\\nü😀]{0,8}", encoding)
        .prop_map(|(start, end, text, encoding)| (Range { start, end }, text, encoding))
}

fn at(line: u32, character: u32) -> Position {
    Position { line, character }
}

fn keep_the_state_of_a_fresh_start(edits: Vec<(Range, String, Encoding)>) -> Result<(), TestCaseError> {
    let mut text = Text::open("a\r\nü😀\rb\n".to_owned(), LIMIT)
        .map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
    for (range, replacement, encoding) in edits {
        let before = text.clone();
        if text.replace(range, &replacement, encoding).is_err() {
            prop_assert_eq!(&text, &before);
        }
        let fresh = Text::open(text.as_str().to_owned(), LIMIT);
        prop_assert_eq!(fresh.as_ref(), Ok(&text));
        for (offset, _) in text.as_str().char_indices() {
            let there = text.position(offset, encoding);
            let back = text.offset(there, encoding);
            let is_inside_line_end =
                text.as_str()[..offset].ends_with('\r') && text.as_str()[offset..].starts_with('\n');
            prop_assert_eq!(back, Ok(offset - usize::from(is_inside_line_end)));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn edits_keep_the_state_of_a_fresh_start(edits in prop::collection::vec(edit(), 0..40)) {
        keep_the_state_of_a_fresh_start(edits)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    #[ignore = "100,000 edits"]
    fn a_hundred_thousand_edits_keep_the_state_of_a_fresh_start(edits in prop::collection::vec(edit(), 100)) {
        keep_the_state_of_a_fresh_start(edits)?;
    }
}

#[test]
fn half_a_surrogate_pair_is_refused_and_changes_nothing() {
    let mut text = Text::open("a😀b".to_owned(), LIMIT).expect("it is short");
    let half = Range { start: at(0, 2), end: at(0, 3) };
    let refusal = text.replace(half, "", Encoding::Utf16);
    assert_eq!(refusal, Err(Refusal::InsideCharacter { line: 0, character: 2 }));
    assert_eq!(text.as_str(), "a😀b");
    let whole = Range { start: at(0, 1), end: at(0, 3) };
    assert_eq!(text.replace(whole, "", Encoding::Utf16), Ok(()));
    assert_eq!(text.as_str(), "ab");
}

#[test]
fn the_line_after_the_last_is_the_end_and_any_later_one_is_refused() {
    let mut text = Text::open("a\nb".to_owned(), LIMIT).expect("it is short");
    let everything = Range { start: at(0, 0), end: at(2, 0) };
    assert_eq!(text.offset(at(3, 0), Encoding::Utf8), Err(Refusal::NoLine { line: 3, lines: 2 }));
    assert_eq!(text.replace(everything, "c", Encoding::Utf8), Ok(()));
    assert_eq!(text.as_str(), "c");
}

#[test]
fn reversed_and_too_long_edits_are_refused() {
    let mut text = Text::open("ab".to_owned(), 3).expect("it is short");
    let reversed = Range { start: at(0, 2), end: at(0, 0) };
    assert_eq!(text.replace(reversed, "", Encoding::Utf8), Err(Refusal::Reversed));
    let end = Range { start: at(0, u32::MAX), end: at(0, u32::MAX) };
    assert_eq!(text.replace(end, "cd", Encoding::Utf8), Err(Refusal::TooLong { bytes: 4, limit: 3 }));
    assert_eq!(text.as_str(), "ab");
}
