//! The `spec` of a policy -> its rules. What is not imported is told, with its line.

use telovix_policy::value::{AbsolutePath, Capability};
use telovix_syntax::{Entry, Mapping, Node};

use super::Telling;
use crate::Effect;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Exec,
    Open,
    Capability,
}

impl Operation {
    /// In the order of their hooks in a document.
    pub(super) const ALL: [Self; 3] = [Self::Exec, Self::Open, Self::Capability];
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This is allowed, and what no rule allows is denied.
    Allow,
    /// This is denied.
    Block,
    /// This is reported.
    Audit,
}

/// One rule. An event matches when its value is one of `equals`, or starts with one of `prefixes`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) operation: Operation,
    pub(super) verdict: Verdict,
    pub(super) equals: Vec<String>,
    pub(super) prefixes: Vec<String>,
    /// The programs it applies to; empty for all.
    pub(super) sources: Vec<String>,
}

/// Keys that confine nothing.
const TEXTS: &[&str] = &["severity", "tags", "message"];

/// Reads every rule.
pub(super) fn read(spec: &Mapping<'_>, telling: &mut Telling<'_>) -> Result<Vec<Rule>, String> {
    let whole = verdict(spec, Verdict::Block, telling)?;
    let mut rules = Vec::new();
    for section in &spec.entries {
        let key: &str = &section.key.value;
        match key {
            "action" | "selector" | "nodeSelector" => {}
            "process" | "file" | "capabilities" => read_section(section, whole, &mut rules, telling)?,
            "network" => {
                let why = "not imported: a document has no list of protocols; KubeArmor goes on enforcing it";
                telling.tell(section.key.span, key, why, Effect::Weaker);
            }
            "syscalls" => {
                telling.tell(section.key.span, key, "not imported: it only reports", Effect::Same);
            }
            _ if TEXTS.contains(&key) => {
                telling.tell(section.key.span, key, "not imported: it is about alerts", Effect::Same);
            }
            _ => {
                let why = "not imported: a document has no such section; KubeArmor goes on enforcing it";
                telling.tell(section.key.span, key, why, Effect::Weaker);
            }
        }
    }
    tell_of_the_whole(spec, &rules, telling);
    Ok(rules)
}

/// Tells what holds for every rule of a kind.
fn tell_of_the_whole(spec: &Mapping<'_>, rules: &[Rule], telling: &mut Telling<'_>) {
    let place = |key: &str| spec.entry(key).map(|entry| entry.key.span);
    if let Some(span) = place("file").filter(|_| rules.iter().any(|rule| rule.operation == Operation::Open)) {
        let why = "imported for opening; KubeArmor also denies to create, remove, rename, link and chmod these files";
        telling.tell(span, "file", why, Effect::Weaker);
    }
    for (operation, key) in
        [(Operation::Exec, "process"), (Operation::Open, "file"), (Operation::Capability, "capabilities")]
    {
        let mut allowing = rules
            .iter()
            .filter(|rule| rule.operation == operation && rule.verdict == Verdict::Allow)
            .peekable();
        let Some(span) = place(key).filter(|_| allowing.peek().is_some()) else { continue };
        let why = "imported with the posture `block`; with the posture `audit` KubeArmor denies nothing else";
        telling.tell(span, key, why, Effect::Stricter);
        if allowing.any(|rule| !rule.sources.is_empty()) {
            let why = "a list with `fromSource` confines these programs; some enforcers of KubeArmor confine others too";
            telling.tell(span, key, why, Effect::Weaker);
        }
    }
}

fn verdict(mapping: &Mapping<'_>, inherited: Verdict, telling: &mut Telling<'_>) -> Result<Verdict, String> {
    let Some(action) = mapping.entry("action") else { return Ok(inherited) };
    match action.value.text() {
        Some("Allow") => Ok(Verdict::Allow),
        Some("Block" | "") => Ok(Verdict::Block),
        Some("Audit") => Ok(Verdict::Audit),
        _ => Err(telling.refuse(action.key.span, "`action` is none of `Allow`, `Block` and `Audit`")),
    }
}

fn read_section(
    section: &Entry<'_>,
    whole: Verdict,
    rules: &mut Vec<Rule>,
    telling: &mut Telling<'_>,
) -> Result<(), String> {
    let operation = match &*section.key.value {
        "process" => Operation::Exec,
        "file" => Operation::Open,
        _ => Operation::Capability,
    };
    let Some(lists) = section.value.as_mapping() else {
        return Err(telling.refuse(section.key.span, &format!("`{}` is no mapping", section.key.value)));
    };
    let inherited = verdict(lists, whole, telling)?;
    for list in &lists.entries {
        let form = match (&*list.key.value, operation) {
            ("action", _) => continue,
            ("matchPaths", Operation::Exec | Operation::Open) => "path",
            ("matchDirectories", Operation::Exec | Operation::Open) => "dir",
            ("matchPatterns", Operation::Exec | Operation::Open) => "pattern",
            ("matchCapabilities", Operation::Capability) => "capability",
            (key, _) if TEXTS.contains(&key) => {
                telling.tell(list.key.span, key, "not imported: it is about alerts", Effect::Same);
                continue;
            }
            (key, _) => {
                let why = "not imported: a document has no such list; KubeArmor goes on enforcing it";
                telling.tell(list.key.span, key, why, Effect::Weaker);
                continue;
            }
        };
        let Some(items) = list.value.as_sequence() else {
            return Err(telling.refuse(list.key.span, &format!("`{}` is no list", list.key.value)));
        };
        for item in items {
            rules.extend(read_rule(operation, form, item, inherited, telling)?);
        }
    }
    Ok(())
}

fn read_rule(
    operation: Operation,
    form: &str,
    node: &Node<'_>,
    inherited: Verdict,
    telling: &mut Telling<'_>,
) -> Result<Option<Rule>, String> {
    let named = node.as_mapping().and_then(|item| Some((item, item.get(form)?.text()?)));
    let Some((item, value)) = named else {
        return Err(telling.refuse(node.head(), &format!("a rule has no `{form}`")));
    };
    let verdict = verdict(item, inherited, telling)?;
    if verdict == Verdict::Audit {
        telling.tell(node.head(), value, "not imported: it only reports", Effect::Same);
        return Ok(None);
    }
    let mut rule = Rule {
        operation,
        verdict,
        equals: Vec::new(),
        prefixes: Vec::new(),
        sources: sources(item, telling)?,
    };
    let is_on = |key: &str| item.get(key).and_then(Node::text) == Some("true");
    for entry in &item.entries {
        let key: &str = &entry.key.value;
        let is_partial = ["readOnly", "ownerOnly"].contains(&key) && is_on(key);
        let is_known = [form, "action", "fromSource", "recursive", "readOnly", "ownerOnly"].contains(&key);
        if TEXTS.contains(&key) || is_known && !is_partial {
            continue;
        }
        // What is allowed on a condition is allowed without it; what is denied on one would be denied to everybody.
        let what = format!("{value}` with `{key}");
        if verdict == Verdict::Allow {
            telling.tell(entry.key.span, &what, "allowed without this condition", Effect::Weaker);
        } else {
            let why =
                "not imported: without this condition, more would be denied; KubeArmor goes on enforcing it";
            telling.tell(entry.key.span, &what, why, Effect::Weaker);
            return Ok(None);
        }
    }
    if !take(&mut rule, form, value) {
        let (effect, why) = match verdict {
            Verdict::Allow => (Effect::Stricter, "not allowed: a document cannot express it"),
            _ => {
                (Effect::Weaker, "not imported: a document cannot express it; KubeArmor goes on enforcing it")
            }
        };
        telling.tell(node.head(), value, why, effect);
    } else if is_level(form, value) && !is_on("recursive") {
        let (effect, why) = match verdict {
            Verdict::Allow => (Effect::Weaker, "allowed with what is in its folders"),
            _ => (Effect::Stricter, "denied with what is in its folders"),
        };
        telling.tell(node.head(), value, why, effect);
    }
    // A list that allows nothing confines: only a block without a value says nothing.
    let says_nothing = rule.equals.is_empty() && rule.prefixes.is_empty();
    Ok((verdict == Verdict::Allow || !says_nothing).then_some(rule))
}

/// Returns whether a value is about what is directly in a folder.
fn is_level(form: &str, value: &str) -> bool {
    form == "dir" || (form == "pattern" && value.ends_with("/*"))
}

/// Adds a value to a rule. Returns whether it could be expressed, maybe with the folders below.
fn take(rule: &mut Rule, form: &str, value: &str) -> bool {
    let is_path =
        |text: &str| AbsolutePath::parse(text).is_ok() && !text.contains(['{', '}', '[', ']', '^', '@']);
    match form {
        "capability" => {
            let Ok(capability) = Capability::parse(value) else { return false };
            rule.equals.push(capability.number().to_string());
        }
        "path" => {
            if !is_path(value) {
                return false;
            }
            rule.equals.push(value.to_owned());
        }
        "dir" => {
            let folder = value.trim_end_matches('/');
            if !folder.is_empty() && !is_path(folder) {
                return false;
            }
            if !folder.is_empty() {
                rule.equals.push(folder.to_owned());
            }
            rule.prefixes.push(format!("{folder}/"));
        }
        // In AppArmor's patterns `*` does not match `/`, and `**` does.
        _ => match value.strip_suffix("/**").or_else(|| value.strip_suffix("/*")) {
            Some(folder) if folder.is_empty() || is_path(folder) => rule.prefixes.push(format!("{folder}/")),
            None if is_path(value) => rule.equals.push(value.to_owned()),
            _ => return false,
        },
    }
    true
}

fn sources(item: &Mapping<'_>, telling: &mut Telling<'_>) -> Result<Vec<String>, String> {
    let Some(list) = item.entry("fromSource") else { return Ok(Vec::new()) };
    let mut sources = Vec::new();
    for source in list.value.as_sequence().unwrap_or_default() {
        let keys = source.as_mapping().map_or(0, |source| source.entries.len());
        let path = source.as_mapping().and_then(|source| source.get("path")).and_then(Node::text);
        match path {
            Some(path) if keys == 1 && AbsolutePath::parse(path).is_ok() => sources.push(path.to_owned()),
            _ => return Err(telling.refuse(source.head(), "a source is not the plain `path` of a program")),
        }
    }
    if sources.is_empty() {
        return Err(telling.refuse(list.key.span, "`fromSource` has no path"));
    }
    sources.sort_unstable();
    sources.dedup();
    Ok(sources)
}
