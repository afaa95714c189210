//! A difference -> findings about rollout steps that are too large.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::{Document, PackState, ProfileMode};

use super::outline::Change;
use super::piece::Origin;
use super::{Difference, Piece, SubjectDifference};

/// The codes this module reports.
pub(super) const CODES: &[&Code] = &[&MATCH_AND_MODE, &MODE_SKIPPED, &PACK_SKIPPED];

static MATCH_AND_MODE: Code = Code::page(include_str!("rollout/match-and-mode-together.md"));

static MODE_SKIPPED: Code = Code::page(include_str!("rollout/mode-skipped-step.md"));

static PACK_SKIPPED: Code = Code::page(include_str!("rollout/pack-skipped-step.md"));

/// Dimensions whose entries are match conditions.
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
        let message =
            format!("`{}` changes from `observe` to `enforce` without `audit` between them", after.name);
        sink.report(Diagnostic::new(&MODE_SKIPPED, span, message).help("set `mode: audit` first"));
    }
    let matches = |(dimension, _): &(&str, Change)| MATCHES.contains(dimension);
    if rises && subject.changes.iter().any(matches) {
        let message = match before {
            None => format!("`{}` is new and enforced without an observation period", after.name),
            Some(_) => {
                format!("`{}` changes what it matches and raises its mode in the same change", after.name)
            }
        };
        let help = "change the lists first, observe, and raise the mode in a separate change";
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
        let message =
            format!("pack `{}` cannot change from `{}` to `{}`", after.name, before.name(), reached.name());
        let help = "packs change from `observe` to `enforce_ready` to `enforced`, and from any state back to `observe`";
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
