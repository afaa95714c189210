//! One unit before its files are written, and what the units of one scope share at a crowded hook.

use std::collections::BTreeMap;

use telovix_diagnostic::source::Span;
use telovix_document::lower::PolicyDocument;
use telovix_policy::value::Scope;

use super::assemble::Assembly;
use super::budget;
use super::name::Names;
use super::share::Share;

/// What is written for one unit.
pub(super) struct Draft<'run> {
    pub(super) heading: Heading<'run>,
    pub(super) body: Body<'run>,
}

pub(super) enum Body<'run> {
    /// A file with comments only.
    Comments,
    /// One file for each part.
    Policies(Assembly<'run>),
}

/// The file name and the comments of a file.
pub(super) struct Heading<'run> {
    pub(super) names: Names,
    pub(super) placed: &'run PolicyDocument,
    pub(super) span: Span,
    /// The comments at the top of each file.
    pub(super) comments: String,
}

impl Draft<'_> {
    /// Returns what the unit takes at LSM hooks when it shares nothing. A group that is refused takes nothing.
    pub(super) fn entries(&self) -> Vec<budget::Use> {
        let Body::Policies(assembly) = &self.body else { return Vec::new() };
        let scope = self.heading.placed.scope();
        let entries = assembly.groups.iter().filter_map(|group| {
            let hooks = group.fill().ok()?;
            Some(budget::entries(group.lsm_hook()?, hooks.len(), &scope, group.span))
        });
        entries.collect()
    }
}

/// Takes from the drafts what documents of one scope share at the given hooks.
pub(super) fn shares<'run>(drafts: &mut [Draft<'run>], crowded: &[String]) -> Vec<Share<'run>> {
    let mut shares: BTreeMap<(Scope, String), Share<'run>> = BTreeMap::new();
    let mut taken = Vec::new();
    for (number, draft) in drafts.iter().enumerate() {
        let (Body::Policies(assembly), None) = (&draft.body, &draft.heading.placed.pack) else { continue };
        for group in &assembly.groups {
            let Some(hook) = group.shareable().filter(|hook| crowded.iter().any(|known| known == hook))
            else {
                continue;
            };
            let key = (draft.heading.placed.scope(), hook.to_owned());
            let share = shares.entry(key.clone()).or_insert_with(|| Share::new(key.0.clone(), hook));
            share.add(
                &group.confinements,
                draft.heading.span,
                &draft.heading.names.path(group.part.suffix()),
            );
            taken.push((number, key));
        }
    }
    shares.retain(|_, share| share.units.len() > 1);
    for (number, key) in taken.iter().filter(|(_, key)| shares.contains_key(key)) {
        if let Some(Draft { body: Body::Policies(assembly), .. }) = drafts.get_mut(*number) {
            assembly.groups.retain(|group| group.shareable() != Some(&key.1));
        }
    }
    shares.into_values().collect()
}
