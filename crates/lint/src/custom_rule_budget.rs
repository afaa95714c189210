//! All custom rules -> a finding when a Console accepts fewer.

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_document::lower::Policy;
use telovix_document::{Document, EnforcementRule, Template};

use super::{Check, Lint};

pub(super) static LINT: Lint = Lint {
    code: Code::page(include_str!("custom_rule_budget.md")).fires_on(|| rules(11)).silent_on(|| rules(10)),
    check: Check::Policy(check),
};

/// The limit of the Console.
const RULES_PER_CONSOLE: usize = 10;

fn check(policy: &Policy, sink: &mut Sink) {
    let custom: Vec<&EnforcementRule> = policy
        .documents
        .iter()
        .filter_map(|placed| match &placed.document {
            Document::EnforcementRule(rule) if rule.template.value == Template::Custom && rule.enabled => {
                Some(rule)
            }
            _ => None,
        })
        .collect();
    let Some(first_beyond) = custom.get(RULES_PER_CONSOLE) else { return };
    let message =
        format!("{} custom rules are enabled, but a Console accepts {RULES_PER_CONSOLE}", custom.len());
    sink.report(
        Diagnostic::new(&LINT.code, first_beyond.name.span, message)
            .label("the first above the limit")
            .help("merge rules with the same hook, use templates, or disable some"),
    );
}

fn rules(count: usize) -> String {
    let rule = |number: usize| {
        format!(
            "---\nkind: EnforcementRule\nname: watch {number}\ntemplate: custom\npolicy:\n  \
             apiVersion: cilium.io/v1alpha1\n  kind: TracingPolicy\n  metadata: {{name: telovix-custom-{number}}}\n  \
             spec: {{lsmhooks: [{{hook: bpf}}]}}\n"
        )
    };
    (1..=count).map(rule).collect()
}
