use proptest::prelude::*;
use serde_json::Value;

use super::{Cursor, Slot};

fn accepts(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.skip().and_then(|()| cursor.finish()).is_ok()
}

/// JSON texts, spaced at random.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\ud83d\ude00\u0041\/""#.to_owned()),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let space = prop_oneof![Just(""), Just(" "), Just("\t ")];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), space.clone())
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!("{space},")))),
            (prop::collection::vec((any::<String>(), inner), 0..5), space).prop_map(|(members, space)| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("{}{space}:{value}", serde_json::to_string(key).unwrap()))
                    .collect();
                format!("{{{}}}", members.join(&format!(",{space}")))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_serde_json_writes_is_json(text in json()) {
        prop_assert!(accepts(&text), "{text}");
    }

    #[test]
    fn broken_texts_are_refused_when_serde_json_refuses_them(
        text in json(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(&b"{}[]\",:\\u0e-+.1 tn\x1f\x7f"[..]),
        cut in any::<bool>(),
    ) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert_eq!(accepts(text), serde_json::from_str::<Value>(text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn strings_are_what_serde_json_reads(text in any::<String>()) {
        let written = serde_json::to_string(&text).unwrap();
        let read = Cursor::new(&written).text();
        prop_assert_eq!(read, Ok(Slot::Is(text.into())));
    }
}

#[test]
fn the_edges_of_the_grammar_are_those_of_serde_json() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let cases = [
        "",
        " ",
        "-",
        "-0",
        "00",
        "01",
        "1.",
        "1.5",
        ".5",
        "1e",
        "1e5",
        "1e400",
        "-1e400",
        "1E+2",
        "tru",
        "truex",
        "nul",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud83d\\ude00\"",
        "\"\u{1}\"",
        "\"\u{7f}\"",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{} {}",
        "{}\r\n",
        "[1 2]",
        "{]",
        "[}",
    ];
    let deep = [nested(126), nested(127), nested(128), nested(129)];
    let long = ["1".repeat(305), "1".repeat(400), format!("0.{}", "1".repeat(400))];
    for text in cases.into_iter().chain(deep.iter().chain(&long).map(String::as_str)) {
        assert_eq!(accepts(text), serde_json::from_str::<Value>(text).is_ok(), "{text}");
    }
}
