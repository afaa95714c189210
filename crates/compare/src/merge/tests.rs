//! Merges of small files: the exact output, and the conflicts.

use telovix_policy::confine::Effect;
use telovix_policy::value::Date;

use super::{Merged, Versions, merge};

const BASE: &str = "# The AMF.
kind: GuardianProfile
name: amf   # as people say
target_binary: /opt/amf/bin/amf
mode: audit
allowed_spawns:
  - /usr/bin/logger
  - /usr/bin/curl   # for the health check
allowed_files: [/opt/amf/,   /usr/lib/]
exceptions:
  - process: /usr/sbin/sshd
    reason: support
";

fn merged(ours: &str, theirs: &str) -> Merged {
    let as_of = Date::parse("2026-11-20").expect("a date");
    merge(Versions { base: BASE, ours, theirs }, "amf.yaml", 7, as_of)
        .expect("three versions without an error")
}

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(BASE.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

/// Merges two changes in both orders; the output must be the file with both.
fn both(ours: &[(&str, &str)], theirs: &[(&str, &str)], expected: &[(&str, &str)]) {
    let found = merged(&changed(ours), &changed(theirs));
    assert_eq!(found.text, changed(expected));
    assert_eq!((found.conflicts, found.contradiction), (Vec::new(), None));
}

#[test]
fn entries_of_one_list_come_together() {
    both(
        &[("  - /usr/bin/logger\n", "  - /usr/bin/logger\n  - /usr/bin/id\n")],
        &[("  - /usr/bin/curl   # for the health check\n", "  - /usr/bin/env # new\n")],
        &[(
            "  - /usr/bin/logger\n  - /usr/bin/curl   # for the health check\n",
            "  - /usr/bin/logger\n  - /usr/bin/id\n  - /usr/bin/env # new\n",
        )],
    );
}

#[test]
fn fields_side_by_side_come_together() {
    both(
        &[("mode: audit", "mode: enforce")],
        &[
            ("# The AMF.", "# The access function."),
            ("support", "remote hands"),
            (",   /usr/lib/", ", /usr/lib/, /etc/ssl/"),
        ],
        &[
            ("mode: audit", "mode: enforce"),
            ("support", "remote hands"),
            ("[/opt/amf/,   /usr/lib/]", "[/opt/amf/, /usr/lib/, /etc/ssl/]"),
        ],
    );
}

#[test]
fn new_fields_and_documents_are_put_in_as_written() {
    let rule = "---\n# No modules.\nkind: EnforcementRule\nname: no modules\ntemplate: block-kmod-load\n";
    let found = merged(
        &changed(&[("mode: audit\n", "mode: audit\nchildren: inherit\n")]),
        &format!(
            "{}{rule}",
            changed(&[("mode: audit\n", "mode: audit\n# Agreed.\nblocked_syscalls:\n- ptrace\n")])
        ),
    );
    let expected = changed(&[(
        "mode: audit\n",
        "mode: audit\nchildren: inherit\n# Agreed.\nblocked_syscalls:\n- ptrace\n",
    )]);
    let other = changed(&[(
        "mode: audit\n",
        "mode: audit\n# Agreed.\nblocked_syscalls:\n- ptrace\nchildren: inherit\n",
    )]);
    assert!(
        found.text == format!("{expected}{rule}") || found.text == format!("{other}{rule}"),
        "{}",
        found.text
    );
    assert!(found.conflicts.is_empty());
}

#[test]
fn a_stricter_mode_and_other_lists_come_together() {
    both(
        &[("mode: audit", "mode: enforce")],
        &[("  - /usr/bin/curl   # for the health check\n", "  - /usr/bin/env\n")],
        &[
            ("mode: audit", "mode: enforce"),
            ("  - /usr/bin/curl   # for the health check\n", "  - /usr/bin/env\n"),
        ],
    );
}

#[test]
fn text_that_only_moves_is_no_change() {
    let moved = "kind: GuardianProfile\nmode: audit\nname: \"amf\"\ntarget_binary: /opt/amf/bin/amf\n\
                 allowed_spawns: [/usr/bin/curl, /usr/bin/logger]\nallowed_files: [/opt/amf/, /usr/lib/]\n\
                 exceptions: [{reason: support, process: /usr/sbin/sshd}]\n";
    let ours = changed(&[("mode: audit", "mode: enforce")]);
    assert_eq!(merged(&ours, moved).text, ours);
    let found = merged(moved, &ours);
    assert_eq!(found.text, moved.replace("audit", "enforce"));
}

#[test]
fn one_field_with_two_new_values_is_a_conflict_on_its_line() {
    let found =
        merged(&changed(&[("mode: audit", "mode: enforce")]), &changed(&[("mode: audit", "mode: observe")]));
    let lines = "<<<<<<< ours\nmode: enforce\n=======\nmode: observe\n>>>>>>> theirs\n";
    assert_eq!(found.text, changed(&[("mode: audit\n", lines)]));
    assert_eq!(found.conflicts, ["GuardianProfile amf: `mode`"]);
}

#[test]
fn entries_that_mean_the_opposite_are_a_conflict() {
    let found = merged(
        &changed(&[("  - /usr/bin/logger\n", "  - /usr/bin/logger\n  - /usr/bin/\n")]),
        &changed(&[("  - /usr/bin/curl   # for the health check\n", "")]),
    );
    let event = found.contradiction.expect("an event");
    assert_eq!(event.event.to_string(), "/opt/amf/bin/amf: exec /usr/bin/curl");
    assert_eq!(event.effects.map(Effect::name), ["allow", "allow", "kill", "allow"]);
    assert_eq!(found.conflicts, ["GuardianProfile amf: `allowed_spawns`"]);
    assert!(found.text.contains("<<<<<<< ours\nallowed_spawns:\n  - /usr/bin/logger\n  - /usr/bin/\n"));
}

#[test]
fn ports_and_blocks_that_multiply_are_a_conflict() {
    let with = |cidrs: &str, ports: &str| {
        format!("{BASE}allowed_dst_cidrs: [{cidrs}]\nallowed_dst_ports: [{ports}]\n")
    };
    let base = with("10.0.0.0/8", "443");
    let (ours, theirs) = (with("10.0.0.0/8, 192.0.2.0/24", "443"), with("10.0.0.0/8", "443, 22"));
    let as_of = Date::parse("2026-11-20").expect("a date");
    let found = merge(Versions { base: &base, ours: &ours, theirs: &theirs }, "amf.yaml", 7, as_of)
        .expect("no error");
    let event = found.contradiction.expect("an event");
    assert_eq!(event.event.to_string(), "/opt/amf/bin/amf: connect 192.0.2.1:22");
    assert_eq!(event.effects.map(Effect::name), ["kill", "kill", "kill", "allow"]);
    assert_eq!(
        found.conflicts,
        ["GuardianProfile amf: `allowed_dst_cidrs`", "GuardianProfile amf: `allowed_dst_ports`"]
    );
}

#[test]
fn what_one_removes_and_the_other_changes_is_a_conflict() {
    let found = merged(
        "kind: EnforcementRule\nname: no modules\ntemplate: block-kmod-load\n",
        &changed(&[("audit", "enforce")]),
    );
    assert_eq!(found.conflicts, ["GuardianProfile amf: we removed it"]);
    assert!(found.text.contains("=======\n---\n# The AMF.\n"), "{}", found.text);
}

#[test]
fn a_version_with_an_error_is_refused() {
    let as_of = Date::parse("2026-11-20").expect("a date");
    let refusal = merge(Versions { base: BASE, ours: BASE, theirs: "kind: [" }, "amf.yaml", 7, as_of);
    assert_eq!(refusal.map_err(|refusal| refusal.version.name()).err(), Some("theirs"));
}
