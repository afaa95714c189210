use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{fast, reference};
use crate::synthetic::{Export, Spacing};

/// Pieces that change what a line says, or break it.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "null",
    "7",
    "\"7\"",
    "{}",
    "[]",
    "-0",
    "1e3",
    "9223372036854775808",
    "\"binary\":\"/x\",",
    "\"process_exec\":{},",
    "\"operation\":\"exec\",",
    "\"\\u0062inary\":\"\\u002fx\",",
    "\"size_arg\":\"5\",",
    "\"time\":null,",
];

fn line() -> impl Strategy<Value = String> {
    (any::<u64>(), select(&[Spacing::None, Spacing::Comma][..])).prop_map(|(seed, spacing)| {
        let mut line = String::new();
        Export::new(seed, 1_000_000, spacing).write(&mut line);
        line.pop();
        line
    })
}

/// Puts a piece at, or in the place of, a structural byte: that is where lines break in interesting ways.
fn edit(line: &mut String, at: Index, piece: &str, replace: bool) {
    let marks: Vec<usize> =
        line.bytes().enumerate().filter(|(_, byte)| b"{}[]\",:".contains(byte)).map(|(at, _)| at).collect();
    if marks.is_empty() {
        return;
    }
    let at = marks[at.index(marks.len())];
    line.replace_range(at..at + usize::from(replace), piece);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn both_readers_make_the_same_envelope(
        mut line in line(),
        edits in prop::collection::vec((any::<Index>(), select(&PIECES[..]), any::<bool>()), 0..4),
        cut in prop::option::weighted(0.1, any::<Index>()),
    ) {
        for (at, piece, replace) in edits {
            edit(&mut line, at, piece, replace);
        }
        if let Some(cut) = cut {
            line.truncate(cut.index(line.len() + 1));
        }
        prop_assert_eq!(fast::envelope(&line), reference::envelope(&line), "{}", line);
    }
}

#[test]
fn both_readers_agree_on_odd_lines() {
    let lines = [
        r#"{"process_exec":{}}"#,
        r#"{"process_exec":null}"#,
        r#"{"process_exec":[]}"#,
        r#"{"process_exec":{},"process_exit":{}}"#,
        r#"{"process_exec":{"process":{"binary":"/a"}},"process_exec":{"process":{"uid":3}}}"#,
        r#"{"process_exec":{"process":7,"parent":null}}"#,
        r#"{"process_lsm":{"args":[{},null,7,{"int_arg":1,"uint_arg":2},{"int_arg":1},{"int_arg":2}]}}"#,
        r#"{"process_lsm":{"args":{}},"time":5,"node_name":{}}"#,
        r#"{"process_lsm":{"args":[{"file_arg":null},{"sock_arg":[]},{"capability_arg":{}},{"syscall_id":{"abi":1}}]}}"#,
        r#"{"process_lsm":{"args":[{"int_arg":-0},{"int_arg":1.0},{"long_arg":"1.0"},{"size_arg":"18446744073709551615"},{"int_arg":null}]}}"#,
        r#"{"operation":null}"#,
        r#"{"operation":"exec","process_exec":{}}"#,
        r#"{"other":1}"#,
        "[]",
        "7",
        "",
        "{}",
    ];
    for line in lines {
        assert_eq!(fast::envelope(line), reference::envelope(line), "{line}");
    }
}
