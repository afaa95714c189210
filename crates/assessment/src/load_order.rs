//! A kill and a denial of the same event at one LSM hook -> a finding: with Tetragon the order of loading decides.
//!
//! The policy that was loaded last runs first, and a denial skips the rest, so the process is denied and may or may not be
//! killed as well. Seen with Tetragon main 4fbfe2d74 on kernel 6.12.

use std::collections::BTreeMap;

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_platform::Target;
use telovix_policy::confine::{Confinement, Dimension, Effect, Operation, Region, Subject};
use telovix_policy::value::Scope;

use super::codes::LOAD_ORDER;
use super::engine::{Reach, reach};
use super::{described, engines, list};

/// The confinements of one operation and base name that kill, and those that deny.
#[derive(Default)]
struct Acting<'policy> {
    kills: Vec<&'policy Confinement>,
    denials: Vec<&'policy Confinement>,
}

/// Reports the first pair of each two documents.
pub(super) fn report(policy: &Policy, targets: &[Target], sink: &mut Sink) {
    let engines = engines(targets);
    if engines.is_empty() {
        return;
    }
    let mut by_subject: BTreeMap<(Operation, &str), Acting<'_>> = BTreeMap::new();
    for confinement in policy.confinements.iter().filter(|confinement| is_at_hook(confinement, &engines)) {
        let both = by_subject.entry((confinement.operation, name(&confinement.subject))).or_default();
        match confinement.effect {
            Effect::Kill => both.kills.push(confinement),
            Effect::Deny => both.denials.push(confinement),
            Effect::Allow | Effect::Observe | Effect::Log => {}
        }
    }
    let mut told = Vec::new();
    for Acting { kills, denials } in by_subject.into_values() {
        for kill in kills {
            let Some(denial) = denials.iter().find(|denial| overlap(kill, denial)) else { continue };
            let pair = (&kill.document, &denial.document);
            if told.contains(&pair) {
                continue;
            }
            told.push(pair);
            let message = format!(
                "{} kills and {} denies the same {} events on {}: whether the process dies depends on which policy was loaded last",
                described::document(kill),
                described::document(denial),
                kill.operation,
                list(&engines)
            );
            sink.report(
                Diagnostic::new(&LOAD_ORDER, kill.span, message)
                    .label("a kill, which a denial that runs before it skips")
                    .related(denial.span, "the denial")
                    .help("give both the same mode, or write one document"),
            );
        }
    }
}

fn is_at_hook(confinement: &Confinement, engines: &[Target]) -> bool {
    confinement.dimension != Dimension::NameSpace
        && engines.iter().any(|target| matches!(reach(confinement.operation, target.kernel), Reach::Hooks(_)))
}

/// Two subjects overlap only if they have the same base name, or if one is everyone: those are reported by their
/// templates.
fn name(subject: &Subject) -> &str {
    match subject {
        Subject::Everyone => "",
        Subject::Binary(path) => path.as_str().rsplit('/').next().unwrap_or_default(),
        Subject::BaseName(name) => name,
    }
}

fn overlap(kill: &Confinement, denial: &Confinement) -> bool {
    let subjects = match (&kill.subject, &denial.subject) {
        (Subject::Binary(one), Subject::Binary(two)) => one == two,
        _ => true,
    };
    let scopes = match (&kill.scope, &denial.scope) {
        (Scope::Group(one), Scope::Group(two)) | (Scope::Sensor(one), Scope::Sensor(two)) => one == two,
        _ => true,
    };
    let region = |confinement: &Confinement| Region::of(confinement.operation, &confinement.condition);
    subjects
        && scopes
        && kill.document != denial.document
        && kill.exemptions.is_empty()
        && denial.exemptions.is_empty()
        && !region(kill).intersection(&region(denial)).is_empty()
}
