//! The head and the rules of one profile -> lists.

use std::collections::BTreeSet;

use telovix_policy::value::{AbsolutePath, Capability};
use telovix_tetragon::push_quoted;

use super::pattern::{Fit, Variables, convert, expand};
use super::statement::Statement;
use super::tell;
use crate::{Change, Effect};

/// What became of a kind of operation.
#[derive(Debug, Default)]
enum Allowed {
    /// What no rule allows is denied.
    #[default]
    Listed,
    /// A rule allows everything.
    All,
}

/// A profile that is read.
#[derive(Debug)]
pub(super) struct Profile {
    /// The line of its head.
    pub(super) line: u32,
    programs: Vec<String>,
    is_complaining: bool,
    files: (Allowed, BTreeSet<String>),
    spawns: (Allowed, BTreeSet<String>),
    capabilities: BTreeSet<u8>,
    denied_capabilities: BTreeSet<u8>,
    is_networked: bool,
    /// The transitions of programs that it starts: the line, and whether they stay in the profile.
    transitions: Vec<(Statement, bool)>,
    /// Whether a listed path is no folder in AppArmor, and may be one in a document.
    has_file: bool,
}

impl Profile {
    /// Reads the head: names, attachment, flags.
    pub(super) fn head(
        head: &Statement,
        variables: &Variables,
        changes: &mut Vec<Change>,
    ) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("line {}: {why}", head.line));
        let mut words = head.words.iter().map(String::as_str).peekable();
        let is_named = words.next_if_eq(&"profile").is_some();
        let (mut attachment, mut is_complaining) = (None, false);
        for (at, word) in words.enumerate() {
            if let Some(flags) = word.strip_prefix("flags=").or_else(|| word.strip_prefix('(').map(|_| word))
            {
                for flag in flags.trim_matches(['(', ')']).split([',', ' ']).filter(|flag| !flag.is_empty()) {
                    match flag {
                        "complain" => is_complaining = true,
                        "enforce" | "attach_disconnected" | "audit" => {}
                        "unconfined" | "default_allow" | "prompt" => {
                            return refuse(&format!("has the flag `{flag}`, which confines nothing"));
                        }
                        _ => tell(changes, head, &format!("the flag {flag} is not imported"), Effect::Weaker),
                    }
                }
            } else if word.starts_with(['/', '@', '{']) {
                attachment = Some(word);
            } else if !(is_named && at == 0) {
                return refuse(&format!("`{word}` in the head of a profile is not known"));
            }
        }
        let Some(attachment) = attachment else {
            return refuse("is attached to no program");
        };
        let programs = expand(attachment, variables).unwrap_or_default();
        if programs.is_empty() || programs.iter().any(|program| !is_program(program)) {
            return refuse(&format!("is attached to `{attachment}`, which is not the path of a program"));
        }
        Ok(Self {
            line: head.line,
            programs,
            is_complaining,
            files: Default::default(),
            spawns: Default::default(),
            capabilities: BTreeSet::new(),
            denied_capabilities: BTreeSet::new(),
            is_networked: false,
            transitions: Vec::new(),
            has_file: false,
        })
    }

    /// Reads a rule.
    pub(super) fn rule(
        &mut self,
        rule: &Statement,
        variables: &Variables,
        changes: &mut Vec<Change>,
    ) -> Result<(), String> {
        let mut words: Vec<&str> = rule.words.iter().map(String::as_str).collect();
        let (mut is_denied, mut is_owned) = (false, false);
        while let Some(word) = words.first().copied() {
            match word {
                "audit" | "allow" | "file" if words.len() > 1 => {}
                "deny" => is_denied = true,
                "owner" => is_owned = true,
                _ => break,
            }
            words.remove(0);
        }
        match words.as_slice() {
            [] => {}
            ["include", ..] => {
                tell(changes, rule, "not read: what it allows is not allowed", Effect::Stricter);
                tell(changes, rule, "not read: what it denies of other rules is allowed", Effect::Weaker);
            }
            ["abi", ..] => tell(changes, rule, "not imported: it is about the parser", Effect::Same),
            ["file"] if !is_denied => {
                self.files.0 = Allowed::All;
                self.spawns.0 = Allowed::All;
                if is_owned {
                    tell(changes, rule, "allowed for every owner", Effect::Weaker);
                }
            }
            ["capability", names @ ..] => self.capability(rule, names, is_denied, changes),
            ["network", rest @ ..] if !is_denied => {
                self.is_networked = true;
                if !rest.is_empty() {
                    tell(changes, rule, "every connection is allowed", Effect::Weaker);
                }
            }
            ["all", ..] => return Err(format!("line {}: allows everything", rule.line)),
            [.., "->", _] | [_, _] if words.iter().any(|word| is_path(word)) => {
                self.file(rule, &words, is_denied, is_owned, variables, changes);
            }
            _ => {
                let why = "not imported: a profile has no such rule; AppArmor goes on enforcing it";
                tell(changes, rule, why, Effect::Weaker);
            }
        }
        Ok(())
    }

    fn capability(&mut self, rule: &Statement, names: &[&str], is_denied: bool, changes: &mut Vec<Change>) {
        let list = if is_denied { &mut self.denied_capabilities } else { &mut self.capabilities };
        if names.is_empty() {
            list.extend(Capability::all().map(Capability::number));
        }
        for name in names {
            match Capability::parse(name) {
                Ok(capability) => {
                    list.insert(capability.number());
                }
                Err(_) => {
                    let effect = if is_denied { Effect::Weaker } else { Effect::Stricter };
                    tell(changes, rule, "not imported: it names no known capability", effect);
                }
            }
        }
    }

    fn file(
        &mut self,
        rule: &Statement,
        words: &[&str],
        is_denied: bool,
        is_owned: bool,
        variables: &Variables,
        changes: &mut Vec<Change>,
    ) {
        let (path, access) = match words {
            [first, second, ..] if is_path(first) => (*first, *second),
            [first, second, ..] => (*second, *first),
            _ => return,
        };
        if is_denied {
            let why = "not imported: a profile has no list of what is denied of that which is allowed";
            return tell(changes, rule, why, Effect::Weaker);
        }
        let has = |letter: char| access.contains(letter);
        if !access.chars().all(|letter| "rwalkmixpPcCuU".contains(letter)) {
            return tell(changes, rule, "not imported: its access is not known", Effect::Stricter);
        }
        let (reads, writes) = (has('r'), has('w') || has('a'));
        let Some(expanded) = expand(path, variables) else {
            return tell(changes, rule, "not allowed: its variables are not known", Effect::Stricter);
        };
        let (mut is_wider, mut is_lost) = (false, false);
        for path in &expanded {
            let Some((pattern, fit)) = convert(path) else {
                is_lost = true;
                continue;
            };
            is_wider |= fit == Fit::Wider;
            self.has_file |= !pattern.ends_with(['/', '*']);
            if reads || writes {
                self.files.1.insert(pattern.clone());
            }
            if has('x') {
                self.spawns.1.insert(pattern);
            }
        }
        if is_lost {
            tell(changes, rule, "not allowed: a document cannot express the pattern", Effect::Stricter);
        }
        if is_wider {
            tell(changes, rule, "allowed with what is in the folders below", Effect::Weaker);
        }
        if is_owned {
            tell(changes, rule, "allowed for every owner", Effect::Weaker);
        }
        if reads != writes {
            tell(changes, rule, "allowed for reading and writing", Effect::Weaker);
        } else if has('a') && !has('w') {
            tell(changes, rule, "allowed for every kind of writing", Effect::Weaker);
        }
        if has('x') {
            let stays = !access.contains(['p', 'P', 'c', 'C', 'u', 'U']);
            let copy = Statement { line: rule.line, words: rule.words.clone(), end: rule.end };
            self.transitions.push((copy, stays));
        }
        if has('l') || has('k') || has('m') {
            let why = "links, locks and mappings are not imported: the profile does not confine them";
            tell(changes, rule, why, Effect::Same);
        }
    }

    /// Returns the documents, one for each program.
    pub(super) fn documents(&self, name: &str, changes: &mut Vec<Change>) -> Vec<String> {
        let mut note = |what: &str, why: &str, effect: Effect| {
            let (what, why) = (what.to_owned(), why.to_owned());
            changes.push(Change { line: self.line, what, why, effect });
        };
        if self.has_file {
            let why = "a path without `/` at its end is also a folder with what is in it";
            note("paths of files", why, Effect::Weaker);
        }
        let why = "links, locks, mappings, and changes of names and modes are not confined";
        note("files", why, Effect::Weaker);
        note(
            "mount, ptrace, signal, unix, dbus",
            "not confined; AppArmor goes on enforcing it",
            Effect::Weaker,
        );
        let inherits = self.transitions.iter().any(|(_, stays)| *stays);
        for (rule, stays) in &self.transitions {
            if *stays {
                continue;
            }
            if inherits {
                tell(changes, rule, "the program stays in this profile, as others do", Effect::Stricter);
            } else {
                let why = "the program leaves this profile; another one confines it only if there is one";
                tell(changes, rule, why, Effect::Weaker);
            }
        }
        self.programs.iter().map(|program| self.document(name, program, inherits)).collect()
    }

    fn document(&self, name: &str, program: &str, inherits: bool) -> String {
        let mut text = String::from("kind: GuardianProfile\nname: ");
        push_quoted(&mut text, &name.chars().take(128).collect::<String>());
        text.push_str("\ntarget_binary: ");
        push_quoted(&mut text, program);
        text.push_str(if self.is_complaining { "\nmode: observe\n" } else { "\nmode: enforce\n" });
        text.push_str(if inherits { "children: inherit\n" } else { "children: leave\n" });
        for (key, (allowed, patterns)) in [("allowed_spawns", &self.spawns), ("allowed_files", &self.files)] {
            if matches!(allowed, Allowed::Listed) {
                list(&mut text, key, patterns.iter().map(String::as_str));
            }
        }
        if !self.is_networked {
            text.push_str("allowed_dst_cidrs: []\n");
        }
        let left: Vec<String> = Capability::all()
            .filter(|one| {
                self.capabilities.contains(&one.number()) && !self.denied_capabilities.contains(&one.number())
            })
            .map(|one| one.to_string())
            .collect();
        if left.len() < Capability::all().count() {
            list(&mut text, "allowed_capabilities", left.iter().map(String::as_str));
        }
        text
    }
}

fn is_path(word: &str) -> bool {
    word.starts_with(['/', '@', '{'])
}

fn is_program(text: &str) -> bool {
    AbsolutePath::parse(text).is_ok() && !text.contains(['[', ']', '^', '\\', '@'])
}

fn list<'a>(text: &mut String, key: &str, entries: impl Iterator<Item = &'a str>) {
    let mut entries = entries.peekable();
    text.push_str(key);
    text.push_str(if entries.peek().is_none() { ": []\n" } else { ":\n" });
    for entry in entries {
        text.push_str("  - ");
        push_quoted(text, entry);
        text.push('\n');
    }
}
