//! An image and an event -> the verdict of the packed image, as `why` reports it.

use telovix_bpf_programs::image::Image;
use telovix_image::{ImageJudge, recover};
use telovix_policy::confine::Confinement;
use telovix_policy::judge::{DocumentReport, Event, Field, UNKNOWN, VerdictReport};

use crate::command::inspect::{Rule, rules};

/// Evaluates events with an image.
pub(super) struct Judge<'image> {
    judge: ImageJudge<'image>,
    rules: Vec<Rule>,
}

/// Returns the confinements of an image, which show which missing fields of an event matter.
pub(super) fn confinements(image: &Image) -> Result<Vec<Confinement>, String> {
    recover(image).map_err(|problem| problem.to_string())
}

impl<'image> Judge<'image> {
    pub(super) fn new(image: &'image Image, confinements: &'image [Confinement]) -> Self {
        Self { judge: ImageJudge::new(image, confinements), rules: rules(image) }
    }

    /// Returns the verdict on an event.
    pub(super) fn verdict(&self, event: &Event) -> VerdictReport {
        let verdict = self.judge.judge(event);
        let unknown = !verdict.depends_on.is_empty();
        let rule = verdict.rule.and_then(|rule| self.rules.get(rule as usize));
        VerdictReport {
            effect: if unknown { UNKNOWN } else { verdict.effect.name() },
            document: rule.map(|rule| DocumentReport {
                kind: rule.document.kind.clone().into(),
                id: rule.document.id.clone(),
                name: rule.document.name.clone(),
            }),
            dimension: rule.map(|rule| rule.dimension.clone().into()),
            source: rule.map(|rule| rule.source.clone()),
            nearest: None,
            member: None,
            exempted: None,
            written: None,
            depends_on: verdict.depends_on.iter().map(Field::name).collect(),
            at_least: unknown.then_some(verdict.at_least.name()),
            at_most: unknown.then_some(verdict.effect.name()),
            actions: Vec::new(),
            not_evaluated: Vec::new(),
            detections: Vec::new(),
        }
    }
}
