//! The part of the engine's model that compiling makes -> YAML with comments that lead back to the source.
//!
//! Texts are quoted, except `kind` and `apiVersion`, which other readers look for as they stand. Every list
//! item is on a line of its own, so that a difference of two policies is a difference of lines.

use std::collections::HashMap;

use crate::source::{SourceSet, Span, Spanned};
use crate::tracing_policy::{
    Action, Argument, ArgumentFilter, BinaryFilter, Hook, HookPoint, Selector, SyscallFlag, TracingPolicy,
    quoted,
};

/// Writes a policy below its comments.
pub(super) fn write(policy: &TracingPolicy, header: &[String], sources: &SourceSet) -> String {
    let mut writer = Writer { text: String::new(), sources, located: HashMap::new() };
    for line in header {
        writer.comment(line);
    }
    writer.text.push_str("apiVersion: cilium.io/v1alpha1\nkind: ");
    writer.text.push_str(policy.kind.name());
    writer.text.push_str("\nmetadata:\n  name: ");
    writer.text.push_str(&quoted(&policy.metadata.name.value));
    writer.text.push_str("\nspec:\n");
    if !policy.spec.options.is_empty() {
        writer.line(1, "options:");
        for option in &policy.spec.options {
            writer.line(2, &format!("- name: {}", quoted(&option.name.value)));
            writer.line(3, &format!("value: {}", quoted(&option.value.value)));
        }
    }
    if let Some(first) = policy.spec.hooks.first() {
        writer.line(1, &format!("{}:", first.point.section().name()));
    }
    for hook in &policy.spec.hooks {
        writer.hook(hook);
    }
    writer.text
}

/// Writes the comments of a file without a policy.
pub(super) fn write_comments(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        push_comment(&mut text, line);
    }
    text
}

struct Writer<'sources> {
    text: String,
    sources: &'sources SourceSet,
    /// `name:line` of the places asked for; a place is asked for once for each hook that uses it.
    located: HashMap<Span, String>,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, content: &str) {
        self.indent(depth);
        self.text.push_str(content);
        self.text.push('\n');
    }

    /// Writes a line that ends in the place it comes from.
    fn traced(&mut self, depth: usize, content: &str, span: Span) {
        self.indent(depth);
        self.text.push_str(content);
        self.text.push_str(" # ");
        let sources = self.sources;
        let place = self.located.entry(span).or_insert_with(|| printable(&sources.locate(span)));
        self.text.push_str(place);
        self.text.push('\n');
    }

    fn comment(&mut self, line: &str) {
        push_comment(&mut self.text, line);
    }

    fn indent(&mut self, depth: usize) {
        self.text.extend(std::iter::repeat_n("  ", depth));
    }

    fn hook(&mut self, hook: &Hook) {
        match &hook.point {
            HookPoint::Kprobe { call, syscall } | HookPoint::Fentry { call, syscall } => {
                self.traced(2, &format!("- call: {}", quoted(&call.value)), hook.span);
                self.line(
                    3,
                    if *syscall == SyscallFlag::Function { "syscall: false" } else { "syscall: true" },
                );
                if hook.ignore_missing {
                    self.line(3, "ignore:");
                    self.line(4, "callNotFound: true");
                }
            }
            HookPoint::Lsm { hook: name } => {
                self.traced(2, &format!("- hook: {}", quoted(&name.value)), hook.span);
            }
            // Compiling makes no other hooks.
            HookPoint::Tracepoint { .. } | HookPoint::Uprobe { .. } | HookPoint::Usdt { .. } => return,
        }
        if !hook.arguments.is_empty() {
            self.line(3, "args:");
            for argument in &hook.arguments {
                self.argument(argument);
            }
        }
        if !hook.selectors.is_empty() {
            self.line(3, "selectors:");
            for selector in &hook.selectors {
                self.selector(selector, hook.span);
            }
        }
    }

    fn argument(&mut self, argument: &Argument) {
        self.line(4, &format!("- index: {}", argument.index.value));
        self.line(5, &format!("type: {}", quoted(argument.kind.value.name())));
        if let Some(path) = &argument.resolve {
            self.line(5, &format!("resolve: {}", quoted(&path.value)));
        }
    }

    fn selector(&mut self, selector: &Selector, hook: Span) {
        let mut lead = "- ";
        let mut section = |writer: &mut Self, name: &str| {
            let content = format!("{lead}{name}:");
            writer.line(if lead.is_empty() { 5 } else { 4 }, &content);
            lead = "";
        };
        if !selector.binaries.is_empty() {
            section(self, "matchBinaries");
            for filter in &selector.binaries {
                self.binary_filter(filter, hook);
            }
        }
        if !selector.arguments.is_empty() {
            section(self, "matchArgs");
            for filter in &selector.arguments {
                self.argument_filter(filter, hook);
            }
        }
        section(self, "matchActions");
        for action in &selector.actions {
            self.action(action);
        }
    }

    fn binary_filter(&mut self, filter: &BinaryFilter, hook: Span) {
        self.line(6, &format!("- operator: {}", quoted(filter.operator.value.name())));
        self.values(&filter.values, hook);
        if filter.follow_children {
            self.line(7, "followChildren: true");
        }
    }

    fn argument_filter(&mut self, filter: &ArgumentFilter, hook: Span) {
        let place = match (filter.positions.first(), filter.index) {
            (Some(position), _) => format!("- args: [{}]", position.value),
            (None, index) => format!("- index: {}", index.map_or(0, |index| index.value)),
        };
        self.line(6, &place);
        self.line(7, &format!("operator: {}", quoted(filter.operator.value.name())));
        self.values(&filter.values, hook);
    }

    /// Writes values; those that were listed on a line of their own carry it.
    fn values(&mut self, values: &[Spanned<String>], hook: Span) {
        self.line(7, "values:");
        for value in values {
            let content = format!("- {}", quoted(&value.value));
            if value.span == hook {
                self.line(8, &content);
            } else {
                self.traced(8, &content, value.span);
            }
        }
    }

    fn action(&mut self, action: &Action) {
        self.line(6, &format!("- action: {}", quoted(action.kind.value.name())));
        if let Some(error) = action.error {
            self.line(7, &format!("argError: {}", error.value));
        }
        if let Some(signal) = action.signal {
            self.line(7, &format!("argSig: {}", signal.value));
        }
    }
}

fn push_comment(text: &mut String, line: &str) {
    text.push_str("# ");
    text.push_str(&printable(line));
    text.push('\n');
}

/// Keeps names of files and documents from ending a comment.
fn printable(text: &str) -> String {
    let is_plain =
        |letter: char| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|letter| if is_plain(letter) { vec![letter] } else { letter.escape_default().collect() })
        .collect()
}
