//! Sets of the IR -> conjunctions of the engine's filters, or the reason why there is none.

mod endpoints;
mod paths;

pub(super) use endpoints::endpoint_alternatives;
pub(super) use paths::path_alternatives;

use std::collections::BTreeMap;

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
pub(super) struct Origins {
    span: Span,
    paths: BTreeMap<Vec<u8>, Span>,
    blocks: BTreeMap<Cidr, Span>,
    ports: BTreeMap<(u16, u16), Span>,
}

impl Origins {
    /// Collects the lines of a confinement's members.
    pub(super) fn of(confinement: &Confinement) -> Self {
        let mut origins = Self {
            span: confinement.span,
            paths: BTreeMap::new(),
            blocks: BTreeMap::new(),
            ports: BTreeMap::new(),
        };
        for member in &confinement.members {
            match &member.value {
                MemberValue::Path(pattern) => {
                    for prefix in pattern.prefixes() {
                        origins.paths.entry(prefix).or_insert(member.span);
                    }
                }
                MemberValue::Cidr(block) => {
                    origins.blocks.entry(block.network()).or_insert(member.span);
                }
                MemberValue::Ports(range) => {
                    origins.ports.entry((range.first(), range.last())).or_insert(member.span);
                }
                MemberValue::Network(pattern) => {
                    if let Some(block) = pattern.cidr {
                        origins.blocks.entry(block.network()).or_insert(member.span);
                    }
                    if let Some(range) = pattern.ports {
                        origins.ports.entry((range.first(), range.last())).or_insert(member.span);
                    }
                }
                MemberValue::Capability(_) | MemberValue::Syscall(_) => {}
            }
        }
        origins
    }

    fn path(&self, prefix: &[u8]) -> Span {
        self.paths.get(prefix).copied().unwrap_or(self.span)
    }

    fn block(&self, block: Cidr) -> Span {
        self.blocks.get(&block).copied().unwrap_or(self.span)
    }

    fn ports(&self, first: u16, last: u16) -> Span {
        self.ports.get(&(first, last)).copied().unwrap_or(self.span)
    }
}

#[cfg(test)]
mod tests;
