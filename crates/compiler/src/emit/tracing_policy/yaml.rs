//! The part of the engine's model that compiling makes -> YAML with comments that lead back to the source.
//!
//! Texts are quoted, except `kind` and `apiVersion`, which other readers look for as they stand. Every list
//! item is on a line of its own, so that a difference of two policies is a difference of lines.

use std::borrow::Cow;

use crate::source::{SourceId, SourceSet, Span, Spanned};
use crate::tracing_policy::{
    Action, Argument, ArgumentFilter, BinaryFilter, Hook, HookPoint, NamedList, PolicyOption, Selector,
    SyscallFlag, TracingPolicy, push_quoted,
};

/// Writes a policy below its comments.
pub(super) fn write(policy: &TracingPolicy, header: &[String], sources: &SourceSet) -> String {
    let mut writer = Writer { text: String::with_capacity(8 * 1024), sources, source: None };
    for line in header {
        push_comment(&mut writer.text, line);
    }
    writer.text.push_str("apiVersion: cilium.io/v1alpha1\nkind: ");
    writer.text.push_str(policy.kind.name());
    writer.text.push_str("\nmetadata:\n  name: ");
    push_quoted(&mut writer.text, &policy.metadata.name.value);
    writer.text.push_str("\nspec:\n");
    writer.options(&policy.spec.options);
    writer.lists(&policy.spec.lists);
    if let Some(first) = policy.spec.hooks.first() {
        writer.start(1);
        writer.text.push_str(first.point.section().name());
        writer.text.push_str(":\n");
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
    /// The source of the last place that was written, and its name as comments show it.
    source: Option<(SourceId, String)>,
}

impl Writer<'_> {
    fn start(&mut self, depth: usize) {
        const SPACES: &str = "                    ";
        self.text.push_str(SPACES.get(..2 * depth).unwrap_or(SPACES));
    }

    fn line(&mut self, depth: usize, content: &str) {
        self.start(depth);
        self.text.push_str(content);
        self.text.push('\n');
    }

    /// Writes `key: "text"`.
    fn pair(&mut self, depth: usize, key: &str, text: &str) {
        self.start(depth);
        self.text.push_str(key);
        self.text.push_str(": ");
        push_quoted(&mut self.text, text);
        self.text.push('\n');
    }

    /// Writes `key: number`.
    fn number(&mut self, depth: usize, key: &str, number: i64) {
        self.start(depth);
        self.text.push_str(key);
        self.text.push_str(": ");
        self.push_number(number);
        self.text.push('\n');
    }

    fn push_number(&mut self, number: i64) {
        self.text.push_str(itoa::Buffer::new().format(number));
    }

    /// Ends a line with the place it comes from.
    fn end_traced(&mut self, span: Span) {
        if self.source.as_ref().is_none_or(|(source, _)| *source != span.source) {
            self.source = Some((span.source, printable(self.sources.name(span)).into_owned()));
        }
        self.text.push_str(" # ");
        self.text.push_str(self.source.as_ref().map_or("", |(_, name)| name));
        self.text.push(':');
        self.push_number(self.sources.line(span).into());
        self.text.push('\n');
    }

    fn options(&mut self, options: &[PolicyOption]) {
        if !options.is_empty() {
            self.line(1, "options:");
        }
        for option in options {
            self.pair(2, "- name", &option.name.value);
            self.pair(3, "value", &option.value.value);
        }
    }

    fn lists(&mut self, lists: &[NamedList]) {
        if !lists.is_empty() {
            self.line(1, "lists:");
        }
        for list in lists {
            self.pair(2, "- name", &list.name.value);
            self.line(3, "values:");
            for value in &list.values {
                self.value(4, value, list.span);
            }
        }
    }

    fn hook(&mut self, hook: &Hook) {
        match &hook.point {
            HookPoint::Kprobe { call, syscall } | HookPoint::Fentry { call, syscall } => {
                self.opening("- call: ", &call.value, hook.span);
                self.line(
                    3,
                    if *syscall == SyscallFlag::Function { "syscall: false" } else { "syscall: true" },
                );
                if hook.ignore_missing {
                    self.line(3, "ignore:");
                    self.line(4, "callNotFound: true");
                }
            }
            HookPoint::Lsm { hook: name } => self.opening("- hook: ", &name.value, hook.span),
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

    fn opening(&mut self, key: &str, name: &str, span: Span) {
        self.start(2);
        self.text.push_str(key);
        push_quoted(&mut self.text, name);
        self.end_traced(span);
    }

    fn argument(&mut self, argument: &Argument) {
        self.number(4, "- index", argument.index.value.into());
        self.pair(5, "type", argument.kind.value.name());
        if let Some(path) = &argument.resolve {
            self.pair(5, "resolve", &path.value);
        }
    }

    fn selector(&mut self, selector: &Selector, hook: Span) {
        let mut is_first = true;
        let mut section = |writer: &mut Self, name: &str| {
            writer.start(4);
            writer.text.push_str(if std::mem::take(&mut is_first) { "- " } else { "  " });
            writer.text.push_str(name);
            writer.text.push_str(":\n");
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
        self.pair(6, "- operator", filter.operator.value.name());
        self.values(&filter.values, hook);
        if filter.follow_children {
            self.line(7, "followChildren: true");
        }
    }

    fn argument_filter(&mut self, filter: &ArgumentFilter, hook: Span) {
        if let Some(position) = filter.positions.first() {
            self.start(6);
            self.text.push_str("- args: [");
            self.push_number(position.value.into());
            self.text.push_str("]\n");
        } else {
            self.number(6, "- index", filter.index.map_or(0, |index| index.value.into()));
        }
        self.pair(7, "operator", filter.operator.value.name());
        self.values(&filter.values, hook);
    }

    fn values(&mut self, values: &[Spanned<String>], hook: Span) {
        self.line(7, "values:");
        for value in values {
            self.value(8, value, hook);
        }
    }

    /// Writes a list item; one that was listed on a line of its own carries it.
    fn value(&mut self, depth: usize, value: &Spanned<String>, hook: Span) {
        self.start(depth);
        self.text.push_str("- ");
        push_quoted(&mut self.text, &value.value);
        if value.span == hook {
            self.text.push('\n');
        } else {
            self.end_traced(value.span);
        }
    }

    fn action(&mut self, action: &Action) {
        self.pair(6, "- action", action.kind.value.name());
        if let Some(error) = action.error {
            self.number(7, "argError", error.value.into());
        }
        if let Some(signal) = action.signal {
            self.number(7, "argSig", signal.value.into());
        }
    }
}

fn push_comment(text: &mut String, line: &str) {
    text.push_str("# ");
    text.push_str(&printable(line));
    text.push('\n');
}

/// Keeps names of files and documents from ending a comment.
fn printable(text: &str) -> Cow<'_, str> {
    let is_plain =
        |letter: char| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let escaped = text
        .chars()
        .flat_map(|letter| if is_plain(letter) { vec![letter] } else { letter.escape_default().collect() });
    Cow::Owned(escaped.collect())
}
