//! Properties of lowering for all inputs.

use proptest::prelude::*;

use telovix_diagnostic::source::SourceSet;
use telovix_diagnostic::{Levels, Sink};
use telovix_policy::confine::{Condition, Effect};
use telovix_policy::value::Date;

use super::{Options, Policy, lower};
use crate as document;
use crate::ProfileMode;

fn lowered(text: &str, order: impl Fn(&mut Vec<document::Document>)) -> (Policy, Vec<String>) {
    let sources = SourceSet::single("policies.yaml", text);
    let mut sink = Sink::new(Levels::default());
    let mut documents = document::read(&sources, &mut sink).documents;
    order(&mut documents);
    let options = Options { as_of: Date::parse("2026-11-21").expect("a date") };
    let policy = lower(documents, &sources, options, &mut sink);
    (policy, sink.into_sorted().iter().map(|diagnostic| diagnostic.plain(&sources)).collect())
}

fn profile() -> impl Strategy<Value = String> {
    let binary = prop::sample::select(vec!["amf", "smf", "upf"]);
    let mode = prop::sample::select(vec!["observe", "audit", "enforce"]);
    let ports = prop::collection::vec(1_u16..=u16::MAX, 0..4);
    let paths =
        prop::collection::vec(prop::sample::select(vec!["/usr/bin/logger", "/opt/", "/var/log/a*"]), 0..3);
    (binary, mode, ports, paths).prop_map(|(binary, mode, ports, paths)| {
        format!(
            "target_binary: /opt/{binary}/bin/{binary}\nmode: {mode}\nallowed_dst_ports: {ports:?}\nallowed_spawns: {paths:?}\n"
        )
    })
}

fn repository() -> impl Strategy<Value = String> {
    prop::collection::vec(profile(), 1..8).prop_map(|profiles| {
        let numbered = profiles.into_iter().enumerate();
        numbered
            .map(|(number, body)| format!("---\nkind: GuardianProfile\nname: nf {number}\n{body}"))
            .collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(text in repository(), seed in any::<usize>()) {
        let (straight, said) = lowered(&text, |_| {});
        let (shuffled, said_again) = lowered(&text, |documents| {
            let turn = seed % documents.len().max(1);
            documents.rotate_left(turn);
            documents.reverse();
        });
        prop_assert_eq!(straight.confinements, shuffled.confinements);
        prop_assert_eq!(straight.documents, shuffled.documents);
        prop_assert_eq!(said, said_again);
    }

    #[test]
    fn a_mode_is_an_effect_and_an_allowlist_is_a_complement(text in repository()) {
        let (policy, _) = lowered(&text, |_| {});
        for placed in &policy.documents {
            let document::Document::GuardianProfile(profile) = &placed.document else { continue };
            let confinements = policy.confinements_of(placed);
            let effect = match profile.mode.value {
                ProfileMode::Observe => {
                    prop_assert!(confinements.is_empty());
                    continue;
                }
                ProfileMode::Audit => Effect::Kill,
                ProfileMode::Enforce => Effect::Deny,
            };
            for confinement in confinements {
                prop_assert_eq!(confinement.effect, effect);
                if let Condition::Exec { paths, anonymous } = &confinement.condition {
                    prop_assert!(*anonymous);
                    let listed = profile.allowed_spawns.iter().flat_map(|list| &list.items);
                    for path in ["/usr/bin/logger", "/opt/x", "/opt", "/var/log/ab", "/bin/sh"] {
                        let allowed = listed.clone().any(|item| item.value.contains(path));
                        prop_assert_eq!(paths.contains(path), !allowed);
                    }
                }
            }
        }
    }
}
