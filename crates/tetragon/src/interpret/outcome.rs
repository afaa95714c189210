//! The actions of a selector -> what they do to an event.

use telovix_policy::confine::Effect;

use super::fact::{FactId, Register};
use crate::lsm_hook::Returns;
use crate::{Action, ActionKind, HookPoint, LsmHook};

/// Whether a policy acts or only reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Its actions run.
    Enforce,
    /// Only its events are sent.
    Monitor,
}

/// What the actions of a selector do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The effect that is certain.
    pub least: Effect,
    /// The strongest effect that is possible.
    pub most: Effect,
    /// The effect that is written, where the policy only monitors.
    pub written: Effect,
    /// The actions that act, in order: `Override`, `Sigkill`.
    pub actions: Vec<&'static str>,
    /// What decides between both effects.
    pub(super) open: Option<FactId>,
}

impl Outcome {
    /// Returns the outcome of a selector's actions; without any, an event is sent.
    pub(super) fn of(
        actions: &[Action<'_>],
        point: &HookPoint<'_>,
        is_syscall: bool,
        mode: Mode,
        register: &mut Register,
    ) -> Self {
        let silent = actions.iter().any(|action| action.kind.value == ActionKind::NoPost);
        let reported = if silent { Effect::Allow } else { Effect::Log };
        let mut outcome =
            Self { least: reported, most: reported, written: reported, actions: Vec::new(), open: None };
        for action in actions {
            let (least, most, fact) = of_action(action, point, is_syscall);
            if most == Effect::Allow {
                continue;
            }
            outcome.written = outcome.written.max(most);
            outcome.actions.push(action.kind.value.name());
            if mode == Mode::Enforce {
                outcome.least = outcome.least.max(least);
                outcome.most = outcome.most.max(most);
                if let Some((key, words)) = fact {
                    outcome.open = Some(register.number(key, words));
                }
            }
        }
        if outcome.least == outcome.most {
            outcome.open = None;
        }
        if outcome.actions.is_empty() {
            outcome.actions.push(if silent { "NoPost" } else { "Post" });
        }
        outcome
    }
}

type Undecided = Option<(String, String)>;

/// Returns the effect of an action: at least, at most, and what decides between them.
fn of_action(action: &Action<'_>, point: &HookPoint<'_>, is_syscall: bool) -> (Effect, Effect, Undecided) {
    let sure = |effect| (effect, effect, None);
    let open = |most, words: &str| (Effect::Allow, most, Some((words.to_owned(), words.to_owned())));
    match action.kind.value {
        ActionKind::Sigkill => sure(Effect::Kill),
        ActionKind::Signal => match action.signal.map_or(0, |signal| signal.value) {
            0 => sure(Effect::Allow),
            9 => sure(Effect::Kill),
            number => open(Effect::Kill, &format!("what the process does on signal {number}")),
        },
        ActionKind::Override => {
            let error = action.error.map_or(0, |error| error.value);
            match point {
                HookPoint::Lsm { hook } if returns_nothing(&hook.value) => sure(Effect::Allow),
                HookPoint::Lsm { .. } if error == 0 => open(Effect::Deny, "`Override` with `argError: 0`"),
                HookPoint::Lsm { .. } => sure(Effect::Deny),
                HookPoint::Kprobe { .. } if is_syscall => {
                    open(Effect::Deny, "whether the kernel has function error injection")
                }
                HookPoint::Kprobe { .. } if error == 0 => sure(Effect::Allow),
                HookPoint::Kprobe { .. } if error < 0 => sure(Effect::Deny),
                HookPoint::Tracepoint { .. } | HookPoint::Usdt { .. } => sure(Effect::Allow),
                _ => open(Effect::Deny, "the value that `Override` returns"),
            }
        }
        ActionKind::NotifyEnforcer => open(Effect::Deny, "`NotifyEnforcer`"),
        ActionKind::Set => open(Effect::Deny, "`Set`"),
        ActionKind::Post
        | ActionKind::GetUrl
        | ActionKind::DnsLookup
        | ActionKind::NoPost
        | ActionKind::TrackSock
        | ActionKind::UntrackSock
        | ActionKind::CleanupEnforcerNotification => sure(Effect::Allow),
    }
}

fn returns_nothing(hook: &str) -> bool {
    let mut prototypes = LsmHook::named(hook).peekable();
    prototypes.peek().is_some() && prototypes.all(|prototype| prototype.returns == Returns::Void)
}
