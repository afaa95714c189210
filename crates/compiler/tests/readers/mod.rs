//! Texts -> whether the plain reader and the parser agree on them. The fuzz target of the reader has this file too.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_syntax::{Comment, Tree, parse, parse_by_parser};

/// Expects the same nodes with their places, comments and findings from both readers.
pub(crate) fn expect_agreement(sources: &SourceSet) {
    let mut readings = [Reading::default(), Reading::default()];
    let [both, parser] = &mut readings;
    for (id, source) in sources.iter() {
        let comments = parse(id, source, &mut both.sink, |tree, _| both.nodes.push(shown(&tree)));
        both.comments.extend(comments);
        let comments =
            parse_by_parser(id, source, &mut parser.sink, |tree, _| parser.nodes.push(shown(&tree)));
        parser.comments.extend(comments);
    }
    let [both, parser] = readings;
    assert_eq!(both.nodes, parser.nodes);
    assert_eq!(both.comments, parser.comments);
    let said = |sink: Sink| -> Vec<String> {
        sink.into_sorted().iter().map(|finding| finding.plain(sources)).collect()
    };
    assert_eq!(said(both.sink), said(parser.sink));
}

/// The result of one reader.
#[derive(Default)]
struct Reading {
    nodes: Vec<String>,
    comments: Vec<Comment>,
    sink: Sink,
}

fn shown(tree: &Tree<'_>) -> String {
    format!("{:?}", tree.root)
}
