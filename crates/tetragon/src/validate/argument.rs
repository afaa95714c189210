//! Declared arguments of a hook -> those that Tetragon rejects.

use telovix_diagnostic::{Diagnostic, Sink, Treatment};
use telovix_syntax::quote;

use super::Context;
use super::function::at_load;
use crate::codes::{ARGUMENT, CRASH, IGNORED};
use crate::kernel_struct::{missing_field, missing_field_of};
use crate::kernel_symbols::{Presence, Types};
use crate::{Argument, ArgumentType, Hook, HookPoint, KernelSymbols, Section, SyscallFlag};

/// Maximum number of arguments of a hook.
const ARGUMENTS: usize = 5;
/// Maximum number of elements of a `resolve` path.
const RESOLVE_DEPTH: usize = 10;
/// Highest value of `sizeArgIndex`.
const SIZE_INDEX: u32 = 15;

/// Reports arguments that Tetragon rejects.
pub(super) fn check(hook: &Hook, context: &Context, sink: &mut Sink) {
    check_count(hook, sink);
    for argument in &hook.arguments {
        check_argument(hook, argument, context, sink);
    }
    for data in &hook.data {
        let source = data.source.as_ref().map(|source| source.value.as_ref());
        if data.source.as_ref().is_some_and(|source| source.value == "pt_regs") {
            check_register(data, sink);
        } else {
            check_resolve(data, sink);
            check_fields(
                data,
                data.btf_type.as_ref().map_or("task_struct", |name| name.value.as_ref()),
                context,
                sink,
            );
        }
        if !matches!(source, Some("current_task" | "pt_regs")) || data.resolve.is_none() {
            let message = "`data` requires `source: current_task` or `source: pt_regs`, and a `resolve` path";
            sink.report(Diagnostic::new(&ARGUMENT, data.span, message));
        }
    }
    if let Some(argument) = &hook.return_argument
        && hook.returns
        && matches!(argument.kind.value, ArgumentType::Auto | ArgumentType::BpfCommand)
    {
        let message = format!("a return value cannot have the type `{}`", argument.kind.value.name());
        sink.report(Diagnostic::new(&ARGUMENT, argument.kind.span, message));
    }
    if let Some(action) = &hook.return_action
        && !["tracksock", "untracksock"].contains(&action.value.to_ascii_lowercase().as_str())
    {
        let message = "invalid `returnArgAction`: expected `TrackSock` or `UntrackSock`";
        sink.report(Diagnostic::new(&ARGUMENT, action.span, message).tetragon(at_load(hook)));
    }
}

/// Reports more arguments than Tetragon reads.
pub(super) fn check_count(hook: &Hook, sink: &mut Sink) {
    let section = hook.point.section();
    if let Some(sixth) = hook.arguments.iter().chain(&hook.data).nth(ARGUMENTS) {
        let message = format!("a hook reads at most {ARGUMENTS} arguments");
        sink.report(match section {
            Section::LsmHooks | Section::Uprobes => Diagnostic::new(&CRASH, sixth.span, message),
            _ => Diagnostic::new(&ARGUMENT, sixth.span, message).tetragon(counted(hook)),
        });
    }
}

/// Returns what Tetragon does about a mistake in the list of arguments. It builds that of a kprobe from the function that
/// it found in the kernel, after schema and encoder have accepted the policy.
fn counted(hook: &Hook) -> Treatment {
    match hook.point.section() {
        Section::Kprobes | Section::Fentries => Treatment::Depends,
        _ => at_load(hook),
    }
}

fn check_argument(hook: &Hook, argument: &Argument, context: &Context, sink: &mut Sink) {
    let section = hook.point.section();
    let raw = matches!(hook.point, HookPoint::Tracepoint { raw: true, .. });
    let most = match section {
        Section::Kprobes | Section::Fentries | Section::LsmHooks | Section::Uprobes => Some(4),
        Section::Tracepoints if raw => Some(5),
        Section::Usdts | Section::Tracepoints => None,
    };
    if let Some(most) = most.filter(|most| argument.index.value > *most) {
        let message =
            format!("index {} is above {most}, the maximum for this kind of hook", argument.index.value);
        sink.report(Diagnostic::new(&ARGUMENT, argument.index.span, message).tetragon(counted(hook)));
    }
    let kind = argument.kind.value;
    let resolved = argument.resolve.is_some();
    let refused = match section {
        Section::Kprobes | Section::Fentries => matches!(kind, ArgumentType::Auto | ArgumentType::Syscall64),
        Section::LsmHooks | Section::Uprobes => {
            matches!(kind, ArgumentType::Auto | ArgumentType::BpfCommand) && !resolved
        }
        Section::Tracepoints => {
            (kind == ArgumentType::Auto && raw) || (kind == ArgumentType::ConstBuffer && !raw)
        }
        Section::Usdts => false,
    };
    if refused {
        let message = format!("an argument of `{}` cannot have the type `{}`", section.name(), kind.name());
        let diagnostic = Diagnostic::new(&ARGUMENT, argument.kind.span, message);
        let treatment = if kind == ArgumentType::Auto { counted(hook) } else { at_load(hook) };
        sink.report(diagnostic.help("set `type` to the argument's type").tetragon(treatment));
    }
    if let Some(source) = argument.source.as_ref().filter(|_| section == Section::Kprobes) {
        let message = "`source` is supported in `data`, not in `args`";
        sink.report(Diagnostic::new(&ARGUMENT, source.span, message));
    }
    if let Some(size) = argument.size_index.filter(|size| size.value > SIZE_INDEX) {
        let message = format!("`sizeArgIndex` is above {SIZE_INDEX}");
        sink.report(Diagnostic::new(&ARGUMENT, size.span, message));
    }
    if argument.max_data && kind != ArgumentType::CharBuffer {
        sink.report(Diagnostic::new(&IGNORED, argument.span, "`maxData` has an effect on `char_buf` only"));
    }
    check_resolve(argument, sink);
    if let Some(start) = start_of_path(hook, argument, context) {
        check_fields(argument, &start, context, sink);
    }
}

fn check_resolve(argument: &Argument, sink: &mut Sink) {
    let Some(path) = &argument.resolve else { return };
    let segments = resolve_segments(&path.value);
    if !is_resolve_path(&path.value) {
        let message =
            "invalid `resolve` path: expected field names separated by single dots, with `[n]` for elements";
        sink.report(Diagnostic::new(&ARGUMENT, path.span, message));
    } else if segments > RESOLVE_DEPTH {
        let message = format!("a `resolve` path has at most {RESOLVE_DEPTH} elements");
        sink.report(Diagnostic::new(&ARGUMENT, path.span, message));
    }
}

/// Returns the struct that the `resolve` path of an argument starts in, where every kernel agrees.
fn start_of_path(hook: &Hook, argument: &Argument<'_>, context: &Context) -> Option<String> {
    argument.resolve.as_ref()?;
    if argument.source.as_ref().is_some_and(|source| source.value == "current_task") {
        return Some("task_struct".to_owned());
    }
    if let Some(name) = &argument.btf_type {
        return Some(name.value.as_ref().to_owned());
    }
    let index = argument.index.value as usize;
    let mut types = context.symbols.iter().filter_map(|kernel| types(hook, kernel));
    let first = types.next()?.get(index)?.to_owned();
    let is_same = types.all(|types| types.get(index) == Some(&first));
    first.strip_suffix('*').filter(|_| is_same).map(str::to_owned)
}

fn types(hook: &Hook, kernel: &KernelSymbols) -> Option<Types> {
    match &hook.point {
        HookPoint::Lsm { hook } => kernel.lsm_hook(&hook.value).map(|hook| hook.arguments),
        HookPoint::Kprobe { call, syscall: SyscallFlag::Function } => match kernel.function(&call.value) {
            Presence::Present(types) => types,
            Presence::Absent | Presence::Unknown => None,
        },
        _ => None,
    }
}

/// Reports a field of a `resolve` path that no kernel has, or not the one whose BTF was given.
fn check_fields(argument: &Argument, start: &str, context: &Context, sink: &mut Sink) {
    let Some(path) = &argument.resolve else { return };
    let listed = missing_field(start, &path.value).map(|(field, within)| (field, within.to_owned(), None));
    let given = context.symbols.iter().filter_map(|kernel| Some((kernel, kernel.btf()?)));
    let mut given = given.filter_map(|(kernel, btf)| {
        let (field, within) = missing_field_of(btf, start, &path.value)?;
        Some((field, within, Some(kernel)))
    });
    let Some((field, within, kernel)) = given.next().or(listed) else { return };
    let place = kernel.map_or_else(String::new, |kernel| format!(" on kernel {kernel}"));
    let message = format!("the struct `{within}` has no field {}{place}", quote(field));
    sink.report(
        Diagnostic::new(&ARGUMENT, path.span, message).help("write the fields as the kernel's BTF has them"),
    );
}

/// Registers of x86-64 by their first letters; the names of parts, such as `eax` and `al`, are formed from them.
const REGISTERS: &[&str] = &[
    "rax", "eax", "ax", "al", "rbx", "ebx", "bx", "bl", "rcx", "ecx", "cx", "cl", "rdx", "edx", "dx", "dl",
    "rsi", "esi", "si", "sil", "rdi", "edi", "di", "dil", "rbp", "ebp", "bp", "bpl", "rsp", "esp", "sp",
    "spl", "rip", "eip",
];

/// Checks the register of `source: pt_regs`, which is in `resolve`.
fn check_register(data: &Argument, sink: &mut Sink) {
    let Some(register) = &data.resolve else { return };
    let is_numbered = register.value.strip_prefix('r').is_some_and(|number| {
        let number = number.trim_end_matches(['d', 'w', 'b']);
        number.parse::<u8>().is_ok_and(|number| (8..=15).contains(&number))
    });
    if !is_numbered && !REGISTERS.contains(&register.value.as_ref()) {
        let message = format!("{} is not a register of x86-64", quote(&register.value));
        sink.report(Diagnostic::new(&ARGUMENT, register.span, message).help("write a name such as `rdi`"));
    }
}

/// Returns how many elements a path has: names and indexes.
fn resolve_segments(path: &str) -> usize {
    path.split(['.', '[']).filter(|segment| !segment.is_empty()).count()
}

/// Returns whether a path is names and `[n]`, separated as Tetragon reads them: no two dots, no empty or nested brackets,
/// and a number in each bracket.
fn is_resolve_path(path: &str) -> bool {
    let mut inside: Option<String> = None;
    let mut previous = None;
    for sign in path.chars() {
        match (sign, &mut inside) {
            ('.' | '[', Some(_)) => return false,
            ('.' | '[', None) if previous == Some('.') => return false,
            ('[', None) => inside = Some(String::new()),
            (']', Some(digits)) => {
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number {
                    return false;
                }
                inside = None;
            }
            (']', None) => return false,
            (sign, Some(digits)) => digits.push(sign),
            (_, None) => {}
        }
        previous = Some(sign);
    }
    inside.is_none()
}
