//! Checks the plain reader against the parser: the same nodes, places, comments and findings.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;

use super::read;
use crate::build::Builder;
use crate::{Comment, Node, parse, parse_by_parser};

/// The result of reading a text.
#[derive(Debug, PartialEq)]
struct Reading {
    documents: Vec<(Node<'static>, usize)>,
    comments: Vec<Comment>,
    findings: Vec<String>,
}

/// Reads a text with both readers and compares the results.
fn compare(text: &str) -> Result<(), TestCaseError> {
    let sources = SourceSet::single("case.yaml", text);
    let mut readings = Vec::new();
    for (id, source) in sources.iter() {
        for is_whole in [true, false] {
            let (mut sink, mut documents) = (Sink::default(), Vec::new());
            let receive = |tree: crate::Tree<'_>, _: &mut Sink| {
                documents.push((tree.root.detached(), tree.flaws));
            };
            let comments = match is_whole {
                true => parse(id, source, &mut sink, receive),
                false => parse_by_parser(id, source, &mut sink, receive),
            };
            let findings = sink.into_sorted().iter().map(|finding| finding.plain(&sources)).collect();
            readings.push(Reading { documents, comments, findings });
        }
    }
    prop_assert_eq!(&readings[0], &readings[1], "{}", text);
    Ok(())
}

/// Returns how much of a text the plain reader reads, in bytes.
fn taken(text: &str) -> usize {
    let sources = SourceSet::single("case.yaml", text);
    let mut start = 0;
    for (id, _) in sources.iter() {
        let mut builder = Builder::new(id, text, None);
        while start < text.len() {
            let Some(document) = read(id, text, start, &mut builder) else { break };
            builder.finish();
            start = document.end;
        }
    }
    start
}

fn policy_files(below: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below);
    let (mut files, mut folders) = (Vec::new(), vec![root]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of this repository") {
            let path = entry.expect("an entry of this folder").path();
            let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
            if path.is_dir() {
                folders.push(path);
            } else if is_yaml {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn reads_every_policy_file_here_as_the_parser_does() {
    let files = ["examples", "tests", "crates/compiler/tests"].into_iter().flat_map(policy_files);
    let mut count = 0;
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        compare(&text).unwrap_or_else(|difference| panic!("{}: {difference}", file.display()));
        count += 1;
    }
    assert!(count > 300, "only {count} files");
}

#[test]
fn takes_the_examples_whole() {
    let files = policy_files("examples");
    assert!(files.len() > 15, "only {} files", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("an example");
        assert_eq!(taken(&text), text.len(), "{}", file.display());
    }
}

#[test]
fn leaves_to_the_parser_what_is_written_otherwise() {
    let prefix = "kind: PolicyPack\n";
    for document in [
        "---\na: 1\r\n",
        "---\na:\t1\n",
        "---\na: ü\n",
        "---\na: &b 1\n",
        "---\na: *b\n",
        "---\na: !!str 1\n",
        "---\n? a\n: b\n",
        "---\na: |\n  b\n",
        "---\na: b\n  c\n",
        "---\na: 'b\n  c'\n",
        "---\na: 'it''s'\n",
        "---\na: \"\\n\"\n",
        "---\na: {b: c}\n",
        "---\na: [[b]]\n",
        "---\na: [b,\n  c]\n",
        "---\na: b: c\n",
        "---\na: 1\na: 2\n",
        "---\n<<: 1\n",
        "---\ntext\n",
        "--- text\n",
        "---\na: 1\n...\n",
        "---\n  a: 1\n b: 2\n",
        "---\na: 1\n- b\n",
        "---\na: 1 # one\n# \u{feff}\n",
    ] {
        let text = format!("{prefix}{document}");
        assert_eq!(taken(&text), prefix.len(), "{document}");
        compare(&text).unwrap_or_else(|difference| panic!("{difference}"));
    }
    let deep: String = (0..40).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert_eq!(taken(&deep), 0);
    let long = format!("{}: 1\n", "a".repeat(300));
    assert_eq!(taken(&long), 0);
}

#[test]
fn reads_what_nearly_is_a_policy_as_the_parser_does() {
    let (texts, whole, some) = (Cell::new(0_usize), Cell::new(0_usize), Cell::new(0_usize));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&prop_oneof![3 => nested(), 1 => lines()], |text| {
        let taken = taken(&text);
        texts.set(texts.get() + 1);
        whole.set(whole.get() + usize::from(taken == text.len()));
        some.set(some.get() + usize::from(taken > 0));
        compare(&text)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let (texts, whole, some) = (texts.get(), whole.get(), some.get());
    assert!(whole * 8 > texts && whole * 10 < texts * 9, "took {whole} of {texts} whole, {some} in part");
}

/// Lines in any order at any indentation.
fn lines() -> impl Strategy<Value = String> {
    let line = (select(vec!["", "", "", " ", "  ", "  ", "   ", "    "]), dashes(), body(), end())
        .prop_map(|(indent, dashes, body, end)| format!("{indent}{dashes}{body}{end}"));
    (vec(prop_oneof![9 => line, 1 => select(vec!["---\n", "--- # c\n", "\n", "...\n"]).prop_map(str::to_owned)], 1..7))
        .prop_map(|lines| lines.concat())
}

/// A value as people write it.
#[derive(Debug, Clone)]
enum Tree {
    /// On one line.
    Line(String),
    /// Items after dashes: columns right of their key, and spaces after each dash; no spaces
    /// put the item on the next line.
    List { indent: usize, gap: usize, items: Vec<Tree> },
    /// Keys, this many columns right of theirs.
    Map { indent: usize, entries: Vec<(String, Tree)> },
}

fn tree() -> impl Strategy<Value = Tree> {
    let scalar = select(vec![
        "a",
        "/opt/amf/bin/amf",
        "443",
        "10.0.0.0/8",
        "fd00::/8",
        "a b",
        "b#c",
        "x,y",
        "'q: #'",
        "\"q\"",
        "-1",
        "~",
        "",
    ]);
    let listed = select(vec!["a", "/opt", "443", "fd00::/8", "'b, c'", "a b"]);
    let line = prop_oneof![
        5 => scalar.prop_map(str::to_owned),
        1 => vec(listed, 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
    ];
    line.prop_map(Tree::Line).prop_recursive(4, 30, 5, |inner| {
        let list = (0_usize..3, select(vec![1_usize, 1, 1, 2, 0]), vec(inner.clone(), 1..5));
        let map = (1_usize..4, vec(("[a-z]{1,3}", inner), 1..6));
        prop_oneof![
            list.prop_map(|(indent, gap, items)| Tree::List { indent, gap, items }),
            map.prop_map(|(indent, entries)| Tree::Map { indent, entries }),
        ]
    })
}

impl Tree {
    /// Writes the value at the end of the text; what starts on its own line goes to `column`.
    fn write(&self, column: usize, ends: &mut impl Iterator<Item = &'static str>, text: &mut String) {
        let start_line = |column: usize, text: &mut String| {
            if !text.ends_with(['-', ' ']) {
                text.push_str(&" ".repeat(column));
            }
        };
        match self {
            Self::Line(line) => {
                text.push_str(line);
                text.extend(ends.next());
            }
            Self::List { gap, items, .. } => {
                for item in items {
                    start_line(column, text);
                    text.push('-');
                    match item {
                        Self::Line(_) => text.push(' '),
                        _ if *gap == 0 => {
                            text.extend(ends.next());
                            text.push_str(&" ".repeat(column + 1));
                        }
                        _ => text.push_str(&" ".repeat(*gap)),
                    }
                    item.write(column + (*gap).max(1), ends, text);
                }
            }
            Self::Map { entries, .. } => {
                for (key, value) in entries {
                    start_line(column, text);
                    text.push_str(&format!("{key}:"));
                    let indent = match value {
                        Self::Line(line) => {
                            text.push_str(if line.is_empty() { "" } else { " " });
                            0
                        }
                        Self::List { indent, .. } | Self::Map { indent, .. } => {
                            text.extend(ends.next());
                            *indent
                        }
                    };
                    value.write(column + indent, ends, text);
                }
            }
        }
    }
}

/// Documents as people write them, some with a few characters that do not belong there.
fn nested() -> impl Strategy<Value = String> {
    let ends = vec(
        select(vec![
            "\n",
            "\n",
            "\n",
            "\n",
            "\n",
            "\n",
            " \n",
            " # c\n",
            "  # \u{fc} '\n",
            "\n\n",
            "\n # own\n",
        ]),
        1..9,
    );
    let marks = select(vec!["---\n", "---\n", "--- # c\n", "# c\n---\n", "---\n---\n"]);
    let strangers = select(vec![
        " ", " ", "\n", "\n", ":", "-", "#", "'", "\"", "[", "]", ",", "\t", "\r", "\u{fc}", "\u{feff}",
        "\u{85}", "\u{2028}", "&", "*", "!", "|", ">", "%", "@", "?", "{", "}", "~", ".", "\\", "a", "- ",
        ": ", " #", "\n---\n", "\n...\n", "<<", "\n\n", "  ",
    ]);
    let mutations = prop_oneof![
        1 => Just(Vec::new()).boxed(),
        1 => vec((any::<Index>(), any::<bool>(), strangers), 1..4).boxed(),
    ];
    (vec((marks, tree()), 1..4), any::<bool>(), ends, mutations).prop_map(
        |(documents, is_marked, ends, mutations)| {
            let (mut text, mut ends) = (String::new(), ends.into_iter().cycle());
            for (number, (mark, document)) in documents.iter().enumerate() {
                text.push_str(if is_marked || number > 0 { mark } else { "" });
                document.write(0, &mut ends, &mut text);
            }
            for (at, is_removed, stranger) in mutations {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if places.is_empty() {
                    continue;
                }
                let place = *at.get(&places);
                if is_removed {
                    text.remove(place);
                } else {
                    text.insert_str(place, stranger);
                }
            }
            text
        },
    )
}

fn dashes() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", "- ", "- ", "- ", "-  ", "- - ", "-", "-\u{20}\u{20}-  "])
}

/// What is on a line after its dashes: keys, values, lists, and what looks like something else.
fn body() -> impl Strategy<Value = String> {
    let scalar = || {
        select(vec![
            "a",
            "b",
            "kind",
            "/opt/amf",
            "443",
            "10.0.0.0/8",
            "fd00::/8",
            "a b",
            "b#c",
            "c:d",
            "x,y",
            "[z",
            "'q'",
            "\"q\"",
            "'q: #'",
            "\"\"",
            "''",
            "'it''s'",
            "\"\\n\"",
            "~",
            "null",
            "yes",
            "0777",
            "-1",
            "-",
            "::1",
            "a:",
            "a: b",
            "*",
            "&a",
            "!t",
            "|",
            ">-",
            "%a",
            "@a",
            "`",
            "?",
            "? a",
            "<<",
            ".",
            "...",
            "---",
            "+1",
            "{}",
            "{a: 1}",
            "a  b",
            "'open",
            "\"open",
            "'a' b",
            "a-b",
            "(c)",
            "$d",
            "=",
            "a\\b",
            "a'b\"c",
        ])
    };
    let list = vec(scalar(), 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
    let strange_list = select(vec![
        "[",
        "[a",
        "[a,]",
        "[ a , b ]",
        "[,]",
        "[a,,b]",
        "[[a]]",
        "[a]b",
        "[a]: b",
        "[a:b]",
        "[a: b]",
        "[a:]",
        "[a #b]",
        "[\"a\":b]",
        "[ ]",
        "[a,\n b]",
        "[a]#",
    ]);
    let value = prop_oneof![
        6 => scalar().prop_map(str::to_owned),
        2 => list,
        1 => strange_list.prop_map(str::to_owned),
    ];
    let key = prop_oneof![
        8 => "[a-f]".prop_map(|key| key),
        1 => scalar().prop_map(str::to_owned),
    ];
    let colon = select(vec![": ", ": ", ": ", ":  ", ":", " : "]);
    prop_oneof![
        5 => (key.clone(), colon, value.clone()).prop_map(|(key, colon, value)| format!("{key}{colon}{value}")),
        3 => key.prop_map(|key| format!("{key}:")),
        2 => value,
        1 => Just(String::new()),
    ]
}

fn end() -> impl Strategy<Value = &'static str> {
    select(vec![
        "\n",
        "\n",
        "\n",
        "\n",
        "\n",
        " \n",
        "  \n",
        " # c\n",
        "  # \u{fc} '\n",
        "\n\n",
        "\n# own\n",
        "\n   # own\n",
        "#\n",
        "",
        " #",
    ])
}
