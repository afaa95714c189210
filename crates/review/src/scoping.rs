//! Documents -> where each of them applies, and how a workload could leave it.

use schemars::JsonSchema;
use serde::Serialize;
use telovix_diagnostic::source::SourceSet;
use telovix_document::lower::PolicyDocument;
use telovix_document::{Document, Template};
use telovix_policy::value::Scope;
use telovix_tetragon::{PolicyKind, TracingPolicy};

use crate::rule::confinement::hosts;

/// Where a document applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Scoping {
    /// Kind and name of the document.
    pub document: String,
    /// File and line.
    pub source: String,
    /// Where it applies.
    pub applies: String,
    /// How a process or a workload could leave it, and what is not known.
    pub findings: Vec<String>,
}

/// Returns where a document applies; nothing for kinds that apply to no process.
pub(crate) fn of(
    placed: &PolicyDocument,
    policy: Option<&TracingPolicy<'_>>,
    sources: &SourceSet,
) -> Option<Scoping> {
    let scope = placed.scope();
    let mut findings = Vec::new();
    let (document, mut applies) = match &placed.document {
        Document::GuardianProfile(profile) => {
            findings.push(format!(
                "`{}` is compared by path: a copy of the program at another path is not confined; keep that path writable by root only",
                profile.target_binary.value
            ));
            (format!("GuardianProfile {}", profile.name.value), hosts(&scope))
        }
        Document::RuntimeGuard(guard) => {
            findings.push(
                "processes are compared by base name: any executable with that name matches, and one with another name does not"
                    .to_owned(),
            );
            let names: Vec<_> = guard.processes.iter().map(|process| process.name.value.as_str()).collect();
            (format!("RuntimeGuard {}", names.join(", ")), hosts(&scope))
        }
        Document::EnforcementRule(rule) => {
            if !rule.enabled {
                findings.push("the rule is disabled: it applies nowhere".to_owned());
            }
            if rule.template.value != Template::Custom && scope == Scope::Fleet {
                findings.push(
                    "without `scope` it applies to every process of the fleet: say so on purpose".to_owned(),
                );
            }
            (format!("EnforcementRule {}", rule.name.value), hosts(&scope))
        }
        Document::GuardianPolicy(detection) => {
            (format!("GuardianPolicy {}", detection.name.value), hosts(&scope))
        }
        Document::TracingPolicy(tracing) => (format!("TracingPolicy {}", tracing.name.value), String::new()),
        Document::PolicyPack(_) | Document::Invariant(_) => return None,
    };
    if let Some(policy) = policy {
        if !applies.is_empty() {
            applies.push_str("; ");
        }
        applies.push_str(&reach(policy, &mut findings));
    }
    if let Some(pack) = &placed.pack {
        findings.push(format!("it belongs to pack {pack}, whose state decides whether it is enforced"));
    }
    if matches!(scope, Scope::Group(_)) {
        findings.push("not known: which hosts are in the group, and who may change that".to_owned());
    }
    Some(Scoping { document, source: sources.locate(placed.span()), applies, findings })
}

/// Returns the reach of a TracingPolicy.
fn reach(policy: &TracingPolicy<'_>, findings: &mut Vec<String>) -> String {
    let mut reach = match (&policy.kind, &policy.metadata.namespace) {
        (PolicyKind::Namespaced, Some(namespace)) => {
            findings.push(
                "a namespace is an object of Kubernetes: not known from the document what it covers where Tetragon runs without Kubernetes"
                    .to_owned(),
            );
            format!("pods of namespace `{}` only", namespace.value)
        }
        _ => "cluster-wide: every pod and every process of the host".to_owned(),
    };
    for selector in &policy.spec.workloads {
        let key = selector.key.value;
        if selector.is_empty {
            findings.push(format!("`{key}: {{}}` selects everything"));
            continue;
        }
        reach.push_str(&format!(", selected by `{key}`"));
        findings.push(match key {
            "podSelector" | "containerSelector" => format!(
                "`{key}` compares what the workload's own object says: whoever may create or patch the pod can leave the policy by relabelling; bind the label with an admission policy. Not known: who may (RBAC is not in the documents)"
            ),
            _ => format!("`{key}` compares labels of the node: whoever may label nodes can take one out of the policy"),
        });
    }
    if policy.kind == PolicyKind::Cluster && policy.spec.workloads.is_empty() {
        findings.push("no relabelling leaves it: it selects no labels".to_owned());
    }
    if policy.spec.hooks.iter().flat_map(|hook| &hook.selectors).any(|selector| selector.workloads.is_some())
    {
        findings.push("a selector has a workload filter of its own: labels decide there as well".to_owned());
    }
    reach
}
