//! Policy packs -> their folders, and whether the documents in them are enforced.

use std::collections::BTreeMap;
use std::fmt;

use telovix_diagnostic::source::{SourceSet, Span};
use telovix_diagnostic::{Code, Diagnostic, Sink};
use telovix_policy::confine::Gate;

use super::PolicyDocument;
use super::duplicate::DUPLICATE_DOCUMENT;
use crate::{Document, PackKind, PackState};

/// A pack that is not in the folder of its id and version.
pub(super) static PACK_FOLDER: Code = Code::page(include_str!("pack/pack-folder.md"));

/// Enforcing documents in a pack that is not enforced.
pub(super) static PACK_HELD: Code = Code::page(include_str!("pack/pack-held.md"));

/// The name of a pack: the folder of its documents and its artifacts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackName {
    /// The outer folder.
    pub id: String,
    /// The inner folder.
    pub version: String,
}

impl fmt::Display for PackName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.id, self.version)
    }
}

/// A pack and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Id and version.
    pub name: PackName,
    /// What the pack is for.
    pub kind: PackKind,
    /// Whether it may ever be enforced.
    pub enforcement_capable: bool,
    /// How far it has advanced.
    pub state: PackState,
    /// The pack document.
    pub span: Span,
    /// Its folder of sources, with a `/` at the end.
    folder: String,
}

impl Pack {
    /// Returns whether the documents of the pack are enforced: only in an enforced pack that is enforcement-capable.
    #[must_use]
    pub fn gate(&self) -> Gate {
        match (self.state, self.kind, self.enforcement_capable) {
            (PackState::Enforced, PackKind::Guard, true) => Gate::Active,
            _ => Gate::Held,
        }
    }
}

/// Returns the packs, by name, and reports those without a folder.
pub(super) fn collect(documents: &[Document], sources: &SourceSet, sink: &mut Sink) -> Vec<Pack> {
    let mut packs: Vec<Pack> = Vec::new();
    for document in documents {
        let Document::PolicyPack(pack) = document else { continue };
        let name = PackName { id: pack.pack_id.value.clone(), version: pack.version.value.clone() };
        let folder = folder_of(sources.name(pack.span));
        if folder.trim_end_matches('/') != name.to_string() && !folder.ends_with(&format!("/{name}/")) {
            let message = format!("pack `{name}` is in `{}`, not in a folder `{name}/`", shown(&folder));
            sink.report(
                Diagnostic::new(&PACK_FOLDER, pack.pack_id.span, message).help(format!(
                    "move it and its documents to `{name}/`, or correct `pack_id` and `version`"
                )),
            );
        }
        packs.push(Pack {
            name,
            kind: pack.pack_kind.value,
            enforcement_capable: pack.enforcement_capable.value,
            state: pack.state.value,
            span: pack.span,
            folder,
        });
    }
    packs.sort_by(|left, right| left.name.cmp(&right.name));
    for (first, second) in
        packs.iter().zip(packs.iter().skip(1)).filter(|(one, other)| one.name == other.name)
    {
        let message = format!("the pack `{}` is already defined", first.name);
        sink.report(
            Diagnostic::new(&DUPLICATE_DOCUMENT, second.span, message)
                .related(first.span, "first defined here")
                .help("give one of the two another version, or remove it"),
        );
    }
    packs
}

/// Packs by folder.
pub(super) struct Owners<'packs>(BTreeMap<&'packs str, &'packs Pack>);

impl<'packs> Owners<'packs> {
    pub(super) fn new(packs: &'packs [Pack]) -> Self {
        let owning = packs.iter().filter(|pack| !pack.folder.is_empty());
        Self(owning.map(|pack| (pack.folder.as_str(), pack)).collect())
    }

    /// Returns the pack whose folder contains a place: of several, the innermost.
    pub(super) fn of(&self, span: Span, sources: &SourceSet) -> Option<&'packs Pack> {
        let name = sources.name(span);
        let folders = name.rmatch_indices('/').filter_map(|(at, _)| name.get(..=at));
        folders.into_iter().find_map(|folder| self.0.get(folder).copied())
    }
}

/// Reports each pack that is not enforced but has documents that would be.
pub(super) fn report_held(packs: &[Pack], placed: &[PolicyDocument], sink: &mut Sink) {
    for pack in packs.iter().filter(|pack| pack.gate() == Gate::Held) {
        let held = placed.iter().filter(|document| {
            document.pack.as_ref() == Some(&pack.name) && !document.confinements.is_empty()
        });
        let (count, first) = held.fold((0_usize, None), |(count, first), document| {
            (count + 1, first.or_else(|| Some(document.name_span())))
        });
        let Some(first) = first else { continue };
        let documents = if count == 1 { "document" } else { "documents" };
        let message = format!(
            "pack `{}` is in state `{}`: {count} {documents} that enforce will only observe",
            pack.name,
            pack.state.name()
        );
        sink.report(Diagnostic::new(&PACK_HELD, pack.span, message).related(first, "one of them"));
    }
}

/// Returns everything up to and with the last `/` of a source name.
fn folder_of(source: &str) -> String {
    source.rfind('/').and_then(|at| source.get(..=at)).unwrap_or("").to_owned()
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "./" } else { folder }
}
