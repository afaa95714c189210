//! Which kprobes must say whether they are system calls.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;

use super::check_product;

fn codes(spec: &str) -> Vec<&'static str> {
    let text = format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: telovix-custom-t}}\nspec:\n{spec}"
    );
    let sources = SourceSet::single("t.yaml", &text);
    let mut sink = Sink::default();
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, sink| {
            if let Some(policy) = crate::read(&tree.root, sink) {
                check_product(&policy, sink);
            }
        });
    }
    sink.into_sorted().into_iter().map(|found| found.code.id).collect()
}

fn list(kind: &str) -> String {
    format!("  lists: [{{name: d, type: {kind}, values: [sys_dup]}}]\n  kprobes:\n  - call: list:d\n")
}

#[test]
fn only_a_list_of_system_calls_needs_no_flag() {
    assert_eq!(codes("  kprobes:\n  - call: sys_dup\n"), ["engine-syscall-flag"]);
    assert_eq!(codes(&list("syscalls")), [""; 0]);
    assert_eq!(codes(&list("generated_syscalls")), [""; 0]);
    assert_eq!(codes(&list("generated_ftrace")), ["engine-syscall-flag"]);
    assert_eq!(codes("  kprobes:\n  - call: list:d\n"), ["engine-syscall-flag"]);
}
