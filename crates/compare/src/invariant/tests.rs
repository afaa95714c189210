//! Invariants checked against small policies: the violating event and the deciding line.

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_document as document;
use telovix_document::lower;
use telovix_policy::value::Date;

use super::check_invariants;

const PROFILE: &str = "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf/bin/amf\nmode: enforce\n";
const SHELLS: &str = "---\nkind: Invariant\nname: no shells\nreason: none\n";

fn violations(text: &str) -> Vec<Diagnostic> {
    let sources = SourceSet::single("policy.yaml", text);
    let mut sink = Sink::default();
    let documents = document::read(&sources, &mut sink).documents;
    let as_of = Date::parse("2026-11-20").expect("a date");
    let policy = lower::lower(documents, &sources, lower::Options { as_of }, &mut Sink::default());
    check_invariants(&policy, &sources, &mut sink);
    sink.into_sorted()
}

/// Returns the one finding: its code, its message and the line that decided.
fn finding(text: &str) -> (&'static str, String, usize) {
    let found = violations(text);
    let [only] = found.as_slice() else { panic!("one finding, not {found:?}") };
    let line =
        only.related.first().map_or(0, |label| text[..label.span.start as usize].matches('\n').count() + 1);
    (only.code.id, only.message.clone(), line)
}

#[test]
fn an_allowed_event_shows_the_entry_that_allows_it() {
    let text = format!(
        "{PROFILE}allowed_spawns:\n  - /usr/bin/logger\n  - /bin/\n{SHELLS}never:\n  exec: [/bin/sh]\n"
    );
    let message = "invariant `no shells` violated: `/opt/amf/bin/amf: exec /bin/sh` is allowed";
    assert_eq!(finding(&text), ("invariant-broken", message.to_owned(), 7));
}

#[test]
fn an_unconfined_event_shows_the_document() {
    let text = format!("{PROFILE}{SHELLS}never:\n  exec: [/bin/sh]\n");
    assert_eq!(finding(&text).2, 2);
}

#[test]
fn an_exception_can_violate() {
    let exceptions = "exceptions:\n  - {parent: /usr/sbin/sshd, reason: support}\n";
    let text = format!("{PROFILE}allowed_spawns: []\n{exceptions}{SHELLS}never:\n  exec: [/bin/sh]\n");
    let (_, message, line) = finding(&text);
    assert_eq!(line, 7);
    assert!(
        message.ends_with("`/opt/amf/bin/amf: exec /bin/sh (child of /usr/sbin/sshd)` is allowed"),
        "{message}"
    );
}

#[test]
fn another_document_can_satisfy_an_invariant() {
    let rule = "---\nkind: EnforcementRule\nname: staging\ntemplate: block-execve-tmp\n";
    let text = format!("{PROFILE}{rule}{SHELLS}never:\n  exec: [/tmp/]\n");
    assert!(violations(&text).is_empty());
}

#[test]
fn killing_is_not_denying() {
    let audit = PROFILE.replace("enforce", "audit");
    let text =
        |at_least: &str| format!("{audit}allowed_spawns: []\n{SHELLS}never:\n  exec: [/bin/sh]\n{at_least}");
    assert!(violations(&text("at_least: kill\n")).is_empty());
    assert_eq!(finding(&text("at_least: deny\n")).0, "invariant-broken");
}

#[test]
fn what_must_pass_may_not_be_stopped() {
    let text =
        format!("{PROFILE}allowed_dst_ports: [443]\n{SHELLS}always:\n  connect: [\"*:443\", \"*:53\"]\n");
    let (_, message, line) = finding(&text);
    assert!(message.contains("connect 192.0.2.1:53` is denied"), "{message}");
    assert_eq!(line, 5);
}

#[test]
fn only_rules_apply_to_everyone() {
    let rule = "kind: EnforcementRule\nname: modules\ntemplate: block-kmod-load\n";
    let demand =
        |extra: &str| format!("subjects: {{everyone: true{extra}}}\nnever:\n  operations: [module_load]\n");
    assert!(violations(&format!("{rule}{SHELLS}{}", demand(""))).is_empty());
    let excepted = format!("{rule}exceptions: [{{process: /usr/bin/kmod, reason: boot}}]\n");
    assert_eq!(finding(&format!("{excepted}{SHELLS}{}", demand(""))).2, 4);
    assert!(violations(&format!("{excepted}{SHELLS}{}", demand(", except: [/usr/bin/kmod]"))).is_empty());
}

#[test]
fn subjects_without_a_match_are_reported() {
    let text = format!("{PROFILE}{SHELLS}subjects: {{roles: [smf]}}\nnever:\n  exec: [/bin/sh]\n");
    assert_eq!(finding(&text).0, "invariant-without-subject");
}

/// A Tetragon policy on opened and executed files.
fn custom(selector: &str) -> String {
    format!(
        "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {{name: custom}}\nspec:\n  lsmhooks:\n  - hook: file_open\n    args: [{{index: 0, type: file}}]\n    selectors:\n    - {selector}\n      matchActions: [{{action: Override, argError: -1}}]\n"
    )
}

#[test]
fn a_tetragon_policy_can_satisfy_an_invariant() {
    let demand = "subjects: {everyone: true}\nnever:\n  exec: [/tmp/]\n";
    let text = |selector: &str| format!("{}{SHELLS}{demand}", custom(selector));
    assert!(violations(&text("matchArgs: [{index: 0, operator: Prefix, values: [/tmp/]}]")).is_empty());
    let some = text("matchArgs: [{index: 0, operator: Postfix, values: [.sh]}]");
    assert!(finding(&some).1.contains("exec /tmp/x` is allowed"), "{:?}", finding(&some));
    let except = "matchBinaries: [{operator: NotIn, values: [/usr/bin/apt]}]\n      ";
    let except = text(&format!("{except}matchArgs: [{{index: 0, operator: Prefix, values: [/tmp/]}}]"));
    assert!(finding(&except).1.contains("`/usr/bin/apt: exec /tmp/"), "{:?}", finding(&except));
    let pids = "matchPIDs: [{operator: NotIn, values: [1]}]\n      ";
    let pids = text(&format!("{pids}matchArgs: [{{index: 0, operator: Prefix, values: [/tmp/]}}]"));
    assert!(finding(&pids).1.contains("is allowed"), "{:?}", finding(&pids));
}

#[test]
fn a_tetragon_policy_can_stop_what_must_pass() {
    let demand = "always:\n  read: [/etc/amf/]\n";
    let text = |selector: &str| format!("{PROFILE}---\n{}{SHELLS}{demand}", custom(selector));
    let (_, message, line) = finding(&text("matchArgs: [{index: 0, operator: Postfix, values: [.key]}]"));
    assert!(message.contains("open read /etc/amf/.key` is denied"), "{message}");
    assert_eq!(line, 14);
    let pids = "matchPIDs: [{operator: NotIn, values: [1]}]\n      ";
    let pids = text(&format!("{pids}matchArgs: [{{index: 0, operator: Prefix, values: [/etc/]}}]"));
    assert!(finding(&pids).1.contains("may be denied"), "{:?}", finding(&pids));
    assert!(violations(&text("matchArgs: [{index: 0, operator: Prefix, values: [/var/]}]")).is_empty());
}
