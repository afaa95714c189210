//! A verified image -> rules, domains and sections, in the JSON shape of `inspect`.

use serde::Serialize;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{self, Effect, LAYOUT_VERSION, Operation, Origin};
use telovix_image::{Executables, Reader, Unreadable};
use telovix_trust::Digest;

use super::region::Events;
use crate::output::json::VERSION;

/// The contents of an image.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Listing {
    /// The version of this JSON format.
    version: u32,
    /// The version of the layout the kernel reads.
    pub(super) layout_version: u32,
    /// SHA-256 over the digests of all sections; identifies the policy.
    pub(super) digest: String,
    /// Size of all maps in the kernel, in bytes.
    pub(super) kernel_bytes: usize,
    /// The tables.
    pub(super) sections: Vec<SectionEntry>,
    /// Every confinement, by rule id.
    pub(super) rules: Vec<Rule>,
    /// Every domain, by number. Domain 0 holds every program that no rule names.
    pub(super) domains: Vec<Domain>,
}

/// One table.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SectionEntry {
    /// Its name in the ELF file.
    pub(super) name: &'static str,
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// One confinement.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Rule {
    /// The rule id of events and counters.
    pub(crate) rule: u32,
    /// The effect: `observe`, `log`, `kill` or `deny`.
    pub(crate) effect: &'static str,
    /// The confined operation.
    pub(super) operation: &'static str,
    /// `sensor:NAME` or `group:NAME`; empty for the whole fleet.
    pub(super) scope: String,
    /// The document it comes from.
    pub(crate) document: Document,
    /// The part of the document.
    pub(crate) dimension: String,
    /// File and line.
    pub(crate) source: String,
}

/// A document.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Programs with the same rules.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Domain {
    pub(super) domain: u32,
    /// The programs: path patterns as in policies, or `name` for a base name.
    pub(super) executables: Vec<String>,
    /// The domain that child processes inherit; 0 for none.
    pub(super) inherits: u32,
    /// The events that each rule matches.
    pub(super) names: Vec<Named>,
}

/// The events that a rule matches in a domain.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Named {
    pub(super) rule: u32,
    pub(super) events: Events,
}

impl Listing {
    /// Reads everything in an image.
    pub(super) fn of(image: &Image) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(image);
        let subjects = reader.executables()?;
        let count = u32::try_from(image.count(layout::Section::Domains)).unwrap_or(u32::MAX);
        let domains = (0..count).map(|number| domain(&mut reader, number, &subjects));
        let sections = layout::Section::ALL.into_iter().map(|section| SectionEntry {
            name: section.name(),
            records: image.count(section),
            bytes: image.bytes(section).len(),
        });
        Ok(Self {
            version: VERSION,
            layout_version: LAYOUT_VERSION,
            digest: Digest::from(*image.digest()).to_string(),
            kernel_bytes: image.kernel_bytes(),
            sections: sections.collect(),
            rules: rules(image),
            domains: domains.collect::<Result<_, _>>()?,
        })
    }
}

/// Returns every confinement of an image with its source.
pub(crate) fn rules(image: &Image) -> Vec<Rule> {
    let confinements = image.records::<layout::Confinement>(layout::Section::Confinements);
    let origins = image.records::<Origin>(layout::Section::Origins);
    let text = |offset: u32| image.string(offset).unwrap_or_default().to_owned();
    let scope = |index: u16| image.record::<u32>(layout::Section::Scopes, u32::from(index)).map(text);
    let rules = (0..).zip(confinements.zip(origins)).map(|(rule, (confinement, origin))| Rule {
        rule,
        effect: Effect::from_number(confinement.effect).map_or("unknown", Effect::name),
        operation: Operation::from_number(confinement.operation).map_or("unknown", Operation::name),
        scope: scope(confinement.scope).unwrap_or_default(),
        document: Document { kind: text(origin.kind), id: text(origin.id), name: text(origin.name) },
        dimension: text(origin.dimension),
        source: format!("{}:{}", text(origin.file), origin.line),
    });
    rules.collect()
}

fn domain(reader: &mut Reader<'_>, number: u32, subjects: &[Executables]) -> Result<Domain, Unreadable> {
    let reading = reader.domain(number)?;
    let names = reading.regions.into_iter().map(|(rule, region)| Named { rule, events: Events::of(&region) });
    let mut executables: Vec<String> =
        subjects.iter().filter(|who| who.domain == number).flat_map(words).collect();
    if number == 0 {
        executables.push("every other program".to_owned());
    }
    Ok(Domain { domain: number, executables, inherits: reading.inherits, names: names.collect() })
}

/// Describes a set of executables: paths, base names in backticks, or both.
fn words(who: &Executables) -> Vec<String> {
    let names: Vec<_> = who.names.iter().map(|name| format!("`{name}`")).collect();
    match (who.paths.is_empty(), names.is_empty()) {
        (true, _) => names,
        (false, true) => who.paths.clone(),
        (false, false) => {
            who.paths.iter().map(|path| format!("{path} named {}", names.join(" or "))).collect()
        }
    }
}
