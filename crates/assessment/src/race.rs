//! Denials through Tetragon -> one finding that some of them leak under concurrency.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::{Policy, PolicyDocument};
use telovix_platform::ENGINE_VERSION;
use telovix_policy::confine::{Confinement, Dimension, Effect, Region};

use super::codes::DENIAL_RACE;
use super::engine::{Reach, reach};
use super::waiver::waiver;
use super::{EngineDenial, Options, Target, described, engines, list};

/// Reports one finding for the run: the race is a defect of Tetragon, not of one document.
pub(super) fn report(policy: &Policy, options: &Options, sink: &mut Sink) {
    let engines = engines(&options.targets);
    if engines.is_empty() {
        return;
    }
    let open = policy.documents.iter().filter(|document| waiver(document.waivers(), &DENIAL_RACE).is_none());
    let mut denying = open.filter_map(|document| {
        let confinements = policy.confinements_of(document);
        leaking(document, confinements, options.engine_denial, &engines)
    });
    let Some(first) = denying.next() else { return };
    let others = denying.count();
    let who = match others {
        0 => format!("{} denies", first.who),
        1 => format!("{} and another document deny", first.who),
        others => format!("{} and {others} other documents deny", first.who),
    };
    let message = format!("{who} through {ENGINE_VERSION}, whose LSM denials leak under concurrency");
    let diagnostic =
        Diagnostic::new(&DENIAL_RACE, first.span, message).label(format!("on {}", list(&engines)));
    sink.report(diagnostic.help(first.remedy).help("or waive `engine-denial-race`, or use native targets"));
}

/// Returns whether the document can compile to a denial that leaks, whatever the options.
pub(super) fn can_leak(document: &PolicyDocument, confinements: &[Confinement], engines: &[Target]) -> bool {
    leaking(document, confinements, EngineDenial::Alone, engines).is_some()
}

/// A document with a denial that leaks.
struct Leaking {
    who: String,
    span: Span,
    remedy: &'static str,
}

fn leaking(
    document: &PolicyDocument,
    confinements: &[Confinement],
    denial: EngineDenial,
    engines: &[Target],
) -> Option<Leaking> {
    if denial == EngineDenial::Alone
        && let Some(confinement) = confinements.iter().find(|confinement| leaks(confinement, engines))
    {
        let remedy = "set `tetragon: { deny_with_kill: true }` in telovix.yaml: a leaked denial then still kills the process";
        return Some(Leaking { who: described::document(confinement), span: confinement.span, remedy });
    }
    let custom = document.custom_policy().filter(|custom| custom.enabled)?;
    let span = custom.policy.actions.racing_denial?.span;
    let remedy =
        "add `action: Sigkill` next to `action: Override`: a TracingPolicy is passed through as written";
    Some(Leaking { who: described::passed_through(document), span, remedy })
}

/// Returns whether a confinement is denied by `Override` at an LSM hook on one of the Tetragon targets.
fn leaks(confinement: &Confinement, engines: &[Target]) -> bool {
    confinement.effect == Effect::Deny
        && confinement.dimension != Dimension::NameSpace
        && !Region::of(confinement.operation, &confinement.condition).is_empty()
        && engines.iter().any(|target| matches!(reach(confinement.operation, target.kernel), Reach::Hooks(_)))
}
