//! Sets of the IR -> conjunctions of the engine's filters, or the reason why there is none.

mod endpoints;
mod paths;

pub(super) use endpoints::endpoint_alternatives;
pub(super) use paths::{PATH_BYTES, path_alternatives};

use super::codes::CANNOT_EXPRESS;
use crate::confine::{Confinement, MemberValue};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::value::Cidr;
use crate::source::{Span, Spanned};
use crate::tracing_policy::{ArgumentFilter, Operator};

/// Why a condition has no equal among filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static Code,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Refusal {
    /// Says that the engine has no words for it.
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
    values: Vec<Spanned<String>>,
    span: Span,
) -> ArgumentFilter {
    let (index, positions) = match place {
        Place::Index(index) => (Some(Spanned::new(index, span)), Vec::new()),
        Place::Declared(position) => (None, vec![Spanned::new(position, span)]),
    };
    ArgumentFilter { span, index, positions, operator: Spanned::new(operator, span), values }
}

/// Makes a filter whose values are ours and come from no line.
pub(super) fn constant_filter(
    place: Place,
    operator: Operator,
    values: &[&str],
    span: Span,
) -> ArgumentFilter {
    let values = values.iter().map(|value| Spanned::new((*value).to_owned(), span)).collect();
    filter(place, operator, values, span)
}

/// Where each listed value was written, by the form it takes in filters.
pub(super) struct Origins<'members> {
    span: Span,
    /// Each prefix as [`PathPattern::stems`] cuts it.
    paths: Lines<(&'members [u8], Option<u8>)>,
    blocks: Lines<Cidr>,
    ports: Lines<(u16, u16)>,
}

/// The first line of each value; sorted, each value once.
struct Lines<Value>(Vec<(Value, Span)>);

impl<Value: Ord> Lines<Value> {
    fn new(mut lines: Vec<(Value, Span)>) -> Self {
        lines.sort_by(|left, right| left.0.cmp(&right.0));
        lines.dedup_by(|later, first| later.0 == first.0);
        Self(lines)
    }

    fn of(&self, value: &Value) -> Option<Span> {
        let place = self.0.binary_search_by(|(listed, _)| listed.cmp(value)).ok()?;
        self.0.get(place).map(|(_, span)| *span)
    }
}

impl<'members> Origins<'members> {
    /// Collects the lines of a confinement's members.
    pub(super) fn of(confinement: &'members Confinement) -> Self {
        let (mut paths, mut blocks, mut ports) = (Vec::new(), Vec::new(), Vec::new());
        for member in &confinement.members {
            match &member.value {
                MemberValue::Path(pattern) => {
                    paths.extend(pattern.stems().map(|stem| (stem, member.span)));
                }
                MemberValue::Cidr(block) => blocks.push((block.network(), member.span)),
                MemberValue::Ports(range) => ports.push(((range.first(), range.last()), member.span)),
                MemberValue::Network(pattern) => {
                    blocks.extend(pattern.cidr.map(|block| (block.network(), member.span)));
                    ports.extend(pattern.ports.map(|range| ((range.first(), range.last()), member.span)));
                }
                MemberValue::Capability(_) | MemberValue::Syscall(_) => {}
            }
        }
        Self {
            span: confinement.span,
            paths: Lines::new(paths),
            blocks: Lines::new(blocks),
            ports: Lines::new(ports),
        }
    }

    fn path(&self, prefix: &[u8]) -> Span {
        let stem = match prefix {
            [stem @ .., end @ (0 | b'/')] => (stem, Some(*end)),
            stem => (stem, None),
        };
        self.paths.of(&stem).unwrap_or(self.span)
    }

    fn block(&self, block: Cidr) -> Span {
        self.blocks.of(&block).unwrap_or(self.span)
    }

    fn ports(&self, first: u16, last: u16) -> Span {
        self.ports.of(&(first, last)).unwrap_or(self.span)
    }
}

#[cfg(test)]
mod tests;
