//! An operator's own TracingPolicy -> the same policy, validated; a whole document stays byte for byte the same.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_document::PolicyPlace;
use telovix_document::lower::{CustomForm, CustomPolicy, Policy, PolicyDocument};
use telovix_tetragon::{Context, Dialect, check_product, check_release, read, validate, write_tree};

use super::Options;

use super::budget::{self, Use};
use super::name::Names;

/// A policy that is valid.
pub(super) struct Compiled {
    /// Its names.
    pub(super) names: Names,
    /// Its text.
    pub(super) text: String,
    /// What it takes of its host.
    pub(super) uses: Vec<Use>,
}

/// Validates a policy; none when it is invalid.
pub(super) fn compile(
    custom: CustomPolicy<'_>,
    policy: &Policy,
    sources: &SourceSet,
    (context, options): (&Context, &Options),
    sink: &mut Sink,
) -> Option<Compiled> {
    let CustomPolicy { placed, policy: custom, form, .. } = custom;
    let mut findings = sink.fork();
    let model = read(&custom.node, &mut findings);
    if let Some(model) = &model {
        validate(model, context, &mut findings);
        check_release(model, options.release, &mut findings);
        // Policies of a pack may have the names that are reserved for the product.
        let is_rule = custom.place == PolicyPlace::Field;
        if placed.pack.is_none() && (is_rule || options.dialect == Dialect::Console) {
            check_product(model, &mut findings);
        }
    }
    let refused = findings.has_errors();
    sink.append(findings);
    let model = model.filter(|_| !refused)?;
    let text = match form {
        CustomForm::Document if starts_a_line(placed, sources) => own_text(placed, policy, sources),
        // A field of a rule, or an item of a list: without its indentation it is another text.
        CustomForm::Document | CustomForm::Field => {
            let place = sources.locate(custom.span).escape_default().to_string();
            format!(
                "# Compiled from {place}. Do not edit: change the source and compile again.\n{}",
                write_tree(&custom.node)
            )
        }
    };
    let namespace = model.metadata.namespace.as_ref().map(|namespace| namespace.value.as_ref());
    let names = Names::own(placed.folder(), namespace, &model.metadata.name.value);
    let uses = budget::uses(&model, &names.path(""), &placed.scope());
    Some(Compiled { names, text, uses })
}

/// Returns whether a document is not indented.
fn starts_a_line(placed: &PolicyDocument, sources: &SourceSet) -> bool {
    sources.position(placed.span()).column == 1
}

/// Returns whether a file has comments and document marks only, apart from one document.
fn is_alone(text: &str, document: Span) -> bool {
    let is_other = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim();
        !line.is_empty() && !line.starts_with(['#', '%']) && !line.starts_with("---") && line != "..."
    };
    let around = |part: Option<&str>| !part.unwrap_or_default().lines().any(is_other);
    around(text.get(..document.start as usize)) && around(text.get(document.end as usize..))
}

/// Returns the whole file when the document is alone in it, else the text of the document.
fn own_text(placed: &PolicyDocument, policy: &Policy, sources: &SourceSet) -> String {
    let span = placed.span();
    let others = policy.documents.iter().filter(|other| other.span().source == span.source);
    if others.count() == 1
        && let Some(source) = sources.get(span.source)
        && is_alone(source.text(), span)
    {
        return source.text().to_owned();
    }
    let mut text = sources.text(span).trim_end().to_owned();
    text.push('\n');
    text
}
