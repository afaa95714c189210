//! Confusing characters: invisible ones, and those that look like another.

/// Cyrillic, Greek and Armenian letters with the glyph of a Latin one (Unicode's `confusables.txt`, the letters only).
const LOOK_ALIKES: &str = "АВЕЅІЈКМНОРСТУХҮԌԚԜасеорхуіјѕԛԝһӏԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιϲϳօոսցհ";

/// Returns whether a character is invisible: controls, direction marks, zero-width characters, and spaces
/// other than U+0020.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Returns the first character of a path component that looks like another: a full-width form, or a letter with the
/// glyph of a Latin one where every other letter is Latin or has such a glyph too.
#[must_use]
pub fn look_alike(component: &str) -> Option<char> {
    if component.is_ascii() {
        return None;
    }
    if let Some(wide) = component.chars().find(|character| matches!(character, '\u{ff01}'..='\u{ff5e}')) {
        return Some(wide);
    }
    let is_latin = |character: char| matches!(character, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}');
    let mut letters = component.chars().filter(|character| character.is_alphabetic());
    let found = component.chars().find(|character| LOOK_ALIKES.contains(*character))?;
    letters.all(|letter| is_latin(letter) || LOOK_ALIKES.contains(letter)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{is_invisible, look_alike};

    #[test]
    fn tells_look_alikes_from_names_in_other_scripts() {
        assert_eq!(look_alike("\u{455}hadow"), Some('\u{455}'));
        assert_eq!(look_alike("р\u{430}sswd"), Some('р'));
        assert_eq!(look_alike("ｅtc"), Some('ｅ'));
        for fine in ["shadow", "отчёт", "données", "報告", "größe", "λόγος", "αρχείο.txt"]
        {
            assert_eq!(look_alike(fine), None, "{fine}");
        }
    }

    #[test]
    fn tells_what_is_not_seen() {
        assert!("\u{a0}\u{200b}\u{202e}\u{feff}\t\u{3000}".chars().all(is_invisible));
        assert!(!"a b/é報".chars().any(is_invisible));
    }
}
