//! The verdicts of Tetragon policies, and which detections match.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::{Options, lower};
use telovix_document::read;
use telovix_policy::judge::{Event, VerdictReport, judge};
use telovix_policy::value::Date;

use super::Outside;

fn verdict(policy: &str, event: &str) -> VerdictReport {
    let sources = SourceSet::single("policy.yaml", policy);
    let documents = read(&sources, &mut Sink::default()).documents;
    let options = Options { as_of: Date::parse("2026-11-30").expect("a day") };
    let policy = lower(documents, &sources, options, &mut Sink::default());
    let event = Event::parse(event).expect("an event");
    let mut report = judge(&policy.confinements, &event).report(&event, &sources);
    Outside::new(&policy, &sources).complete(&event, &mut report);
    report
}

fn tracing_policy(spec: &str) -> String {
    format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: telovix-custom-x}}\nspec:\n{spec}"
    )
}

fn lsm(hook: &str, action: &str) -> String {
    tracing_policy(&format!(
        "  lsmhooks:\n  - hook: {hook}\n    args: [{{index: 0, type: file}}]\n    selectors:\n    - matchActions: [{{action: {action}}}]\n"
    ))
}

fn call(name: &str, syscall: bool) -> String {
    tracing_policy(&format!(
        "  kprobes:\n  - call: {name}\n    syscall: {syscall}\n    selectors:\n    - matchActions: [{{action: Sigkill}}]\n"
    ))
}

const OPEN: &str =
    r#"{"operation": "open", "binary": "/usr/bin/cat", "path": "/etc/shadow", "access": ["read"]}"#;
const CONNECT: &str =
    r#"{"operation": "connect", "binary": "/usr/bin/curl", "address": "10.0.0.1", "port": 443}"#;
const SYSCALL: &str = r#"{"operation": "syscall", "syscall": "openat"}"#;

#[test]
fn the_action_that_decides_is_shown_with_its_line() {
    let found = verdict(&lsm("file_open", "Override, argError: -1"), OPEN);
    assert_eq!((found.effect, found.at_least, found.at_most), ("deny", None, None));
    assert_eq!(found.document.map(|document| document.name), Some("telovix-custom-x".to_owned()));
    assert_eq!(found.source.as_deref(), Some("policy.yaml:9"));
    assert_eq!(found.actions, ["Override"]);
    assert!(found.not_evaluated.is_empty());
}

#[test]
fn what_no_event_says_makes_an_effect_unknown_and_is_named() {
    let policy = tracing_policy(
        "  lsmhooks:\n  - hook: file_open\n    selectors:\n    - matchPIDs: [{operator: NotIn, values: [1]}]\n      matchActions: [{action: Sigkill}]\n",
    );
    let found = verdict(&policy, OPEN);
    assert_eq!((found.effect, found.at_least, found.at_most), ("unknown", Some("allow"), Some("kill")));
    let [named] = found.not_evaluated.as_slice() else { panic!("one document") };
    assert_eq!((named.document.name.as_str(), named.source.as_str()), ("telovix-custom-x", "policy.yaml:1"));
    assert_eq!(
        (named.hooks.as_slice(), named.undecided.as_slice()),
        (&["file_open".to_owned()][..], &["`matchPIDs`".to_owned()][..])
    );
}

#[test]
fn hooks_are_looked_up_by_what_passes_them() {
    let cases = [
        (lsm("file_open", "Sigkill"), OPEN, "kill"),
        (lsm("file_open", "Sigkill"), CONNECT, "allow"),
        (lsm("file_open", "Sigkill"), SYSCALL, "unknown"),
        (lsm("file_open", "Post"), OPEN, "log"),
        (lsm("file_open", "NoPost"), OPEN, "allow"),
        (lsm("socket_connect", "Sigkill"), OPEN, "allow"),
        (lsm("socket_connect", "Sigkill"), CONNECT, "kill"),
        (lsm("task_alloc", "Sigkill"), OPEN, "unknown"),
        (lsm("task_alloc", "Post"), OPEN, "allow"),
        (call("sys_openat", true), OPEN, "unknown"),
        (call("sys_openat", true), SYSCALL, "kill"),
        (call("__ia32_sys_openat", true), SYSCALL, "unknown"),
        (call("__x64_sys_openat", true), OPEN, "unknown"),
        (call("sys_ptrace", true), SYSCALL, "allow"),
        (call("sys_write", true), OPEN, "allow"),
        (call("sys_io_uring_enter", true), OPEN, "unknown"),
        (call("tcp_connect", false), OPEN, "allow"),
        (call("tcp_connect", false), CONNECT, "unknown"),
        (call("security_socket_connect", false), CONNECT, "kill"),
        (call("security_socket_connect", false), OPEN, "allow"),
        (call("wake_up_new_task", false), OPEN, "unknown"),
    ];
    for (policy, event, effect) in cases {
        assert_eq!(verdict(&policy, event).effect, effect, "{event} by {policy}");
    }
}

#[test]
fn what_only_monitors_reports() {
    let monitors =
        format!("{}  options: [{{name: policy-mode, value: monitor}}]\n", lsm("file_open", "Sigkill"));
    let found = verdict(&monitors, OPEN);
    assert_eq!((found.effect, found.written), ("log", Some("kill")));
}

#[test]
fn the_first_selector_that_matches_acts_alone() {
    let policy = tracing_policy(
        "  lsmhooks:\n  - hook: file_open\n    args: [{index: 0, type: file}]\n    selectors:\n    - matchArgs: [{index: 0, operator: Prefix, values: [/var/keys/]}]\n      matchBinaries: [{operator: NotIn, values: [/opt/udm]}]\n      matchActions: [{action: Override, argError: -1}]\n    - matchArgs: [{index: 0, operator: Equal, values: [/etc/shadow]}]\n      matchActions: [{action: Post}]\n",
    );
    let open =
        |binary: &str, path: &str| format!(r#"{{"operation": "open", "access": ["read"]{binary}{path}}}"#);
    let effect = |binary: &str, path: &str| verdict(&policy, &open(binary, path)).effect;
    let keys = r#", "path": "/var/keys/a""#;
    assert_eq!(effect(r#", "binary": "/bin/cat""#, keys), "deny");
    assert_eq!(effect("", keys), "unknown");
    assert_eq!(effect("", ""), "unknown");
    assert_eq!(effect(r#", "binary": "/opt/udm""#, keys), "allow");
    assert_eq!(effect("", r#", "path": "/etc/shadow""#), "log");
    let lacking = verdict(&policy, &open("", keys));
    assert_eq!((lacking.depends_on.as_slice(), lacking.not_evaluated.len()), (&["binary"][..], 0));
}

#[test]
fn a_list_means_its_members() {
    let policy = |calls: &str| {
        tracing_policy(&format!(
            "  lists: [{{name: calls, type: syscalls, values: [{calls}]}}]\n  kprobes:\n  - call: list:calls\n    syscall: true\n    selectors:\n    - matchActions: [{{action: Sigkill}}]\n"
        ))
    };
    assert!(!verdict(&policy("sys_ptrace, sys_mount"), OPEN).is_unknown());
    assert_eq!(
        verdict(&policy("sys_ptrace, sys_openat"), OPEN)
            .not_evaluated
            .first()
            .map(|named| named.hooks.clone()),
        Some(vec!["sys_openat".to_owned()])
    );
}

#[test]
fn a_rule_elsewhere_or_switched_off_says_nothing_here() {
    let rule = |lines: &str| {
        format!(
            "kind: EnforcementRule\nname: r\ntemplate: custom\n{lines}policy:\n  {}",
            lsm("file_open", "Sigkill").trim_end().replace('\n', "\n  ")
        )
    };
    let here = OPEN.replace('}', r#", "sensor": "edge-1"}"#);
    assert_eq!(verdict(&rule(""), OPEN).effect, "kill");
    assert_eq!(verdict(&rule("enabled: false\n"), OPEN).effect, "allow");
    assert_eq!(verdict(&rule("scope: {sensor: edge-2}\n"), &here).effect, "allow");
    assert_eq!(verdict(&rule("scope: {sensor: edge-1}\n"), &here).effect, "kill");
    assert_eq!(verdict(&rule("scope: {sensor: edge-2}\n"), OPEN).depends_on, ["sensor"]);
}

#[test]
fn a_matching_detection_is_reported_with_the_effect() {
    let policy = "kind: GuardianPolicy\nname: d\nmatch_event_kind: process_exec\nmatch_process_pattern: /sh\nmatch_parent_pattern: /opt/\nmatch_uid: 0\naction: kill_process\nexceptions: [/bin/dash]\n";
    let event = |uid: &str, path: &str| {
        format!(r#"{{"operation": "exec", "binary": "/opt/a", "path": "{path}"{uid}}}"#)
    };
    let found = verdict(policy, &event(r#", "uid": 0"#, "/bin/sh"));
    assert_eq!((found.effect, found.detections.len()), ("allow", 1));
    assert!(found.detections.iter().all(|found| found.matches && found.action == "kill_process"));
    assert!(verdict(policy, &event(r#", "uid": 1"#, "/bin/sh")).detections.is_empty());
    assert!(verdict(policy, &event(r#", "uid": 0"#, "/bin/dash")).detections.is_empty());
    assert!(verdict(policy, CONNECT).detections.is_empty());
    // Whether the Console kills depends on the user.
    let open = verdict(policy, &event("", "/bin/sh"));
    assert_eq!((open.effect, open.at_most), ("unknown", Some("kill")));
    assert_eq!(open.detections.first().map(|found| found.depends_on.clone()), Some(vec!["uid"]));
}

#[test]
fn a_detection_that_only_alerts_never_makes_an_effect_unknown() {
    let policy = "kind: GuardianPolicy\nname: d\nmatch_dst_port: \"443\"\nmatch_dst_ip_prefix: 10.0.0.0/8\naction: alert\n";
    let found = verdict(policy, r#"{"operation": "connect", "binary": "/a", "port": 443}"#);
    assert_eq!((found.effect, found.detections.len()), ("allow", 1));
    assert_eq!(
        found.detections.first().map(|found| (found.matches, found.depends_on.clone())),
        Some((false, vec!["address"]))
    );
    assert!(verdict(policy, OPEN).detections.is_empty());
}
