//! KubeArmor policies: events judged by the imported TracingPolicy and by a literal reading of the rules. Where they differ,
//! the list of changes says so.

use telovix_compiler::{Options, analyse};
use telovix_diagnostic::source::SourceSet;
use telovix_exchange::{Change, Effect as Differs, kubearmor};
use telovix_policy::confine::{Confinement, Effect};
use telovix_policy::judge::{Event, judge};
use telovix_policy::value::Date;

/// Programs, and paths of files and programs.
const PROGRAMS: &[&str] = &["/bin/bash", "/bin/cat", "/app/server"];
const PATHS: &[&str] = &[
    "/a",
    "/a/b",
    "/a/b/c",
    "/ab",
    "/bin/bash",
    "/bin/sleep",
    "/bin/sleepy",
    "/etc/shadow",
    "/etc/shadow-",
    "/usr/bin/x",
    "/usr/bin/y/z",
    "/usr/bin",
    "/",
];
const CAPABILITIES: &[&str] = &["CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_CHOWN"];

/// One rule, as the test says it in its own words.
struct Literal {
    section: &'static str,
    action: &'static str,
    form: &'static str,
    value: &'static str,
    recursive: bool,
    source: Option<&'static str>,
    condition: Option<&'static str>,
}

const RULE: Literal = Literal {
    section: "file",
    action: "Block",
    form: "path",
    value: "",
    recursive: false,
    source: None,
    condition: None,
};

impl Literal {
    fn yaml(&self) -> String {
        let list = match self.form {
            "path" => "matchPaths",
            "dir" => "matchDirectories",
            "pattern" => "matchPatterns",
            _ => "matchCapabilities",
        };
        let source = self.source.map_or(String::new(), |path| format!(", fromSource: [{{path: {path}}}]"));
        let condition = self.condition.map_or(String::new(), |key| format!(", {key}: true"));
        let recursive = if self.recursive { ", recursive: true" } else { "" };
        format!(
            "  {}:\n    {list}:\n    - {{{}: '{}', action: {}{recursive}{source}{condition}}}\n",
            self.section, self.form, self.value, self.action
        )
    }

    /// Returns whether a value matches, with a small reading of each form.
    fn matches(&self, value: &str) -> bool {
        let level = |folder: &str, deep: bool| {
            value.strip_prefix(folder).is_some_and(|rest| !rest.is_empty() && (deep || !rest.contains('/')))
        };
        match self.form {
            "path" => value == self.value,
            "dir" => value == self.value.trim_end_matches('/') || level(self.value, self.recursive),
            "pattern" => match self.value.strip_suffix("**") {
                Some(folder) => level(folder, true),
                None => {
                    self.value.strip_suffix('*').map_or(value == self.value, |folder| level(folder, false))
                }
            },
            _ => value == format!("CAP_{}", self.value.to_uppercase()),
        }
    }

    /// Returns whether the rule denies what a program does, when the condition of a rule does not hold, or does.
    fn denies(&self, program: &str, value: &str, holds: bool) -> bool {
        let is_source = self.source.is_none_or(|source| source == program);
        let is_met = self.condition.is_none() || holds;
        match self.action {
            "Block" => is_source && is_met && self.matches(value),
            "Allow" => is_source && !(is_met && self.matches(value)),
            _ => false,
        }
    }
}

fn imported(rules: &str) -> (Vec<Confinement>, Vec<Change>) {
    let policy = format!(
        "apiVersion: security.kubearmor.com/v1\nkind: KubeArmorHostPolicy\nmetadata: {{name: telovix-custom-x}}\nspec:\n{rules}"
    );
    let conversion = kubearmor::import(&policy).expect(&policy).expect(&policy);
    let sources = SourceSet::single("x.yaml", &conversion.text);
    let analysis = analyse(&sources, &Options::on(Date::FIRST));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| found.severity.name() == "error").collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", conversion.text);
    (analysis.policy.native, conversion.changes)
}

fn is_denied(confinements: &[Confinement], section: &str, program: &str, value: &str) -> bool {
    let (operation, field) = match section {
        "process" => ("exec", "path"),
        "file" => ("open", "path"),
        _ => ("capability", "capability"),
    };
    let more = match section {
        "process" => ", \"anonymous\": false",
        "file" => ", \"access\": [\"read\"]",
        _ => "",
    };
    let text = format!(
        r#"{{"operation": "{operation}", "binary": "{program}", "parent": "/sbin/init", "ancestors": ["/sbin/init"], "{field}": "{value}"{more}}}"#
    );
    let event: Event = serde_json::from_str(&text).expect(&text);
    let verdict = judge(confinements, &event);
    assert!(verdict.depends_on.is_empty(), "{event:?}: {verdict:?}");
    verdict.effect == Effect::Deny
}

fn compare(rule: &Literal) {
    let yaml = rule.yaml();
    let (confinements, changes) = imported(&yaml);
    let tells = |effect: Differs| {
        changes.iter().any(|change| change.effect == effect && change.what.contains(rule.value))
    };
    let values = if rule.section == "capabilities" { CAPABILITIES } else { PATHS };
    let (mut is_weaker, mut is_stricter) = (false, false);
    for program in PROGRAMS {
        for value in values {
            let document = is_denied(&confinements, rule.section, program, value);
            for holds in [false, true] {
                match (rule.denies(program, value, holds), document) {
                    (true, false) => {
                        assert!(tells(Differs::Weaker), "{yaml}: {program} {value} is weaker: {changes:?}");
                        is_weaker = true;
                    }
                    (false, true) => {
                        assert!(
                            tells(Differs::Stricter),
                            "{yaml}: {program} {value} is stricter: {changes:?}"
                        );
                        is_stricter = true;
                    }
                    _ => {}
                }
            }
        }
    }
    // What is listed about this rule is true of some event.
    assert_eq!(
        (is_weaker, is_stricter),
        (tells(Differs::Weaker), tells(Differs::Stricter)),
        "{yaml}: {changes:?}"
    );
}

#[test]
fn rules_mean_what_they_say_or_the_difference_is_listed() {
    for section in ["process", "file"] {
        for action in ["Block", "Allow"] {
            for source in [None, Some("/bin/bash")] {
                let rule = Literal { section, action, source, ..RULE };
                for (form, value, recursive) in [
                    ("path", "/bin/sleep", false),
                    ("path", "/etc/shadow", false),
                    ("dir", "/a/", false),
                    ("dir", "/a/", true),
                    ("dir", "/usr/bin/", true),
                    ("pattern", "/usr/bin/**", false),
                    ("pattern", "/usr/bin/*", false),
                    ("pattern", "/bin/sleep", false),
                ] {
                    compare(&Literal { form, value, recursive, ..rule });
                }
            }
        }
    }
}

#[test]
fn capabilities_are_those_of_the_list() {
    for action in ["Block", "Allow"] {
        for source in [None, Some("/bin/cat")] {
            for value in ["net_raw", "sys_admin"] {
                compare(&Literal {
                    section: "capabilities",
                    form: "capability",
                    action,
                    source,
                    value,
                    ..RULE
                });
            }
        }
    }
}

#[test]
fn what_is_allowed_on_a_condition_is_allowed_without_it() {
    for condition in ["readOnly", "ownerOnly"] {
        compare(&Literal { action: "Allow", value: "/etc/shadow", condition: Some(condition), ..RULE });
    }
}

#[test]
fn a_block_denies_what_a_list_allows() {
    let (confinements, _) = imported(
        "  process:\n    matchDirectories: [{dir: /bin/, recursive: true, action: Allow}]\n    matchPaths: [{path: /bin/sleep}]\n",
    );
    let denies = |path: &str| is_denied(&confinements, "process", "/bin/bash", path);
    assert_eq!(["/bin/bash", "/bin/sleep", "/usr/bin/x"].map(denies), [false, true, true]);
}

#[test]
fn what_is_lost_is_listed_with_its_line() {
    let (_, changes) = imported(
        "  message: m\n  nodeSelector: {}\n  network:\n    matchProtocols: [{protocol: tcp}]\n  syscalls: {}\n  novelty: {}\n  process:\n    matchPaths:\n    - path: /bin/sleep\n    - {path: /bin/x, ownerOnly: true}\n    - {path: /bin/y, action: Audit}\n    - {path: /bin/z, novelty: true}\n    matchPatterns:\n    - pattern: /bin/[ab]*\n    matchNovelty: []\n",
    );
    let listed: Vec<_> =
        changes.iter().map(|change| (change.line, change.what.as_str(), change.effect.name())).collect();
    assert_eq!(
        listed,
        [
            (5, "`message`", "same"),
            (6, "`nodeSelector`", "stricter"),
            (7, "`network`", "weaker"),
            (9, "`syscalls`", "same"),
            (10, "`novelty`", "weaker"),
            (14, "`/bin/x` with `ownerOnly`", "weaker"),
            (15, "`/bin/y`", "same"),
            (16, "`/bin/z` with `novelty`", "weaker"),
            (18, "`/bin/[ab]*`", "weaker"),
            (19, "`matchNovelty`", "weaker"),
        ]
    );
}

#[test]
fn a_policy_of_pods_keeps_its_namespace_and_labels() {
    let policy = "apiVersion: security.kubearmor.com/v1\nkind: KubeArmorPolicy\nmetadata: {name: x, namespace: core}\nspec:\n  selector: {matchLabels: {app: amf}}\n  process: {matchPaths: [{path: /bin/sh}]}\n  action: Block\n";
    let text = kubearmor::import(policy).unwrap().unwrap().text;
    for part in ["kind: TracingPolicyNamespaced", "namespace: \"core\"", "\"app\": \"amf\"", "- \"/bin/sh\""]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_cannot_be_imported_as_a_whole_is_refused() {
    let head =
        "apiVersion: security.kubearmor.com/v1\nkind: KubeArmorHostPolicy\nmetadata: {name: x}\nspec:\n";
    for spec in [
        "  {}",
        "  action: Maybe",
        "  process: {matchPaths: 3}",
        "  process: {matchPaths: [{}]}",
        "  process: {matchPaths: [{path: /a, fromSource: [{dir: /b/}]}]}",
        "  process: {matchPaths: [{path: /a, fromSource: []}]}",
        "  process: {matchPaths: [{path: /a, action: Audit}]}",
        "  selector: {matchExpressions: []}\n  process: {matchPaths: [{path: /a}]}",
    ] {
        assert!(kubearmor::import(&format!("{head}{spec}\n")).is_err(), "{spec}");
    }
    let group = "apiVersion: security.kubearmor.com/v1\n";
    let deep = format!("{group}spec: {}", "[".repeat(100_000));
    for text in [group, "security.kubearmor.com/ [", &deep, &format!("{group}kind: \u{0}")] {
        assert!(!matches!(kubearmor::import(text), Ok(Some(_))), "{}", &text[..text.len().min(60)]);
    }
    assert_eq!(kubearmor::import("kind: Pod\n"), Ok(None));
    assert!(
        kubearmor::import(&format!("security.kubearmor.com/{}", " ".repeat(kubearmor::LARGEST_FILE)))
            .is_err()
    );
}
