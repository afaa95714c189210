//! What the product's Console and sensors ask of an operator's policy beyond the engine.

use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::quote;

use crate::codes::{CUSTOM_NAME, PRODUCT_DIALECT, RESERVED_NAME, SYSCALL_FLAG};
use crate::{ActionKind, HookPoint, Section, SyscallFlag, TracingPolicy};

/// How names of operators' policies start.
const PREFIX: &str = "telovix-custom-";
/// Names of the policies that every sensor loads of its own.
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

/// Tells whether a name belongs to a policy of the product, or to one of its numbered parts.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| {
        name.strip_prefix(reserved).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('-').is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        })
    })
}

/// Reports what the product does not take of an operator's policy.
pub fn check_product(policy: &TracingPolicy, sink: &mut Sink) {
    let name = &policy.metadata.name;
    if is_reserved(&name.value) {
        let message = format!("{} is the name of a policy that sensors load themselves", quote(&name.value));
        sink.report(Diagnostic::new(&RESERVED_NAME, name.span, message).help(format!("write `{PREFIX}…`")));
    } else if !name.value.starts_with(PREFIX) {
        let message = format!("{} does not start with `{PREFIX}`", quote(&name.value));
        sink.report(
            Diagnostic::new(&CUSTOM_NAME, name.span, message).help(format!("write `{PREFIX}{}`", name.value)),
        );
    }
    for hook in &policy.spec.hooks {
        let section = hook.point.section();
        if !matches!(section, Section::Kprobes | Section::LsmHooks | Section::Uprobes) {
            let message = format!("the Console does not document `{}`", section.name());
            sink.report(Diagnostic::new(&PRODUCT_DIALECT, hook.span, message));
        }
        if let HookPoint::Kprobe { call, syscall: SyscallFlag::Absent } = &hook.point {
            let message = format!("the kprobe on {} has no `syscall`", quote(&call.value));
            let help =
                "write `syscall: true` for a system call, `syscall: false` for a function of the kernel";
            sink.report(Diagnostic::new(&SYSCALL_FLAG, call.span, message).help(help));
        }
        if section == Section::LsmHooks {
            continue;
        }
        let actions = hook.selectors.iter().flat_map(|selector| &selector.actions);
        for action in actions.filter(|action| action.kind.value == ActionKind::Override) {
            let message = "the Console takes `Override` on LSM hooks only";
            let help = "use an LSM hook, or `Signal` with `argSig: 9`";
            sink.report(Diagnostic::new(&PRODUCT_DIALECT, action.span, message).help(help));
        }
    }
}
