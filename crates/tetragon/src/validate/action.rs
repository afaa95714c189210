//! Actions of a hook -> those the hook does not support, and those that have no effect there.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Diagnostic, EntryEdit, Fix, Sink};
use telovix_syntax::quote;

use super::Context;
use super::function::at_load;
use crate::codes::{ACTION, ERROR_NUMBER, IGNORED, LIMIT, NO_EFFECT, OVERRIDE_UNAVAILABLE};
use crate::{Action, ActionKind, Hook, HookPoint, Section, SyscallFlag, TracingPolicy};

/// Maximum number of actions of a selector.
const ACTIONS: usize = 3;
/// LSM hooks where Tetragon can compute a file's digest (`imaHash`), which takes a third program (`imaProgName`).
pub const DIGEST_HOOKS: &[&str] = &[
    "bprm_check_security",
    "bprm_committed_creds",
    "bprm_committing_creds",
    "bprm_creds_for_exec",
    "bprm_creds_from_file",
    "file_ioctl",
    "file_lock",
    "file_open",
    "file_post_open",
    "file_receive",
    "mmap_file",
];

/// Reports actions that the hook does not support, or that have no effect there.
pub(super) fn check(hook: &Hook, policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    for selector in &hook.selectors {
        for actions in [&selector.actions, &selector.return_actions] {
            if let Some(fourth) = actions.get(ACTIONS) {
                let message = format!("a selector has at most {ACTIONS} actions");
                sink.report(Diagnostic::new(&LIMIT, fourth.span, message));
            }
            for action in actions {
                check_rate_limit(action, sink);
            }
        }
        for action in &selector.actions {
            check_place(action, hook, sink);
            match action.kind.value {
                ActionKind::Override => check_override(action, hook, policy, context, sink),
                ActionKind::Signal => check_signal(action, sink),
                ActionKind::NotifyEnforcer
                    if policy.spec.enforcers.is_empty()
                        && matches!(hook.point.section(), Section::Kprobes | Section::Tracepoints) =>
                {
                    sink.report(Diagnostic::new(
                        &ACTION,
                        action.span,
                        "`NotifyEnforcer` requires `spec.enforcers`",
                    ));
                }
                _ => {}
            }
        }
        if !hook.returns && !selector.return_actions.is_empty() {
            let span = selector.return_actions.first().map(|action| action.span);
            let message = "`matchReturnActions` is ignored without `return: true`";
            sink.report(Diagnostic::new(&IGNORED, span, message));
        }
    }
}

fn check_place(action: &Action, hook: &Hook, sink: &mut Sink) {
    use ActionKind as A;
    let section = hook.point.section();
    let kind = action.kind.value;
    let refused = match section {
        Section::Kprobes | Section::Tracepoints => false,
        Section::Fentries => kind.enforces(),
        Section::LsmHooks => !matches!(kind, A::Post | A::NoPost | A::Sigkill | A::Signal | A::Override),
        Section::Uprobes | Section::Usdts => matches!(kind, A::GetUrl | A::DnsLookup),
    };
    if refused {
        let message = format!("`{}` is not supported in `{}`", kind.name(), section.name());
        sink.report(Diagnostic::new(&ACTION, action.kind.span, message));
    }
    let idle = match section {
        Section::Kprobes => kind == A::Set,
        Section::Tracepoints => matches!(kind, A::Set | A::Override),
        Section::Uprobes => matches!(kind, A::Set | A::NotifyEnforcer),
        Section::Usdts => matches!(kind, A::Override | A::NotifyEnforcer),
        Section::Fentries | Section::LsmHooks => false,
    };
    if idle {
        let message = format!("`{}` has no effect in `{}`", kind.name(), section.name());
        sink.report(Diagnostic::new(&NO_EFFECT, action.kind.span, message));
    }
    if let Some(span) = action.stack_trace
        && (section == Section::LsmHooks || (section == Section::Kprobes && kind != A::Post))
    {
        sink.report(Diagnostic::new(&ACTION, span, "stack traces are supported only for `Post` on kprobes"));
    }
    let digests =
        matches!(&hook.point, HookPoint::Lsm { hook } if DIGEST_HOOKS.contains(&hook.value.as_ref()));
    if action.ima_hash && !digests {
        sink.report(Diagnostic::new(&IGNORED, action.span, "`imaHash` has no effect at this hook"));
    }
}

fn check_override(action: &Action, hook: &Hook, policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    match &hook.point {
        HookPoint::Kprobe { call, syscall } => {
            let is_list = call.value.starts_with("list:");
            let is_security = call.value.starts_with("security_");
            let is_syscall = *syscall != SyscallFlag::Function;
            if !is_syscall && !is_list && !is_security {
                let message = format!("{} cannot be overridden", quote(&call.value));
                let help = "override a system call, a `security_` function or an LSM hook";
                sink.report(
                    Diagnostic::new(&ACTION, action.span, message).help(help).tetragon(at_load(hook)),
                );
            } else if is_security && !disables_multi(policy) {
                let message =
                    format!("{} cannot be overridden through a multi-kprobe link", quote(&call.value));
                let help = "set the option `disable-kprobe-multi` to \"1\", or use the LSM hook";
                sink.report(
                    Diagnostic::new(&ACTION, action.span, message).help(help).tetragon(at_load(hook)),
                );
            } else if is_syscall && !is_security {
                check_injection(action, context, sink);
            }
            if action.error.is_none_or(|error| error.value >= 0) {
                report_error_number(
                    action,
                    "without a negative `argError` the overridden call appears to succeed",
                    sink,
                );
            }
        }
        HookPoint::Lsm { .. } => match action.error.map(|error| error.value) {
            Some(-1) => {}
            None | Some(0) => {
                report_error_number(
                    action,
                    "`argError` is missing or 0, so the operation may not be denied",
                    sink,
                );
            }
            Some(_) => report_error_number(action, "Tetragon returns EPERM regardless of `argError`", sink),
        },
        _ => {}
    }
}

/// The kernels of the targets are built without `CONFIG_BPF_KPROBE_OVERRIDE`.
fn check_injection(action: &Action, context: &Context, sink: &mut Sink) {
    let kernels: Vec<_> = context.kernels.iter().map(|kernel| kernel.name()).collect();
    if kernels.is_empty() {
        return;
    }
    let message = format!("kernel {} cannot override a system call", kernels.join(", "));
    let help = "use the LSM hook of the operation, or `Sigkill`, which does not undo it";
    sink.report(Diagnostic::new(&OVERRIDE_UNAVAILABLE, action.span, message).help(help));
}

/// The option that disables multi-kprobe links.
pub(super) const KPROBE_OPTION: &str = "disable-kprobe-multi";
/// The option that disables multi-uprobe links.
pub(super) const UPROBE_OPTION: &str = "disable-uprobe-multi";

/// Returns whether the policy disables multi-kprobe links.
pub(super) fn disables_multi(policy: &TracingPolicy) -> bool {
    disables(policy, KPROBE_OPTION)
}

/// Returns whether an option of the policy is set to true; the last one counts.
pub(super) fn disables(policy: &TracingPolicy, name: &str) -> bool {
    let last = policy.spec.options.iter().rfind(|option| option.name.value == name);
    last.is_some_and(|option| {
        matches!(option.value.value.as_ref(), "1" | "t" | "T" | "TRUE" | "true" | "True")
    })
}

fn report_error_number(action: &Action, message: &str, sink: &mut Sink) {
    let span: Span = action.error.map_or(action.span, |error| error.span);
    let found = Diagnostic::new(&ERROR_NUMBER, span, message).help("write `argError: -1`");
    sink.report(match action.error {
        Some(error) => found.fix_by(Fix::new(Certainty::Meant, error.span, "-1")),
        None => found,
    });
}

fn check_signal(action: &Action, sink: &mut Sink) {
    match action.signal.map(|signal| signal.value) {
        Some(1..=64) => {}
        None | Some(0) => {
            let message = "`Signal` without `argSig` sends signal 0, which does nothing";
            let found = Diagnostic::new(&NO_EFFECT, action.span, message).help("write `argSig: 9`");
            sink.report(found.fix_by(match action.signal {
                Some(signal) => Fix::new(Certainty::Guess, signal.span, "9"),
                None => Fix::entries(
                    Certainty::Guess,
                    vec![EntryEdit::AddKey(action.kind.span, "argSig".to_owned(), "9".to_owned())],
                ),
            }));
        }
        Some(number) => {
            let message = format!("signal {number} does not exist");
            sink.report(Diagnostic::new(&NO_EFFECT, action.span, message).help("signals are 1 to 64"));
        }
    }
}

fn check_rate_limit(action: &Action, sink: &mut Sink) {
    let Some(limit) = action.rate_limit.as_ref().filter(|limit| !limit.value.is_empty()) else { return };
    let mut object = |span, message: String| sink.report(Diagnostic::new(&ACTION, span, message));
    let digits = limit.value.strip_suffix(['s', 'm', 'h', 'S', 'M', 'H']).unwrap_or(&limit.value);
    if digits.is_empty()
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
        || digits.parse::<u32>().is_err()
    {
        object(
            limit.span,
            format!(
                "{} is not a rate limit: expected a number with an optional `s`, `m` or `h`",
                quote(&limit.value)
            ),
        );
    }
    if action.kind.value != ActionKind::Post {
        object(
            limit.span,
            format!("`rateLimit` is supported for `Post`, not for `{}`", action.kind.value.name()),
        );
    }
    if let Some(scope) = &action.rate_limit_scope
        && !["thread", "process", "global", ""].contains(&scope.value.as_ref())
    {
        object(
            scope.span,
            format!(
                "{} is not a rate limit scope: expected `thread`, `process` or `global`",
                quote(&scope.value)
            ),
        );
    }
}
