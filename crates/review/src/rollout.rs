//! Documents -> the steps from observe to enforce: what to change, which events to watch, which gate to pass.

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::PolicyDocument;
use telovix_document::{DetectionAction, Document, GuardMode, ProfileMode};
use telovix_policy::value::Scope;
use telovix_tetragon::{Section, TracingPolicy};

/// A step of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// Its number in the review, from 1.
    pub number: usize,
    /// Kind and name of the document.
    pub document: String,
    /// What to change.
    pub change: String,
    /// Whether the document is already there.
    pub is_reached: bool,
    /// Commands that show the events to watch.
    pub watch: Vec<String>,
    /// What must hold before the next step.
    pub gate: String,
}

/// Returns the steps of a document; none for kinds without a ladder.
pub(crate) fn steps(
    placed: &PolicyDocument,
    policy: Option<&TracingPolicy<'_>>,
    sources: &SourceSet,
) -> Vec<Step> {
    let file = sources.name(placed.span());
    match &placed.document {
        Document::GuardianProfile(profile) => {
            let name = format!("GuardianProfile {}", profile.name.value);
            let watch = Watch {
                tetragon: tetra(
                    &["PROCESS_LSM", "PROCESS_KPROBE"],
                    Some(&exact(profile.target_binary.value.as_str())),
                    None,
                ),
                file,
            };
            let hours = profile.observation_window_hours.as_ref().map(|hours| hours.value);
            let at = profile.mode.value;
            let change =
                |mode: ProfileMode, words: &str| (format!("`mode: {}`: {words}", mode.name()), at >= mode);
            let ladder = [
                change(ProfileMode::Observe, "record what deviates, stop nothing"),
                change(
                    ProfileMode::Audit,
                    "violations are killed after the fact: start with one sensor (`target_sensor_id`)",
                ),
                change(ProfileMode::Enforce, "violations are denied before they happen"),
            ];
            watch.ladder(&name, &ladder, &readiness(file, hours))
        }
        Document::RuntimeGuard(guard) => {
            let names: Vec<_> = guard.processes.iter().map(|process| process.name.value.as_str()).collect();
            let filter: Vec<_> = names.iter().map(|name| escaped(name)).collect();
            let watch = Watch {
                tetragon: tetra(
                    &["PROCESS_LSM", "PROCESS_KPROBE"],
                    Some(&format!("/({})$", filter.join("|"))),
                    None,
                ),
                file,
            };
            let at = guard.mode.value;
            let change =
                |mode: GuardMode, words: &str| (format!("`mode: {}`: {words}", mode.name()), at >= mode);
            let ladder = [
                change(GuardMode::Audit, "violations are logged"),
                change(GuardMode::Alert, "violations are sent as alerts"),
                change(GuardMode::Enforce, "violations are blocked"),
            ];
            watch.ladder(&format!("RuntimeGuard {}", names.join(", ")), &ladder, &impact(file))
        }
        Document::EnforcementRule(rule) if policy.is_none() => {
            let id = rule.template.value.id();
            let watch = Watch {
                tetragon: tetra(
                    &["PROCESS_LSM", "PROCESS_KPROBE"],
                    None,
                    Some(&format!("startswith(\"telovix-custom-{id}-\")")),
                ),
                file,
            };
            let is_narrow = matches!(placed.scope(), Scope::Sensor(_));
            let is_wide = placed.scope() == Scope::Fleet;
            let ladder = [
                (
                    "`enabled: false`: replay a history first; the template has no mode that only observes"
                        .to_owned(),
                    true,
                ),
                ("`enabled: true` with `scope: {sensor: …}`: one host".to_owned(), rule.enabled),
                ("`scope: {group: …}`: the hosts of one role".to_owned(), rule.enabled && !is_narrow),
                ("without `scope`: the fleet".to_owned(), rule.enabled && is_wide),
            ];
            watch.ladder(&format!("EnforcementRule {}", rule.name.value), &ladder, &impact(file))
        }
        Document::GuardianPolicy(detection) => {
            let watch = Watch { tetragon: tetra(&["PROCESS_EXEC", "PROCESS_KPROBE"], None, None), file };
            let at = detection.action;
            let change = |action: DetectionAction, words: &str| {
                (format!("`action: {}`: {words}", action.name()), at >= action)
            };
            let mut ladder = vec![
                change(DetectionAction::Flag, "matches are stored"),
                change(DetectionAction::Alert, "matches are sent as alerts"),
            ];
            if at == DetectionAction::KillProcess {
                ladder.push(change(
                    DetectionAction::KillProcess,
                    "matches are killed, with `telovix detect --act`",
                ));
            }
            let gate = format!(
                "every match of `telovix detect HISTORY --policy {file}` over a week was looked at, and none was legitimate work"
            );
            watch.ladder(&format!("GuardianPolicy {}", detection.name.value), &ladder, &gate)
        }
        _ => policy.map_or_else(Vec::new, |policy| of_tracing_policy(placed, policy, file)),
    }
}

fn of_tracing_policy(placed: &PolicyDocument, policy: &TracingPolicy<'_>, file: &str) -> Vec<Step> {
    let name = policy.metadata.name.value.as_ref();
    let mut types: Vec<_> = policy.spec.hooks.iter().map(|hook| event_type(hook.point.section())).collect();
    types.sort_unstable();
    types.dedup();
    let mut filter = tetra(&types, None, Some(&format!("== \"{name}\"")));
    if let Some(namespace) = &policy.metadata.namespace {
        filter = filter.replacen("getevents", &format!("getevents --namespaces {}", namespace.value), 1);
    }
    let watch = Watch { tetragon: filter, file };
    let document = format!("{} {name}", policy.kind.name());
    let Some(custom) = placed.custom_policy() else { return Vec::new() };
    let acts = custom.enabled && custom.policy.actions.enforcing.is_some();
    let would_act = policy
        .spec
        .hooks
        .iter()
        .flat_map(|hook| &hook.selectors)
        .any(|selector| selector.actions.iter().any(|action| action.kind.value.enforces()));
    let mut ladder = vec![(
        if would_act {
            "`options: [{name: policy-mode, value: monitor}]`: events without actions".to_owned()
        } else {
            "load it: it has no action that enforces".to_owned()
        },
        custom.enabled,
    )];
    if would_act {
        ladder.push((
            "remove `policy-mode` on one node or in one namespace: the actions are taken there".to_owned(),
            acts,
        ));
        ladder.push(("remove `policy-mode` everywhere".to_owned(), acts));
    }
    let gate = "over a full cycle of the workload (start, update, backup, crash) every event was looked at, and each one would have been right to stop; not known here: how long that cycle is";
    watch.ladder(&document, &ladder, gate)
}

/// What shows the events of a document.
struct Watch<'run> {
    tetragon: String,
    file: &'run str,
}

impl Watch<'_> {
    fn ladder(&self, document: &str, ladder: &[(String, bool)], gate: &str) -> Vec<Step> {
        let file = quoted(self.file);
        let last = ladder.len().saturating_sub(1);
        let step = |(at, (change, is_reached)): (usize, &(String, bool))| Step {
            number: 0,
            document: document.to_owned(),
            change: change.clone(),
            is_reached: *is_reached,
            watch: vec![
                self.tetragon.clone(),
                format!("telovix events --follow | telovix detect - --policy {file} --format json"),
                format!("telovix detect /var/log/tetragon/tetragon.log --follow --enforced --policy {file}"),
            ],
            gate: if at == last {
                "last step: keep watching; go one step back when legitimate work is stopped".to_owned()
            } else {
                gate.to_owned()
            },
        };
        ladder.iter().enumerate().map(step).collect()
    }
}

fn readiness(file: &str, hours: Option<u32>) -> String {
    let file = quoted(file);
    match hours {
        Some(hours) => format!(
            "`telovix readiness {file} --history HISTORY` says CandidateForEnforceReady, over the {hours} hours of `observation_window_hours`"
        ),
        None => format!(
            "`telovix readiness {file} --history HISTORY --hours N` says CandidateForEnforceReady; not known: N, because the profile has no `observation_window_hours`"
        ),
    }
}

fn impact(file: &str) -> String {
    format!(
        "`telovix impact HISTORY --policy {} --enforced` ends with 0: no event of the history is affected",
        quoted(file)
    )
}

/// Returns a `tetra` command; the name of the policy is compared by `jq`, which works with every version of `tetra`.
fn tetra(types: &[&str], processes: Option<&str>, policy: Option<&str>) -> String {
    let mut command = format!("tetra getevents --event-types {}", types.join(","));
    if let Some(pattern) = processes {
        command.push_str(&format!(" --processes {}", quoted(pattern)));
    }
    if let Some(test) = policy {
        let keys: Vec<_> = types.iter().map(|kind| format!(".{}", kind.to_lowercase())).collect();
        let name = format!("(({}).policy_name // \"\")", keys.join(" // "));
        let test = if test.starts_with("==") { format!("{name} {test}") } else { format!("{name} | {test}") };
        command.push_str(&format!(" | jq -c 'select({test})'"));
    }
    command
}

/// Returns the type of event of a section. Source: `EventType` of Tetragon's API, `api/v1/tetragon/events.proto`.
fn event_type(section: Section) -> &'static str {
    match section {
        Section::Kprobes | Section::Fentries => "PROCESS_KPROBE",
        Section::Tracepoints => "PROCESS_TRACEPOINT",
        Section::LsmHooks => "PROCESS_LSM",
        Section::Uprobes => "PROCESS_UPROBE",
        Section::Usdts => "PROCESS_USDT",
    }
}

fn exact(path: &str) -> String {
    format!("^{}$", escaped(path))
}

/// Escapes what RE2 takes for more than itself.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// Quotes a word for a shell, where it needs it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{exact, quoted, tetra};

    #[test]
    fn a_path_is_compared_as_it_is() {
        assert_eq!(exact("/opt/a+b/x.y"), r"^/opt/a\+b/x\.y$");
    }

    #[test]
    fn a_quote_stays_inside_its_word() {
        assert_eq!(quoted("a'b; rm"), r"'a'\''b; rm'");
        assert_eq!(quoted("profiles/amf.yaml"), "profiles/amf.yaml");
    }

    #[test]
    fn a_policy_is_found_by_its_name_in_each_type_of_event() {
        assert_eq!(
            tetra(&["PROCESS_KPROBE", "PROCESS_LSM"], None, Some("== \"x\"")),
            "tetra getevents --event-types PROCESS_KPROBE,PROCESS_LSM | jq -c 'select(((.process_kprobe // .process_lsm).policy_name // \"\") == \"x\")'"
        );
    }
}
