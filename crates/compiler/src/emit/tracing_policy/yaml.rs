//! The TracingPolicy model -> YAML with comments that name the source lines.
//!
//! Texts are quoted, except `kind` and `apiVersion`, which other readers search for unquoted. Every list item is on
//! its own line, so that policies can be compared line by line.

use std::borrow::Cow;

use telovix_diagnostic::source::{LineFinder, SourceId, SourceSet, Span};
use telovix_tetragon::{
    Action, Argument, ArgumentFilter, BinaryFilter, Hook, HookPoint, NamedList, PolicyOption, Selector,
    SyscallFlag, Text, TracingPolicy, push_quoted,
};

/// Writes lines as comments.
pub(super) fn comments(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        push_comment(&mut text, line);
    }
    text
}

/// Writes one policy after the other.
pub(super) struct Writer<'sources> {
    /// The policy that is being written. The buffer is reused for the next one.
    text: String,
    sources: &'sources SourceSet,
    lines: LineFinder<'sources>,
    /// The source of the last line reference.
    source: Option<SourceId>,
    /// The comment with its name: ` # name:`.
    origin: String,
}

impl<'sources> Writer<'sources> {
    pub(super) fn new(sources: &'sources SourceSet) -> Self {
        Self { text: String::new(), sources, lines: sources.lines(), source: None, origin: String::new() }
    }

    /// Writes a policy, after comments and the line about its consequence.
    pub(super) fn write(&mut self, policy: &TracingPolicy<'_>, comments: &str, consequence: &str) -> &str {
        self.text.clear();
        self.text.push_str(comments);
        push_comment(&mut self.text, consequence);
        self.text.push_str("apiVersion: cilium.io/v1alpha1\nkind: ");
        self.text.push_str(policy.kind.name());
        self.text.push_str("\nmetadata:\n");
        self.quoted("  name: ", &policy.metadata.name.value);
        self.text.push_str("spec:\n");
        self.options(&policy.spec.options);
        self.lists(&policy.spec.lists);
        if let Some(first) = policy.spec.hooks.first() {
            self.text.push_str("  ");
            self.text.push_str(first.point.section().name());
            self.text.push_str(":\n");
        }
        for hook in &policy.spec.hooks {
            self.hook(hook);
        }
        &self.text
    }

    /// Writes a key with a text, quoted.
    fn quoted(&mut self, key: &str, text: &str) {
        self.text.push_str(key);
        push_quoted(&mut self.text, text);
        self.text.push('\n');
    }

    /// Writes a key with one of Tetragon's own names, which need no escaping.
    fn word(&mut self, key: &str, word: &str) {
        self.text.push_str(key);
        self.text.push('"');
        self.text.push_str(word);
        self.text.push_str("\"\n");
    }

    fn number(&mut self, key: &str, number: impl itoa::Integer) {
        self.text.push_str(key);
        self.push_number(number);
        self.text.push('\n');
    }

    fn push_number(&mut self, number: impl itoa::Integer) {
        self.text.push_str(itoa::Buffer::new().format(number));
    }

    /// Writes a key with a text and its source line.
    fn traced(&mut self, key: &str, text: &str, span: Span) {
        self.text.push_str(key);
        push_quoted(&mut self.text, text);
        if self.source != Some(span.source) {
            self.source = Some(span.source);
            self.origin = format!(" # {}:", printable(self.sources.name(span)));
        }
        self.text.push_str(&self.origin);
        let line = self.lines.line(span);
        self.push_number(line);
        self.text.push('\n');
    }

    fn options(&mut self, options: &[PolicyOption<'_>]) {
        if !options.is_empty() {
            self.text.push_str("  options:\n");
        }
        for option in options {
            self.quoted("    - name: ", &option.name.value);
            self.quoted("      value: ", &option.value.value);
        }
    }

    fn lists(&mut self, lists: &[NamedList<'_>]) {
        if !lists.is_empty() {
            self.text.push_str("  lists:\n");
        }
        for list in lists {
            self.quoted("    - name: ", &list.name.value);
            self.text.push_str("      values:\n");
            for value in &list.values {
                self.value("        - ", value, list.span);
            }
        }
    }

    fn hook(&mut self, hook: &Hook<'_>) {
        match &hook.point {
            HookPoint::Kprobe { call, syscall } | HookPoint::Fentry { call, syscall } => {
                self.traced("    - call: ", &call.value, hook.span);
                self.text.push_str(match syscall {
                    SyscallFlag::Function => "      syscall: false\n",
                    SyscallFlag::Syscall | SyscallFlag::Absent => "      syscall: true\n",
                });
                if hook.ignore_missing {
                    self.text.push_str("      ignore:\n        callNotFound: true\n");
                }
            }
            HookPoint::Lsm { hook: name } => self.traced("    - hook: ", &name.value, hook.span),
            // The compiler makes no other hooks.
            HookPoint::Tracepoint { .. } | HookPoint::Uprobe { .. } | HookPoint::Usdt { .. } => return,
        }
        if !hook.arguments.is_empty() {
            self.text.push_str("      args:\n");
            for argument in &hook.arguments {
                self.argument(argument);
            }
        }
        if !hook.selectors.is_empty() {
            self.text.push_str("      selectors:\n");
            for selector in &hook.selectors {
                self.selector(selector, hook.span);
            }
        }
    }

    fn argument(&mut self, argument: &Argument<'_>) {
        self.number("        - index: ", argument.index.value);
        self.word("          type: ", argument.kind.value.name());
        if let Some(path) = &argument.resolve {
            self.quoted("          resolve: ", &path.value);
        }
    }

    fn selector(&mut self, selector: &Selector<'_>, hook: Span) {
        // The first section of a selector carries the dash of the list.
        let mut start = "        - ";
        let mut section = |text: &mut String, name: &str| {
            text.push_str(std::mem::replace(&mut start, "          "));
            text.push_str(name);
        };
        if !selector.binaries.is_empty() {
            section(&mut self.text, "matchBinaries:\n");
            for filter in &selector.binaries {
                self.binary_filter(filter, hook);
            }
        }
        if !selector.parent_binaries.is_empty() {
            section(&mut self.text, "matchParentBinaries:\n");
            for filter in &selector.parent_binaries {
                self.binary_filter(filter, hook);
            }
        }
        if !selector.arguments.is_empty() {
            section(&mut self.text, "matchArgs:\n");
            for filter in &selector.arguments {
                self.argument_filter(filter, hook);
            }
        }
        section(&mut self.text, "matchActions:\n");
        for action in &selector.actions {
            self.action(action);
        }
    }

    fn binary_filter(&mut self, filter: &BinaryFilter<'_>, hook: Span) {
        self.word("            - operator: ", filter.operator.value.name());
        self.values(&filter.values, hook);
        if filter.follow_children {
            self.text.push_str("              followChildren: true\n");
        }
    }

    fn argument_filter(&mut self, filter: &ArgumentFilter<'_>, hook: Span) {
        if let Some(position) = filter.positions.first() {
            self.text.push_str("            - args: [");
            self.push_number(position.value);
            self.text.push_str("]\n");
        } else {
            self.number("            - index: ", filter.index.map_or(0, |index| index.value));
        }
        self.word("              operator: ", filter.operator.value.name());
        self.values(&filter.values, hook);
    }

    fn values(&mut self, values: &[Text<'_>], hook: Span) {
        self.text.push_str("              values:\n");
        for value in values {
            self.value("                - ", value, hook);
        }
    }

    /// Writes a list item, with its source line where it differs from that of the hook.
    fn value(&mut self, dash: &str, value: &Text<'_>, whole: Span) {
        if value.span == whole {
            self.quoted(dash, &value.value);
        } else {
            self.traced(dash, &value.value, value.span);
        }
    }

    fn action(&mut self, action: &Action<'_>) {
        self.word("            - action: ", action.kind.value.name());
        if let Some(error) = action.error {
            self.number("              argError: ", error.value);
        }
        if let Some(signal) = action.signal {
            self.number("              argSig: ", signal.value);
        }
    }
}

fn push_comment(text: &mut String, line: &str) {
    text.push_str("# ");
    text.push_str(&printable(line));
    text.push('\n');
}

/// Escapes characters in names of files and documents that would end a comment.
fn printable(text: &str) -> Cow<'_, str> {
    let is_plain =
        |letter: char| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    // Nearly every line is printable ASCII, which is cheap to check.
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) || text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let escaped = text
        .chars()
        .flat_map(|letter| if is_plain(letter) { vec![letter] } else { letter.escape_default().collect() });
    Cow::Owned(escaped.collect())
}
