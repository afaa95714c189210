//! The subject and the exemptions of a confinement -> filters on executables.
//!
//! Only the first selector that matches acts, so exemptions come first and have no effect. An exemption by parent needs
//! Tetragon's parents map and is refused without.

use std::borrow::Cow;
use std::sync::Arc;

use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::{Confinement, Exemption, Subject};
use telovix_policy::value::Children;
use telovix_policy::value::PathPattern;
use telovix_tetragon::{Action, ActionKind, BinaryFilter, BinaryOperator, Selector, Text};

use super::Options;
use super::codes::PATH_TOO_LONG;
use super::filter::Refusal;
use crate::assessment::PARENT_EXCEPTION;

/// Longest executable path or prefix that Tetragon compares in full, in bytes. The next is for endings.
const BINARY_BYTES: usize = 255;
const ENDING_BYTES: usize = 127;

/// Returns the filter on the subject; none when it is every process.
pub(super) fn binary_filter(confinement: &Confinement) -> Result<Option<BinaryFilter<'_>>, Refusal> {
    let span = confinement.span;
    let (operator, value): (_, Cow<'_, str>) = match &confinement.subject {
        Subject::Everyone => return Ok(None),
        Subject::Binary(path) => (BinaryOperator::In, path.as_str().into()),
        Subject::BaseName(name) => (BinaryOperator::Postfix, format!("/{name}").into()),
    };
    let most = if operator == BinaryOperator::In { BINARY_BYTES } else { ENDING_BYTES };
    check_length(&value, most, span)?;
    let follow_children = confinement.children == Children::Inherit && operator == BinaryOperator::In;
    let values = vec![Spanned::new(value, span)];
    Ok(Some(BinaryFilter { span, operator: Spanned::new(operator, span), values, follow_children }))
}

/// Returns whether an exemption covers the whole subject of the confinement.
pub(super) fn is_void(confinement: &Confinement) -> bool {
    let Some(binary) = fixed_binary(confinement) else { return false };
    confinement.exemptions.iter().any(|exemption| {
        exemption.parent.is_none()
            && exemption.process.as_ref().is_some_and(|process| process.contains(binary))
    })
}

/// Returns the exempting selectors: one for exact paths, one for prefixes.
pub(super) fn exempting_selectors<'text>(
    confinement: &'text Confinement,
    options: &Options,
) -> Result<Vec<Arc<Selector<'text>>>, Refusal> {
    let mut exact = Vec::new();
    let mut prefixes = Vec::new();
    let mut by_parent = Vec::new();
    for exemption in &confinement.exemptions {
        if let Some(parent) = &exemption.parent {
            if options.engine.has_parents_map && options.release.has_parent_filters() {
                by_parent.extend(parent_selectors(confinement, exemption, parent)?);
            } else {
                check_parent(confinement, exemption)?;
            }
            continue;
        }
        let Some(process) = exemption.process.as_ref().filter(|_| fixed_binary(confinement).is_none()) else {
            continue;
        };
        let (path, prefix) = forms(process, exemption.span);
        exact.extend(path);
        prefixes.extend(prefix);
    }
    for value in exact.iter().chain(&prefixes) {
        check_length(&value.value, BINARY_BYTES, value.span)?;
    }
    let whole = exempting_selector(BinaryOperator::In, exact);
    let by_process = whole.into_iter().chain(exempting_selector(BinaryOperator::Prefix, prefixes));
    Ok(by_process.chain(by_parent).collect())
}

/// Returns what a pattern covers: a path as a whole, and everything that starts with a text.
fn forms(pattern: &PathPattern, span: Span) -> (Option<Text<'_>>, Option<Text<'_>>) {
    let whole = match pattern {
        PathPattern::Tree(path) | PathPattern::File(path) => Some(Spanned::new(path.as_str().into(), span)),
        PathPattern::Below(_) | PathPattern::Prefix(_) => None,
    };
    let prefix: Option<Cow<'_, str>> = match pattern {
        PathPattern::File(_) => None,
        PathPattern::Tree(directory) | PathPattern::Below(directory) if directory.as_str() != "/" => {
            Some(format!("{directory}/").into())
        }
        PathPattern::Tree(_) | PathPattern::Below(_) => Some("/".into()),
        PathPattern::Prefix(text) => Some((&**text).into()),
    };
    (whole, prefix.map(|prefix| Spanned::new(prefix, span)))
}

/// Returns the selectors of an exemption by parent: one for each way in which process and parent can match; none when it
/// is never about the subject.
fn parent_selectors<'text>(
    confinement: &'text Confinement,
    exemption: &'text Exemption,
    parent: &'text PathPattern,
) -> Result<Vec<Arc<Selector<'text>>>, Refusal> {
    let span = exemption.span;
    let filters = |pattern: &'text PathPattern| -> Result<Vec<BinaryFilter<'text>>, Refusal> {
        let (whole, prefix) = forms(pattern, span);
        let whole = whole.map(|path| (BinaryOperator::In, path));
        let both = whole.into_iter().chain(prefix.map(|prefix| (BinaryOperator::Prefix, prefix)));
        both.map(|(operator, value)| {
            check_length(&value.value, BINARY_BYTES, span)?;
            let operator = Spanned::new(operator, span);
            Ok(BinaryFilter { span, operator, values: vec![value], follow_children: false })
        })
        .collect()
    };
    let processes: Vec<Option<BinaryFilter<'_>>> = match (&exemption.process, fixed_binary(confinement)) {
        (Some(process), Some(binary)) if !process.contains(binary) => return Ok(Vec::new()),
        (None, _) | (Some(_), Some(_)) => vec![None],
        (Some(process), None) => filters(process)?.into_iter().map(Some).collect(),
    };
    let parents = filters(parent)?;
    let pairs = processes.iter().flat_map(|process| parents.iter().map(move |parent| (process, parent)));
    let selectors = pairs.map(|(process, parent)| {
        let mut selector = Selector::everything(span);
        selector.binaries.extend(process.clone());
        selector.parent_binaries.push(parent.clone());
        selector.actions.push(Action::plain(ActionKind::NoPost, span));
        Arc::new(selector)
    });
    Ok(selectors.collect())
}

/// Returns the selector that exempts these executables; none without executables.
fn exempting_selector(operator: BinaryOperator, values: Vec<Text<'_>>) -> Option<Arc<Selector<'_>>> {
    let span = values.first()?.span;
    let mut selector = Selector::everything(span);
    let operator = Spanned::new(operator, span);
    selector.binaries.push(BinaryFilter { span, operator, values, follow_children: false });
    selector.actions.push(Action::plain(ActionKind::NoPost, span));
    Some(Arc::new(selector))
}

/// Refuses an exemption by parent, unless it cannot apply or is waived; without it the policy is stricter.
fn check_parent(confinement: &Confinement, exemption: &Exemption) -> Result<(), Refusal> {
    let applies = match (fixed_binary(confinement), &exemption.process) {
        (Some(binary), Some(process)) => process.contains(binary),
        _ => true,
    };
    let waived = confinement.waivers.iter().any(|waiver| waiver.name.value == PARENT_EXCEPTION.id);
    if !applies || waived {
        return Ok(());
    }
    Err(Refusal {
        code: &PARENT_EXCEPTION,
        span: exemption.span,
        message: "Tetragon supports exceptions by parent only with its parents map".to_owned(),
        help: "set `tetragon: { parents_map: true }` in telovix.yaml if your agents run with `--parents-map-enabled`, name the process instead, or waive `engine-parent-exception` with a reason: the exception is then ignored on Tetragon hosts",
    })
}

/// Returns the executable of the subject, if there is exactly one.
fn fixed_binary(confinement: &Confinement) -> Option<&str> {
    match (&confinement.subject, confinement.children) {
        (Subject::Binary(path), Children::Leave) => Some(path.as_str()),
        _ => None,
    }
}

fn check_length(value: &str, most: usize, span: Span) -> Result<(), Refusal> {
    if value.len() <= most {
        return Ok(());
    }
    let message =
        format!("this path of an executable has {} bytes, and Tetragon compares only {most}", value.len());
    let help = "use a shorter path, or a native target";
    Err(Refusal { code: &PATH_TOO_LONG, span, message, help })
}
