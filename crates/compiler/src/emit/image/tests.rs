//! Holds the image against the judge, over policies and events that meet at every boundary.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::confine::Confinement;
use crate::confine::arbitrary::{confinements, deeds, join, processes};
use crate::diagnostic::Sink;
use crate::judge::{Event, judge};
use crate::source::SourceSet;

fn packable(confinements: Vec<Confinement>) -> Vec<Confinement> {
    confinements.into_iter().filter(|confinement| kernel::kernel_operation(confinement).is_some()).collect()
}

fn packed(confinements: &[Confinement]) -> telovix_bpf_programs::image::Image {
    let mut sink = Sink::default();
    let sources = SourceSet::single("policy.yaml", "");
    pack(confinements, &sources, &mut sink).unwrap_or_else(|| panic!("{:?}", sink.into_sorted()))
}

/// Decides an event by the image, at the place the event comes from.
fn decide(image: &telovix_bpf_programs::image::Image, event: &Event) -> Outcome {
    let holds = |scope: &str| match scope.split_once(':') {
        Some(("sensor", name)) => event.sensor.as_deref() == Some(name),
        Some(("group", name)) => event.group.as_deref() == Some(name),
        _ => false,
    };
    Interpreter::new(image, holds).decide_event(event).expect("the event is complete")
}

proptest! {
    #[test]
    fn image_and_judge_agree_over_the_small_universe(
        confinements in confinements().prop_map(packable),
        events in prop::collection::vec((select(processes()), select(deeds())), 64),
    ) {
        let image = packed(&confinements);
        prop_assert_eq!(check(&image, &confinements), Ok(()));
        for (process, deed) in events {
            let event = join(&process, &deed);
            let verdict = judge(&confinements, &event);
            let outcome = decide(&image, &event);
            prop_assert_eq!(outcome.effect.name(), verdict.effect.name(), "{:?}", event);
            if verdict.effect > crate::confine::Effect::Allow {
                let rule = verdict.decision.map(|decision| decision.index as u32);
                prop_assert_eq!(outcome.rule, rule, "{:?}", event);
            }
        }
    }
}
