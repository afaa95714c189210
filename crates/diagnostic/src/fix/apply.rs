//! Sources and fixes -> new texts: one round of fixes, without those that overlap.

use std::collections::BTreeMap;

use super::{Edit, Fix};
use crate::Diagnostic;
use crate::source::{SourceId, SourceSet, Span};

/// The result of one round.
#[derive(Debug, Default)]
pub struct Applied<'findings> {
    /// The texts that changed.
    pub texts: BTreeMap<SourceId, String>,
    /// The findings whose fix was applied.
    pub fixed: Vec<&'findings Diagnostic>,
}

impl Applied<'_> {
    /// Returns all sources, those that changed with their new text.
    #[must_use]
    pub fn sources(&self, before: &SourceSet) -> SourceSet {
        SourceSet::new(before.iter().map(|(id, source)| {
            let text = self.texts.get(&id).map_or(source.text(), String::as_str);
            (source.name().to_owned(), text.to_owned())
        }))
    }
}

/// Applies the fixes of findings, each whole or not at all. Of fixes that overlap the first is applied, by place: another
/// round finds the others, where they still apply. Bytes outside of the edits do not change.
pub fn apply<'findings>(
    sources: &SourceSet,
    findings: impl IntoIterator<Item = &'findings Diagnostic>,
) -> Applied<'findings> {
    let mut fixes: Vec<(&Fix, &Diagnostic)> =
        findings.into_iter().filter_map(|finding| Some((finding.fix.as_ref()?, finding))).collect();
    fixes.sort_by_key(|(fix, _)| fix.edits.first().map(|edit| edit.span));
    let mut taken: BTreeMap<(SourceId, u32), &Edit> = BTreeMap::new();
    let mut fixed = Vec::new();
    for (fix, finding) in fixes {
        let is_free = |edit: &Edit| is_text(sources, edit.span) && !overlaps(&taken, edit.span);
        if !fix.edits.is_empty() && fix.edits.iter().all(is_free) {
            taken.extend(fix.edits.iter().map(|edit| ((edit.span.source, edit.span.start), edit)));
            fixed.push(finding);
        }
    }
    let mut texts: BTreeMap<SourceId, String> = BTreeMap::new();
    let mut seen: BTreeMap<SourceId, usize> = BTreeMap::new();
    for edit in taken.values() {
        let id = edit.span.source;
        let Some(source) = sources.get(id) else { continue };
        let (text, seen) = (texts.entry(id).or_default(), seen.entry(id).or_default());
        text.push_str(source.text().get(*seen..edit.span.start as usize).unwrap_or_default());
        text.push_str(&edit.replacement);
        *seen = edit.span.end as usize;
    }
    for (id, text) in &mut texts {
        let rest = sources.get(*id).and_then(|source| source.text().get(*seen.get(id)?..));
        text.push_str(rest.unwrap_or_default());
    }
    Applied { texts, fixed }
}

fn is_text(sources: &SourceSet, span: Span) -> bool {
    let source = sources.get(span.source);
    source.is_some_and(|source| source.text().get(span.start as usize..span.end as usize).is_some())
}

/// Returns whether a span shares bytes with one that was taken, or both insert at one place.
fn overlaps(taken: &BTreeMap<(SourceId, u32), &Edit>, span: Span) -> bool {
    let before = taken.range(..=(span.source, span.start)).next_back();
    let after = taken.range((span.source, span.start)..).next();
    let meets = |other: Span| {
        other.source == span.source
            && (other.start == span.start || (other.start < span.end && span.start < other.end))
    };
    before.into_iter().chain(after).any(|(_, edit)| meets(edit.span))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::apply;
    use crate::fix::{Certainty, Fix};
    use crate::source::{SourceSet, Span};
    use crate::{Code, Diagnostic};

    static CODE: Code = Code::page(
        "---\ncode: a-code\nseverity: warning\ntitle: a title\n---\n\nText.\n\n## Reported for\n\nit\n\n## Not reported for\n\nthat\n",
    );

    proptest! {
        /// What no applied edit covers is unchanged, and each finding is fixed whole or not at all.
        #[test]
        fn changes_nothing_else(text in "[aé\r\n]{0,20}", places in prop::collection::vec((0usize..24, 0usize..6, "[xü]{0,3}"), 0..6)) {
            let sources = SourceSet::single("case.yaml", &text);
            let (id, _) = sources.iter().next().expect("one source");
            let findings: Vec<Diagnostic> = places.iter().map(|(start, length, new)| {
                let span = Span::new(id, *start, start + length);
                Diagnostic::new(&CODE, span, "it").fix_by(Fix::new(Certainty::Meant, span, new.clone()))
            }).collect();
            let applied = apply(&sources, &findings);
            let mut expected = text.clone();
            let mut fixed: Vec<_> = applied.fixed.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
            fixed.sort_by_key(|edit| edit.span);
            for edit in fixed.iter().rev() {
                expected.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
            }
            let result = applied.texts.get(&id).cloned().unwrap_or(text);
            prop_assert_eq!(result, expected);
            prop_assert!(fixed.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            let first_valid = findings.iter().any(|finding| super::is_text(&sources, finding.span.expect("a span")));
            prop_assert_eq!(first_valid, !applied.fixed.is_empty());
        }
    }
}
