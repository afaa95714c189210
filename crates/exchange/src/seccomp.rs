//! A seccomp profile of a container runtime -> a profile of one program.
//!
//! A seccomp profile names no program: the runtime gives it to a container. So the program is an argument.
//!
//! Facts are those of the OCI runtime specification and of the loader of Docker's profiles (`archMap`, `includes`,
//! `excludes`).

use std::collections::{BTreeMap, BTreeSet};

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{SourceSet, Span};
use telovix_policy::value::{AbsolutePath, Syscall};
use telovix_syntax::{Mapping, Node};
use telovix_tetragon::push_quoted;

use crate::product::Conversion;
use crate::{Change, Effect};

/// The most bytes of a profile that is read.
pub const LARGEST_PROFILE: usize = 4 << 20;

/// What the filter does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    /// It fails.
    Deny,
    /// The thread or the process ends.
    Kill,
    /// Another process decides.
    Ask,
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" => Self::Allow,
            "SCMP_ACT_ERRNO" => Self::Deny,
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" | "SCMP_ACT_KILL_PROCESS" | "SCMP_ACT_TRAP" => {
                Self::Kill
            }
            "SCMP_ACT_TRACE" | "SCMP_ACT_NOTIFY" => Self::Ask,
            _ => return None,
        })
    }

    fn denies(self) -> bool {
        matches!(self, Self::Deny | Self::Kill)
    }
}

/// What the rules say, by the index of a call.
#[derive(Debug, Default)]
struct Decisions {
    decided: BTreeMap<usize, (Action, Span)>,
    /// What is denied on a condition, and why that is not imported.
    conditional: Vec<(Syscall, Span, String)>,
}

/// What is told of a profile while it is read.
struct Telling<'a> {
    sources: &'a SourceSet,
    changes: Vec<Change>,
}

impl Telling<'_> {
    fn line(&self, span: Span) -> u32 {
        if span == Span::NOWHERE { 0 } else { self.sources.line(span) }
    }

    fn tell(&mut self, span: Span, what: &str, why: String, effect: Effect) {
        self.changes.push(Change { line: self.line(span), what: format!("`{what}`"), why, effect });
    }
}

/// Imports a profile for the processes of a program.
///
/// # Errors
/// With the reason when it is no seccomp profile, denies no call, or says two things of one call.
pub fn import(name: &str, text: &str, program: &str) -> Result<Conversion, String> {
    if text.len() > LARGEST_PROFILE {
        return Err(format!("is larger than {LARGEST_PROFILE} bytes"));
    }
    let program =
        AbsolutePath::parse(program).map_err(|error| format!("is for `{program}`, which {error}"))?;
    let sources = SourceSet::single("file", text);
    let (mut sink, mut roots) = (Sink::default(), Vec::new());
    for (id, source) in sources.iter() {
        telovix_syntax::parse(id, source, &mut sink, |tree, _| roots.push(tree.root.detached()));
    }
    if sink.has_errors() {
        return Err("has an error of syntax".to_owned());
    }
    let [root] = roots.as_slice() else {
        return Err("is no seccomp profile: it is not one object".to_owned());
    };
    let mut telling = Telling { sources: &sources, changes: Vec::new() };
    let denied = root.as_mapping().ok_or("is no seccomp profile: it is no object".to_owned());
    let denied = denied.and_then(|profile| denied_calls(profile, &mut telling))?;
    if denied.is_empty() {
        return Err("denies no system call by its name alone".to_owned());
    }
    let mut changes = telling.changes;
    changes.sort_by_key(|change| change.line);
    let mut text = String::from("kind: GuardianProfile\nname: ");
    push_quoted(&mut text, &name.chars().take(128).collect::<String>());
    text.push_str("\ntarget_binary: ");
    push_quoted(&mut text, program.as_str());
    // A filter stays with the processes that its process starts.
    text.push_str("\nmode: enforce\nchildren: inherit\nblocked_syscalls:\n");
    for call in &denied {
        text.push_str("  - ");
        push_quoted(&mut text, call.name());
        text.push('\n');
    }
    Ok(Conversion { text, changes })
}

/// Returns the calls that the filter denies whatever their arguments are.
fn denied_calls(profile: &Mapping<'_>, telling: &mut Telling<'_>) -> Result<Vec<Syscall>, String> {
    let Some(default) = profile.entry("defaultAction") else {
        return Err("is no seccomp profile: it has no `defaultAction`".to_owned());
    };
    let refuse = |telling: &Telling<'_>, span: Span, why: &str| format!("line {}: {why}", telling.line(span));
    let Some(by_default) = default.value.text().and_then(Action::parse) else {
        return Err(refuse(telling, default.key.span, "`defaultAction` is no action that is known"));
    };
    for entry in &profile.entries {
        let (key, span): (&str, Span) = (&entry.key.value, entry.key.span);
        match key {
            "defaultAction" | "syscalls" => {}
            "defaultErrnoRet" | "defaultErrno" => {
                telling.tell(
                    span,
                    key,
                    "not imported: the profile denies with EPERM".to_owned(),
                    Effect::Same,
                );
            }
            "architectures" | "archMap" => {
                let why =
                    "not imported: calls by the numbers of other architectures are judged like the rest";
                telling.tell(span, key, why.to_owned(), Effect::Weaker);
            }
            "flags" | "listenerPath" | "listenerMetadata" => {
                let why = "not imported: it is about how the filter is installed".to_owned();
                telling.tell(span, key, why, Effect::Same);
            }
            _ => telling.tell(span, key, "not imported: it is not known".to_owned(), Effect::Weaker),
        }
    }
    let mut decisions = Decisions::default();
    let rules = match profile.entry("syscalls") {
        Some(list) => match list.value.as_sequence() {
            Some(rules) => rules,
            None => return Err(refuse(telling, list.key.span, "`syscalls` is no list")),
        },
        None => &[],
    };
    for rule in rules {
        read_rule(rule, by_default, &mut decisions, telling)?;
    }
    if by_default.denies() {
        let why = "calls that are not in the table of this version are not denied".to_owned();
        telling.tell(default.key.span, "defaultAction", why, Effect::Weaker);
    }
    if by_default == Action::Ask {
        let why = "not imported: another process decides about the calls that no rule names".to_owned();
        telling.tell(default.key.span, "defaultAction", why, Effect::Weaker);
    }
    let Decisions { decided, conditional } = decisions;
    let of = |call: Syscall| decided.get(&call.index()).copied().unwrap_or((by_default, default.key.span));
    for (call, span, why) in conditional {
        if !of(call).0.denies() {
            telling.tell(span, call.name(), why, Effect::Weaker);
        }
    }
    let denied: Vec<Syscall> = Syscall::all().filter(|call| of(*call).0.denies()).collect();
    let mut killing = BTreeSet::new();
    for call in &denied {
        let (action, span) = of(*call);
        if action == Action::Kill && killing.insert(telling.line(span)) {
            let why = "the filter ends the caller; the profile denies the call".to_owned();
            telling.tell(span, "action", why, Effect::Weaker);
        }
        let others = call.operation().filter(|other| !of(*other).0.denies());
        let others: Vec<&str> = others.map(Syscall::name).collect();
        if !others.is_empty() {
            let why = format!("denied with the other calls of its operation: {}", others.join(", "));
            telling.tell(span, call.name(), why, Effect::Stricter);
        }
    }
    Ok(denied)
}

/// Reads one entry of `syscalls`.
fn read_rule(
    node: &Node<'_>,
    by_default: Action,
    decisions: &mut Decisions,
    telling: &mut Telling<'_>,
) -> Result<(), String> {
    let empty = Mapping::default();
    let rule = node.as_mapping().unwrap_or(&empty);
    let Some(action) = rule.get("action").and_then(Node::text).and_then(Action::parse) else {
        return Err(format!("line {}: a rule has no `action` that is known", telling.line(node.head())));
    };
    let mut conditions = Vec::new();
    for entry in &rule.entries {
        let (key, span): (&str, Span) = (&entry.key.value, entry.key.span);
        match key {
            "name" | "names" | "action" | "comment" => {}
            "errnoRet" | "errno" => {
                telling.tell(
                    span,
                    key,
                    "not imported: the profile denies with EPERM".to_owned(),
                    Effect::Same,
                );
            }
            "args" | "includes" | "excludes" => {
                if is_filled(&entry.value) {
                    conditions.push(key);
                }
            }
            _ => telling.tell(span, key, "not imported: it is not known".to_owned(), Effect::Weaker),
        }
    }
    let one = rule.get("name").into_iter();
    let names = one.chain(rule.get("names").and_then(Node::as_sequence).into_iter().flatten());
    for name in names {
        let Some(text) = name.text() else {
            return Err(format!("line {}: a name is no text", telling.line(name.head())));
        };
        let Ok(call) = Syscall::parse(text) else {
            let effect = if action.denies() { Effect::Weaker } else { Effect::Same };
            telling.tell(name.span, text, "not imported: it is no known system call".to_owned(), effect);
            continue;
        };
        if action == Action::Ask {
            let why = "not imported: another process decides about it".to_owned();
            telling.tell(name.span, text, why, Effect::Weaker);
        }
        if !conditions.is_empty() {
            let conditions = conditions.join(", ");
            if action.denies() {
                let why = format!("not imported: it is denied on a condition only ({conditions})");
                decisions.conditional.push((call, name.span, why));
                continue;
            }
            if by_default.denies() {
                let why = format!("allowed without its condition ({conditions})");
                telling.tell(name.span, text, why, Effect::Weaker);
            }
        }
        match decisions.decided.get(&call.index()) {
            // A condition that allows is joined with what allows anyway.
            Some((other, _)) if other.denies() != action.denies() => {
                let why = "is allowed by one rule and denied by another";
                return Err(format!("line {}: `{text}` {why}", telling.line(name.span)));
            }
            Some(_) => {}
            None => {
                decisions.decided.insert(call.index(), (action, name.span));
            }
        }
    }
    Ok(())
}

/// Returns whether a condition says something: Docker writes empty ones.
fn is_filled(node: &Node<'_>) -> bool {
    let items = node.as_sequence().map_or(0, <[_]>::len);
    items + node.as_mapping().map_or(0, |mapping| mapping.entries.len()) > 0
}
