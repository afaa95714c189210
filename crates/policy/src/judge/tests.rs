//! Checks verdicts against a naive evaluation of the confinements, and that events survive JSON.

mod unknown;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use telovix_diagnostic::source::SourceSet;

use super::{Event, Field, Index, Reason, judge};
use crate::arbitrary::forget;
use crate::arbitrary::{actions, cases, confinement, confinements, join, plain, processes, span};
use crate::confine::{
    Condition, Confinement, Effect, Endpoint, Listing, Member, MemberValue, Operation, PathSet,
};
use crate::value::PathPattern;
use crate::value::{Children, Scope};

/// The result of a confinement for a complete event, evaluated naively.
fn names(confinement: &Confinement, event: &Event) -> bool {
    let binary = event.binary.as_deref().unwrap_or_default();
    let ancestors = event.ancestors.clone().unwrap_or_default();
    let inherits = confinement.children == Children::Inherit
        && ancestors.iter().any(|ancestor| confinement.subject.matches(ancestor));
    let scoped = match &confinement.scope {
        Scope::Fleet => true,
        Scope::Sensor(sensor) => event.sensor.as_ref() == Some(sensor),
        Scope::Group(group) => event.group.as_ref() == Some(group),
    };
    let exempt = confinement.exemptions.iter().any(|exemption| {
        exemption.process.as_ref().is_none_or(|pattern| pattern.contains(binary))
            && exemption
                .parent
                .as_ref()
                .is_none_or(|pattern| event.parent.as_deref().is_some_and(|parent| pattern.contains(parent)))
    });
    let path = event.path.as_deref().unwrap_or_default();
    let condition = match &confinement.condition {
        Condition::Always => true,
        Condition::Exec { anonymous, .. } if event.anonymous == Some(true) => *anonymous,
        Condition::Exec { paths, .. } => paths.contains(path),
        Condition::Open { paths, accesses } => {
            event.access.is_some_and(|used| used.intersects(*accesses)) && paths.contains(path)
        }
        Condition::Connect(set) => event
            .address
            .zip(event.port)
            .is_some_and(|(address, port)| set.contains(Endpoint { address, port })),
        Condition::Capability(set) => event.capability.is_some_and(|capability| set.contains(capability)),
        Condition::Syscall(set) => event.syscall.is_some_and(|syscall| set.contains(syscall)),
        Condition::Socket(set) => {
            event.family.zip(event.socket_type).is_some_and(|(family, kind)| set.contains(family, kind))
        }
    };
    let confined = (confinement.subject.matches(binary) || inherits) && scoped && !exempt;
    confinement.operation == event.operation && confined && condition
}

fn naive(confinements: &[Confinement], event: &Event) -> Effect {
    let naming = confinements.iter().filter(|confinement| names(confinement, event));
    naming.map(Confinement::acting_effect).max().unwrap_or_default()
}

fn event() -> impl Strategy<Value = Event> {
    (select(processes()), select(actions())).prop_map(|(process, action)| join(&process, &action))
}

proptest! {
    #[test]
    fn the_strongest_confinement_decides(confinements in confinements(), events in prop::collection::vec(event(), 32)) {
        let index = Index::new(&confinements);
        for event in events {
            let verdict = index.judge(&event);
            prop_assert_eq!(verdict.effect, naive(&confinements, &event), "{:?}", event);
            prop_assert_eq!(verdict.at_least, verdict.effect);
            prop_assert!(verdict.depends_on.is_empty());
            if let Some(decision) = verdict.decision.filter(|decision| matches!(decision.reason, Reason::Names(_))) {
                prop_assert!(names(decision.confinement, &event));
                prop_assert_eq!(decision.confinement.acting_effect(), verdict.effect);
            }
        }
    }

    #[test]
    fn what_is_unknown_lies_between_the_bounds(
        confinements in confinements(),
        whole in event(),
        forgotten in subsequence(Field::ALL.to_vec(), 1..6),
    ) {
        let partial = forget(&whole, &forgotten);
        let verdict = judge(&confinements, &partial);
        let truth = naive(&confinements, &whole);
        prop_assert!(verdict.at_least <= truth && truth <= verdict.effect, "{:?}: {:?}", partial, verdict);
        prop_assert_eq!(verdict.depends_on.is_empty(), verdict.at_least == verdict.effect);
        for field in verdict.depends_on.iter() {
            let open = forgotten.contains(&field)
                || matches!(field, Field::Path | Field::Anonymous)
                || (field == Field::Ancestors && forgotten.contains(&Field::Parent));
            prop_assert!(open, "{} was known", field);
        }
    }

    #[test]
    fn an_event_survives_its_json(event in event()) {
        let text = event.to_json().to_string();
        prop_assert_eq!(Event::parse(&text), Ok(event));
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn an_unknown_field_is_named_where_its_value_decides(
        confinement in confinement(0),
        whole in event(),
        field in select(Field::ALL.to_vec()),
    ) {
        let confinements = [confinement];
        let partial = forget(&whole, &[field]);
        let verdict = judge(&confinements, &partial);
        if verdict.depends_on.is_empty() {
            // No value of the field changes the outcome.
            for other in processes().iter().flat_map(|process| actions().into_iter().map(|action| join(process, &action))) {
                if forget(&other, &[field]) == partial {
                    prop_assert_eq!(naive(&confinements, &other), verdict.effect, "{:?}", other);
                }
            }
        }
    }
}

fn allowlist(patterns: &[&str]) -> Confinement {
    let listed: Vec<_> = patterns.iter().filter_map(|text| PathPattern::parse(text).ok()).collect();
    let paths: PathSet = listed.iter().collect();
    let condition = Condition::Exec { paths: paths.complement(), anonymous: true };
    Confinement {
        listing: Listing::Allows,
        members: listed
            .into_iter()
            .map(|path| Member { value: MemberValue::Path(path), span: span() })
            .collect(),
        ..plain(0, Operation::Exec, condition, Effect::Deny)
    }
}

#[test]
fn a_denial_names_the_nearest_allowed_value() {
    let confinements = [allowlist(&["/usr/bin/id", "/usr/lib/", "/opt/amf/bin/helper"])];
    let event =
        Event::parse(r#"{"operation": "exec", "binary": "/opt/amf/bin/amf", "path": "/opt/amf/bin/sh"}"#);
    let event = event.expect("an event");
    let report = judge(&confinements, &event).report(&event, &SourceSet::single("policy.yaml", ""));
    assert_eq!((report.effect, report.nearest.as_deref()), ("deny", Some("/opt/amf/bin/helper")));
    assert_eq!(report.source.as_deref(), Some("policy.yaml:1"));
}

#[test]
fn an_allowed_event_names_the_entry_that_allows_it() {
    let confinements = [allowlist(&["/usr/bin/id", "/usr/lib/"])];
    let event =
        Event::parse(r#"{"operation": "exec", "binary": "/a", "path": "/usr/lib/ld.so"}"#).expect("an event");
    let report = judge(&confinements, &event).report(&event, &SourceSet::single("policy.yaml", ""));
    assert_eq!((report.effect, report.member.as_deref()), ("allow", Some("/usr/lib/")));
}

#[test]
fn words_and_numbers_name_the_same_event() {
    let words = r#"{"operation": "socket", "family": "AF_INET", "type": "SOCK_RAW", "capability": "net_raw", "syscall": "ptrace", "mode": "04755"}"#;
    let numbers =
        r#"{"operation": "socket", "family": 2, "type": 3, "capability": 13, "syscall": 101, "mode": 2541}"#;
    assert_eq!(Event::parse(words), Event::parse(numbers));
}

#[test]
fn a_mapped_address_is_its_ipv4_address() {
    let mapped = Event::parse(r#"{"operation": "connect", "address": "::ffff:10.0.0.1"}"#);
    assert_eq!(mapped, Event::parse(r#"{"operation": "connect", "address": "10.0.0.1"}"#));
}

#[test]
fn unknown_fields_are_kept() {
    let text = r#"{"operation":"mount","pid":12,"pod":{"name":"amf-0"}}"#;
    assert_eq!(Event::parse(text).map(|event| event.to_json().to_string()).as_deref(), Ok(text));
}

#[test]
fn what_is_no_event_is_refused_by_field() {
    let cases = [
        (r#"[]"#, None),
        (r#"{"#, None),
        (r#"{"binary": "/a"}"#, Some("operation")),
        (r#"{"operation": null}"#, Some("operation")),
        (r#"{"operation": "delete"}"#, Some("operation")),
        (r#"{"operation": "exec", "path": "bin/sh"}"#, Some("path")),
        (r#"{"operation": "exec", "path": "/bin/../sh"}"#, Some("path")),
        (r#"{"operation": "exec", "path": "/bin//sh"}"#, Some("path")),
        (r#"{"operation": "exec", "path": "/bin/"}"#, Some("path")),
        (r#"{"operation": "exec", "binary": 7}"#, Some("binary")),
        (r#"{"operation": "exec", "ancestors": ["sh"]}"#, Some("ancestors")),
        (r#"{"operation": "exec", "anonymous": 1}"#, Some("anonymous")),
        (r#"{"operation": "open", "access": ["append"]}"#, Some("access")),
        (r#"{"operation": "open", "access": []}"#, Some("access")),
        (r#"{"operation": "exec", "path": "/bin/sh", "path": "/bin/id"}"#, None),
        (r#"{"operation": "exec", "path": null, "path": "/bin/id"}"#, None),
        (r#"{"operation": "exec", "pod": {"name": "a", "labels": [{"b": 1, "b": 1}]}}"#, None),
        (r#"{"operation": "connect", "address": "localhost"}"#, Some("address")),
        (r#"{"operation": "connect", "port": 70000}"#, Some("port")),
        (r#"{"operation": "connect", "port": -1}"#, Some("port")),
        (r#"{"operation": "capability", "capability": 64}"#, Some("capability")),
        (r#"{"operation": "syscall", "syscall": "nothing"}"#, Some("syscall")),
        (r#"{"operation": "socket", "family": "ipv4"}"#, Some("family")),
        (r#"{"operation": "socket", "type": 7}"#, Some("type")),
        (r#"{"operation": "set_id", "mode": "u+s"}"#, Some("mode")),
    ];
    for (text, field) in cases {
        let error = Event::parse(text).expect_err(text);
        assert_eq!(error.field.as_deref(), field, "{text}");
    }
}
