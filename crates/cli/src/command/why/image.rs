//! An image and an event -> the verdict that the packed bytes give, in the shape of `why`.

use telovix_bpf_programs::image::Image;
use telovix_image::Interpreter;
use telovix_policy::judge::{DocumentReport, Event, VerdictReport};

use crate::command::inspect::{Rule, rules};

/// Decides events from an image alone.
pub(super) struct Judge<'image> {
    image: &'image Image,
    rules: Vec<Rule>,
}

impl<'image> Judge<'image> {
    pub(super) fn new(image: &'image Image) -> Self {
        Self { image, rules: rules(image) }
    }

    /// Returns the verdict on an event.
    ///
    /// # Errors
    /// Says which field the event lacks that a program in the kernel would see.
    pub(super) fn verdict(&self, event: &Event) -> Result<VerdictReport, String> {
        // A place that the event does not tell could be any: every scope may hold there.
        let here = |place: &Option<String>, name: &str| place.as_deref().is_none_or(|place| place == name);
        let holds = |scope: &str| match scope.split_once(':') {
            Some(("sensor", name)) => here(&event.sensor, name),
            Some(("group", name)) => here(&event.group, name),
            _ => false,
        };
        let outcome = Interpreter::new(self.image, holds).decide_event(event);
        let outcome = outcome.map_err(|field| {
            format!("`{}`: missing, and the programs of an image decide by it", field.name())
        })?;
        let rule = outcome.rule.and_then(|rule| self.rules.get(rule as usize));
        Ok(VerdictReport {
            effect: outcome.effect.name(),
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
            depends_on: Vec::new(),
            at_least: None,
        })
    }
}
