//! Properties of reading any text.

use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Diagnostic, Levels, Sink};
use telovix_document as document;
use telovix_syntax as syntax;
use telovix_syntax::{Node, ScalarStyle, Value};

proptest! {
    // What fails is kept as a case of `tests/read/`, where a reader finds it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic_and_every_span_is_text(text in any_text()) {
        let sources = SourceSet::single("case.yaml", &text);
        let mut sink = Sink::new(Levels::default());
        let documents = document::read(&sources, &mut sink);
        for comment in documents.comments {
            prop_assert!(is_text(&sources, comment.span), "{comment:?}");
            prop_assert!(sources.text(comment.span).starts_with('#'), "{comment:?}");
        }
        for diagnostic in sink.into_sorted() {
            prop_assert!(spans(&diagnostic).all(|span| is_text(&sources, span)), "{diagnostic:?}");
            prop_assert!(!diagnostic.message.contains('\n'), "{diagnostic:?}");
        }
    }

    #[test]
    fn a_tree_comes_back_from_its_text(tree in tree()) {
        prop_assert_eq!(read(&json(&tree)), vec![tree.clone()]);
        prop_assert_eq!(read(&block(&tree)), vec![tree]);
    }

    #[test]
    fn every_scalar_stands_at_its_span(tree in tree()) {
        let text = block(&tree);
        let sources = SourceSet::single("case.yaml", &text);
        let mut sink = Sink::new(Levels::default());
        for (id, source) in sources.iter() {
            syntax::parse(id, source, &mut sink, |tree, _| {
                each_scalar(&tree.root, &mut |text, span| assert_eq!(sources.text(span), quoted(text)));
            });
        }
    }
}

fn is_text(sources: &SourceSet, span: Span) -> bool {
    let text = sources.get(span.source).map_or("", |source| source.text());
    span.start <= span.end && text.get(span.start as usize..span.end as usize).is_some()
}

fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> + '_ {
    let fix = diagnostic.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
    diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|label| label.span)).chain(fix)
}

/// Texts that get past the first character: the signs of YAML, the words of policies, and anything.
fn any_text() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![
        "\n",
        "\n",
        "\n  ",
        "\n- ",
        ": ",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "#",
        " # ",
        "&a ",
        "*a",
        "!!t ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "<<: ",
        "? ",
        "\t",
        "\r\n",
        "\u{feff}",
        "\u{85}",
        "\0",
        "ü",
        "\\",
    ]);
    let word = prop::sample::select(vec![
        "kind",
        "GuardianProfile",
        "EnforcementRule",
        "PolicyPack",
        "TracingPolicy",
        "processes",
        "name",
        "template",
        "custom",
        "policy",
        "metadata",
        "target_binary",
        "mode",
        "enforce",
        "allowed_files",
        "allowed_dst_ports",
        "allowed_dst_cidrs",
        "exceptions",
        "scope",
        "/opt/amf",
        "443",
        "8000-8100",
        "10.0.0.0/8",
        "no",
        "0777",
        "1_000",
        "~",
        "true",
        "1.5",
        "gp_0123456789ab",
        "2026-11-20",
    ]);
    let piece = prop_oneof![
        4 => sign.prop_map(str::to_owned),
        4 => word.prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A value without its place.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let text = prop_oneof![any::<String>(), "[ -~]{0,12}", "[a-z]{1,5}"].prop_map(Tree::Text);
    let value = text.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Tree::List),
            btree_map(any::<String>(), inner, 0..5)
                .prop_map(|entries| Tree::Map(entries.into_iter().collect())),
        ]
    });
    // A text alone can be an empty document.
    value.prop_filter("a document is a collection", |value| !matches!(value, Tree::Text(_)))
}

fn read(text: &str) -> Vec<Tree> {
    let sources = SourceSet::single("case.yaml", text);
    let mut sink = Sink::new(Levels::default());
    let mut trees = Vec::new();
    for (id, source) in sources.iter() {
        syntax::parse(id, source, &mut sink, |tree, _| trees.push(bare(&tree.root)));
    }
    let said: Vec<_> = sink.into_sorted().iter().map(|diagnostic| diagnostic.plain(&sources)).collect();
    assert!(said.is_empty(), "{said:?} on\n{text}");
    trees
}

fn bare(node: &Node) -> Tree {
    match &node.value {
        Value::Scalar { text, style } => {
            assert_eq!(*style, ScalarStyle::Quoted, "{text}");
            Tree::Text(text.to_string())
        }
        Value::Sequence(items) => Tree::List(items.iter().map(bare).collect()),
        Value::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            Tree::Map(entries.map(|entry| (entry.key.value.to_string(), bare(&entry.value))).collect())
        }
        Value::Unreadable => panic!("nothing here is unreadable"),
    }
}

fn each_scalar(node: &Node, visit: &mut impl FnMut(&str, Span)) {
    match &node.value {
        Value::Scalar { text, .. } => visit(text, node.span),
        Value::Sequence(items) => items.iter().for_each(|item| each_scalar(item, visit)),
        Value::Mapping(mapping) => {
            for entry in &mapping.entries {
                visit(&entry.key.value, entry.key.span);
                each_scalar(&entry.value, visit);
            }
        }
        Value::Unreadable => {}
    }
}

/// Writes a text in double quotes, every unusual character as an escape.
fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            ' '..='~' | 'ä'..='ÿ' => written.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _ = write!(written, "\\u{unit:04x}");
                }
            }
        }
    }
    written + "\""
}

fn json(tree: &Tree) -> String {
    match tree {
        Tree::Text(text) => quoted(text),
        Tree::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Writes a tree in indented lines, with comments between them.
fn block(tree: &Tree) -> String {
    let mut text = String::new();
    write_block(tree, 0, &mut text);
    text
}

fn write_block(tree: &Tree, indent: usize, text: &mut String) {
    let column = " ".repeat(indent);
    match tree {
        Tree::List(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(text, "\n{column}# item\n{column}- ");
                write_block(item, indent + 2, text);
            }
        }
        Tree::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                // Implicit keys end within 1,024 characters.
                let key = quoted(key);
                let _ = write!(text, "\n{column}{key}: # value\n{column}  ");
                write_block(value, indent + 2, text);
            }
        }
        other => text.push_str(&json(other)),
    }
}
