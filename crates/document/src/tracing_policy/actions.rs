//! The tree of a TracingPolicy -> whether it enforces, and whether it denies without a kill.

use telovix_diagnostic::source::Span;
use telovix_syntax::{Mapping, Node, Value};

/// Actions that only report. Any other is treated as one that enforces.
const OBSERVING: &[&str] =
    &["CleanupEnforcerNotification", "DnsLookup", "GetUrl", "NoPost", "Post", "TrackSock", "UntrackSock"];

/// What a TracingPolicy enforces, as far as a target may not support it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Actions {
    /// The first action that kills, denies or changes something; absent in a policy that only reports.
    pub enforcing: Option<Action>,
    /// The first denial at an LSM hook without an additional kill.
    pub racing_denial: Option<Action>,
}

/// One action of a TracingPolicy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// Its place.
    pub span: Span,
}

impl Actions {
    /// Searches the `matchActions` and `matchReturnActions` of a document. The parser limits its depth.
    pub(super) fn of(root: &Node) -> Self {
        let Some(spec) = root.as_mapping().and_then(|root| root.get("spec")).and_then(Node::as_mapping)
        else {
            return Self::default();
        };
        if monitors(spec) {
            return Self::default();
        }
        let mut found = Self::default();
        for entry in &spec.entries {
            // Hooks of every section can include a macro.
            let is_lsm = matches!(entry.key.value.as_ref(), "lsmhooks" | "selectorsMacros");
            for actions in lists(&entry.value) {
                found.add(actions, is_lsm);
            }
        }
        found
    }

    fn add(&mut self, actions: &[Node], is_lsm: bool) {
        let words = || {
            actions.iter().filter_map(|action| {
                let word = action.as_mapping()?.get("action")?;
                Some((word.text()?, word.span))
            })
        };
        if self.enforcing.is_none() {
            self.enforcing =
                words().find(|(word, _)| !OBSERVING.contains(word)).map(|(_, span)| Action { span });
        }
        let kills = words().any(|(word, _)| word == "Sigkill");
        if is_lsm && !kills && self.racing_denial.is_none() {
            self.racing_denial =
                words().find(|(word, _)| *word == "Override").map(|(_, span)| Action { span });
        }
    }
}

/// Returns whether the option `policy-mode` disables every action.
fn monitors(spec: &Mapping) -> bool {
    let options = spec.get("options").and_then(Node::as_sequence).unwrap_or_default();
    options.iter().filter_map(Node::as_mapping).any(|option| {
        let is = |key: &str, text: &str| option.get(key).and_then(Node::text) == Some(text);
        is("name", "policy-mode") && is("value", "monitor")
    })
}

/// Returns every list of actions below a node, in the order written.
fn lists<'tree>(root: &'tree Node<'tree>) -> Vec<&'tree [Node<'tree>]> {
    let (mut pending, mut found) = (vec![root], Vec::new());
    while let Some(node) = pending.pop() {
        match &node.value {
            Value::Sequence(items) => pending.extend(items.iter().rev()),
            Value::Mapping(mapping) => {
                for entry in mapping.entries.iter().rev() {
                    match (entry.key.value.as_ref(), &entry.value.value) {
                        ("matchActions" | "matchReturnActions", Value::Sequence(items)) => {
                            found.push(items.as_slice());
                        }
                        _ => pending.push(&entry.value),
                    }
                }
            }
            Value::Scalar { .. } | Value::Unreadable => {}
        }
    }
    found
}
