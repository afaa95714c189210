//! Confinements -> the sections of an image.

use telovix_bpf_programs::image::{Image, Sections};
use telovix_bpf_programs::layout::{self, Header, LAYOUT_VERSION, PATH_DEPTH, PathState, Section};

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_policy::confine::{Condition, Confinement, PathSet};

use super::automaton::{Nodes, Values};
use super::code::{PATH_TOO_DEEP, UNPACKABLE};
use super::domain::Tables;
use super::kernel::kernel_operation;
use super::listing;
use super::overlay::{PathMap, overlay};
use super::plan::{Marks, Plan, group};
use super::round_trip;

/// Packs all confinements of a policy. The index of a confinement becomes its rule id.
///
/// Confinements of every scope are packed; the loader activates those that apply to its host. Effects are the acting
/// ones: a pack that is not enforced only observes. The image is read back and compared with its source before it is
/// returned. If the image cannot contain a confinement, reports it and returns `None`.
#[must_use]
pub fn pack(confinements: &[Confinement], sources: &SourceSet, sink: &mut Sink) -> Option<Image> {
    let errors: Vec<Diagnostic> = confinements.iter().filter_map(refusal).collect();
    if !errors.is_empty() {
        errors.into_iter().for_each(|error| sink.report(error));
        return None;
    }
    let groups = group(confinements);
    let marks = Marks::collect(&groups);
    let mut mark_sets = marks.sets();
    let executables = overlay(&mut mark_sets, 0, marks.steps());
    let plan = Plan::new(&groups, &marks, &executables, &mark_sets);

    let mut tables = Tables::new(confinements, &groups);
    let mut sections = Sections::default();
    sections.reserve(Section::Domains, plan.domains.len());
    for domain in &plan.domains {
        sections.push(Section::Domains, &tables.domain(domain));
    }
    write_subjects(&mut sections, tables.nodes(), &executables, &marks, &plan);
    tables.write(&mut sections);
    let packed = listing::write(&mut sections, confinements, &plan.exemptions, sources)
        .and_then(|()| Image::new(sections).map_err(|error| error.to_string()))
        .and_then(|image| round_trip::check(&image, confinements).map(|()| image));
    match packed {
        Ok(image) => Some(image),
        Err(reason) => {
            sink.report(Diagnostic::new(
                &UNPACKABLE,
                None,
                format!("the policy does not fit an image: {reason}"),
            ));
            None
        }
    }
}

/// Returns why the image cannot contain a confinement.
fn refusal(confinement: &Confinement) -> Option<Diagnostic> {
    if kernel_operation(confinement).is_none() {
        let message = format!("the image does not support this condition on `{}`", confinement.operation);
        return Some(Diagnostic::new(&UNPACKABLE, confinement.span, message));
    }
    // Each component has at least two bytes.
    let long = paths(confinement)?.prefixes().1.filter(|(prefix, _)| prefix.len() > 2 * PATH_DEPTH);
    let deepest = long.map(|(prefix, _)| depth(prefix)).max()?;
    (deepest > PATH_DEPTH).then(|| {
        let message = format!("the path has {deepest} components, more than {PATH_DEPTH}");
        Diagnostic::new(&PATH_TOO_DEEP, confinement.span, message)
            .help("write the pattern for a directory closer to the root")
    })
}

fn paths(confinement: &Confinement) -> Option<&PathSet> {
    match &confinement.condition {
        Condition::Exec { paths, .. } | Condition::Open { paths, .. } => Some(paths),
        _ => None,
    }
}

/// Counts the components of a path with this prefix.
fn depth(prefix: &[u8]) -> usize {
    prefix.split(|byte| *byte == b'/').filter(|name| !matches!(name, [] | [0])).count()
}

/// Writes the tables that map an executable to a domain: by the classes of its path and of its base name.
fn write_subjects(
    sections: &mut Sections,
    nodes: &mut Nodes,
    executables: &PathMap<'_>,
    marks: &Marks<'_>,
    plan: &Plan,
) {
    let mut path_classes = PathClasses::default();
    let subjects = nodes.add(executables, &mut path_classes);
    let names = add_names(nodes, marks);
    sections.push(Section::Header, &Header { version: LAYOUT_VERSION, reserved: 0, subjects, names });

    let mut subjects: Vec<(layout::Subject, u32)> = plan
        .subjects
        .iter()
        .map(|((set, name), domain)| {
            (layout::Subject { path: path_classes.store(*set), name: *name }, *domain)
        })
        .collect();
    subjects.sort_unstable();
    for (subject, domain) in &subjects {
        sections.insert(Section::Subjects, subject, domain);
    }
    for exemption in &plan.exemptions {
        sections.insert(Section::Exemptions, exemption, &1_u32);
    }
}

/// Adds the base names as the names in a separate directory.
fn add_names(nodes: &mut Nodes, marks: &Marks<'_>) -> PathState {
    let paths: Vec<(Vec<u8>, u32)> =
        marks.names.iter().map(|(name, class)| (format!("/{name}\0").into_bytes(), *class)).collect();
    let mut entries: Vec<(&[u8], u32)> =
        paths.iter().map(|(path, class)| (path.as_slice(), *class)).collect();
    entries.sort_unstable();
    nodes.add(&PathMap { everywhere: 0, entries }, &mut NameClasses)
}

/// Numbers the sets of marks that executables have, in order of appearance.
#[derive(Default)]
struct PathClasses(rustc_hash::FxHashMap<u32, u32>);

impl Values for PathClasses {
    fn store(&mut self, set: u32) -> u32 {
        let next = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
        if set == 0 { 0 } else { *self.0.entry(set).or_insert(next) }
    }

    /// Paths below an executable are never looked up.
    fn join(&mut self, _: u32, _: u32) -> u32 {
        0
    }
}

/// Base names already have their class.
struct NameClasses;

impl Values for NameClasses {
    fn store(&mut self, class: u32) -> u32 {
        class
    }

    fn join(&mut self, _: u32, _: u32) -> u32 {
        0
    }
}
