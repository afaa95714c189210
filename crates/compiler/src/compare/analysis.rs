//! One policy -> exceptions that take everything back, and what a process reaches through the programs it
//! may start.

mod closure;
mod code;

pub(super) use closure::allowed;
pub(super) use code::CODES;

use self::code::EXCEPTION_SWALLOWS;
use crate::confine::{Confinement, Exemption, PathSet, Subject};
use crate::diagnostic::{Diagnostic, Sink};
use crate::document::value::PathPattern;
use crate::lower::Policy;

/// Reports what the sets of a policy tell about each other.
pub fn analyse(policy: &Policy, sink: &mut Sink) {
    for placed in &policy.documents {
        // The confinements of a document share their exceptions.
        if let Some(first) = policy.confinements_of(placed).first() {
            report_swallowing(first, sink);
        }
    }
    closure::report(policy, sink);
}

/// Reports an exception that lets out everybody whom its document speaks of.
fn report_swallowing(confinement: &Confinement, sink: &mut Sink) {
    for exemption in
        confinement.exemptions.iter().filter(|exemption| swallows(&confinement.subject, exemption))
    {
        let name = &confinement.document.name;
        let message = format!("this exception lets out everybody whom `{name}` speaks of");
        let diagnostic = Diagnostic::new(&EXCEPTION_SWALLOWS, exemption.span, message);
        sink.report(diagnostic.help("narrow the exception, or remove the document"));
    }
}

fn swallows(subject: &Subject, exemption: &Exemption) -> bool {
    let everything = |pattern: &PathPattern| PathSet::from_iter([pattern]).is_all();
    let everybody = exemption.process.as_ref().is_none_or(|pattern| match subject {
        Subject::Binary(path) => pattern.contains(path.as_str()),
        Subject::Everyone | Subject::BaseName(_) => everything(pattern),
    });
    everybody && exemption.parent.as_ref().is_none_or(everything)
}

#[cfg(test)]
mod tests;
