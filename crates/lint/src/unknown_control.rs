//! A compliance tag -> a finding if the vocabulary of its prefix does not have it.

use telovix_compliance::vocabulary::{Extent, Meaning, Near, meaning};
use telovix_diagnostic::{Certainty, Code, Diagnostic, Fix, Sink};
use telovix_document::Document;
use telovix_policy::value::Date;

use super::{Check, Lint};

pub(super) static LINT: Lint =
    Lint { code: Code::page(include_str!("unknown_control.md")), check: Check::Document(check) };

fn check(document: &Document, _as_of: Date, sink: &mut Sink) {
    for tag in document.compliance_tags() {
        let Meaning::Unknown { vocabulary, near } = meaning(&tag.value) else { continue };
        let is_certain = near.as_ref().is_some_and(|near| near.is_certain);
        // Of a selection it is not known which other ids exist.
        if vocabulary.extent == Extent::Selection && !is_certain {
            continue;
        }
        let message = format!("`{}` is not in {} {}", tag.value, vocabulary.name, vocabulary.version);
        let found = Diagnostic::new(&LINT.code, tag.span, message);
        let Some(Near { tag: meant, is_certain }) = near else {
            sink.report(found.help("write the id as the standard does, or a tag without its prefix"));
            continue;
        };
        let found = found.help(format!("did you mean `{meant}`?"));
        let certainty = if is_certain { Certainty::SameMeaning } else { Certainty::Guess };
        // The annotation of a TracingPolicy has all ids in one text.
        sink.report(match document {
            Document::TracingPolicy(_) => found,
            _ => found.fix_by(Fix::value(certainty, tag.span, meant)),
        });
    }
}
