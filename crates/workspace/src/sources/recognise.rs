//! The bytes of a skipped file -> whether it contains a policy document.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::KINDS;
use telovix_syntax::{self, Mapping, Node, Scalar, Value, nearest};

/// Returns whether one of the file's documents is a policy document, valid or not.
pub(super) fn holds_document(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // Most files are something else and need not be parsed.
    if !["kind", "processes", "target_binary"].iter().any(|word| text.contains(word)) {
        return false;
    }
    let sources = SourceSet::single("skipped", &text);
    let mut sink = Sink::default();
    let mut found = false;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| found |= is_document(&tree.root));
    }
    // A file that cannot be parsed may still be intended as a policy.
    found || (sink.has_errors() && text.lines().any(names_a_kind))
}

fn is_document(node: &Node<'_>) -> bool {
    let Value::Mapping(mapping) = &node.value else { return false };
    match mapping.entry("kind").map(|entry| entry.value.scalar()) {
        Some(Some(Scalar::Text(kind))) => is_kind(kind),
        Some(_) => false,
        None => has(mapping, "target_binary") || (has(mapping, "processes") && has(mapping, "mode")),
    }
}

fn has(mapping: &Mapping<'_>, key: &str) -> bool {
    mapping.entry(key).is_some()
}

/// Returns whether a word is the name of a document kind, or similar to one.
fn is_kind(word: &str) -> bool {
    let mut names = KINDS.iter().map(|kind| kind.name).chain(["TracingPolicyNamespaced"]);
    names.clone().any(|name| name == word) || nearest(word, &mut names).is_some()
}

/// Returns whether a line is `kind: GuardianProfile`, or the same in JSON.
fn names_a_kind(line: &str) -> bool {
    let quotes = [' ', '\t', '"', '\'', ',', '{', '}'];
    line.split_once(':').is_some_and(|(key, value)| {
        key.trim_matches(quotes) == "kind" && KINDS.iter().any(|kind| value.trim_matches(quotes) == kind.name)
    })
}

#[cfg(test)]
mod tests {
    use super::holds_document;

    #[test]
    fn documents_are_told_from_other_files() {
        let documents: [&[u8]; 8] = [
            b"kind: GuardianProfile\n",
            b"{\"kind\": \"TracingPolicy\"}",
            b"a: b\n---\nkind: EnforcementRule\n",
            b"kind: GuardianProfil\n",
            b"mode: enforce\nprocesses: {}\n",
            b"name: amf\ntarget_binary: /bin/amf\n",
            b"kind: RuntimeGuard\n\tmode: enforce\n",
            b"kind: GuardianProfile\ndescription: caf\xe9\n",
        ];
        for text in documents {
            assert!(holds_document(text), "{}", String::from_utf8_lossy(text));
        }
        let others: [&[u8]; 7] = [
            b"",
            b"on: push\njobs: {}\n",
            b"kind: Deployment\n",
            b"processes:\n  web: {}\n",
            b"{\"properties\": {\"kind\": {\"const\": \"GuardianProfile\"}}}",
            b"text: |\n  kind: GuardianProfile\n",
            b"\x00\x05\x16\x07",
        ];
        for text in others {
            assert!(!holds_document(text), "{}", String::from_utf8_lossy(text));
        }
    }
}
