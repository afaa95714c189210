//! AppArmor profiles: events judged by the imported profile and by a literal reading of the rules. Where they differ, the list
//! of changes says so.

use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_exchange::{Change, Effect as Differs, apparmor};
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::{Capability, Date};

const PROGRAM: &str = "/opt/amf/bin/amf";

const PATHS: &[&str] = &[
    "/",
    "/etc",
    "/etc/amf.conf",
    "/etc/amf.confx",
    "/etc/amf.conf/x",
    "/etc/amf",
    "/etc/amf/a",
    "/etc/amf/a/b",
    "/etcx",
    "/usr/bin/x",
    "/usr/sbin/x",
    "/usr/lib/x",
    "/proc/1/stat",
    "/proc/stat",
    "/srv/a",
    "/srv/b",
    "/srv/ab",
    "/bin/sh",
];

fn imported(rules: &str) -> (Vec<Confinement>, Vec<Change>) {
    let profile = format!("@{{srv}} = /srv/\nprofile amf {PROGRAM} {{\n{rules}\n}}\n");
    let conversion = apparmor::import("amf", &profile).expect(&profile).expect(&profile);
    let sources = SourceSet::single("amf.yaml", &conversion.text);
    let analysis = analyse(&sources, &Options::on(Date::FIRST));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| found.severity.name() == "error").collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", conversion.text);
    (analysis.policy.confinements, conversion.changes)
}

fn is_denied(confinements: &[Confinement], operation: &str, field: &str, value: &str, more: &str) -> bool {
    let text = format!(
        r#"{{"operation": "{operation}", "binary": "{PROGRAM}", "parent": "/sbin/init", "ancestors": ["/sbin/init"], "{field}": "{value}"{more}}}"#
    );
    let event: Event = serde_json::from_str(&text).expect(&text);
    let verdict = judge(confinements, &event);
    assert!(verdict.depends_on.is_empty(), "{event:?}: {verdict:?}");
    verdict.effect == Effect::Deny
}

/// Matches a pattern letter by letter: `*` no `/`, `**` all, `?` one that is no `/`, `{a,b}` one of both.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("@{srv}") {
        return matches(&format!("/srv/{}", rest.trim_start_matches('/')), path);
    }
    if let Some(rest) = pattern.strip_prefix('{') {
        let (inner, rest) = rest.split_once('}').expect("closed");
        return inner.split(',').any(|choice| matches(&format!("{choice}{rest}"), path));
    }
    let ends = |may_cross: bool| {
        (0..=path.len())
            .filter(move |end| may_cross || !path.get(..*end).is_some_and(|part| part.contains('/')))
    };
    if let Some(rest) = pattern.strip_prefix("**") {
        return ends(true).any(|end| path.get(end..).is_some_and(|path| matches(rest, path)));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        return ends(false).any(|end| path.get(end..).is_some_and(|path| matches(rest, path)));
    }
    let (mut letters, mut others) = (pattern.chars(), path.chars());
    match (letters.next(), others.next()) {
        (None, None) => true,
        (Some('?'), Some(other)) if other != '/' => matches(letters.as_str(), others.as_str()),
        (Some(letter), Some(other)) if letter == other => matches(letters.as_str(), others.as_str()),
        _ => false,
    }
}

/// Returns whether a profile allows a capability.
type Allows<'case> = &'case dyn Fn(&str) -> bool;

/// A rule and its access, as AppArmor reads them: a folder that is opened has a `/` at its end.
fn allows(pattern: &str, access: &str, wanted: char, path: &str) -> bool {
    access.contains(wanted) && matches(pattern, path)
}

#[test]
fn files_and_programs_are_those_of_the_rules_or_the_difference_is_listed() {
    let patterns = [
        "/etc/amf.conf",
        "/etc/amf/**",
        "/etc/amf/*",
        "/etc/amf*",
        "/etc/amf**",
        "/usr/{bin,sbin}/x",
        "/proc/*/stat",
        "/srv/?",
        "@{srv}a",
        "@{srv}/**",
        "/etc/",
    ];
    for pattern in patterns {
        for access in ["r", "w", "rw", "ix", "rix", "px", "ux", "rwk", "mr"] {
            for owner in ["", "owner "] {
                let rules = format!("  {owner}{pattern} {access},");
                let (confinements, changes) = imported(&rules);
                let tells = |effect: Differs, with_paths: bool| {
                    changes.iter().any(|change| {
                        change.effect == effect
                            && (change.what.contains(pattern)
                                || with_paths && change.what == "paths of files")
                    })
                };
                for path in PATHS {
                    for (operation, wanted, more) in [
                        ("open", 'r', ", \"access\": [\"read\"]"),
                        ("open", 'w', ", \"access\": [\"write\"]"),
                        ("exec", 'x', ", \"anonymous\": false"),
                    ] {
                        let document = is_denied(&confinements, operation, "path", path, more);
                        let is_allowed = allows(pattern, access, wanted, path);
                        match (!is_allowed, document) {
                            (true, false) => assert!(
                                tells(Differs::Weaker, true),
                                "{rules}: {operation} {wanted} {path} is weaker: {changes:?}"
                            ),
                            (false, true) => assert!(
                                tells(Differs::Stricter, false),
                                "{rules}: {operation} {wanted} {path} is stricter: {changes:?}"
                            ),
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_plain_rule_differs_in_nothing_but_folders() {
    let (confinements, changes) = imported("  /etc/amf/** rw,\n  /bin/sh ix,");
    let denies = |path: &str| is_denied(&confinements, "open", "path", path, ", \"access\": [\"write\"]");
    assert_eq!(
        ["/etc/amf/a", "/etc/amf/a/b", "/etc/amf", "/etc/amfx"].map(denies),
        [false, false, true, true]
    );
    let about_rules: Vec<_> = changes.iter().filter(|change| change.line > 2).collect();
    assert!(about_rules.is_empty(), "{about_rules:?}");
}

#[test]
fn capabilities_are_allowed_as_listed_without_those_that_are_denied() {
    let cases: [(&str, Allows<'_>); 4] = [
        ("capability net_raw, capability chown kill,", &|name| {
            ["CAP_NET_RAW", "CAP_CHOWN", "CAP_KILL"].contains(&name)
        }),
        ("capability,\n  deny capability sys_admin,", &|name| name != "CAP_SYS_ADMIN"),
        ("deny capability net_raw,\n capability net_raw,", &|_| false),
        ("/etc/x r,", &|_| false),
    ];
    for (rules, is_allowed) in cases {
        let (confinements, _) = imported(rules);
        for name in Capability::all().map(|capability| capability.to_string()) {
            assert_eq!(
                is_denied(&confinements, "capability", "capability", &name, ""),
                !is_allowed(&name),
                "{rules}: {name}"
            );
        }
    }
}

#[test]
fn a_profile_without_a_network_rule_allows_no_connection() {
    for (rules, is_open) in
        [("/x r,", false), ("network,", true), ("network inet stream,", true), ("deny network,", false)]
    {
        let (confinements, changes) = imported(rules);
        assert_eq!(
            is_denied(&confinements, "connect", "address", "192.0.2.1", ", \"port\": 443"),
            !is_open,
            "{rules}"
        );
        let weaker =
            changes.iter().any(|change| change.effect == Differs::Weaker && change.what.contains("network"));
        assert_eq!(weaker, rules.contains("inet") || rules.contains("deny"), "{rules}: {changes:?}");
    }
}

#[test]
fn what_is_lost_is_listed_with_its_line() {
    let (_, changes) = imported(
        "#include <abstractions/base>\n  # a remark\n  ptrace (read) peer=x,\n  deny /etc/shadow r,\n  @{HOME}/x rw,\n  signal,\n  ^hat {\n    /a rw,\n  }\n  /bin/a ix,\n  /bin/b px -> other,",
    );
    let listed: Vec<_> = changes
        .iter()
        .filter(|change| change.line > 2)
        .map(|change| (change.line, change.what.as_str(), change.effect.name()))
        .collect();
    assert_eq!(
        listed,
        [
            (3, "`include <abstractions/base>`", "stricter"),
            (3, "`include <abstractions/base>`", "weaker"),
            (5, "`ptrace (read) peer=x`", "weaker"),
            (6, "`deny /etc/shadow r`", "weaker"),
            (7, "`@{HOME}/x rw`", "stricter"),
            (8, "`signal`", "weaker"),
            (9, "`^hat`", "weaker"),
            (13, "`/bin/b px -> other`", "stricter"),
        ]
    );
}

#[test]
fn each_attached_program_has_a_document_and_a_complaining_profile_observes() {
    let text = "abi <abi/4.0>,\n/usr/{bin,sbin}/x flags=(complain, attach_disconnected) {\n  /a rw,\n}\nprofile \"/opt/a b\" {\n}\n";
    let text = apparmor::import("x", text).expect("read").expect("profiles").text;
    for part in ["\"/usr/bin/x\"", "\"/usr/sbin/x\"", "\"/opt/a b\"", "mode: observe", "mode: enforce"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_cannot_be_imported_as_a_whole_is_refused() {
    let circle = format!("@{{a}}=@{{a}}@{{a}}\n/x {{\n @{{a}} r,\n}}\n{}", "");
    assert!(apparmor::import("x", &circle).is_ok());
    let deep = format!("/x {}", "{ a ".repeat(100_000));
    let groups = format!("/x {{\n {} r,\n}}\n", "{a,b}".repeat(10_000));
    assert!(apparmor::import("x", &format!("/x {{\n /{} r,\n}}\n", "{a,b}".repeat(500))).is_ok());
    for text in [
        "/x {",
        "}",
        "/x {\n /a r\n}",
        "profile x {\n}",
        "/x* {\n}",
        "/x flags=(unconfined) {\n}",
        "alias /a -> /b,\n/x {\n}",
        "/x {\n all,\n}",
        "/x {\n if a {\n }\n}",
        "/a r,",
        "/x {\n \"a\n}",
        "\0",
        "/x (",
        &deep,
    ] {
        assert!(apparmor::import("x", text).is_err(), "{}", &text[..text.len().min(60)]);
    }
    let _any = apparmor::import("x", &groups);
    assert!(apparmor::import("x", &" ".repeat(apparmor::LARGEST_FILE + 1)).is_err());
    assert_eq!(apparmor::import("x", "# nothing\n"), Ok(None));
}

proptest::proptest! {
    #[test]
    fn any_text_is_imported_or_refused(text in "([/a{}@*,\" \n#=r()x-]|profile |deny |include |capability |\\PC){0,60}") {
        if let Ok(Some(conversion)) = apparmor::import("x", &text) {
            let sources = SourceSet::single("x.yaml", &conversion.text);
            let _any = analyse(&sources, &Options::on(Date::FIRST));
        }
    }
}
