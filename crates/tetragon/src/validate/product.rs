//! A custom policy -> findings about rules of the Console and sensors, in addition to Tetragon's.

use telovix_diagnostic::{Certainty, Diagnostic, EntryEdit, Fix, Sink};
use telovix_syntax::quote;

use crate::codes::{CUSTOM_NAME, PRODUCT_DIALECT, RESERVED_NAME, SYSCALL_FLAG};
use crate::kernel_function::Entry;
use crate::{ActionKind, HookPoint, Section, SyscallFlag, TracingPolicy};

/// Required name prefix of custom policies.
const PREFIX: &str = "telovix-custom-";
/// Names of the built-in policies that every sensor loads.
const RESERVED: &[&str] = &[
    "telovix-dns-uprobe",
    "telovix-file-open",
    "telovix-kmod-monitor",
    "telovix-listen-baseline",
    "telovix-lsm-baseline",
    "telovix-network-baseline",
    "telovix-privilege-baseline",
    "telovix-process-lifecycle",
    "telovix-security-syscalls",
    "telovix-syscall-kprobes",
];

/// Returns whether a name is that of a built-in policy, or of one of its numbered parts.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| {
        name.strip_prefix(reserved).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('-').is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        })
    })
}

/// Reports what the Console or sensors do not accept in a custom policy.
pub fn check_product(policy: &TracingPolicy, sink: &mut Sink) {
    let name = &policy.metadata.name;
    if is_reserved(&name.value) {
        let message = format!("{} is reserved for a built-in policy of the sensors", quote(&name.value));
        sink.report(Diagnostic::new(&RESERVED_NAME, name.span, message).help(format!("write `{PREFIX}…`")));
    } else if !name.value.starts_with(PREFIX) {
        let message = format!("{} does not start with `{PREFIX}`", quote(&name.value));
        sink.report(
            Diagnostic::new(&CUSTOM_NAME, name.span, message)
                .help(format!("write `{PREFIX}{}`", name.value))
                .fix_by(Fix::value(Certainty::Meant, name.span, format!("{PREFIX}{}", name.value))),
        );
    }
    for hook in &policy.spec.hooks {
        let section = hook.point.section();
        if !matches!(section, Section::Kprobes | Section::LsmHooks | Section::Uprobes) {
            let message = format!("`{}` is not documented for the Console", section.name());
            sink.report(Diagnostic::new(&PRODUCT_DIALECT, hook.span, message));
        }
        if let HookPoint::Kprobe { call, syscall: SyscallFlag::Absent } = &hook.point
            && !is_syscall_list(policy, &call.value)
        {
            let message = format!("the kprobe on {} has no `syscall`", quote(&call.value));
            let help = "write `syscall: true` for a system call, `syscall: false` for a kernel function";
            let is_call = Entry::of(&call.value).is_some();
            let flag = if is_call { "true" } else { "false" };
            let entry = EntryEdit::AddKey(call.span, "syscall".to_owned(), flag.to_owned());
            let fix = Fix::entries(Certainty::Guess, vec![entry]);
            sink.report(Diagnostic::new(&SYSCALL_FLAG, call.span, message).help(help).fix_by(fix));
        }
        if section == Section::LsmHooks {
            continue;
        }
        let actions = hook.selectors.iter().flat_map(|selector| &selector.actions);
        for action in actions.filter(|action| action.kind.value == ActionKind::Override) {
            let message = "the Console accepts `Override` on LSM hooks only";
            let help = "use an LSM hook, or `Signal` with `argSig: 9`";
            sink.report(Diagnostic::new(&PRODUCT_DIALECT, action.span, message).help(help));
        }
    }
}

/// Returns whether a `call` is a list of system calls, for which Tetragon ignores `syscall`.
fn is_syscall_list(policy: &TracingPolicy, call: &str) -> bool {
    let Some(name) = call.strip_prefix("list:") else { return false };
    let is_syscalls = |kind: &str| matches!(kind, "syscalls" | "generated_syscalls");
    let mut lists = policy.spec.lists.iter().filter(|list| list.name.value == name);
    lists.any(|list| list.kind.as_ref().is_some_and(|kind| is_syscalls(&kind.value)))
}

#[cfg(test)]
mod tests;
