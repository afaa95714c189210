//! Sets of the IR -> conjunctions of Tetragon filters, or the reason why there is none.

mod endpoints;
mod paths;

pub(super) use endpoints::endpoint_alternatives;
pub(super) use paths::{PATH_BYTES, path_alternatives};

use std::borrow::Cow;
use std::hash::Hash;

use rustc_hash::{FxBuildHasher, FxHashMap};

use telovix_diagnostic::source::{Span, Spanned};
use telovix_diagnostic::{Code, Diagnostic};
use telovix_policy::confine::{Confinement, MemberValue};
use telovix_tetragon::{ArgumentFilter, Operator, Text};

use super::codes::CANNOT_EXPRESS;

/// Why a condition cannot be expressed in filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static Code,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Refusal {
    /// Returns the refusal of a condition that Tetragon does not support.
    pub(super) fn cannot_express(span: Span, message: impl Into<String>) -> Self {
        Self {
            code: &CANNOT_EXPRESS,
            span,
            message: message.into(),
            help: "use a native target for this document",
        }
    }

    /// Returns the finding.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(self.code, self.span, self.message.clone()).help(self.help)
    }
}

/// How a filter names its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// By its position in the prototype.
    Index(u32),
    /// By its position in the list of declared arguments.
    Declared(u32),
}

/// Makes a filter.
pub(super) fn filter(
    place: Place,
    operator: Operator,
    values: Vec<Text<'_>>,
    span: Span,
) -> ArgumentFilter<'_> {
    let (index, positions) = match place {
        Place::Index(index) => (Some(Spanned::new(index, span)), Vec::new()),
        Place::Declared(position) => (None, vec![Spanned::new(position, span)]),
    };
    ArgumentFilter { span, index, positions, operator: Spanned::new(operator, span), values }
}

/// Makes a filter with fixed values, which come from no source line.
pub(super) fn constant_filter(
    place: Place,
    operator: Operator,
    values: &[&'static str],
    span: Span,
) -> ArgumentFilter<'static> {
    let values = values.iter().map(|value| Spanned::new(Cow::Borrowed(*value), span)).collect();
    filter(place, operator, values, span)
}

/// Returns a number as a filter value.
pub(super) fn decimal(number: impl itoa::Integer) -> Cow<'static, str> {
    Cow::Owned(itoa::Buffer::new().format(number).to_owned())
}

/// The first source line of each listed value, by the form that it has in filters.
pub(super) struct Lines<Value>(FxHashMap<Value, Span>);

impl<Value: Eq + Hash> Lines<Value> {
    /// Collects the lines of members by their forms, of which a member may have several or none.
    pub(super) fn of<'members, Forms: IntoIterator<Item = Value>>(
        confinement: &'members Confinement,
        forms: impl Fn(&'members MemberValue) -> Forms,
    ) -> Self {
        let mut lines = FxHashMap::with_capacity_and_hasher(confinement.members.len(), FxBuildHasher);
        for member in confinement.members.iter() {
            for form in forms(&member.value) {
                lines.entry(form).or_insert(member.span);
            }
        }
        Self(lines)
    }

    /// Returns the source line of a value.
    pub(super) fn get(&self, value: &Value) -> Option<Span> {
        self.0.get(value).copied()
    }
}

#[cfg(test)]
mod tests;
