//! Arguments of system calls in the memory of the program -> findings: what may change after the check, and buffers whose
//! size is read from the wrong argument.

use telovix_diagnostic::{Certainty, Diagnostic, Fix, Sink};
use telovix_syntax::quote;

use crate::codes::{POINTER_RACE, SIZE_ARGUMENT};
use crate::kernel_function::{Entry, Passed, passed};
use crate::{Argument, ArgumentType, Hook, HookPoint, SyscallFlag};

/// Reports both.
pub(super) fn check(hook: &Hook, sink: &mut Sink) {
    for argument in &hook.arguments {
        check_size(hook, argument, sink);
    }
    let HookPoint::Kprobe { call, syscall } = &hook.point else { return };
    if *syscall == SyscallFlag::Function && Entry::of(&call.value).is_none() {
        return;
    }
    for selector in &hook.selectors {
        let Some(action) = selector.actions.iter().find(|action| action.kind.value.enforces()) else {
            continue;
        };
        for filter in &selector.arguments {
            let Some(argument) = hook.argument_of(filter).filter(|argument| is_pointer(argument)) else {
                continue;
            };
            let name = action.kind.value.name();
            let message = format!(
                "`{name}` depends on memory of the program, which another thread can change after the check of {}",
                quote(&call.value)
            );
            let help = "use the LSM hook of the operation, where the kernel has its own copy";
            let diagnostic = Diagnostic::new(&POINTER_RACE, filter.span, message);
            sink.report(diagnostic.related(argument.span, "the argument is a pointer").help(help));
        }
    }
}

fn is_pointer(argument: &Argument) -> bool {
    use ArgumentType as T;
    matches!(
        argument.kind.value,
        T::String | T::CharBuffer | T::CharIovec | T::SocketAddress | T::UnixAddress
    )
}

/// `sizeArgIndex` counts from 1, all other indexes from 0.
fn check_size(hook: &Hook, argument: &Argument, sink: &mut Sink) {
    let Some(size) = argument.size_index.filter(|size| size.value > 0) else { return };
    let position = size.value - 1;
    let message = if position == argument.index.value {
        format!("`sizeArgIndex` {} is this buffer itself: it counts from 1", size.value)
    } else {
        let Some(kind) = kind_at(hook, position).filter(|kind| *kind != Passed::Number) else { return };
        format!("`sizeArgIndex` {} is {}, not a size: it counts from 1", size.value, kind.noun())
    };
    let help = format!("write {} if the size is argument {}", size.value + 1, size.value);
    let fix = Fix::new(Certainty::Guess, size.span, (size.value + 1).to_string());
    sink.report(Diagnostic::new(&SIZE_ARGUMENT, size.span, message).help(help).fix_by(fix));
}

/// Returns the kind of an argument by its position from 0.
fn kind_at(hook: &Hook, position: u32) -> Option<Passed> {
    let (HookPoint::Kprobe { call, .. } | HookPoint::Fentry { call, .. }) = &hook.point else { return None };
    passed(Entry::of(&call.value)?.name)?.get(position as usize).copied()
}
