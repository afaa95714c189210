//! What native targets enforce, and the image -> whether both give every case the same effect.

use std::collections::BTreeMap;
use std::fmt;

use telovix_bpf_programs::image::Image;
use telovix_diagnostic::{Diagnostic, Sink};
use telovix_image::{ImageJudge, recover};
use telovix_policy::confine::{Confinement, Operation};
use telovix_policy::judge::Index;

use super::case::cases;
use super::code::{IMAGE_DISAGREES, IMAGE_UNREADABLE};
use super::{Depth, Tally, Translation, disagree};

pub(super) fn prove(translation: &Translation<'_>, bytes: &[u8], depth: Depth, sink: &mut Sink) -> Tally {
    let mut tally = Tally::default();
    let enforced = translation.policy.enforced_natively();
    let image = match Image::read(bytes) {
        Ok(image) => image,
        Err(reason) => return unreadable(&reason, sink),
    };
    let recovered = match recover(&image) {
        Ok(recovered) => recovered,
        Err(reason) => return unreadable(&reason, sink),
    };
    tally.documents = translation.policy.documents.len();
    let (judge, bytes) = (Index::new(&enforced), ImageJudge::new(&image, &recovered));
    for ((_, operation), rules) in by_document(&enforced) {
        // What was recovered of a rule has the number of the rule.
        let both = rules.iter().flat_map(|at| [enforced.get(*at), recovered.get(*at)]).flatten();
        let both: Vec<&Confinement> = both.filter(|one| one.operation == operation).collect();
        let Some(events) = cases(operation, &both, &[], &|_| true) else {
            tally.too_many += 1;
            continue;
        };
        tally.cases += events.len();
        for event in depth.chosen(events.len()).filter_map(|at| events.get(at)) {
            tally.tried += 1;
            let (expected, found) = (judge.judge(event), bytes.judge(event));
            if (expected.effect, expected.at_least) == (found.effect, found.at_least) {
                tally.agreed += 1;
                continue;
            }
            tally.different += 1;
            let place = expected.decision.as_ref().map(|decision| decision.confinement.span);
            if let Some(span) = place.or_else(|| both.first().map(|first| first.span)) {
                let told = format!("the policy says `{}` and the image `{}`", expected.effect, found.effect);
                disagree(&IMAGE_DISAGREES, span, &event.to_string(), &told, sink);
            }
        }
    }
    tally
}

fn unreadable(reason: &dyn fmt::Display, sink: &mut Sink) -> Tally {
    let message = format!("the packed image cannot be read back: {reason}");
    let help = "this is a mistake of telovix, not of the policy: please report it with these documents";
    sink.report(Diagnostic::new(&IMAGE_UNREADABLE, None, message).help(help));
    Tally::default()
}

/// Returns the numbers of the confinements of each document, by operation.
fn by_document(enforced: &[Confinement]) -> BTreeMap<(usize, Operation), Vec<usize>> {
    let mut groups: BTreeMap<(usize, Operation), Vec<usize>> = BTreeMap::new();
    let mut document = 0;
    for (at, confinement) in enforced.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| enforced.get(before));
        document += usize::from(before.is_some_and(|before| before.document != confinement.document));
        groups.entry((document, confinement.operation)).or_default().push(at);
    }
    groups
}
