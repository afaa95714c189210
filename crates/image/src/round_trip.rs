//! An image and the confinements it was packed from -> an error if a condition or a subject was lost or changed.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use telovix_bpf_programs::image::Image;
use telovix_bpf_programs::layout::{self, Header, Section};

use telovix_policy::confine::{Confinement, Exemption, PrefixList, Region, Subject};
use telovix_policy::value::Children;
use telovix_policy::value::PathPattern;

use super::decide::Interpreter;
use super::kernel::kernel_effect;
use super::read::{Reader, Unreadable};

/// Reads the image back and compares it with its source.
///
/// # Errors
/// Names the changed confinement, or what could not be read.
pub fn check(image: &Image, confinements: &[Confinement]) -> Result<(), String> {
    let unreadable = |reason: Unreadable| reason.to_string();
    let source = Source::new(confinements);
    for (index, record) in image.records::<layout::Confinement>(Section::Confinements).enumerate() {
        let written =
            confinements.get(index).map(|confinement| kernel_effect(confinement.acting_effect()) as u8);
        if written != Some(record.effect) {
            return Err(format!("confinement {index} has a different effect"));
        }
    }

    let mut reader = Reader::new(image);
    // By domain: its confinements, and those of descendants.
    let mut domains: Vec<(Vec<u32>, u32)> = Vec::with_capacity(image.count(Section::Domains));
    for number in 0..u32::try_from(image.count(Section::Domains)).unwrap_or(u32::MAX) {
        let reading = reader.domain(number).map_err(unreadable)?;
        for (rule, region) in &reading.regions {
            if !source.names(*rule, region) {
                return Err(format!("confinement {rule} has different events in domain {number}"));
            }
        }
        domains.push((reading.regions.into_keys().collect(), reading.inherits));
    }

    let header: Option<Header> = image.record(Section::Header, 0);
    let (_, known) = reader.class_map(header.ok_or("no header")?.subjects).map_err(unreadable)?;
    let interpreter = Interpreter::new(image, |_| true);
    for executable in source.executables(&known) {
        let domain = interpreter.domain_of(Some(&executable)) as usize;
        let (own, inherits) = domains.get(domain).ok_or("a subject has no domain")?;
        let (carried, _) = domains.get(*inherits as usize).ok_or("an inherited domain is missing")?;
        let carried = if *inherits == 0 { &[] } else { carried.as_slice() };
        if source.confining(&executable) != *own || source.inherited(&executable) != carried {
            return Err(format!("`{executable}` is confined by different documents"));
        }
    }
    Ok(())
}

/// The confinements by subject.
struct Source<'policy> {
    confinements: &'policy [Confinement],
    everyone: Vec<u32>,
    by_binary: FxHashMap<&'policy str, Vec<u32>>,
    by_name: FxHashMap<&'policy str, Vec<u32>>,
}

impl<'policy> Source<'policy> {
    fn new(confinements: &'policy [Confinement]) -> Self {
        let (mut everyone, mut by_binary, mut by_name) =
            (Vec::new(), FxHashMap::default(), FxHashMap::default());
        for (index, confinement) in (0..).zip(confinements) {
            let exempts_all =
                |exemption: &Exemption| exemption.process.is_none() && exemption.parent.is_none();
            let nothing = confinement.condition.names_nothing(confinement.operation);
            if nothing || confinement.exemptions.iter().any(exempts_all) {
                continue;
            }
            match &confinement.subject {
                Subject::Everyone => everyone.push(index),
                Subject::Binary(path) => push(&mut by_binary, path.as_str(), index),
                Subject::BaseName(name) => push(&mut by_name, name, index),
            }
        }
        Self { confinements, everyone, by_binary, by_name }
    }

    /// Returns whether a confinement has exactly these events.
    fn names(&self, rule: u32, region: &Region) -> bool {
        let confinement = self.confinements.get(rule as usize);
        confinement
            .is_some_and(|confinement| confinement.condition.names_exactly(confinement.operation, region))
    }

    /// Returns an executable of every part that the source or the image tells apart. Patterns have no control
    /// characters, so a path with one more of them matches no longer pattern.
    fn executables(&self, known: &PrefixList<u32>) -> BTreeSet<String> {
        let patterns = self.confinements.iter().flat_map(|confinement| &confinement.exemptions);
        let patterns = patterns.flat_map(|exemption| [&exemption.process, &exemption.parent]).flatten();
        let prefixes: BTreeSet<Vec<u8>> = patterns
            .flat_map(PathPattern::prefixes)
            .chain(self.by_binary.keys().map(|binary| [binary.as_bytes(), &[0]].concat()))
            .chain(known.iter().map(|(prefix, _)| prefix.to_vec()))
            .chain([b"/".to_vec()])
            .collect();
        let mut executables = BTreeSet::new();
        for prefix in prefixes {
            if let Some(exact) = prefix.strip_suffix(&[0]) {
                executables.insert(String::from_utf8_lossy(exact).into_owned());
                continue;
            }
            let stem = String::from_utf8_lossy(&prefix).into_owned();
            executables.extend(self.by_name.keys().map(|name| format!("{stem}\u{1}/{name}")));
            executables.insert(format!("{stem}\u{1}"));
        }
        executables
    }

    /// Returns the confinements of a process of this executable, with any parent.
    fn confining(&self, executable: &str) -> Vec<u32> {
        let exempt = |index: &u32| {
            self.confinements.get(*index as usize).is_none_or(|confinement| {
                let by_process = confinement.exemptions.iter().filter(|exemption| exemption.parent.is_none());
                by_process
                    .filter_map(|exemption| exemption.process.as_ref())
                    .any(|who| who.contains(executable))
            })
        };
        let mut confining = self.naming(executable);
        confining.extend(&self.everyone);
        confining.retain(|index| !exempt(index));
        confining.sort_unstable();
        confining
    }

    /// Returns the confinements that descendants of this executable inherit.
    fn inherited(&self, executable: &str) -> Vec<u32> {
        let mut inherited = self.naming(executable);
        inherited.retain(|index| {
            let confinement = self.confinements.get(*index as usize);
            confinement.is_some_and(|confinement| confinement.children == Children::Inherit)
        });
        inherited.sort_unstable();
        inherited
    }

    fn naming(&self, executable: &str) -> Vec<u32> {
        let name = executable.rsplit('/').next().expect("a split has at least one part");
        let (binary, name) = (self.by_binary.get(executable), self.by_name.get(name));
        binary.into_iter().chain(name).flatten().copied().collect()
    }
}

fn push<'policy>(map: &mut FxHashMap<&'policy str, Vec<u32>>, key: &'policy str, index: u32) {
    map.entry(key).or_default().push(index);
}
