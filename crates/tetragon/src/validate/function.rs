//! Functions that kprobes name -> findings: those no target has, and arguments that are not what the policy declares.

use std::borrow::Cow;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink, Treatment};
use telovix_platform::Machine;
use telovix_syntax::{limits, nearest, quote};

use super::Context;
use crate::codes::{BTF_FUNCTION, FOREIGN_SYMBOL, KPROBE_PROTOTYPE, UNKNOWN_HOOK};
use crate::kernel_function::{Entry, exists, passed, similar_names};
use crate::kernel_symbols::{Presence, Types};
use crate::lsm_hook::reads_as;
use crate::{Argument, Hook, HookPoint, KernelSymbols, LsmHook, SyscallFlag, Text, TracingPolicy};

/// Returns what Tetragon does about a mistake that it finds only after it has found the hook in the kernel: nobody can
/// tell where that is not known.
pub(super) fn at_load(hook: &Hook) -> Treatment {
    let known = match &hook.point {
        HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. } => {
            call.value.starts_with("list:") || exists(&call.value)
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
                check_symbol(hook, value, symbol, syscall, context, sink);
            }
        }
    }
}

fn check_function(hook: &Hook, call: &Text<'_>, syscall: SyscallFlag, context: &Context, sink: &mut Sink) {
    if !check_symbol(hook, call, &call.value, syscall, context, sink) {
        return;
    }
    if let Some(entry) = Entry::of(&call.value) {
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
        check_passed(hook, entry.name, sink);
        return;
    }
    let prototypes: Vec<(&KernelSymbols, Types)> = context
        .symbols
        .iter()
        .filter_map(|kernel| match kernel.function(&call.value) {
            Presence::Present(types) => Some((kernel, types?)),
            Presence::Absent | Presence::Unknown => None,
        })
        .collect();
    let are_same = prototypes.windows(2).all(|pair| matches!(pair, [left, right] if left.1 == right.1));
    for (kernel, types) in &prototypes {
        let place = if are_same { String::new() } else { format!(" on kernel {kernel}") };
        check_arguments(hook, &call.value, types, &place, sink);
        if are_same {
            return;
        }
    }
}

/// Reports a symbol that a target does not have. Returns whether all have it, as far as is known.
fn check_symbol(
    hook: &Hook,
    place: &Text<'_>,
    symbol: &str,
    syscall: SyscallFlag,
    context: &Context,
    sink: &mut Sink,
) -> bool {
    let entry = Entry::of(symbol);
    if entry.is_none() && syscall != SyscallFlag::Function {
        let exists = |kernel: &KernelSymbols| matches!(kernel.function(symbol), Presence::Present(_));
        if context.symbols.iter().any(exists) {
            let message = format!("Tetragon reads {} as a system call, which no kernel has", quote(symbol));
            let help = "write `syscall: false`: without it the name is a system call";
            sink.report(Diagnostic::new(&UNKNOWN_HOOK, place.span, message).help(help));
            return false;
        }
    }
    if let Some(machine) = entry.and_then(Entry::machine)
        && !check_machine(place, symbol, machine, context, sink)
    {
        return false;
    }
    // `ignore.callNotFound` is for kernels without the function.
    if hook.ignore_missing {
        return context
            .symbols
            .iter()
            .any(|kernel| kernel.function(&spelled(symbol, kernel)) != Presence::Absent);
    }
    let missing =
        context.symbols.iter().filter(|kernel| kernel.function(&spelled(symbol, kernel)) == Presence::Absent);
    let missing: Vec<&KernelSymbols> = missing.collect();
    if missing.is_empty() {
        return true;
    }
    let is_certain = symbol.starts_with("security_") || entry.is_some();
    if !is_certain && let Some(kernel) = missing.iter().find(|kernel| kernel.btf().is_some()) {
        let message = format!("the kernel {kernel} has no function {} outside modules", quote(symbol));
        let help = "correct the name; if it is a function of a module, set `ignore.callNotFound: true`";
        sink.report(Diagnostic::new(&BTF_FUNCTION, place.span, message).help(help));
        return false;
    }
    if missing.len() < context.symbols.len() {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let message = format!("kernel {} has no function {}", names.join(", "), quote(symbol));
        let help = "hook another function, set `ignore.callNotFound: true`, or remove the target";
        let diagnostic = Diagnostic::new(&UNKNOWN_HOOK, place.span, message).help(help);
        sink.report(diagnostic.tetragon(Treatment::Depends));
        return false;
    }
    let message = format!("no target kernel has the function {}", quote(symbol));
    let diagnostic = Diagnostic::new(&UNKNOWN_HOOK, place.span, message);
    let names = similar_names(symbol);
    let diagnostic = match nearest(symbol, names.iter().map(String::as_str)) {
        Some(near) if symbol == place.value && near != symbol => diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix_by(Fix::value(Certainty::Guess, place.span, near)),
        _ => diagnostic.help("write the name as the kernel has it"),
    };
    sink.report(diagnostic);
    false
}

/// Returns the symbol that Tetragon looks for on a kernel.
fn spelled<'symbol>(symbol: &'symbol str, kernel: &KernelSymbols) -> Cow<'symbol, str> {
    match Entry::of(symbol) {
        Some(Entry { form: None, .. }) => {
            Cow::Owned(format!("{}{symbol}", kernel.machine().syscall_prefix()))
        }
        _ => Cow::Borrowed(symbol),
    }
}

/// Reports the entry of a system call on a machine that a target is not. Returns whether there is none of that.
fn check_machine(
    place: &Text<'_>,
    symbol: &str,
    machine: Machine,
    context: &Context,
    sink: &mut Sink,
) -> bool {
    let is_foreign = |kernel: &&KernelSymbols| kernel.machine() != machine;
    let Some(foreign) = context.symbols.iter().find(is_foreign) else { return true };
    let which = if context.symbols.iter().all(|kernel| is_foreign(&kernel)) {
        "the targets are"
    } else {
        "some targets are"
    };
    let message = format!(
        "{} is a symbol of {}, and {which} {}",
        quote(symbol),
        machine.name(),
        foreign.machine().name()
    );
    let replacement = Entry::of(symbol).map(|entry| format!("sys_{}", entry.name)).unwrap_or_default();
    let help = format!("write `{replacement}`, to which Tetragon adds the prefix of the host");
    let diagnostic = Diagnostic::new(&FOREIGN_SYMBOL, place.span, message).help(help);
    let is_whole = symbol == place.value;
    let fix = Fix::value(Certainty::Meant, place.span, replacement);
    sink.report(if is_whole { diagnostic.fix_by(fix) } else { diagnostic });
    false
}

fn check_passed(hook: &Hook, name: &str, sink: &mut Sink) {
    let Some(kinds) = passed(name) else { return };
    for argument in hook.arguments.iter().filter(|argument| is_direct(argument)) {
        let (index, kind) = (argument.index.value, argument.kind.value);
        match kinds.get(index as usize) {
            None => report_count(argument.index.span, &format!("sys_{name}"), kinds.len(), "", sink),
            Some(passed) if !passed.reads_as(kind) => {
                let message =
                    format!("argument {index} of `sys_{name}` is {}, not `{}`", passed.noun(), kind.name());
                sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, argument.kind.span, message));
            }
            Some(_) => {}
        }
    }
}

fn check_arguments(hook: &Hook, call: &str, types: &Types, place: &str, sink: &mut Sink) {
    for argument in hook.arguments.iter().filter(|argument| is_direct(argument)) {
        let (index, kind) = (argument.index.value, argument.kind.value);
        match types.get(index as usize) {
            None => report_count(argument.index.span, call, types.len(), place, sink),
            Some(c_type) if !reads_as(c_type, kind) => {
                let message =
                    format!("argument {index} of `{call}` is `{c_type}`{place}, not `{}`", kind.name());
                sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, argument.kind.span, message));
            }
            Some(_) => {}
        }
    }
}

fn report_count(span: Span, call: &str, count: usize, place: &str, sink: &mut Sink) {
    let message = format!("`{call}` has {count} arguments{place}, which are counted from 0");
    sink.report(Diagnostic::new(&KPROBE_PROTOTYPE, span, message));
}

/// Returns whether an argument is read as the function gets it.
fn is_direct(argument: &Argument) -> bool {
    argument.resolve.is_none() && argument.btf_type.is_none() && argument.source.is_none()
}
