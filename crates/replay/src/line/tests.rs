use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::familiar::Familiar;
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
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// One reader reads lines of both spacings, whole and broken, so that it has learned from others what it meets.
    #[test]
    fn all_readers_make_the_same_envelope(
        lines in prop::collection::vec((line(), edits(), prop::option::weighted(0.1, any::<Index>())), 1..6),
    ) {
        let mut familiar = Familiar::default();
        for (line, edits, cut) in lines {
            let mut edited = line.clone();
            for (at, piece, replace) in edits {
                edit(&mut edited, at, piece, replace);
            }
            if let Some(cut) = cut {
                edited.truncate(cut.index(edited.len() + 1));
            }
            for line in [line, edited] {
                let expected = reference::envelope(&line);
                prop_assert_eq!(&fast::envelope(&line), &expected, "{}", line);
                prop_assert_eq!(&familiar.read(&line), &expected, "{}", line);
            }
        }
    }

    /// Parts of known lines in another order: every gap is known, and what follows what is not.
    #[test]
    fn parts_of_lines_are_not_taken_for_a_line(
        lines in prop::collection::vec(line(), 2..5),
        cuts in prop::collection::vec((any::<Index>(), any::<Index>()), 1..6),
    ) {
        let mut familiar = Familiar::default();
        for line in &lines {
            prop_assert_eq!(familiar.read(line), reference::envelope(line));
        }
        let mut mixed = String::new();
        for (line, (from, to)) in lines.iter().cycle().zip(&cuts) {
            // Cut next to a structural byte, where gaps start and end.
            let mut marks = vec![0];
            marks.extend(line.bytes().enumerate().filter(|(_, byte)| b"{}[]\",:".contains(byte)).map(|(at, _)| at));
            marks.push(line.len());
            let (from, to) = (from.index(marks.len()), to.index(marks.len()));
            mixed.push_str(&line[marks[from.min(to)]..marks[from.max(to)]]);
            prop_assert_eq!(familiar.read(&mixed), reference::envelope(&mixed), "{}", mixed);
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(Index, &'static str, bool)>> {
    prop::collection::vec((any::<Index>(), select(&PIECES[..]), any::<bool>()), 0..4)
}

/// A test whose lines are never read by comparing gaps shows nothing about that.
#[test]
fn lines_of_known_gaps_are_read_by_them() {
    let mut export = Export::new(7, 1_000, Spacing::None);
    let mut familiar = Familiar::default();
    let mut lines = vec![String::new(); 1_000];
    lines.iter_mut().for_each(|line| export.write(line));
    for line in &lines[..500] {
        let _learned = familiar.read(line.trim_end());
    }
    let known = lines[500..].iter().filter(|line| familiar.envelope(line.trim_end()).is_some()).count();
    assert!(known > 490, "{known}");
}

/// Values of every kind in every place, so that the gaps around them are learned and met again with other values.
#[test]
fn fields_that_come_twice_or_with_other_types_mean_the_same() {
    let values = [
        "1",
        "-7",
        "\"5\"",
        "\"x\\u0041\"",
        "\"\\ud800\"",
        "1e400",
        "1.5",
        "01",
        "-",
        "null",
        "{}",
        "[]",
        "true",
        "\"\u{1}\"",
        "12345678901234567890123",
        "0",
    ];
    let lines = [
        r#"{"process_lsm":{"process":{"uid":@,"binary":"/a","uid":@},"args":[{"int_arg":@},{"size_arg":@}]},"time":"t"}"#,
        r#"{"process_lsm":{"process":{"binary":@,"pod":{"name":@}},"process":{"uid":1}},"node_name":@}"#,
        r#"{"process_lsm":{"args":[{"file_arg":{"path":@}},{"file_arg":{"path":"/b"},"file_arg":{"path":@}}]}}"#,
        r#"{"process_lsm":{"args":[{"sock_arg":{"daddr":@,"dport":@,"family":@}}],"args":[{"int_arg":@}]}}"#,
        r#"{"process_lsm":{"args":[{"int_arg":1},{"int_arg":1},{"int_arg":1},{"int_arg":1},{"int_arg":1},{"file_arg":{"path":@}}]}}"#,
        r#"{"process_lsm":{"args":[{"syscall_id":{"id":@,"abi":@}},{"capability_arg":{"value":@,"name":"x"}},{"other":@}]}}"#,
        r#"{"process_lsm":{"process":{"other":[@,{"uid":@}]}},"process_lsm":{"function_name":@}}"#,
        r#"{"process_lsm":{},"process_exit":{"process":@}}"#,
        r#"{"rate_limit_info":{"number_of_dropped_process_events":@},"aggregation_info":{"count":@}}"#,
        r#"{ "process_exec" : { "process" : { "binary" : @ , "uid" : @ } } , "time" : @ }"#,
    ];
    let mut familiar = Familiar::default();
    for line in lines {
        for (at, first) in values.iter().enumerate() {
            for second in [*first, values[(at + 3) % values.len()], "1", "\"/x\""] {
                let mut parts = line.split('@');
                let mut text = parts.next().unwrap().to_owned();
                for (place, part) in parts.enumerate() {
                    text.push_str(if place % 2 == 0 { first } else { second });
                    text.push_str(part);
                }
                let expected = reference::envelope(&text);
                assert_eq!(fast::envelope(&text), expected, "{text}");
                assert_eq!(familiar.read(&text), expected, "{text}");
            }
        }
    }
}

#[test]
fn all_readers_agree_on_odd_lines() {
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
    let mut familiar = Familiar::default();
    for line in lines.iter().chain(&lines) {
        let expected = reference::envelope(line);
        assert_eq!(fast::envelope(line), expected, "{line}");
        assert_eq!(familiar.read(line), expected, "{line}");
    }
}
