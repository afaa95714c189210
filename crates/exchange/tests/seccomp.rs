//! Seccomp profiles: every system call judged by the imported profile and by a literal reading of the filter.

use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_exchange::{Change, Effect as Differs, seccomp};
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::{Date, Syscall};

const PROGRAM: &str = "/opt/amf/bin/amf";

fn imported(profile: &str) -> (Vec<Confinement>, Vec<Change>) {
    let conversion = seccomp::import("amf.json", profile, PROGRAM).expect(profile);
    let sources = SourceSet::single("amf.yaml", &conversion.text);
    let analysis = analyse(&sources, &Options::on(Date::FIRST));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| found.severity.name() == "error").collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", conversion.text);
    (analysis.policy.confinements, conversion.changes)
}

fn is_denied(confinements: &[Confinement], call: &str) -> bool {
    let text = format!(
        r#"{{"operation": "syscall", "binary": "{PROGRAM}", "parent": "/sbin/init", "ancestors": ["/sbin/init"], "syscall": "{call}"}}"#
    );
    let event: Event = serde_json::from_str(&text).expect(&text);
    let verdict = judge(confinements, &event);
    assert!(verdict.depends_on.is_empty(), "{call}: {verdict:?}");
    verdict.effect == Effect::Deny
}

/// Reads a filter literally: with a set of arguments and capabilities for which no condition holds, or all do.
fn filter_denies(profile: &serde_json::Value, call: &str, conditions_hold: bool) -> bool {
    let denies = |action: &serde_json::Value| {
        !["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"].contains(&action.as_str().expect("a profile"))
    };
    let rules = profile["syscalls"].as_array().expect("a profile");
    let applies = |rule: &&serde_json::Value| {
        let is_named = rule["names"].as_array().expect("a profile").iter().any(|name| name == call);
        let is_bound = ["args", "includes", "excludes"].iter().any(|key| match &rule[key] {
            serde_json::Value::Array(items) => !items.is_empty(),
            serde_json::Value::Object(fields) => !fields.is_empty(),
            _ => false,
        });
        is_named && (!is_bound || conditions_hold)
    };
    rules
        .iter()
        .find(applies)
        .map_or_else(|| denies(&profile["defaultAction"]), |rule| denies(&rule["action"]))
}

fn compare(profile: &str) {
    let (confinements, changes) = imported(profile);
    let value: serde_json::Value = serde_json::from_str(profile).expect(profile);
    let tells = |effect: Differs, call: &str| {
        changes.iter().any(|change| {
            let words = format!("{} {}", change.what, change.why);
            change.effect == effect && words.split([' ', '`', ',']).any(|word| word == call)
        })
    };
    for call in Syscall::all().map(Syscall::name) {
        let document = is_denied(&confinements, call);
        for conditions_hold in [false, true] {
            match (filter_denies(&value, call, conditions_hold), document) {
                (true, false) => assert!(tells(Differs::Weaker, call), "{call} is weaker: {changes:?}"),
                (false, true) => assert!(tells(Differs::Stricter, call), "{call} is stricter: {changes:?}"),
                _ => {}
            }
        }
        // A listed difference exists.
        let literal = [false, true].map(|hold| filter_denies(&value, call, hold));
        if changes.iter().any(|change| change.what == format!("`{call}`") && change.effect == Differs::Weaker)
        {
            assert!(literal.contains(&true) && !document, "{call} is not weaker: {changes:?}");
        }
    }
}

#[test]
fn a_list_of_denied_calls_denies_them() {
    compare(
        r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["ptrace", "bpf"], "action": "SCMP_ACT_ERRNO", "args": [], "includes": {}, "excludes": {}},
        {"names": ["setuid"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 2080505856, "op": "SCMP_CMP_MASKED_EQ"}]},
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}"#,
    );
}

#[test]
fn a_list_of_allowed_calls_denies_all_others() {
    compare(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
        {"names": ["read", "write", "openat", "close", "mmap", "exit_group"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["setuid"], "action": "SCMP_ACT_LOG"},
        {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}}]}"#,
    );
}

#[test]
fn what_is_lost_is_listed_with_its_line() {
    let (_, changes) = imported(
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"archMap\": [],\n\"extra\": 1,\n\"syscalls\": [\n{\"names\": [\"nosuchcall\", \"bpf\"],\n\"action\": \"SCMP_ACT_KILL\"}, {\"name\": \"mount\",\n\"action\": \"SCMP_ACT_NOTIFY\"}]}",
    );
    let listed: Vec<_> =
        changes.iter().map(|change| (change.line, change.what.as_str(), change.effect.name())).collect();
    assert_eq!(
        listed,
        [
            (2, "`archMap`", "weaker"),
            (3, "`extra`", "weaker"),
            (5, "`nosuchcall`", "weaker"),
            (5, "`action`", "weaker"),
            (6, "`mount`", "weaker")
        ]
    );
}

#[test]
fn what_is_no_filter_or_contradicts_itself_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let both = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["bpf"], "action": "SCMP_ACT_ERRNO"}, {"names": ["bpf"], "action": "SCMP_ACT_ALLOW"}]}"#;
    let cases = [
        "",
        "{",
        "[]",
        "{}",
        "\u{0}",
        "{\"defaultAction\": 1}",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}",
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": 3}",
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [3]}",
        &deep,
        both,
    ];
    for text in cases {
        assert!(seccomp::import("x", text, PROGRAM).is_err(), "{}", &text[..text.len().min(80)]);
    }
    assert!(seccomp::import("x", &" ".repeat(seccomp::LARGEST_PROFILE + 1), PROGRAM).is_err());
    assert!(seccomp::import("x", r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#, "relative").is_err());
}
