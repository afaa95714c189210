//! Declared arguments of a hook -> those that Tetragon rejects.

use telovix_diagnostic::{Diagnostic, Sink};

use crate::codes::{ARGUMENT, CRASH, IGNORED};
use crate::{Argument, ArgumentType, Hook, HookPoint, Section};

/// Maximum number of arguments of a hook.
const ARGUMENTS: usize = 5;
/// Maximum number of elements of a `resolve` path.
const RESOLVE_DEPTH: usize = 10;
/// Highest value of `sizeArgIndex`.
const SIZE_INDEX: u32 = 15;

/// Reports arguments that Tetragon rejects.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    let section = hook.point.section();
    if let Some(sixth) = hook.arguments.iter().chain(&hook.data).nth(ARGUMENTS) {
        let message = format!("a hook reads at most {ARGUMENTS} arguments");
        let code = if matches!(section, Section::LsmHooks | Section::Uprobes) { &CRASH } else { &ARGUMENT };
        sink.report(Diagnostic::new(code, sixth.span, message));
    }
    for argument in &hook.arguments {
        check_argument(hook, argument, sink);
    }
    for data in &hook.data {
        let source = data.source.as_ref().map(|source| source.value.as_ref());
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
        sink.report(Diagnostic::new(&ARGUMENT, action.span, message));
    }
}

fn check_argument(hook: &Hook, argument: &Argument, sink: &mut Sink) {
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
        sink.report(Diagnostic::new(&ARGUMENT, argument.index.span, message));
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
        sink.report(
            Diagnostic::new(&ARGUMENT, argument.kind.span, message).help("set `type` to the argument's type"),
        );
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
}

fn check_resolve(argument: &Argument, sink: &mut Sink) {
    let Some(path) = &argument.resolve else { return };
    let segments: Vec<&str> = path.value.split('.').collect();
    let empty = segments.iter().any(|segment| segment.is_empty());
    let brackets =
        path.value.contains("[]") || path.value.matches('[').count() != path.value.matches(']').count();
    if empty || brackets {
        let message =
            "invalid `resolve` path: expected field names separated by single dots, with `[n]` for elements";
        sink.report(Diagnostic::new(&ARGUMENT, path.span, message));
    } else if segments.len() > RESOLVE_DEPTH {
        let message = format!("a `resolve` path has at most {RESOLVE_DEPTH} elements");
        sink.report(Diagnostic::new(&ARGUMENT, path.span, message));
    }
}
