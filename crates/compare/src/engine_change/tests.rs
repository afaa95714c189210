//! Directions and witnesses of changed Tetragon policies.

use telovix_diagnostic::source::SourceSet;
use telovix_policy::value::Date;

use crate::{Direction, Side, compare, read_both};

/// Returns the direction, the witnesses, and what the rest depends on.
fn difference(before: &str, after: &str) -> (Direction, Vec<String>, Vec<String>) {
    let (before, after) = (SourceSet::single("before.yaml", before), SourceSet::single("after.yaml", after));
    let (old, new) = read_both(&before, &after, Date::parse("2026-11-30").expect("a day"));
    let (old, new) = (Side::of_policy(&old.policy, &before), Side::of_policy(&new.policy, &after));
    let difference = compare(&old, &new);
    assert!(difference.subjects.iter().all(|subject| !subject.is_opaque()));
    let witnesses = difference.subjects.iter().flat_map(|subject| &subject.witnesses);
    let told = witnesses.map(|one| format!("{} -> {} {}", one.before, one.after, one.event)).collect();
    let depends = difference.subjects.iter().flat_map(|subject| subject.depends_on.clone());
    (difference.direction, told, depends.collect())
}

fn policy(hooks: &str) -> String {
    format!("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: x}}\nspec:\n{hooks}")
}

/// A hook on opened files with one selector.
fn files(operator: &str, values: &str, action: &str) -> String {
    format!(
        "  - hook: file_open\n    args: [{{index: 0, type: file}}]\n    selectors:\n    - matchArgs: [{{index: 0, operator: {operator}, values: [{values}]}}]\n      matchActions: [{{action: {action}}}]\n"
    )
}

fn lsm(hooks: &[String]) -> String {
    policy(&format!("  lsmhooks:\n{}", hooks.concat()))
}

const DENY: &str = "Override, argError: -1";

#[test]
fn a_value_more_is_narrower_with_the_event() {
    let before = lsm(&[files("Equal", "/etc/shadow", DENY)]);
    let after = lsm(&[files("Equal", "/etc/shadow, /etc/gshadow", DENY)]);
    let (direction, witnesses, depends) = difference(&before, &after);
    assert_eq!((direction, depends), (Direction::Narrower, Vec::new()));
    assert_eq!(
        witnesses,
        [
            "allow -> deny /usr/bin/example: exec /etc/gshadow",
            "allow -> deny /usr/bin/example: open read /etc/gshadow"
        ]
    );
    assert_eq!(difference(&after, &before).0, Direction::Wider);
}

#[test]
fn postfixes_and_prefixes_are_compared_exactly() {
    let before = lsm(&[files("Postfix", ".key", DENY)]);
    let after = lsm(&[files("Postfix", "id.key", DENY)]);
    assert_eq!(difference(&before, &after).0, Direction::Wider);
    let both = lsm(&[files("Postfix", ".key, id.key", DENY)]);
    assert_eq!(difference(&before, &both), (Direction::Equal, Vec::new(), Vec::new()));
    let before = lsm(&[files("Prefix", "/etc/", DENY)]);
    let after = lsm(&[files("Prefix", "/etc/ssh/, /var/", DENY)]);
    assert_eq!(difference(&before, &after).0, Direction::Incomparable);
}

#[test]
fn text_that_only_describes_is_equal() {
    let before = lsm(&[files("Equal", "/etc/shadow, /etc/gshadow", DENY), files("Equal", "/a", "Sigkill")]);
    let moved = lsm(&[files("Equal", "/a", "Sigkill"), files("Equal", "/etc/gshadow, /etc/shadow", DENY)]);
    assert_eq!(difference(&before, &moved), (Direction::Equal, Vec::new(), Vec::new()));
    let told = before.replace("    args: ", "    message: read of a secret\n    tags: [secrets]\n    args: ");
    let told = told.replace("type: file}", "type: file, label: path}").replace("/a]", "\"/a\"]");
    assert_eq!(difference(&before, &told), (Direction::Equal, Vec::new(), Vec::new()));
}

#[test]
fn a_selector_that_never_decides_can_go() {
    let wide = "    - matchArgs: [{index: 0, operator: Prefix, values: [/etc/]}]\n      matchActions: [{action: Post}]\n";
    let hook = files("Prefix", "/var/", DENY);
    let dead = "    - matchArgs: [{index: 0, operator: Equal, values: [/etc/shadow]}]\n      matchActions: [{action: Sigkill}]\n";
    let before = lsm(&[format!("{hook}{wide}{dead}")]);
    let after = lsm(&[format!("{hook}{wide}")]);
    assert_eq!(difference(&before, &after), (Direction::Equal, Vec::new(), Vec::new()));
    // In the other order it decides.
    let first = lsm(&[format!("{hook}{dead}{wide}")]);
    assert_eq!(difference(&before, &first).0, Direction::Narrower);
}

#[test]
fn an_exception_for_a_binary_is_wider() {
    let before = lsm(&[files("Prefix", "/etc/", DENY)]);
    let after = before.replace(
        "    - matchArgs",
        "    - matchBinaries: [{operator: NotIn, values: [/usr/sbin/sshd]}]\n      matchArgs",
    );
    let (direction, witnesses, _) = difference(&before, &after);
    assert_eq!(direction, Direction::Wider);
    assert!(witnesses.iter().all(|told| told.starts_with("deny -> allow /usr/sbin/sshd: ")), "{witnesses:?}");
    let mode = policy("  options: [{name: policy-mode, value: monitor}]\n")
        + before.split_once("spec:\n").map_or("", |(_, hooks)| hooks);
    assert_eq!(difference(&before, &mode).0, Direction::Wider);
}

#[test]
fn destinations_and_capabilities_are_compared_exactly() {
    let connect = |filters: &str| {
        policy(&format!(
            "  lsmhooks:\n  - hook: socket_connect\n    args: [{{index: 1, type: sockaddr}}]\n    selectors:\n    - matchArgs: [{filters}]\n      matchActions: [{{action: Sigkill}}]\n"
        ))
    };
    let addresses = |values: &str| connect(&format!("{{index: 1, operator: SAddr, values: [{values}]}}"));
    let halves = difference(&addresses("10.0.0.0/8"), &addresses("10.0.0.0/9, 10.128.0.0/9"));
    assert_eq!(halves, (Direction::Equal, Vec::new(), Vec::new()));
    let (direction, witnesses, _) = difference(&addresses("10.0.0.0/8"), &addresses("10.0.0.0/9"));
    assert_eq!(
        (direction, witnesses.as_slice()),
        (Direction::Wider, &["kill -> allow /usr/bin/example: connect 10.128.0.0:443".to_owned()][..])
    );
    let ports = |values: &str| connect(&format!("{{index: 1, operator: SPort, values: [{values}]}}"));
    assert_eq!(difference(&ports("\"80\""), &ports("\"80:81\"")).0, Direction::Narrower);
    let capable = |values: &str| {
        policy(&format!(
            "  lsmhooks:\n  - hook: capable\n    args: [{{index: 2, type: int}}]\n    selectors:\n    - matchArgs: [{{index: 2, operator: InMap, values: [{values}]}}]\n      matchActions: [{{action: {DENY}}}]\n"
        ))
    };
    assert_eq!(
        difference(&capable("\"21\", \"12:13\""), &capable("\"12\", \"13\", \"21\"")).0,
        Direction::Equal
    );
    assert_eq!(difference(&capable("\"21\""), &capable("\"12\"")).0, Direction::Incomparable);
}

#[test]
fn what_no_event_says_gives_a_direction_and_a_reason() {
    let before = lsm(&[files("Equal", "/etc/shadow", DENY)]);
    let after = before
        .replace("    - matchArgs", "    - matchPIDs: [{operator: NotIn, values: [1]}]\n      matchArgs");
    let (direction, witnesses, depends) = difference(&before, &after);
    assert_eq!((direction, witnesses), (Direction::Wider, Vec::new()));
    assert_eq!(depends, ["`matchPIDs`"]);
    let told = after.replace("    args: ", "    message: read of a secret\n    args: ");
    assert_eq!(difference(&after, &told), (Direction::Equal, Vec::new(), Vec::new()));
}

#[test]
fn an_event_that_another_document_still_stops_is_no_difference() {
    let policy = lsm(&[files("Equal", "/etc/shadow", DENY)]);
    let other = policy.replace("name: x", "name: z");
    let both = format!("{policy}---\n{other}");
    assert_eq!(difference(&both, &other), (Direction::Equal, Vec::new(), Vec::new()));
    let wide = lsm(&[files("Equal", "/etc/shadow, /etc/gshadow", DENY)]);
    assert_eq!(difference(&format!("{wide}---\n{other}"), &other).0, Direction::Wider);
}

#[test]
fn an_unknown_function_is_compared_by_its_text() {
    let probe = |values: &str, message: &str| {
        policy(&format!(
            "  kprobes:\n  - call: wake_up_new_task\n    syscall: false\n{message}    args: [{{index: 0, type: int}}]\n    selectors:\n    - matchArgs: [{{index: 0, operator: Equal, values: [{values}]}}]\n      matchActions: [{{action: Sigkill}}]\n"
        ))
    };
    let plain = probe("\"1\", \"2\"", "");
    assert_eq!(difference(&plain, &probe("\"2\", \"1\"", "    message: a task\n")).0, Direction::Equal);
    let (direction, witnesses, depends) = difference(&plain, &probe("\"3\"", ""));
    assert_eq!((direction, witnesses), (Direction::Incomparable, Vec::new()));
    assert_eq!(
        depends,
        ["`Equal` on an argument of `wake_up_new_task`", "whether `wake_up_new_task` is called"]
    );
}
