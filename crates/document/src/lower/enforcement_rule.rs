//! An enforcement rule -> the confinements its template means, for every process it does not exempt.

use std::sync::Arc;

use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::confine::{
    Confinement, Dimension, DocumentKind, DocumentReference, Gate, Listing, Member, Subject,
};
use telovix_policy::value::Children;

use super::{Options, exception};
use crate::EnforcementRule;
use crate::template;

/// A disabled rule.
pub(super) static RULE_DISABLED: Code = Code::page(include_str!("enforcement_rule.md"));

/// Appends the confinements of a rule. A disabled rule and a custom policy have none.
pub(super) fn lower(
    rule: &EnforcementRule,
    options: Options,
    confinements: &mut Vec<Confinement>,
    sink: &mut Sink,
) {
    let exemptions = exception::exemptions(&rule.exceptions, options, sink);
    if !rule.enabled {
        let message = format!("rule `{}` is disabled and not compiled", rule.name.value);
        sink.report(Diagnostic::new(&RULE_DISABLED, rule.name.span, message));
        return;
    }
    let Some(template) = template::find(rule.template.value) else { return };
    let document = Arc::new(reference(rule));
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
}

/// Identifies a rule.
pub(super) fn reference(rule: &EnforcementRule) -> DocumentReference {
    let id = rule.rule_id.as_ref().unwrap_or(&rule.name).value.clone();
    DocumentReference { kind: DocumentKind::EnforcementRule, id, name: rule.name.value.clone() }
}
