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
