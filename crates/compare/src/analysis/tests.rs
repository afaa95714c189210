//! The findings about one policy, on the smallest policies that have them.

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::SourceSet;
use telovix_document as document;
use telovix_document::lower;
use telovix_policy::value::Date;

use super::analyse;

fn found(text: &str) -> Vec<(&'static str, String)> {
    let sources = SourceSet::single("policy.yaml", text);
    let documents = document::read(&sources, &mut Sink::default()).documents;
    let as_of = Date::parse("2026-11-20").expect("a date");
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut Sink::default());
    let mut sink = Sink::default();
    telovix_lint::overlaps(&policy, &mut sink);
    analyse(&policy, &mut sink);
    sink.into_sorted().into_iter().map(|found| (found.code.id, found.message)).collect()
}

fn amf(lists: &str) -> String {
    format!("kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\n{lists}")
}

#[test]
fn an_exception_for_the_binary_swallows_its_profile() {
    let lists = |pattern: &str| format!("allowed_spawns: []\nexceptions: [{{{pattern}, reason: support}}]\n");
    let codes = |text: &str| found(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(&amf(&lists("process: /opt/amf/"))), ["exception-swallows-rule"]);
    assert_eq!(codes(&amf(&lists("parent: /usr/sbin/sshd"))), [""; 0]);
}

#[test]
fn a_helper_reaches_further() {
    let helper = "---\nkind: GuardianProfile\nname: helper\ntarget_binary: /usr/bin/helper\nmode: enforce\n\
                  allowed_files: [/etc/shadow]\n";
    let lists = "allowed_spawns: [/usr/bin/helper]\nallowed_files: [/opt/amf/]\n";
    let message = "`/opt/amf/bin/amf` is denied this, but a program it may start is not: `/usr/bin/helper: open read /etc/shadow`";
    assert_eq!(found(&format!("{}{helper}", amf(lists))), [("reached-through-spawn", message.to_owned())]);
    let inheriting = format!("{lists}children: inherit\n");
    assert_eq!(found(&format!("{}{helper}", amf(&inheriting))), []);
}

#[test]
fn a_rule_overrides_a_list() {
    let rule = "---\nkind: EnforcementRule\nname: no tmp\ntemplate: block-execve-tmp\n";
    let text = |helper: &str| format!("{}{rule}", amf(&format!("allowed_spawns: [{helper}]\n")));
    let message = "`amf` lists an event as allowed, and `no tmp` gives `deny` to the same event, so `deny` wins: \
                   `/opt/amf/bin/amf: exec /tmp/helper`";
    assert_eq!(found(&text("/tmp/helper")), [("effects-disagree", message.to_owned())]);
    assert_eq!(found(&text("/usr/bin/helper")), []);
}

#[test]
fn two_effects_on_one_event_are_reported_with_the_one_that_wins() {
    let guard = "---\nversion: \"1.0\"\nmode: enforce\nprocesses:\n  amf:\n    blocked_syscalls: [ptrace]\n    \
                 allowed_network: [\"0.0.0.0/0\", \"::/0\"]\n";
    let text = format!("{}{guard}", amf("blocked_syscalls: [ptrace, bpf]\n").replace("enforce", "audit"));
    let message = "`amf` gives `kill` to an event, and `amf` gives `deny` to the same event, so `deny` wins: \
                   `/opt/amf/bin/amf: syscall ptrace`";
    assert_eq!(found(&text), [("effects-disagree", message.to_owned())]);
}
