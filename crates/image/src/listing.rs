//! Confinements -> their kernel records, and the source of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use telovix_bpf_programs::image::Sections;
use telovix_bpf_programs::layout::{
    self, CONFINEMENT_BLOCKS, CONFINEMENT_HAS_EXEMPTIONS, Exemption, Origin, Section,
};

use telovix_diagnostic::source::SourceSet;
use telovix_policy::confine::{Confinement, Listing};
use telovix_policy::value::Scope;

use super::kernel::{access_bits, kernel_effect, kernel_operation};

/// Writes confinements, origins, scopes and strings.
///
/// # Errors
/// Names what exceeds the image: a string with a NUL, more than 65,535 scopes, more than 4 GiB of strings.
pub(super) fn write(
    sections: &mut Sections,
    confinements: &[Confinement],
    exemptions: &BTreeSet<Exemption>,
    sources: &SourceSet,
) -> Result<(), String> {
    let exempted: BTreeSet<u32> = exemptions.iter().map(|exemption| exemption.confinement).collect();
    let mut strings = Strings::default();
    let mut scopes: FxHashMap<u32, u16> = FxHashMap::default();
    let mut lines = sources.lines();
    // The names of the current document: the confinements of one document are adjacent.
    let mut names = None;
    let fleet = strings.offset(sections, "")?;
    sections.push(Section::Scopes, &fleet);
    sections.reserve(Section::Confinements, confinements.len());
    sections.reserve(Section::Origins, confinements.len());
    for (index, confinement) in (0..).zip(confinements) {
        let Some(operation) = kernel_operation(confinement) else { continue };
        let scope = match scope_text(&confinement.scope) {
            None => 0,
            Some(text) => {
                let offset = strings.offset(sections, &text)?;
                let next = u16::try_from(scopes.len() + 1).map_err(|_| "more than 65,535 scopes")?;
                let scope = *scopes.entry(offset).or_insert(next);
                if scope == next {
                    sections.push(Section::Scopes, &offset);
                }
                scope
            }
        };
        let exemptible = if exempted.contains(&index) { CONFINEMENT_HAS_EXEMPTIONS } else { 0 };
        let blocks = if confinement.listing == Listing::Blocks { CONFINEMENT_BLOCKS } else { 0 };
        let record = layout::Confinement {
            effect: kernel_effect(confinement.acting_effect()) as u8,
            operation: operation as u8,
            access: access_bits(confinement),
            scope,
            flags: exemptible | blocks,
        };
        sections.push(Section::Confinements, &record);

        let (document, span) = (&confinement.document, confinement.span);
        let [kind, id, name] = match names {
            Some((known, offsets)) if Arc::ptr_eq(known, document) => offsets,
            _ => {
                let texts = [document.kind.name(), &document.id, &document.name];
                let [kind, id, name] = texts.map(|text| strings.offset(sections, text));
                [kind?, id?, name?]
            }
        };
        names = Some((document, [kind, id, name]));
        let origin = Origin {
            kind,
            id,
            name,
            dimension: strings.offset(sections, confinement.dimension.name())?,
            file: strings.offset(sections, sources.name(span))?,
            start: span.start,
            end: span.end,
            line: lines.line(span),
        };
        sections.push(Section::Origins, &origin);
    }
    Ok(())
}

/// Returns the string of a scope in the image; `None` for the whole fleet.
fn scope_text(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Fleet => None,
        Scope::Group(group) => Some(format!("group:{group}")),
        Scope::Sensor(sensor) => Some(format!("sensor:{sensor}")),
    }
}

/// Strings, each written once.
#[derive(Default)]
struct Strings {
    offsets: FxHashMap<String, u32>,
}

impl Strings {
    fn offset(&mut self, sections: &mut Sections, text: &str) -> Result<u32, String> {
        if let Some(offset) = self.offsets.get(text) {
            return Ok(*offset);
        }
        let offset = sections
            .push_string(text)
            .ok_or_else(|| format!("the string `{text}` contains a NUL, or the strings exceed 4 GiB"))?;
        self.offsets.insert(text.to_owned(), offset);
        Ok(offset)
    }
}
