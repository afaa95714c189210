//! The published schemas and the reader agree on every case of `tests/read/`.
//!
//! An editor that checks a document by its schema must not refuse what the compiler accepts, and should
//! report every mistake of form.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use jsonschema::Validator;
use serde_json::{Map, Value as Json};
use telovix_compiler::catalogue::catalogue;
use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Severity, Sink};
use telovix_document as document;
use telovix_document::{KINDS, Kind};
use telovix_syntax as syntax;
use telovix_syntax::{Node, Scalar, Value};

/// Mistakes that a schema can see. The others need the text, the calendar, a table of names, or two fields.
const FORM: &[&str] = &[
    "empty-value",
    "invalid-profile-id",
    "missing-field",
    "out-of-range",
    "path-glob",
    "too-long",
    "unknown-key",
    "unknown-value",
    "wrong-type",
];

#[test]
fn schemas_refuse_what_the_reader_refuses_in_form_and_nothing_that_it_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let validators: Vec<_> = KINDS.iter().map(|kind| (kind, validator(&root, kind))).collect();
    let (mut taken, mut refused) = (0, BTreeSet::new());
    let mut wrong = Vec::new();
    for (name, text) in cases(&root) {
        for (node, codes) in documents(&name, &text) {
            let Some((_, validator)) = validators.iter().find(|(kind, _)| is_of_kind(&node, kind)) else {
                continue;
            };
            let instance = json(&node);
            let errors: Vec<_> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
            let in_form: Vec<_> = codes.iter().copied().filter(|code| FORM.contains(code)).collect();
            if codes.is_empty() && !errors.is_empty() {
                wrong.push(format!("{name}: the reader takes it, the schema says {errors:?}\n  {instance}"));
            }
            if !in_form.is_empty() && errors.is_empty() {
                wrong.push(format!("{name}: the reader says {in_form:?}, the schema takes it\n  {instance}"));
            }
            taken += usize::from(codes.is_empty());
            refused.extend(in_form);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 20, "only {taken} cases are without a mistake");
    assert_eq!(refused.len(), FORM.len(), "no case shows the others: {refused:?}");
}

/// The mistakes of form that a single field can have must be refused by the schema one by one, too:
/// above, one mistake of a document hides the others.
#[test]
fn schemas_refuse_every_field_with_a_value_of_another_type() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for kind in KINDS {
        let validator = validator(&root, kind);
        for field in kind.record.fields {
            let mut wrong = Map::new();
            // No field takes a list in a list.
            wrong.insert(field.name.to_owned(), serde_json::json!([[[]]]));
            let path = format!("/{}", field.name);
            let instance = Json::Object(wrong);
            let mut places = validator.iter_errors(&instance).map(|error| error.instance_path().to_string());
            assert!(places.any(|place| place.starts_with(&path)), "{} {}", kind.name, field.name);
        }
    }
}

fn validator(root: &Path, kind: &Kind) -> Validator {
    let file = root.join("schemas").join(format!("{}.json", kind.slug));
    let schema = fs::read_to_string(&file).expect("every kind has a schema");
    let schema = serde_json::from_str(&schema).expect("a schema is JSON");
    jsonschema::validator_for(&schema).expect("a schema is a JSON Schema")
}

/// The cases of `tests/read/`, and the examples of every code.
fn cases(root: &Path) -> Vec<(String, String)> {
    let folder = root.join("tests/read");
    let files = fs::read_dir(folder).expect("the folder of cases exists");
    let mut paths: Vec<PathBuf> = files.filter_map(|file| file.ok().map(|file| file.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "expected"));
    paths.sort();
    let name =
        |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = |path: PathBuf| (name(&path), fs::read_to_string(&path).expect("a case is UTF-8 text"));
    let mut cases: Vec<_> = paths.into_iter().map(read).collect();
    for code in catalogue() {
        use telovix_diagnostic::Example::{Made, Situation, Text};
        for example in [code.fires, code.silent] {
            match example {
                Text(text) => cases.push((code.id.to_owned(), text.to_owned())),
                Made(..) | Situation(_) => {}
            }
        }
    }
    cases
}

/// Each document of a text without a mistake in its syntax, and the errors the reader finds in it.
fn documents(name: &str, text: &str) -> Vec<(Node<'static>, Vec<&'static str>)> {
    let sources = SourceSet::single(name, text);
    let mut sink = Sink::new(Levels::default());
    let mut nodes = Vec::new();
    for (id, source) in sources.iter() {
        syntax::parse(id, source, &mut sink, |tree, _| {
            if tree.flaws == 0 {
                nodes.push(tree.root.detached());
            }
        });
    }
    let mut sink = Sink::new(Levels::default());
    document::read(&sources, &mut sink);
    let findings = sink.into_sorted();
    let codes = |node: &Node| {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let inside = errors.filter(|finding| {
            finding.span.is_some_and(|span| node.span.start <= span.start && span.start <= node.span.end)
        });
        // Two documents of one name are each right in form.
        inside.map(|finding| finding.code.id).filter(|code| *code != "duplicate-document").collect()
    };
    nodes.into_iter().map(|node| (codes(&node), node)).map(|(codes, node)| (node, codes)).collect()
}

fn is_of_kind(node: &Node, kind: &Kind) -> bool {
    let Some(mapping) = node.as_mapping() else { return false };
    match mapping.get("kind").and_then(Node::scalar) {
        Some(Scalar::Text("TracingPolicyNamespaced")) => kind.name == "TracingPolicy",
        Some(Scalar::Text(name)) => kind.name == name,
        Some(_) => false,
        None => kind.name == "RuntimeGuard" && mapping.get("processes").is_some(),
    }
}

/// Returns a node as an editor reads it: plain scalars by the core schema.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar { text, .. } => match node.scalar() {
            Some(Scalar::Null) => Json::Null,
            Some(Scalar::Boolean(value)) => value.into(),
            Some(Scalar::Integer(number)) => i64::try_from(number).map_or_else(|_| 1e300.into(), Json::from),
            Some(Scalar::Float) => text.parse::<f64>().map_or(Json::Null, Json::from),
            Some(Scalar::Text(_)) | None => text.as_ref().into(),
        },
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            Json::Object(entries.map(|entry| (entry.key.value.to_string(), json(&entry.value))).collect())
        }
        Value::Unreadable => Json::Null,
    }
}
