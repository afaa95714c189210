//! LSM hooks and their arguments -> findings against the prototypes of the kernels, which Tetragon does not check.

use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_platform::Kernel;
use telovix_syntax::{nearest, quote};

use super::Context;
use crate::codes::{NO_EFFECT, PROTOTYPE, UNKNOWN_HOOK};
use crate::lsm_hook::reads_as;
use crate::{ActionKind, Hook, HookPoint, LsmHook, Returns};

/// Reports hooks and arguments that a target kernel does not have.
pub(super) fn check(hook: &Hook, context: &Context, sink: &mut Sink) {
    let HookPoint::Lsm { hook: name } = &hook.point else { return };
    let mut prototypes = LsmHook::named(&name.value).peekable();
    if prototypes.peek().is_none() {
        let message = format!("no kernel has the LSM hook {}", quote(&name.value));
        let diagnostic = Diagnostic::new(&UNKNOWN_HOOK, name.span, message);
        sink.report(match nearest(&name.value, LsmHook::names()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix_by(Fix::value(
                Certainty::Guess,
                name.span,
                near,
            )),
            None => diagnostic.help("use the kernel's name, without `security_` or `bpf_lsm_`"),
        });
        return;
    }
    let usable = |kernel: Kernel| {
        let prototype = prototypes.clone().find(|prototype| prototype.exists_on(kernel));
        prototype.filter(|_| LsmHook::is_attachable(&name.value, kernel))
    };
    let kernels = context.kernels.iter().map(|kernel| (*kernel, usable(*kernel)));
    let missing: Vec<_> = kernels
        .clone()
        .filter(|(_, prototype)| prototype.is_none())
        .map(|(kernel, _)| kernel.name())
        .collect();
    if !missing.is_empty() {
        let message = format!("kernel {} has no usable LSM hook {}", missing.join(", "), quote(&name.value));
        sink.report(
            Diagnostic::new(&UNKNOWN_HOOK, name.span, message).help("use another hook, or remove the target"),
        );
    }
    for (kernel, prototype) in kernels {
        if let Some(prototype) = prototype {
            check_arguments(hook, prototype, kernel, sink);
        }
    }
}

fn check_arguments(hook: &Hook, prototype: LsmHook, kernel: Kernel, sink: &mut Sink) {
    for argument in &hook.arguments {
        if argument.source.as_ref().is_some_and(|source| source.value == "current_task") {
            continue;
        }
        let Some(c_type) = prototype.arguments.get(argument.index.value as usize) else {
            let count = prototype.arguments.len();
            let message = format!("`{}` has {count} arguments on kernel {}", prototype.name, kernel.name());
            let help = format!("its arguments are `{}`", prototype.arguments.join("`, `"));
            sink.report(Diagnostic::new(&PROTOTYPE, argument.index.span, message).help(help));
            return;
        };
        let is_direct = argument.resolve.is_none() && argument.btf_type.is_none();
        if is_direct && !reads_as(c_type, argument.kind.value) {
            let message = format!(
                "argument {} of `{}` is `{c_type}`, not `{}`",
                argument.index.value,
                prototype.name,
                argument.kind.value.name()
            );
            sink.report(Diagnostic::new(&PROTOTYPE, argument.kind.span, message));
        }
    }
    if prototype.returns == Returns::Void {
        let actions = hook.selectors.iter().flat_map(|selector| &selector.actions);
        for action in actions.filter(|action| action.kind.value == ActionKind::Override) {
            let message = format!("`{}` returns nothing, so `Override` denies nothing", prototype.name);
            sink.report(Diagnostic::new(&NO_EFFECT, action.span, message));
        }
    }
}
