use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::Effect;
use telovix_policy::judge::{Event, Index};
use telovix_policy::value::Date;

use super::{NotProposed, permit};

/// Applies the edits that allow an event, and returns what they do and the text.
fn allowed(text: &str, event: &str) -> Result<(String, String), NotProposed> {
    let event = Event::parse(event).expect("an event");
    let (mut text, mut done) = (text.to_owned(), Vec::new());
    for _ in 0..4 {
        let sources = SourceSet::single("policy.yaml", &text);
        let analysis = analyse(&sources, &Options::on(Date::FIRST));
        let errors: Vec<_> = analysis
            .diagnostics
            .iter()
            .filter(|found| found.severity == telovix_diagnostic::Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        let verdict = Index::new(&analysis.policy.confinements).judge(&event);
        if verdict.effect == Effect::Allow {
            return Ok((done.join(", "), text));
        }
        let found = permit(&analysis.policy, &sources, &verdict, &event)?;
        for edit in found.edits.iter().rev() {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        }
        done.push(found.what);
    }
    panic!("still denied: {text}");
}

const PROFILE: &str = "\
kind: GuardianProfile
name: amf
target_binary: /opt/amf
mode: enforce
allowed_spawns: []
allowed_files:
  - /etc/ssl/  # certificates
allowed_dst_ports: [443]
allowed_dst_cidrs: [10.0.0.0/8]
allowed_capabilities: [CHOWN]
blocked_syscalls: [ptrace, chroot]
";

#[test]
fn a_profile_gets_the_exact_value() {
    for (event, what, line) in [
        (
            r#"{"operation":"exec","binary":"/opt/amf","path":"/bin/sh"}"#,
            "add `/bin/sh` to `allowed_spawns`",
            "allowed_spawns: [/bin/sh]",
        ),
        (
            r#"{"operation":"open","binary":"/opt/amf","path":"/etc/a b","access":["read"]}"#,
            "add `/etc/a b` to `allowed_files`",
            "  - /etc/ssl/  # certificates\n  - \"/etc/a b\"",
        ),
        (
            r#"{"operation":"connect","binary":"/opt/amf","address":"192.0.2.1","port":80}"#,
            "add `80` to `allowed_dst_ports`, and add `192.0.2.1/32` to `allowed_dst_cidrs`",
            "allowed_dst_ports: [443, 80]\nallowed_dst_cidrs: [10.0.0.0/8, 192.0.2.1/32]",
        ),
        (
            r#"{"operation":"capability","binary":"/opt/amf","capability":"CAP_KILL"}"#,
            "add `KILL` to `allowed_capabilities`",
            "allowed_capabilities: [CHOWN, KILL]",
        ),
        (
            r#"{"operation":"syscall","binary":"/opt/amf","syscall":"ptrace"}"#,
            "remove `ptrace` from `blocked_syscalls`",
            "blocked_syscalls: [chroot]",
        ),
    ] {
        let (done, text) = allowed(PROFILE, event).expect("an edit");
        assert_eq!(done, what);
        assert!(text.contains(line), "{text}");
    }
}

const RULE: &str = "\
kind: EnforcementRule
rule_id: er-1
template: block-execve-tmp
name: tmp
";

#[test]
fn a_rule_gets_an_exception_for_the_process_and_its_parent() {
    let event = r#"{"operation":"exec","binary":"/usr/bin/make","parent":"/bin/sh","path":"/tmp/x"}"#;
    let (done, text) = allowed(RULE, event).expect("an edit");
    assert_eq!(done, "add an exception for `/usr/bin/make` as a child of `/bin/sh`");
    let expected = "\
template: block-execve-tmp
exceptions:
  - process: /usr/bin/make
    parent: /bin/sh
    reason: \"found legitimate: /usr/bin/make: exec /tmp/x (child of /bin/sh)\"
name: tmp
";
    assert!(text.ends_with(expected), "{text}");
    // A second one comes after it.
    let event = r#"{"operation":"exec","binary":"/usr/bin/ninja","path":"/tmp/x"}"#;
    let (_, text) = allowed(&text, event).expect("an edit");
    assert!(text.contains("(child of /bin/sh)\"\n  - process: /usr/bin/ninja\n    reason: "), "{text}");
}

const GUARD: &str = "\
processes:
  soc:
    blocked_files:
      - /opt/keys/
    allowed_files: [/opt/, /usr/]
    blocked_network: ['*:22', '*:23']
mode: enforce
";

#[test]
fn a_guard_loses_a_blocked_entry_or_gets_an_allowed_one() {
    let open = r#"{"operation":"open","binary":"/usr/bin/soc","path":"/opt/keys/a","access":["read"]}"#;
    let (done, text) = allowed(GUARD, open).expect("an edit");
    assert_eq!(done, "remove `/opt/keys/` from `blocked_files`");
    assert!(text.contains("blocked_files:\n      []\n"), "{text}");
    let connect = r#"{"operation":"connect","binary":"/usr/bin/soc","address":"2001:db8::1","port":22}"#;
    let (done, text) = allowed(GUARD, connect).expect("an edit");
    assert_eq!(
        done,
        "remove `'*:22'` from `blocked_network`, add `[2001:db8::1]/128:22` to a new `allowed_network`"
    );
    assert!(
        text.contains("    allowed_network:\n      - \"[2001:db8::1]/128:22\"\n    blocked_files:"),
        "{text}"
    );
}

#[test]
fn what_no_list_can_say_is_not_proposed() {
    let of = |event| allowed(PROFILE, event).expect_err("no edit");
    assert_eq!(of(r#"{"operation":"exec","binary":"/opt/amf","anonymous":true}"#), NotProposed::Anonymous);
    assert_eq!(
        of(r#"{"operation":"open","binary":"/opt/amf","path":"/etc/a*","access":["read"]}"#),
        NotProposed::NoEntry("/etc/a*".to_owned())
    );
    let json = r#"{"kind":"EnforcementRule","rule_id":"er-1","template":"block-execve-tmp","name":"tmp"}"#;
    let exec = r#"{"operation":"exec","binary":"/usr/bin/make","path":"/tmp/x"}"#;
    assert!(matches!(allowed(json, exec), Err(NotProposed::Layout(_))));
}
