//! `compliance_tags` of any document that enforces, and the annotation of a TracingPolicy with the same meaning.

use telovix_diagnostic::source::Spanned;
use telovix_syntax::Node;
use telovix_syntax::field::{Field, Shape};

use crate::Document;
use crate::shape::{LINE, optional};

/// The field `compliance_tags` of any document that has one.
pub(crate) const COMPLIANCE_TAGS: Field =
    optional("compliance_tags", Shape::List(&LINE), "Compliance control ids for evidence reports.");

/// The annotation of a TracingPolicy, with commas between the ids: Tetragon refuses unknown keys elsewhere.
const ANNOTATION: &str = "telovix.io/compliance-tags";

/// Returns the ids in the annotation of a TracingPolicy, each at the place of the whole text.
pub(crate) fn annotated(metadata: &Node) -> Vec<Spanned<String>> {
    let annotations = metadata.as_mapping().and_then(|metadata| metadata.get("annotations"));
    let listed = annotations.and_then(Node::as_mapping).and_then(|annotations| annotations.get(ANNOTATION));
    let Some((span, text)) = listed.and_then(|node| Some((node.span, node.text()?))) else {
        return Vec::new();
    };
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| Spanned::new(id.to_owned(), span)).collect()
}

impl Document {
    /// Returns the ids of the controls that the document is evidence for, as written; none for kinds without them.
    #[must_use]
    pub fn compliance_tags(&self) -> &[Spanned<String>] {
        match self {
            Self::GuardianProfile(document) => &document.compliance_tags,
            Self::EnforcementRule(document) => &document.compliance_tags,
            Self::RuntimeGuard(document) => &document.compliance_tags,
            Self::GuardianPolicy(document) => &document.compliance_tags,
            Self::TracingPolicy(document) => &document.compliance_tags,
            Self::PolicyPack(_) | Self::Invariant(_) => &[],
        }
    }
}
