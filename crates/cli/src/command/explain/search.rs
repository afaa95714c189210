//! Words -> the codes whose pages contain all of them, the best match first.

use telovix_diagnostic::{Code, Example};

/// Returns the codes with every word in their id, title, explanation or example, in any case. Codes with words in the id come
/// first, then those with words in the title.
pub(super) fn search(codes: Vec<&'static Code>, words: &[String]) -> Vec<&'static Code> {
    let words: Vec<String> =
        words.iter().flat_map(|words| words.split_whitespace()).map(str::to_lowercase).collect();
    let mut found: Vec<_> = codes.into_iter().filter_map(|code| Some((rank(code, &words)?, code))).collect();
    found.sort_by_key(|(rank, code)| (std::cmp::Reverse(*rank), code.id));
    found.into_iter().map(|(_, code)| code).collect()
}

/// Returns how well a page matches: the sum of where each word is found. `None` if one is nowhere.
fn rank(code: &Code, words: &[String]) -> Option<usize> {
    let example = match code.fires {
        Example::Text(text) | Example::Made(text, _) | Example::Situation(text) => text,
    };
    // A word of the reader may have `-` where a text has a space.
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
    let places = [(8, code.id), (4, code.title), (2, code.explanation), (1, example)];
    let places = places.map(|(weight, text)| (weight, plain(text), text.to_lowercase()));
    words
        .iter()
        .map(|word| {
            let has = |(_, plain_text, text): &&(usize, String, String)| {
                text.contains(word.as_str()) || plain_text.contains(&plain(word))
            };
            places.iter().find(has).map(|(weight, ..)| *weight)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::search;
    use crate::command::catalogue::catalogue;

    fn first(words: &str) -> Option<&'static str> {
        search(catalogue(), &[words.to_owned()]).first().map(|code| code.id)
    }

    #[test]
    fn finds_pages_by_their_words() {
        assert_eq!(first("host bits"), Some("host-bits"));
        assert_eq!(first("T1552.005"), Some("metadata-service-allowed"));
        assert_eq!(first("ftrace_enabled core_pattern"), Some("kernel-settings-allowed"));
        assert_eq!(first("no page has this"), None);
    }
}
