//! Exports of the product: what they mean after a conversion, judged by events and a literal reading of the original.

use proptest::prelude::*;
use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::Policy;
use telovix_exchange::Effect;
use telovix_exchange::product::{Conversion, convert, pack_folders};
use telovix_policy::confine::Effect as Verdict;
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::Date;

/// Returns the policy of a converted text without errors.
fn policy(text: &str) -> Policy {
    let sources = SourceSet::single("policy.yaml", text);
    let analysis = analyse(&sources, &Options::on(Date::FIRST));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| found.severity.name() == "error").collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    analysis.policy
}

fn effects(conversion: &Conversion) -> Vec<(u32, Effect)> {
    conversion.changes.iter().map(|change| (change.line, change.effect)).collect()
}

/// Matches a path as the guard's own reader does.
fn matches(pattern: &str, path: &str) -> bool {
    if pattern == path {
        return true;
    }
    let prefix = pattern.strip_suffix("/*").or_else(|| pattern.strip_suffix('*'));
    prefix.is_some_and(|prefix| path.starts_with(prefix))
}

#[test]
fn files_of_a_guard_are_those_of_its_own_reader() {
    let lists: [(&[&str], &[&str]); 5] = [
        (&[], &["*"]),
        (&[], &["/etc/shadow", "/root*", "*.log"]),
        (&["/var/www*", "*.log"], &[]),
        (&["*"], &["/etc/*.conf", "/etc/pass*"]),
        (&["/a", "/b*c"], &[]),
    ];
    let paths = [
        "/etc/shadow",
        "/etc/passwd",
        "/etc/x.conf",
        "/root/x",
        "/rooted",
        "/var/www/a",
        "/a",
        "/b",
        "/x.log",
    ];
    for (allowed, blocked) in lists {
        let list =
            |items: &[&str]| items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
        let text = format!(
            "mode: \"\"\nprocesses:\n  web:\n    allowed_files: [{}]\n    blocked_files: [{}]\n    allowed_network: [\"*\"]\n",
            list(allowed),
            list(blocked)
        );
        let conversion = convert(&text).unwrap();
        assert!(conversion.changes.iter().all(|change| change.effect == Effect::Same), "{conversion:?}");
        let policy = policy(&conversion.text);
        for path in paths {
            let event = format!(
                r#"{{"operation": "open", "binary": "/usr/bin/web", "parent": "/a", "ancestors": ["/a"], "path": "{path}", "access": ["read"]}}"#
            );
            let event: Event = serde_json::from_str(&event).unwrap();
            let verdict = judge(&policy.confinements, &event);
            let any = |list: &[&str]| list.iter().any(|pattern| matches(pattern, path));
            let violates = any(blocked) || (!allowed.is_empty() && !any(allowed));
            assert_eq!(verdict.effect != Verdict::Allow, violates, "{path}: {text}\n{}", conversion.text);
        }
    }
}

#[test]
fn what_would_become_weaker_is_kept_and_listed() {
    let guard = |lists: &str| format!("processes:\n  web:\n    {lists}\n");
    for (lists, kept) in [
        ("blocked_network: [bad.example.org]", "bad.example.org"),
        ("allowed_files: [\"*.log\"]", "*.log"),
        ("blocked_files: [\"etc*\"]", "etc*"),
    ] {
        let conversion = convert(&guard(lists)).unwrap();
        assert_eq!(effects(&conversion), [(3, Effect::Kept)], "{lists}");
        assert!(conversion.text.contains(&format!("\"{kept}\"")), "{}", conversion.text);
    }
    let conversion = convert(&guard("allowed_network: [db.example.org, 10.0.0.0/8]")).unwrap();
    assert_eq!(effects(&conversion), [(3, Effect::Stricter)]);
    assert!(!conversion.text.contains("db.example.org"));
}

#[test]
fn a_prefix_of_octets_is_the_block_with_the_same_addresses() {
    for (prefix, block) in [("10.", "10.0.0.0/8"), ("10.20.", "10.20.0.0/16"), ("192.0.2.", "192.0.2.0/24")] {
        let conversion = convert(&format!("name: x\nmatch_dst_ip_prefix: \"{prefix}\"\n")).unwrap();
        assert!(
            conversion.text.contains(&format!("match_dst_ip_prefix: \"{block}\"")),
            "{}",
            conversion.text
        );
        assert_eq!(effects(&conversion), [(2, Effect::Same)]);
    }
    for prefix in ["10", "10.2", "300.", "10.20.30.40.", "10..", "."] {
        let conversion = convert(&format!("name: x\nmatch_dst_ip_prefix: \"{prefix}\"\n")).unwrap();
        assert_eq!(effects(&conversion), [(2, Effect::Kept)], "{prefix}");
    }
    // An address or a block is no prefix.
    for same in ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32"] {
        let conversion = convert(&format!("name: x\nmatch_dst_ip_prefix: \"{same}\"\n")).unwrap();
        assert_eq!(effects(&conversion), [], "{same}");
    }
}

#[test]
fn a_file_is_converted_as_a_whole_or_not_at_all() {
    let profile = "name: amf\ntarget_binary: /opt/amf\n";
    for text in [
        "kind: GuardianProfile\nname: amf\ntarget_binary: /opt/amf\n".to_owned(),
        "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
        format!("{profile}---\nreplicas: 3\n"),
        format!("{profile}---\n[\n"),
        "[{\"name\": \"amf\", \"target_binary\": \"/opt/amf\"}, {\"x\": 1}]".to_owned(),
        String::new(),
    ] {
        assert_eq!(convert(&text), None, "{text}");
    }
    // A mistake stays one, so that `lint` reports it.
    let conversion = convert("name: amf\ntarget_binary: /opt/amf\nallowed_spawn: []\n").unwrap();
    assert!(conversion.text.contains("allowed_spawn: []"), "{}", conversion.text);
    // Nothing is done to a document when all that could be done would make it weaker.
    assert_eq!(convert("kind: EnforcementRule\nname: x\ntemplate: custom\npolicy: \"a: [\"\n"), None);
    // What is a document already is not touched.
    let mixed = format!("{profile}---\nkind: GuardianProfile\nname: smf\ntarget_binary: /b\nx: 1\n");
    assert!(convert(&mixed).unwrap().text.contains("x: 1"));
}

#[test]
fn the_folder_of_a_pack_is_known_by_its_fields() {
    assert_eq!(pack_folders("pack_id: a\nversion: 0.1.0\n"), ["a/0.1.0"]);
    assert_eq!(pack_folders("kind: PolicyPack\npack_id: a\nversion: \"2\"\n"), ["a/2"]);
    assert!(pack_folders("name: pack_id\n").is_empty());
}

proptest! {
    #[test]
    fn any_text_is_converted_to_documents_or_left_alone(
        text in "(name|kind|target_binary|processes|template|policy|match_dst_ip_prefix|[a-z]|: |- |\\{|\\}|\\[|\\]|\n|  |\"|'|\\*|/|,|&a|\\*a|custom|10\\.){0,60}"
    ) {
        if let Some(conversion) = convert(&text) {
            // What was written can be read, and needs no further conversion.
            prop_assert_eq!(convert(&conversion.text).map(|again| again.text), None, "{}", conversion.text);
        }
        let _panics = pack_folders(&text);
        let _panics = telovix_exchange::systemd::import("x", &format!("[Service]\nExecStart=/x\n{text}"));
    }
}
