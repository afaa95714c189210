//! The actions of a selector -> the effect on what it matches.

use telovix_policy::confine::Effect;
use telovix_tetragon::{Action, ActionKind, Selector};

use super::obstacle::Obstacle;
use super::place::Place;

/// SIGKILL.
const KILL: u32 = 9;

/// The error numbers that a kernel function can return.
const ERRORS: std::ops::RangeInclusive<i32> = -4_095..=-1;

/// Returns whether a selector enforces, or may do so through a macro.
pub(super) fn may_act(selector: &Selector<'_>) -> bool {
    let mut actions = selector.actions.iter().chain(&selector.return_actions);
    actions.any(|action| action.kind.value.enforces()) || !selector.macros.is_empty()
}

/// Returns the effect of a selector; none if it only reports.
///
/// At an LSM hook the native effect `kill` refuses the operation as well, which is what `Override` next to `Sigkill`
/// asks for.
pub(super) fn effect(
    selector: &Selector<'_>,
    place: &Place,
    obstacles: &mut Vec<Obstacle>,
) -> Option<Effect> {
    let before = obstacles.len();
    for action in selector.return_actions.iter().filter(|action| action.kind.value.enforces()) {
        obstacles
            .push(refused(action, "acts on the return of the hook, which the native runtime does not see"));
    }
    let (mut kill, mut deny) = (None, None);
    for action in &selector.actions {
        match action.kind.value {
            ActionKind::Sigkill => kill = Some(action),
            ActionKind::Signal => match &action.signal {
                Some(signal) if signal.value == KILL => kill = Some(action),
                _ => obstacles
                    .push(refused(action, "sends a signal other than 9, the only one that is supported")),
            },
            ActionKind::Override => match denial(action, place) {
                Ok(()) => deny = Some(action),
                Err(reason) => obstacles.push(refused(action, reason)),
            },
            ActionKind::NotifyEnforcer | ActionKind::Set => {
                obstacles.push(refused(action, "has no native form"));
            }
            ActionKind::Post
            | ActionKind::GetUrl
            | ActionKind::DnsLookup
            | ActionKind::NoPost
            | ActionKind::TrackSock
            | ActionKind::UntrackSock
            | ActionKind::CleanupEnforcerNotification => {}
        }
    }
    if let (Some(_), Some(deny), Place::Syscalls(_)) = (kill, deny, place) {
        obstacles.push(refused(
            deny,
            "next to a kill: natively a system call is denied or its caller killed, not both",
        ));
    }
    if obstacles.len() > before {
        return None;
    }
    match (kill, deny) {
        (Some(_), _) => Some(Effect::Kill),
        (None, Some(_)) => Some(Effect::Deny),
        (None, None) => None,
    }
}

/// Returns why an `Override` denies nothing, or not for certain.
fn denial(action: &Action<'_>, place: &Place) -> Result<(), &'static str> {
    let error = action.error.as_ref().map_or(0, |error| error.value);
    match place.at_function() {
        _ if ERRORS.contains(&error) => Ok(()),
        // An LSM hook returns -1 in place of what no hook can return.
        false if error != 0 => Ok(()),
        _ => Err("without an error number denies nothing: write `argError: -1`"),
    }
}

fn refused(action: &Action<'_>, why: &str) -> Obstacle {
    Obstacle::new(action.span, format!("`{}` {why}", action.kind.value.name()))
}
