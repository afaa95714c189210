//! Functions that kprobes name -> findings: those no target has, and arguments that are not what the policy declares.

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink, Treatment};
use telovix_syntax::{limits, nearest, quote};

use super::Context;
use crate::codes::{FOREIGN_SYMBOL, KPROBE_PROTOTYPE, UNKNOWN_HOOK};
use crate::kernel_function::{Architecture, KernelFunction, passed, similar_names};
use crate::lsm_hook::reads_as;
use crate::{Argument, Hook, HookPoint, LsmHook, SyscallFlag, Text, TracingPolicy};

/// Returns what Tetragon does about a mistake that it finds only after it has found the hook in the kernel: nobody can
/// tell where that is not known.
pub(super) fn at_load(hook: &Hook) -> Treatment {
    let known = match &hook.point {
        HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } => {
            call.value.starts_with("list:") || KernelFunction::named(&call.value).exists()
        }
        HookPoint::Lsm { hook } => LsmHook::named(&hook.value).next().is_some(),
        HookPoint::Tracepoint { .. } | HookPoint::Uprobe { .. } | HookPoint::Usdt { .. } => true,
    };
    if known { Treatment::Rejects } else { Treatment::Depends }
}

/// Reports functions and arguments that the target kernels do not have.
pub(super) fn check(hook: &Hook, policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    let (HookPoint::Kprobe { call, syscall } | HookPoint::Fentry { call, syscall }) = &hook.point else {
        return;
    };
    let Some(name) = call.value.strip_prefix("list:") else {
        check_function(hook, call, *syscall, context, sink);
        return;
    };
    let lists = policy.spec.lists.iter().filter(|list| list.name.value == name);
    for list in lists {
        let syscall = if list.lists_syscalls() { SyscallFlag::Syscall } else { *syscall };
        let most = sink.count() + limits::LIST_FINDINGS;
        for value in &list.values {
            if sink.count() >= most {
                return;
            }
            let symbol = value.value.rsplit('/').next().unwrap_or_default();
            let abi = value.value.split_once('/').map(|(abi, _)| abi);
            if abi.is_none_or(|abi| abi == "x64") {
                check_symbol(hook, value, symbol, syscall, sink);
            }
        }
    }
}

fn check_function(hook: &Hook, call: &Text<'_>, syscall: SyscallFlag, context: &Context, sink: &mut Sink) {
    let known = KernelFunction::named(&call.value);
    if !check_symbol(hook, call, &call.value, syscall, sink) {
        return;
    }
    if let KernelFunction::Syscall { name, .. } = known {
        if syscall == SyscallFlag::Function {
            // The function takes the registers of the program, not its arguments.
            let declared =
                hook.arguments.iter().find(|argument| is_direct(argument)).map(|argument| argument.span);
            if let Some(span) = declared {
                let message = format!("the arguments of {} are in registers", quote(&call.value));
                let help = "write `syscall: true`, so that Tetragon reads the arguments of the call";
                sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, span, message).help(help));
            }
            return;
        }
        check_passed(hook, name, sink);
    }
    for kernel in &context.kernels {
        if let Some(types) = known.arguments(*kernel) {
            check_arguments(hook, &call.value, types, sink);
        }
    }
}

/// Reports a symbol that no target has. Returns whether there is none of that.
fn check_symbol(hook: &Hook, place: &Text<'_>, symbol: &str, syscall: SyscallFlag, sink: &mut Sink) -> bool {
    let known = KernelFunction::named(symbol);
    match known {
        // `ignore.callNotFound` is for kernels without the function.
        KernelFunction::Missing if hook.ignore_missing => false,
        KernelFunction::Missing => {
            let message = format!("no target kernel has the function {}", quote(symbol));
            let diagnostic = Diagnostic::new(&UNKNOWN_HOOK, place.span, message);
            let names = similar_names(symbol);
            let diagnostic = match nearest(symbol, names.iter().map(String::as_str)) {
                Some(near) if symbol == place.value => {
                    let fix = Fix::value(Certainty::Guess, place.span, near);
                    diagnostic.help(format!("did you mean `{near}`?")).fix_by(fix)
                }
                _ => diagnostic.help("write the name as the kernel has it"),
            };
            sink.report(diagnostic);
            false
        }
        KernelFunction::Syscall { architecture: Some(Architecture::Arm), name } => {
            let message = format!("{} is a symbol of arm64, and the targets are x86-64", quote(symbol));
            let replacement = format!("sys_{name}");
            let help = format!("write `{replacement}`, to which Tetragon adds the prefix of the host");
            let diagnostic = Diagnostic::new(&FOREIGN_SYMBOL, place.span, message).help(help);
            let is_whole = symbol == place.value;
            sink.report(if is_whole {
                diagnostic.fix_by(Fix::value(Certainty::Meant, place.span, replacement))
            } else {
                diagnostic
            });
            false
        }
        KernelFunction::Syscall { .. } | KernelFunction::Unlisted => true,
        KernelFunction::Security(_) | KernelFunction::Prototype(_) | KernelFunction::Present => {
            if syscall == SyscallFlag::Function {
                return true;
            }
            let message = format!("Tetragon reads {} as a system call, which no kernel has", quote(symbol));
            let help = "write `syscall: false`: without it the name is a system call";
            sink.report(Diagnostic::new(&UNKNOWN_HOOK, place.span, message).help(help));
            false
        }
    }
}

fn check_passed(hook: &Hook, name: &str, sink: &mut Sink) {
    let Some(kinds) = passed(name) else { return };
    for argument in hook.arguments.iter().filter(|argument| is_direct(argument)) {
        let (index, kind) = (argument.index.value, argument.kind.value);
        match kinds.get(index as usize) {
            None => report_count(argument.index.span, &format!("sys_{name}"), kinds.len(), sink),
            Some(passed) if !passed.reads_as(kind) => {
                let message =
                    format!("argument {index} of `sys_{name}` is {}, not `{}`", passed.noun(), kind.name());
                sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, argument.kind.span, message));
            }
            Some(_) => {}
        }
    }
}

fn check_arguments(hook: &Hook, call: &str, types: &[&str], sink: &mut Sink) {
    for argument in hook.arguments.iter().filter(|argument| is_direct(argument)) {
        let (index, kind) = (argument.index.value, argument.kind.value);
        match types.get(index as usize) {
            None => report_count(argument.index.span, call, types.len(), sink),
            Some(c_type) if !reads_as(c_type, kind) => {
                let message = format!("argument {index} of `{call}` is `{c_type}`, not `{}`", kind.name());
                sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, argument.kind.span, message));
            }
            Some(_) => {}
        }
    }
}

fn report_count(span: Span, call: &str, count: usize, sink: &mut Sink) {
    let message = format!("`{call}` has {count} arguments, which are counted from 0");
    sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, span, message));
}

/// Returns whether an argument is read as the function gets it.
fn is_direct(argument: &Argument) -> bool {
    argument.resolve.is_none() && argument.btf_type.is_none() && argument.source.is_none()
}
