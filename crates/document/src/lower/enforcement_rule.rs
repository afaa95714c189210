//! An enforcement rule -> the confinements its template or its own policy means, for every process it does not exempt.

use std::sync::Arc;

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::confine::{
    Confinement, Dimension, DocumentKind, DocumentReference, Gate, Listing, Member, Subject,
};
use telovix_policy::value::Children;

use super::tracing_policy::{self, Header, NativeForm};
use super::{Options, exception};
use crate::EnforcementRule;
use crate::template;

/// A disabled rule.
pub(super) static RULE_DISABLED: Code = Code::page(include_str!("enforcement_rule.md"));

/// Appends the confinements of a rule, and returns what they lack of its own policy. A disabled rule has none.
pub(super) fn lower(
    rule: &EnforcementRule,
    options: Options,
    confinements: &mut Vec<Confinement>,
    sink: &mut Sink,
) -> NativeForm {
    let exemptions = exception::exemptions(&rule.exceptions, options, sink);
    if !rule.enabled {
        let message = format!("rule `{}` is disabled and not compiled", rule.name.value);
        sink.report(Diagnostic::new(&RULE_DISABLED, rule.name.span, message));
        return NativeForm::default();
    }
    let id = rule.rule_id.as_ref().unwrap_or(&rule.name).value.clone();
    let name = rule.name.value.clone();
    let document = Arc::new(DocumentReference { kind: DocumentKind::EnforcementRule, id, name });
    let Some(template) = template::find(rule.template.value) else {
        let header =
            Header { document, scope: rule.scope.clone(), exemptions, waivers: Arc::clone(&rule.waive) };
        let policy = rule.policy.as_ref();
        return policy
            .map_or_else(NativeForm::default, |policy| tracing_policy::lower(policy, &header, confinements));
    };
    let span = rule.template.span;
    confinements.extend((template.clauses)().into_iter().map(|clause| Confinement {
        document: Arc::clone(&document),
        dimension: Dimension::Template,
        span,
        subject: Subject::Everyone,
        children: Children::Leave,
        operation: clause.operation,
        condition: clause.condition,
        effect: template.effect,
        gate: Gate::Active,
        scope: rule.scope.clone(),
        exemptions: exemptions.clone(),
        listing: Listing::Blocks,
        members: clause.members.into_iter().map(|value| Member { value, span }).collect(),
        waivers: Arc::clone(&rule.waive),
    }));
    NativeForm::default()
}
