//! The text of a file -> whether it is a policy, a template of one, or another kind of file.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::{KINDS, Template};
use telovix_syntax::{self, Mapping, Node, Scalar, Value, nearest};

/// What a file of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A policy, valid or not.
    Policy,
    /// A template of Helm or another program that writes a policy.
    Template,
    /// Anything else.
    Other,
}

/// Words of which every policy has one, apart from its kind.
const WORDS: &[&str] = &[
    "target_binary",
    "processes",
    "allowed_",
    "blocked_",
    "match_",
    "pack_id",
    "rule_id",
    "profile_id",
    "never:",
    "\"never\"",
    "always:",
    "\"always\"",
];

/// Returns whether one of the file's documents is a policy document, valid or not.
pub(super) fn holds_document(bytes: &[u8]) -> bool {
    class(&String::from_utf8_lossy(bytes)) == Class::Policy
}

/// Returns what the text of a file is. What may be a policy is one, so that its mistakes are reported.
pub(super) fn class(text: &str) -> Class {
    let names_a_kind = names_a_kind(text);
    // Most files are something else and need not be parsed.
    if !names_a_kind
        && !WORDS.iter().any(|word| text.contains(word))
        && !names_a_template(text)
        && !names_anything(text)
    {
        return Class::Other;
    }
    let has_braces = text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"));
    if !has_braces && text.lines().any(is_plain_kind) {
        return Class::Policy;
    }
    let sources = SourceSet::single("file", text);
    let mut sink = Sink::default();
    let mut found = false;
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| found |= is_document(&tree.root));
    }
    match (found || names_a_kind || text.lines().any(is_torn_kind), sink.has_errors()) {
        (true, true) if has_braces => Class::Template,
        // A file that cannot be parsed may still be intended as a policy.
        (true, true) => Class::Policy,
        _ if found => Class::Policy,
        _ => Class::Other,
    }
}

/// Returns whether a line is `kind: GuardianProfile`.
fn is_plain_kind(line: &str) -> bool {
    line.strip_prefix("kind: ").is_some_and(|kind| KINDS.iter().any(|known| known.name == kind.trim_end()))
}

/// Returns whether a key `kind`, in YAML or JSON, has the name of a document kind, or a similar one. A comment or a
/// string before it on its line hides it.
fn names_a_kind(text: &str) -> bool {
    text.match_indices("kind").any(|(at, word)| {
        let before = text[..at].rsplit(['\n', '{', ',']).next().unwrap_or_default();
        let value = text[at + word.len()..].trim_start_matches(['"', '\'', ' ', '\t']).strip_prefix(':');
        let is_key =
            before.chars().all(|letter| matches!(letter, ' ' | '\t' | '-' | '"' | '\'' | '\r' | '\u{feff}'));
        let name = value.map(|value| value.trim_start_matches(['"', '\'', ' ', '\t', '\r', '\n']));
        let end = |name: &str| {
            name.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-')
        };
        is_key && name.is_some_and(|name| is_kind(&name[..end(name).unwrap_or(name.len())]))
    })
}

/// Returns whether a line is `kind:` with a value that cannot be the name of a kind, such as `[`.
fn is_torn_kind(line: &str) -> bool {
    let value = line.strip_prefix("kind:").map(str::trim_start);
    value.is_some_and(|value| {
        !value.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '"' | '\'' | '{'))
    })
}

/// Returns whether a name of a kind, or a torn one, is anywhere.
fn names_anything(text: &str) -> bool {
    names().any(|name| text.contains(name)) || text.lines().any(is_torn_kind)
}

fn names_a_template(text: &str) -> bool {
    let built_in = |known: &&Template| known.id() != "custom";
    text.contains("template") && Template::ALL.iter().filter(built_in).any(|known| text.contains(known.id()))
}

fn is_document(node: &Node<'_>) -> bool {
    let mapping = match &node.value {
        Value::Mapping(mapping) => mapping,
        Value::Sequence(items) => return items.iter().any(is_member),
        Value::Scalar { .. } | Value::Unreadable => return false,
    };
    if let Some(Some(Scalar::Text(kind))) = mapping.get("kind").map(Node::scalar) {
        if is_kind(kind) {
            return true;
        }
        if has(mapping, "apiVersion") {
            return kind == "List" && items(mapping, "items").iter().any(is_document);
        }
    }
    is_policy(mapping)
        || mapping
            .entries
            .iter()
            .any(|entry| entry.value.as_sequence().is_some_and(|items| items.iter().any(is_member)))
}

/// Returns whether a member of a list is a policy, as in an export of several.
fn is_member(node: &Node<'_>) -> bool {
    let Some(mapping) = node.as_mapping() else { return false };
    let kind = mapping.get("kind").and_then(Node::text);
    (kind.is_some_and(is_kind) && mapping.entries.len() > 2)
        || is_profile(mapping)
        || is_rule(mapping)
        || is_detection(mapping)
}

/// Returns whether a mapping without a known `kind` has the fields of a policy.
fn is_policy(mapping: &Mapping<'_>) -> bool {
    let text = |key: &str| mapping.get(key).and_then(Node::text);
    // `kid: GuardianProfile`
    let is_misnamed = |key: &str, value: &Node<'_>| {
        nearest(key, ["kind"]).is_some() && value.text().is_some_and(|text| names().any(|name| name == text))
    };
    let misnamed = || mapping.entries.iter().any(|entry| is_misnamed(&entry.key.value, &entry.value));
    let invariant = || {
        ["never", "always"].iter().any(|key| mapping.get(key).is_some_and(|set| set.as_mapping().is_some()))
    };
    is_profile(mapping)
        || is_guard(mapping)
        || text("pack_id").is_some()
        || is_rule(mapping)
        || (invariant() && has(mapping, "reason"))
        || mapping.entries.iter().any(|entry| is_list(&entry.key.value, &entry.value))
        || misnamed()
}

fn is_profile(mapping: &Mapping<'_>) -> bool {
    mapping.get("target_binary").is_some_and(|binary| binary.text().is_some())
}

/// Returns whether a member of a list has a name and a condition of a detection.
fn is_detection(mapping: &Mapping<'_>) -> bool {
    let is_condition =
        |key: &str| key.starts_with("match_") && KINDS.iter().any(|kind| kind.record.field(key).is_some());
    has(mapping, "name") && mapping.entries.iter().any(|entry| is_condition(&entry.key.value))
}

fn is_rule(mapping: &Mapping<'_>) -> bool {
    let template = mapping.get("template").and_then(Node::text);
    template.is_some_and(|name| Template::ALL.iter().any(|known| known.id() == name))
}

fn is_guard(mapping: &Mapping<'_>) -> bool {
    let Some(processes) = mapping.get("processes").and_then(Node::as_mapping) else { return false };
    let lists = |node: &Node<'_>| {
        node.as_mapping()
            .is_some_and(|one| one.entries.iter().any(|entry| is_list(&entry.key.value, &entry.value)))
    };
    has(mapping, "mode") || processes.entries.iter().any(|process| lists(&process.value))
}

/// Returns whether a key is a list of a policy, or similar to one.
fn is_list(key: &str, value: &Node<'_>) -> bool {
    let is_ours =
        |name: &&str| ["allowed_", "blocked_", "match_"].iter().any(|start| name.starts_with(start));
    let known = KINDS.iter().flat_map(|kind| kind.record.fields).map(|field| field.name).filter(is_ours);
    let known = known.chain(["allowed_exec", "allowed_network", "blocked_network", "blocked_files"]);
    match &value.value {
        Value::Sequence(_) => is_ours(&key) && nearest(key, known).is_some(),
        Value::Scalar { .. } => key.starts_with("match_") && known.into_iter().any(|name| name == key),
        Value::Mapping(_) | Value::Unreadable => false,
    }
}

fn items<'node, 'text>(mapping: &'node Mapping<'text>, key: &str) -> &'node [Node<'text>] {
    mapping.get(key).and_then(Node::as_sequence).unwrap_or_default()
}

fn has(mapping: &Mapping<'_>, key: &str) -> bool {
    mapping.entry(key).is_some()
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    KINDS.iter().map(|kind| kind.name).chain(["TracingPolicyNamespaced"])
}

/// Returns whether a word is the name of a document kind, or similar to one.
fn is_kind(word: &str) -> bool {
    names().any(|name| name == word) || nearest(word, names()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Class, class, holds_document};

    #[test]
    fn documents_are_told_from_other_files() {
        let documents: [&[u8]; 17] = [
            b"kind: GuardianProfile\n",
            b"{\"kind\": \"TracingPolicy\"}",
            b"a: b\n---\nkind: EnforcementRule\n",
            b"kind: GuardianProfil\n",
            b"mode: enforce\nprocesses: {}\n",
            b"name: amf\ntarget_binary: /bin/amf\n",
            b"kind: RuntimeGuard\n\tmode: enforce\n",
            b"kind: GuardianProfile\ndescription: caf\xe9\n",
            b"{\"name\": \"x\", \"kind\" : \"GuardianProfile\", \"mo",
            b"[{\"name\": \"x\", \"target_binary\": \"/bin/x\"}]",
            b"profiles:\n- name: x\n  target_binary: /bin/x\n",
            b"kid: GuardianProfile\ntarget_binry: /bin/x\n",
            b"name: x\ntemplate: block-kmod-load\n",
            b"allowed_file: [/etc/]\n",
            b"name: x\nmatch_uid: 0\n",
            b"processes:\n  web: {allowed_exec: []}\n",
            b"apiVersion: v1\nkind: List\nitems:\n- kind: TracingPolicy\n",
        ];
        for text in documents {
            assert!(holds_document(text), "{}", String::from_utf8_lossy(text));
        }
        let others: [&[u8]; 13] = [
            b"",
            b"on: push\njobs: {}\n",
            b"kind: Deployment\n",
            b"processes:\n  web: {}\n",
            b"{\"properties\": {\"kind\": {\"const\": \"GuardianProfile\"}}}",
            b"text: |\n  kind: GuardianProfile\n",
            b"\x00\x05\x16\x07",
            b"# kind: GuardianProfile\n",
            b"{\"message\": \"add `kind: RuntimeGuard`\", ",
            b"services:\n  web: &a {image: x}\n  b:\n    <<: *a\n",
            b"allowed_hosts: [x]\nmode: a\n",
            b"apiVersion: v1\nkind: List\nitems: []\n",
            b"{\"document\": {\"kind\": \"GuardianProfile\"}}",
        ];
        for text in others {
            assert!(!holds_document(text), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_template_of_a_policy_is_neither_read_nor_silent() {
        assert_eq!(class("kind: TracingPolicy\nmetadata:\n  name: {{ .Release.Name }}\n"), Class::Template);
        assert_eq!(class("{{- if .Values.on }}\nkind: TracingPolicy\n{{- end }}\n"), Class::Template);
        assert_eq!(class("{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n"), Class::Other);
        // Quoted braces are text.
        assert_eq!(class("kind: GuardianProfile\ndescription: \"{{ x }}\"\n"), Class::Policy);
    }
}
