//! Kprobes on one function -> findings: a multi-kprobe link has each function once.

use std::collections::BTreeMap;

use telovix_diagnostic::source::Span;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_syntax::{limits, quote};

use super::action::disables_multi;
use super::{Context, function};
use crate::codes::DUPLICATE_SYMBOL;
use crate::{HookPoint, SyscallFlag, TracingPolicy};

/// The first kernel with multi-kprobe links.
const MULTI_KPROBE: (u16, u16) = (5, 18);

/// Reports functions that two kprobes of a policy name.
pub(super) fn check(policy: &TracingPolicy, context: &Context, sink: &mut Sink) {
    let has_multi = context.kernels.iter().any(|kernel| kernel.version() >= MULTI_KPROBE);
    if disables_multi(policy) || !has_multi {
        return;
    }
    let most = sink.count() + limits::LIST_FINDINGS;
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for hook in &policy.spec.hooks {
        let HookPoint::Kprobe { call, syscall } = &hook.point else { continue };
        let symbols = match call.value.strip_prefix("list:") {
            None => vec![(call.value.as_ref(), call.span, *syscall)],
            Some(name) => {
                let lists = policy.spec.lists.iter().filter(|list| list.name.value == name);
                let symbols = lists.flat_map(|list| {
                    let flag = if list.lists_syscalls() { SyscallFlag::Syscall } else { *syscall };
                    list.values.iter().map(move |value| (value.value.as_ref(), value.span, flag))
                });
                symbols.collect()
            }
        };
        for (name, span, syscall) in symbols {
            if sink.count() >= most {
                return;
            }
            let symbol = symbol(name, syscall);
            let Some(first) = seen.get(&symbol).copied() else {
                seen.insert(symbol, span);
                continue;
            };
            let message =
                format!("{} is hooked twice, which a multi-kprobe link does not allow", quote(name));
            let help = "put all selectors into one entry, or set the option `disable-kprobe-multi` to \"1\"";
            let diagnostic =
                Diagnostic::new(&DUPLICATE_SYMBOL, span, message).related(first, "the first one");
            sink.report(diagnostic.help(help).tetragon(function::at_load(hook)));
        }
    }
}

/// Returns the symbol on x86-64.
fn symbol(name: &str, syscall: SyscallFlag) -> String {
    let is_prefixed = ["__x64_", "__ia32_", "__arm64_"].iter().any(|prefix| name.starts_with(prefix));
    let name = name.strip_prefix("x64/").unwrap_or(name);
    if syscall == SyscallFlag::Function || is_prefixed { name.to_owned() } else { format!("__x64_{name}") }
}
