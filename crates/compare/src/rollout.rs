//! A difference -> steps of a rollout that should be taken one at a time.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{Document, PackState, ProfileMode};

use super::outline::Change;
use super::piece::Origin;
use super::{Difference, Piece, SubjectDifference};

/// The codes this room reports.
pub(super) const CODES: &[&Code] = &[&MATCH_AND_MODE, &MODE_SKIPPED, &PACK_SKIPPED];

static MATCH_AND_MODE: Code = Code::page(include_str!("rollout/match-and-mode-together.md"));

static MODE_SKIPPED: Code = Code::page(include_str!("rollout/mode-skipped-step.md"));

static PACK_SKIPPED: Code = Code::page(include_str!("rollout/pack-skipped-step.md"));

/// Lists whose entries are match conditions.
const MATCHES: [&str; 12] = [
    "spawns",
    "files",
    "ports",
    "cidrs",
    "capabilities",
    "syscalls",
    "allowed_exec",
    "allowed_files",
    "blocked_files",
    "allowed_network",
    "blocked_network",
    "template",
];

/// Reports steps that are too large. Spans are those of the second side.
pub fn guard(difference: &Difference<'_>, sink: &mut Sink) {
    for subject in &difference.subjects {
        let Some(after) = subject.after else { continue };
        modes(subject, after, sink);
        packs(subject, after, sink);
    }
}

fn modes(subject: &SubjectDifference<'_>, after: &Piece<'_>, sink: &mut Sink) {
    let Some((mode, span)) = mode(after) else { return };
    let before = subject.before.and_then(mode_of);
    let rises = before.is_none_or(|before| mode > before) && mode > ProfileMode::Observe;
    if before == Some(ProfileMode::Observe) && mode == ProfileMode::Enforce {
        let message = format!("`{}` goes from `observe` to `enforce` without `audit` between", after.name);
        sink.report(Diagnostic::new(&MODE_SKIPPED, span, message).help("set `mode: audit` first"));
    }
    let matches = |(dimension, _): &(&str, Change)| MATCHES.contains(dimension);
    if rises && subject.changes.iter().any(matches) {
        let message = match before {
            None => format!("`{}` is new and acts at once", after.name),
            Some(_) => {
                format!("`{}` changes what it matches and starts to act on it in one change", after.name)
            }
        };
        let help = "change the lists first, watch, and raise the mode in a change of its own";
        sink.report(Diagnostic::new(&MATCH_AND_MODE, span, message).help(help));
    }
}

fn mode_of(piece: &Piece<'_>) -> Option<ProfileMode> {
    mode(piece).map(|(mode, _)| mode)
}

/// Returns the mode of a profile and where it is written.
fn mode(piece: &Piece<'_>) -> Option<(ProfileMode, Span)> {
    match piece.origin {
        Origin::Document(_, placed) => match &placed.document {
            Document::GuardianProfile(profile) => Some((profile.mode.value, profile.mode.span)),
            _ => None,
        },
        _ => None,
    }
}

fn packs(subject: &SubjectDifference<'_>, after: &Piece<'_>, sink: &mut Sink) {
    let Some((reached, span)) = state(after) else { return };
    let before = subject.before.and_then(state).map_or(PackState::Observe, |(before, _)| before);
    if !before.may_become(reached) {
        let message = format!("pack `{}` goes from `{}` to `{}`", after.name, before.name(), reached.name());
        let help =
            "packs go from `observe` to `enforce_ready` to `enforced`, and from anywhere back to `observe`";
        sink.report(Diagnostic::new(&PACK_SKIPPED, span, message).help(help));
    }
}

fn state(piece: &Piece<'_>) -> Option<(PackState, Span)> {
    match piece.origin {
        Origin::Document(_, placed) => match &placed.document {
            Document::PolicyPack(pack) => Some((pack.state.value, pack.state.span)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
